# SPDX-License-Identifier: GPL-2.0
"""The end of commands: codes and lines, and tracebacks only for bugs."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import signal
import subprocess
import unittest
from collections.abc import Callable
from unittest import mock

from lab import LabError, entry


class OwnError(Exception):
    """An error of one tool."""


def _ended(main: Callable[[], int], failed: int | None = None,
           also: tuple[type[Exception], ...] = ()) -> tuple[int, str]:
    """Its exit code and output."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        code = entry.run("tool", main, failed=failed, also=also)
    return code, said.getvalue()


def _raising(problem: BaseException) -> Callable[[], int]:
    return mock.Mock(side_effect=problem)


class EntryTest(unittest.TestCase):
    """Each way that a command can end."""

    def test_an_error_of_the_lab_has_its_code(self) -> None:
        self.assertEqual(_ended(_raising(LabError("no tree"))),
                         (1, "tool: no tree\n"))
        self.assertEqual(_ended(_raising(LabError("which?", 2))),
                         (2, "tool: which?\n"))

    def test_an_error_of_the_system_is_one_line(self) -> None:
        self.assertEqual(
            _ended(_raising(subprocess.SubprocessError("one\n  two"))),
            (1, "tool: one two\n"))
        code, said = _ended(_raising(OSError(errno.ENOSPC, "No space")))
        self.assertEqual(code, 1)
        self.assertIn("VFE_CACHE", said)
        self.assertEqual(said.count("\n"), 1)

    def test_a_code_of_its_own_stands_for_all_errors(self) -> None:
        for problem in (LabError("a"), LabError("a", 5), OSError("a"),
                        OwnError("a")):
            self.assertEqual(_ended(_raising(problem), 2, (OwnError,)),
                             (2, "tool: a\n"))

    def test_interrupted_and_terminated_end_alike(self) -> None:
        def terminated() -> int:
            os.kill(os.getpid(), signal.SIGTERM)
            return 0
        before = signal.getsignal(signal.SIGTERM)
        for main in (_raising(KeyboardInterrupt()), terminated):
            code, said = _ended(main, 2)
            self.assertEqual(code, 130)
            self.assertRegex(said, r"\Atool: interrupted; .*\n\Z")
        self.assertEqual(signal.getsignal(signal.SIGTERM), before)
