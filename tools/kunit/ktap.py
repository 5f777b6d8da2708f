# SPDX-License-Identifier: GPL-2.0
"""Reads KTAP with the kernel's own parser (inner code)."""

from __future__ import annotations

import importlib
import io
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from lab import testkernel

_SKIP = re.compile(r"^\s*ok \d+ (?:- )?(\S+) # SKIP ?(.*)$")
_DUTY = re.compile(r"duty (\w+) \| ([\d.]+) \| (.*?)\s*$")


@dataclass(frozen=True)
class Duty:
    """A duty that a case tests."""

    ident: str
    section: str
    words: str


@dataclass
class Case:
    """One test case."""

    suite: str
    name: str
    status: str         # "passed", "failed", "skipped", "crashed"
    log: list[str] = field(default_factory=list)
    reason: str = ""    # of a skip
    duties: list[Duty] = field(default_factory=list)

    @property
    def full_name(self) -> str:
        """With its suite."""
        return f"{self.suite}.{self.name}"


@dataclass
class Parsed:
    """The KTAP results of one module."""

    cases: list[Case]
    errors: list[str]   # what is wrong with the KTAP itself


def _parser() -> Any:
    folder = str(testkernel.source() / "tools/testing/kunit")
    if folder not in sys.path:
        sys.path.append(folder)
    return importlib.import_module("kunit_parser")


_WORDS = {"SUCCESS": "passed", "FAILURE": "failed", "SKIPPED": "skipped"}


def duties(lines: Iterable[str]) -> list[Duty]:
    """The duties in the log of a case, each once."""
    found = [Duty(*match.groups()) for line in lines
             if (match := _DUTY.search(line))]
    return list(dict.fromkeys(found))


def _cases(test: Any, suite: str, lines: Sequence[str]) -> Iterator[Case]:
    """The leaves; a parametrised case counts once, by its own result."""
    for child in test.subtests:
        log = list(_logs(child))
        yield Case(suite, child.name or "(a case that did not end)",
                   _WORDS.get(child.status.name, "crashed"), log,
                   _reason(lines, child.name), duties(log))


def _logs(test: Any) -> Iterator[str]:
    for child in test.subtests:
        yield from _logs(child)
    yield from test.log


def _reason(lines: Sequence[str], name: str) -> str:
    for line in lines:
        match = _SKIP.match(line)
        if match and match.group(1) == name:
            return match.group(2)
    return ""


def parse(lines: Sequence[str]) -> Parsed:
    """Parse the output of a module while it was loaded."""
    parser = _parser()
    said = io.StringIO()
    printer = parser.stdout
    parser.stdout = type(printer)(said)
    try:
        top = parser.parse_run_tests(lines)
    finally:
        parser.stdout = printer
    cases = [case for suite in top.subtests
             for case in _cases(suite, suite.name, lines)]
    errors = [line.split("] ", 1)[-1] for line in said.getvalue().splitlines()
              if "[ERROR]" in line]
    failed = [suite.name for suite in top.subtests
              if not suite.ok_status()
              and all(case.status in ("passed", "skipped")
                      for case in cases if case.suite == suite.name)]
    errors += [f"suite {name} failed as a whole" for name in failed]
    return Parsed(cases, errors)
