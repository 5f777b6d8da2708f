# SPDX-License-Identifier: GPL-2.0
"""Stage device parses its programs' output, and detects failures."""

from __future__ import annotations

import io
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from check import stage_device, tally
from check.context import Context
from lab import paths, progress

CRASH = """\
INFO: Seed: 1
property violated: descriptor 17 was left open; last log line: x
==7== ERROR: libFuzzer: deadly signal
artifact_prefix='/out/check/fuzz/vu-'; Test unit written to /out/vu-crash-1
"""


class Programs(unittest.TestCase):
    """Unit tests print TAP, which must be complete."""

    def judge(self, script: str) -> tally.Tally:
        """The tally of a program that is this shell script."""
        context = Context(io.StringIO(), progress.Step("test", None), "tcg")
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / "some_test"
            program.write_text(f"#!/bin/sh\n{script}")
            os.chmod(program, 0o755)
            with mock.patch.object(stage_device, "_out",
                                   lambda compiler: Path(folder)):
                # pylint: disable-next=protected-access
                stage_device._unit_tests(context, "gcc", "some_test")
        return context.tally

    def test_one_fails_and_says_why(self) -> None:
        result = self.judge("echo 'ok 1 - a'; echo '# x.c:5: seeded'\n"
                            "echo 'not ok 2 - b'; echo 1..2; exit 1")
        self.assertEqual((result.passed, result.failed), (2, 1))
        self.assertIn("seeded", result.failures[0].text)

    def test_ends_too_early(self) -> None:
        for script in ("echo 'ok 1 - a'", "echo 'ok 1 - a'; echo 1..2",
                       "echo 'ok 1 - a'; echo 1..1; exit 99",
                       "echo 'ok 1 - a'; echo 1..1; kill -SEGV $$"):
            with self.subTest(script=script):
                self.assertEqual(self.judge(script).failed, 1)

    def test_nothing_runs(self) -> None:
        self.assertEqual(self.judge("echo 1..0").failed, 1)


class Fuzzers(unittest.TestCase):
    """The report of a fuzz target's finding has the command that repeats it."""

    def test_each_target_in_the_tree_runs(self) -> None:
        targets = stage_device.fuzz_targets()
        self.assertLessEqual({"net", "ring", "rng", "regs", "vu"},
                             set(targets))
        corpus = paths.checkout() / "tools/device/fuzz/corpus"
        for target in targets:
            self.assertTrue((corpus / f"{target}.hex").stat().st_size, target)

    def test_crash(self) -> None:
        text = stage_device.fuzz_problem("vu", 77, CRASH)
        self.assertTrue(text.startswith("property violated: descriptor 17"))
        self.assertRegex(text, r"tools/lab exec \S*/vu_fuzz /out/vu-crash-1")
