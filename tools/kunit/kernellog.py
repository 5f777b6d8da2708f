# SPDX-License-Identifier: GPL-2.0
"""Reads a kernel's log: the parts between init's markers, and reports.

A report is the output of a checker of the kernel. A test that causes one may
still be ok, so this searches the log for reports.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_STAMP = re.compile(r"^(?:\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? ?)?")
_MARK = re.compile(r"^@@([A-Z]+)(?: (\S.*))?$")
SHOWN_LINES = 45

# The beginning of a report, and the name of the checker; the first match
# counts. kmemleak's messages at boot come before the first marker.
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
    # lost messages may have been reports
    (r"\*\* \d+ printk messages dropped", "lost"),
))
# Length of the excerpt of a report.
_AFTER = 12


@dataclass
class Section:
    """The log of one module."""

    module: str
    lines: list[str] = field(default_factory=list)
    loaded: bool = False
    refused: bool = False


@dataclass
class Report:
    """A finding of a checker."""

    kind: str
    where: str          # the module whose section it is in
    lines: list[str]

    @property
    def text(self) -> str:
        """The text for a user."""
        return "\n".join(self.lines)


@dataclass
class KernelLog:
    """A whole log, parsed."""

    begun: bool = False
    ended: bool = False
    sections: list[Section] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)  # wrong parameters
    stay: list[str] = field(default_factory=list)   # not to be unloaded
    amiss: list[str] = field(default_factory=list)  # of the checkers
    lines: list[str] = field(default_factory=list)


def plain(text: str) -> list[str]:
    """The lines without time stamps."""
    return [_STAMP.sub("", line, count=1)
            for line in text.replace("\r", "").splitlines()]


def kind_of(line: str) -> str | None:
    """The checker whose report begins with a line."""
    for pattern, name in REPORTS:
        if pattern.match(line.strip()):
            return name
    return None


def _reports(lines: Sequence[tuple[str, str]]) -> Iterator[Report]:
    """Reports in lines with their module; the lines after one belong to it."""
    quiet = -1
    for number, (where, line) in enumerate(lines):
        kind = kind_of(line)
        if kind is None:
            continue
        if number > quiet or kind in ("KASAN", "kmemleak", "lockdep"):
            yield Report(kind, where, [text for _, text in
                                       lines[number:number + SHOWN_LINES]])
        quiet = number + _AFTER


def read(text: str) -> KernelLog:
    """Read a log from its begin marker on."""
    log = KernelLog(lines=plain(text))
    current = Section("")
    judged: list[tuple[str, str]] = []
    for line in log.lines:
        mark = _MARK.match(line)
        word, name = mark.groups() if mark else ("", "")
        if word == "BEGIN":
            log.begun = True
        elif word == "END":
            log.ended = True
        elif word == "LOAD":
            current = Section(name)
            log.sections.append(current)
        elif word == "LOADED":
            current.loaded, current = True, Section("")
        elif word == "REFUSED":
            current.refused, current = True, Section("")
        elif word == "TAKEN":
            log.taken.append(name)
        elif word == "STAYS":
            log.stay.append(name)
        elif word == "AMISS":
            log.amiss.append(name)
        elif log.begun:
            current.lines.append(line)
            judged.append((current.module, line))
    log.reports = list(_reports(judged))
    return log
