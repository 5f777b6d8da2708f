# SPDX-License-Identifier: GPL-2.0
"""Reads a kernel's log: the parts between init's markers, and reports.

A report is the output of a checker of the kernel. A test that causes one may
still be ok, so this searches the log for reports.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lab import kernel_log

_STAMP = re.compile(r"^(?:\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? ?)?")
_MARK = re.compile(r"^@@([A-Z]+)(?: (\S.*))?$")
SHOWN_LINES = 45

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


def _reports(lines: Sequence[tuple[str, str]]) -> Iterator[Report]:
    """Reports in lines with their module; the lines after one belong to it."""
    quiet = -1
    for number, (where, line) in enumerate(lines):
        kind = kernel_log.kind_of(line)
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
