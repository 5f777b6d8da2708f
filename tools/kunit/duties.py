# SPDX-License-Identifier: GPL-2.0
"""The table of a driver's duties, with their tests and results."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lab import LabError

from .ktap import Case

FILE = Path("kunit/duties")
# The ids that the file must have.
RANGES = {"B": 28, "S": 18, "P": 11, "T": 22, "L": 10, "K": 6,
          "N": 12, "C": 3}
_LINE = re.compile(r"^([A-Z]\d\d) ([\d.]+) (M|S|M/S|S/M|-)(?: -- (\S.*))?$")
UNTESTED = "not bound"


@dataclass(frozen=True)
class Entry:
    """A line of the file."""

    ident: str
    section: str
    level: str
    reason: str         # why the duty needs no test, "" if it does


@dataclass
class Row:
    """A duty with its cases."""

    entry: Entry
    words: str = ""
    cases: list[Case] = field(default_factory=list)

    @property
    def result(self) -> str:
        """In one word: the worst result of its cases."""
        states = {case.status for case in self.cases}
        for state in ("failed", "crashed", "passed", "skipped"):
            if state in states:
                return state
        return UNTESTED if self.entry.reason else "no test"


def read(path: Path) -> list[Entry]:
    """Read the file; LabError for an invalid line or a missing id."""
    found: dict[str, Entry] = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.match(line)
        if not match or match.group(1) in found:
            raise LabError(f"{path}:{number}: not a line ID SECTION LEVEL"
                           f" [-- REASON], or an id twice: {line}")
        ident, section, level, reason = match.groups()
        found[ident] = Entry(ident, section, level, reason or "")
    missing = sorted(known() - set(found))
    strange = sorted(set(found) - known())
    if missing or strange:
        raise LabError(f"{path}: without {', '.join(missing) or 'none'},"
                       f" of no list {', '.join(strange) or 'none'}")
    return list(found.values())


def known() -> set[str]:
    """The ids of all lists."""
    return {f"{letter}{number:02}" for letter, last in RANGES.items()
            for number in range(1, last + 1)}


def table(entries: Sequence[Entry], cases: Iterable[Case],
          ) -> tuple[list[Row], list[str]]:
    """The rows, and their problems."""
    rows = {entry.ident: Row(entry) for entry in entries}
    problems = []
    for case in cases:
        for duty in case.duties:
            row = rows.get(duty.ident)
            if row is None:
                problems.append(f"{case.full_name} tests {duty.ident}, which"
                                f" {FILE} does not have")
                continue
            if duty.section != row.entry.section:
                problems.append(f"{case.full_name} tests {duty.ident} of"
                                f" section {duty.section}; {FILE} has it in"
                                f" {row.entry.section}")
            row.words = row.words or duty.words
            row.cases.append(case)
    for row in rows.values():
        if row.result not in ("passed", UNTESTED):
            problems.append(f"{row.entry.ident} ({row.entry.section}):"
                            f" {row.result}")
    return list(rows.values()), problems


def show(rows: Sequence[Row]) -> str:
    """The table as text."""
    lines = []
    for row in rows:
        what = row.words or row.entry.reason
        head = f"{row.entry.ident}  {row.entry.section:12}" \
            f" {row.entry.level:3}  "
        if not row.cases:
            lines.append(f"{head}{row.result:9}  {what}")
        for case in row.cases:
            lines.append(f"{head}{case.status:9}  {what}  [{case.full_name}]")
            head, what = " " * len(head), '"'
    tested = sum(bool(row.cases) for row in rows)
    good = sum(row.result == "passed" for row in rows)
    left = sum(row.result == UNTESTED for row in rows)
    lines.append(f"\n{len(rows)} duties: {good} shown by a test that passes,"
                 f" {tested - good} by one that does not, {left} with a"
                 f" reason instead, {len(rows) - tested - left} with neither")
    return "\n".join(lines)


def as_json(rows: Sequence[Row], problems: Sequence[str],
            ) -> dict[str, object]:
    """For out/kunit/conformance.json."""
    return {
        "duties": [{"id": row.entry.ident, "section": row.entry.section,
                    "level": row.entry.level, "requirement": row.words,
                    "reason": row.entry.reason, "result": row.result,
                    "tests": [{"name": case.full_name, "result": case.status}
                              for case in row.cases]} for row in rows],
        "problems": list(problems),
    }
