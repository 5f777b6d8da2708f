# SPDX-License-Identifier: GPL-2.0
"""Runs suite.py and turns its lines into a tally."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from .context import Context, tail
from .suite import FAIL, OK, SKIP

SUITE = Path(__file__).resolve().parent / "suite.py"


class Reader:
    """Reads the lines of suite.py."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.ran = 0
        self._failing: str | None = None
        self._text: list[str] = []

    def line(self, line: str) -> None:
        """Process a line."""
        if not line.startswith((OK, FAIL, SKIP)):
            if self._failing is not None:
                self._text.append(line)
            return
        self.flush()
        name = line.split(" ", 2)[2].strip()
        self.ran += not line.startswith(SKIP)
        self.context.step.note = f"{self.ran} tests, {name.split('.')[-1]}"
        if line.startswith(OK):
            self.context.tally.passed += 1
        elif line.startswith(FAIL):
            self._failing, self._text = name, []

    def flush(self) -> None:
        """The text of the last failure is complete."""
        if self._failing is not None:
            self.context.tally.fail(self._failing, tail("".join(self._text)))
        self._failing = None


def run(context: Context, top: Path, start: str, *, timeout: float = 300,
        env: Mapping[str, str] | None = None) -> None:
    """Run the suites in folder @start below @top."""
    context.note(f"tests in {start}")
    reader = Reader(context)
    failed = context.tally.failed
    code, output = context.run(
        [sys.executable, str(SUITE), str(top), start, *context.patterns],
        timeout=timeout, env=env, each_line=reader.line)
    reader.flush()
    if code not in (0, 1):
        context.tally.fail(f"tests in {start}",
                           f"ended with {code}\n{tail(output)}")
    elif not reader.ran and not context.patterns:
        context.tally.fail(f"tests in {start}",
                           f"no test ran\n{tail(output)}")
    elif code and context.tally.failed == failed:
        context.tally.fail(f"tests in {start}",
                           f"failed without a failed test\n{tail(output)}")
