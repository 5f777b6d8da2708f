# SPDX-License-Identifier: GPL-2.0
"""What a kernel's complaint looks like in its log.

COMPLAINT is wide, so that the suites in a guest miss none. A request that a
test makes fail leaves ordinary errors in the log, and no complaint. REPORTS
names the checker of the KUnit kernel from the first line of a report.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

COMPLAINT = re.compile(
    r"WARNING:|\bBUG\b|Oops|Call Trace|INFO: (?:task|rcu|possible|lockdep)"
    r"|\blockdep\b|general protection|[Uu]nable to handle|KASAN|KCSAN|UBSAN"
    r"|kmemleak: \d+ new|unreferenced object|ODEBUG|list_(?:add|del) corrupt"
    r"|blocked for more than|sleeping function|scheduling while atomic"
    r"|DMA-API|DMAR:.*[Ff]ault|nobody cared|refcount_t|Kernel panic")

# The beginning of a report, and the name of the checker; the first match.
# KUnit's log begins after kmemleak's messages at boot.
REPORTS = tuple((re.compile(pattern), name) for pattern, name in (
    (r"BUG: KASAN: ", "KASAN"),
    (r"WARNING: (possible|inconsistent|suspicious RCU|bad unlock|held lock"
     r"|nested lock|lock held|still has locks)|BUG: (held lock|MAX_LOCK)"
     r"|INFO: (trying to register|possible|lockdep)", "lockdep"),
    (r"BUG: sleeping function|BUG: scheduling while atomic"
     r"|\[ BUG: Invalid wait context|BUG: spinlock|BUG: mutex"
     r"|Disabling lock debugging", "lockdep"),
    (r"UBSAN: ", "UBSAN"),
    (r"DMA-API: ", "DMA-API"),
    (r"kmemleak: (unreferenced object|Kernel memory leak detector disabled"
     r"|Cannot |Memory pool empty|Found object|.* unknown object)",
     "kmemleak"),
    (r"ODEBUG: ", "debugobjects"),
    (r"(list_add|list_del) (corruption|double)", "list"),
    (r"refcount_t: ", "refcount"),
    (r"INFO: task .* blocked|(rcu: )?INFO: rcu|watchdog: BUG", "hung"),
    (r"Kernel panic|Kernel mode|Oops|general protection|Unable to handle"
     r"|Segfault with no mm", "panic"),
    (r"BUG kmalloc|BUG \S+ \(.*\): ", "slab"),
    (r"kernel BUG at|BUG: |BUG at ", "BUG"),
    (r"WARNING: ", "WARNING"),
    (r"\S+: page allocation failure|Call Trace:", "trace"),
    # lost lines may have been a report
    (r"\*\* \d+ printk messages dropped", "lost"),
))

# Lines of a console that an error message has
LAST, LEAST = 100, 12

# A report of KCSAN is framed by lines of "=".
RACE = re.compile(r"^.*={20,}$\n(.*BUG: KCSAN: (?:.*\n)*?).*={20,}$", re.M)
# Not ours, though a driver's interrupt is among the callers: 6.12's
# blk_time_get_ns() reads current->plug before it asks whether it is in a task.
_PLUG = r"(?:__submit_bio|blk_start_plug\w*|blk_finish_plug)"
KNOWN = re.compile(rf"data-race in (?:{_PLUG} / blk_mq_\w+"
                   rf"|blk_mq_\w+ / {_PLUG})$")


def complaints(log: str) -> Sequence[str]:
    """Its lines that must not be there."""
    return [line for line in log.splitlines() if COMPLAINT.search(line)]


def find(log: str) -> str:
    """The first of them; "" if there is none."""
    return next(iter(complaints(log)), "")


def last_words(console: str) -> str:
    """What explains the end of a kernel: all from its first complaint in the
    last lines, or the very last ones."""
    lines = console.replace("\r", "").splitlines()[-LAST:]
    first = next((number for number, line in enumerate(lines)
                  if COMPLAINT.search(line)), len(lines))
    return "\n".join(lines[min(first, len(lines) - LEAST):])


def panic_trace(console: str) -> str:
    """What the kernel printed when it panicked; "" if it did not, or had more
    than one fault before."""
    text, panic, _ = console.replace("\r", "").partition("Kernel panic")
    faults = text.split("Oops: ")
    return faults[1] if panic and len(faults) == 2 else ""


def without_races_of_others(log: str) -> tuple[str, list[str]]:
    """The log without KCSAN's reports that name none of our functions, or are
    known, and the first lines of those: the kernel has races of its own, which
    are not this project's to judge."""
    others: list[str] = []

    def judge(match: re.Match[str]) -> str:
        title = match.group(1).splitlines()[0]
        if "vfe" in match.group(1) and not KNOWN.search(title):
            return match.group(0)
        others.append(title)
        return ""

    return RACE.sub(judge, log), others


def kind_of(line: str) -> str | None:
    """The checker whose report begins with a line."""
    for pattern, name in REPORTS:
        if pattern.match(line.strip()):
            return name
    return None
