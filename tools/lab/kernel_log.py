# SPDX-License-Identifier: GPL-2.0
"""What a kernel's complaint looks like in its log.

Wider than a list of the checkers' own words, so that none is missed. A request
that a test makes fail leaves ordinary errors in the log, and no complaint.
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
