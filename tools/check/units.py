# SPDX-License-Identifier: GPL-2.0
"""Runs suites by pytest and turns the lines of pytest_lines.py into a tally."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from lab import paths

from .context import Context, tail

OK, FAIL, SKIP = "== ok ", "== FAIL ", "== skip "
NO_TEST = 5         # pytest's exit status
# Without its own report, and with what the tests print, for the log
PYTEST = ("-m", "pytest", "-p", "check.pytest_lines", "-p", "no:terminal",
          "--capture=no")


class Reader:
    """Reads the lines of the plugin as they come."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.ran = 0
        self._failing: str | None = None
        self._text: list[str] = []

    def line(self, line: str) -> None:
        """One more line."""
        if not line.startswith((OK, FAIL, SKIP)):
            if self._failing is not None:
                self._text.append(line)
            return
        self.flush()
        name = line.split(" ", 2)[2].strip()
        self.ran += not line.startswith(SKIP)
        self.context.step.note = f"{self.ran} tests, {name.split(':')[-1]}"
        if line.startswith(OK):
            self.context.tally.passed += 1
        elif line.startswith(FAIL):
            self._failing, self._text = name, []

    def flush(self) -> None:
        """The text of the last failure is whole."""
        if self._failing is not None:
            self.context.tally.fail(self._failing, tail("".join(self._text)))
        self._failing = None


def _selection(context: Context) -> list[str]:
    """By the user's words; else all, or all but those marked slow."""
    if context.patterns:
        return ["-k", " or ".join(context.patterns)]
    return [] if context.whole else ["-m", "not slow"]


def run(context: Context, top: Path, *folders: str,
        env: Mapping[str, str] | None = None) -> None:
    """Run the suites in folders below @top."""
    what = f"tests in {' '.join(folders)}"
    context.note(what)
    reader = Reader(context)
    failed = context.tally.failed
    code, output = context.run(
        [sys.executable, *PYTEST, *_selection(context),
         "-o", f"cache_dir={paths.state()}/pytest",
         *(str(top / folder) for folder in folders)],
        each_line=reader.line,
        env={**(env or {}), "PYTHONPATH": os.pathsep.join(
            [str(paths.checkout() / "tools"), str(top)])})
    reader.flush()
    problem = ""
    if code not in (0, 1, NO_TEST):
        problem = f"ended with {code}"
    elif not reader.ran and not context.patterns:
        problem = "no test ran"
    elif code == 1 and context.tally.failed == failed:
        problem = "failed without a failed test"
    if problem:
        context.tally.fail(what, f"{problem}\n{tail(output)}")
