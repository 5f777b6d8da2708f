# SPDX-License-Identifier: GPL-2.0
"""Lines that the suites do not run: percentages, lines, and reasons."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lab import LabError

from .gcov import Line, Source

FOLDERS = ("drivers/core/", "drivers/blk/", "drivers/net/", "drivers/rng/",
           "drivers/scsi/", "drivers/trap/net/", "drivers/trap/scsi/")
REASONS = Path("kunit/uncovered")
LINES_PERCENT = 95.0
BRANCHES_PERCENT = 85.0
_ENTRY = re.compile(r'^(\S+) (?:(\w+)\(\)|"(.+)") -- (\S.*)$')


@dataclass
class Reason:
    """A reason why a function, or lines with some text, are not run."""

    file: str
    function: str
    text: str
    why: str
    used: bool = False

    def covers(self, name: str, function: str, text: str) -> bool:
        """Whether it applies to this line."""
        if self.file != name:
            return False
        return self.function == function if self.function \
            else self.text in text

    def __str__(self) -> str:
        what = f"{self.function}()" if self.function else f'"{self.text}"'
        return f"{self.file} {what}"


@dataclass(frozen=True)
class Gap:
    """A line that never ran, or has branches that were never taken."""

    file: str
    number: int
    text: str
    branches: int       # never taken; 0: the line did not run
    why: str

    def __str__(self) -> str:
        what = f" [{self.branches} branches never taken]" if self.branches \
            else ""
        why = f"\n        {self.why}" if self.why else ""
        return f"{self.file}:{self.number}: {self.text}{what}{why}"


@dataclass
class Coverage:
    """All of it."""

    sources: list[Source]
    gaps: list[Gap] = field(default_factory=list)
    stale: list[Reason] = field(default_factory=list)

    def percent(self, folder: str = "") -> tuple[float, float]:
        """The coverage of lines and branches in a folder, or in all."""
        chosen = [source for source in self.sources
                  if source.name.startswith(folder)]
        return (_percent(sum(item.ran for item in chosen),
                         sum(len(item.lines) for item in chosen)),
                _percent(sum(item.taken for item in chosen),
                         sum(item.branches for item in chosen)))


def _percent(part: int, whole: int) -> float:
    return 100.0 * part / whole if whole else 100.0


def read_reasons(path: Path) -> list[Reason]:
    """Read the file of reasons; LabError for an invalid line."""
    found = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _ENTRY.match(line)
        if not match:
            raise LabError(f'{path}:{number}: not FILE FUNCTION() -- REASON,'
                           f' nor FILE "TEXT" -- REASON: {line}')
        found.append(Reason(match.group(1), match.group(2) or "",
                            match.group(3) or "", match.group(4)))
    return found


def _gap(name: str, number: int, line: Line, text: str,
         reasons: Sequence[Reason]) -> Gap:
    why = ""
    for reason in reasons:
        if reason.covers(name, line.function, text):
            why = why or reason.why
    return Gap(name, number, text.strip(), line.untaken, why)


def judge(sources: dict[str, Source], reasons: Sequence[Reason],
          text_of: Callable[[str], list[str]]) -> Coverage:
    """Find the gaps and their reasons."""
    result = Coverage([sources[name] for name in sorted(sources)])
    for source in result.sources:
        texts = text_of(source.name)
        for number, line in sorted(source.lines.items()):
            # a line that runs sometimes keeps its reason
            for reason in reasons:
                reason.used |= reason.covers(source.name, line.function,
                                             texts[number - 1])
            if not line.count or line.untaken:
                result.gaps.append(_gap(source.name, number, line,
                                        texts[number - 1], reasons))
    result.stale = [reason for reason in reasons if not reason.used]
    return result


def problems(result: Coverage) -> list[str]:
    """The problems."""
    found = []
    if not result.sources:
        found.append("no source file has counts")
    for folder in FOLDERS:
        lines, branches = result.percent(folder)
        if lines < LINES_PERCENT:
            found.append(f"{folder}: {lines:.1f} % of lines, at least"
                         f" {LINES_PERCENT:.0f} are required")
        if branches < BRANCHES_PERCENT:
            found.append(f"{folder}: {branches:.1f} % of branches, at least"
                         f" {BRANCHES_PERCENT:.0f} are required")
    found += [f"{REASONS}: {reason} does not match any line any more"
              for reason in result.stale]
    found += [f"neither run nor explained in {REASONS}: {gap}"
              for gap in result.gaps if not gap.why and not gap.branches]
    return found


def show(result: Coverage) -> str:
    """A table, then the gaps."""
    rows = [f"{'file':28} {'lines':>12} {'%':>6}   {'branches':>12}"
            f" {'%':>6}"]

    def row(name: str, ran: int, lines: int, taken: int, branches: int,
            ) -> None:
        rows.append(f"{name:28} {ran:5} of {lines:4}"
                    f" {_percent(ran, lines):6.1f}   {taken:5} of"
                    f" {branches:4} {_percent(taken, branches):6.1f}")

    for source in result.sources:
        row(source.name, source.ran, len(source.lines), source.taken,
            source.branches)
    for folder in (*FOLDERS, ""):
        chosen = [item for item in result.sources
                  if item.name.startswith(folder)]
        row(folder or "all", sum(item.ran for item in chosen),
            sum(len(item.lines) for item in chosen),
            sum(item.taken for item in chosen),
            sum(item.branches for item in chosen))
    unrun = [gap for gap in result.gaps if not gap.branches]
    half = [gap for gap in result.gaps if gap.branches]
    rows += ["", f"lines never run: {len(unrun)}", *map(str, unrun),
             "", f"lines with branches never taken: {len(half)}",
             *map(str, half)]
    return "\n".join(rows)


def as_json(result: Coverage) -> dict[str, object]:
    """For out/kunit/coverage.json."""
    return {
        "files": {source.name: {"lines": len(source.lines),
                                "ran": source.ran,
                                "branches": source.branches,
                                "taken": source.taken}
                  for source in result.sources},
        "percent": {folder or "all": result.percent(folder)
                    for folder in (*FOLDERS, "")},
        "gaps": [[gap.file, gap.number, gap.text, gap.branches, gap.why]
                 for gap in result.gaps],
    }
