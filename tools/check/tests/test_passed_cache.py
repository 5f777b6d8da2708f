# SPDX-License-Identifier: GPL-2.0
"""The cache has passes by input, and no failures."""

from __future__ import annotations

import io
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from check import passed_cache
from check.context import Context
from lab import progress


class Once(unittest.TestCase):
    """Checks that run again, and checks that do not."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.source = Path(folder.name) / "source"
        self.source.write_text("a")
        state = mock.patch.dict(os.environ, VFE_STATE=folder.name)
        state.start()
        self.addCleanup(state.stop)
        self.context = Context(io.StringIO(), progress.Step("test", None),
                               "tcg", ())
        self.runs = 0

    def check(self, *problems: str) -> None:
        """A check with these outcomes, over the source."""
        def run() -> None:
            self.runs += 1
            for problem in problems:
                self.context.tally.judge("it", problem)
        passed_cache.once(self.context, "it", ["it", self.source], run)

    def test_a_pass_counts_again(self) -> None:
        self.check("", "")
        self.check("", "")
        self.assertEqual(self.runs, 1)
        self.assertEqual(self.context.tally.passed, 4)

    def test_other_bytes_run_again(self) -> None:
        self.check("")
        self.source.write_text("b")
        self.check("")
        self.assertEqual(self.runs, 2)

    def test_a_failure_runs_again(self) -> None:
        self.check("", "a problem")
        self.check("", "a problem")
        self.assertEqual(self.runs, 2)
        self.assertEqual(self.context.tally.failed, 2)
