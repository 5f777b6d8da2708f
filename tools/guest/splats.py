# SPDX-License-Identifier: GPL-2.0
"""Finds in a guest's log what must not be there.

Wider than a list of the checkers' own words: a test that is meant to fail
requests has ordinary errors in its log, and no splat.
"""

from __future__ import annotations

import re

SPLAT = re.compile(
    r"WARNING:|\bBUG\b|Oops|Call Trace|INFO: (?:task|rcu|possible|lockdep)"
    r"|\blockdep\b|general protection|[Uu]nable to handle|KASAN|KCSAN|UBSAN"
    r"|kmemleak: \d+ new|unreferenced object|ODEBUG|list_(?:add|del) corrupt"
    r"|blocked for more than|sleeping function|scheduling while atomic"
    r"|DMA-API|nobody cared|refcount_t|Kernel panic")
# A report of KCSAN is framed by lines of "=".
RACE = re.compile(r"^.*={20,}$\n(.*BUG: KCSAN: (?:.*\n)*?).*={20,}$", re.M)
# Not ours, though a driver's interrupt is among the callers: 6.12's
# blk_time_get_ns() reads current->plug before it asks whether it is in a task.
_PLUG = r"(?:__submit_bio|blk_start_plug\w*|blk_finish_plug)"
KNOWN = re.compile(rf"data-race in (?:{_PLUG} / blk_mq_\w+"
                   rf"|blk_mq_\w+ / {_PLUG})$")


def find(log: str) -> str:
    """The first line that must not be there; "" if there is none."""
    for line in log.splitlines():
        if SPLAT.search(line):
            return line
    return ""


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
