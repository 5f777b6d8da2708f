# SPDX-License-Identifier: GPL-2.0
"""Runs unittest suites in a separate process and reports each test.

    python3 suite.py TOP START [PATTERN...]

prints a line "== ok NAME" or "== FAIL NAME" per test, with its time; other
output of tests and code is only for the log.
"""

from __future__ import annotations

import sys
import time
import unittest
from pathlib import Path
from types import TracebackType
from typing import Any, Union

OK, FAIL, SKIP = "== ok ", "== FAIL ", "== skip "

ExcInfo = Union[tuple[type[BaseException], BaseException, TracebackType],
                tuple[None, None, None]]


class LineResult(unittest.TestResult):
    """One line per test, at once."""

    def __init__(self) -> None:
        super().__init__()
        self.sub_failed: set[str] = set()
        self._began = 0.0

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self._began = time.monotonic()

    def _say(self, mark: str, test: unittest.TestCase, text: str = "",
             ) -> None:
        # On a new line, even after unfinished output of the test.
        print(f"\n{mark}{test.id()}", flush=True)
        if text:
            print(text, flush=True)
        print(f"after {time.monotonic() - self._began:.1f} s", flush=True)

    def addSuccess(self, test: unittest.TestCase) -> None:
        super().addSuccess(test)
        if test.id() not in self.sub_failed:
            self._say(OK, test)

    def addError(self, test: unittest.TestCase, err: ExcInfo) -> None:
        super().addError(test, err)
        self._say(FAIL, test, self.errors[-1][1])

    def addFailure(self, test: unittest.TestCase, err: ExcInfo) -> None:
        super().addFailure(test, err)
        self._say(FAIL, test, self.failures[-1][1])

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        super().addSkip(test, reason)
        self._say(SKIP, test, reason)

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase,
                   err: Any) -> None:
        super().addSubTest(test, subtest, err)
        if err is None:
            return
        self.sub_failed.add(test.id())
        said = (self.failures if issubclass(err[0], test.failureException)
                else self.errors)[-1][1]
        self._say(FAIL, subtest, said)


def main(argv: list[str]) -> int:
    """Discover below START, with TOP as the root of imports."""
    top, start, patterns = argv[0], argv[1], argv[2:]
    sys.path.insert(0, top)
    loader = unittest.TestLoader()
    if patterns:
        loader.testNamePatterns = [f"*{item}*" for item in patterns]
    suite = loader.discover(str(Path(top) / start), top_level_dir=top)
    result = LineResult()
    suite.run(result)
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
