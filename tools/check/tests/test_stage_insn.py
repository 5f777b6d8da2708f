# SPDX-License-Identifier: GPL-2.0
"""Stage insn: one check per target."""

from __future__ import annotations

import io
import unittest

from check import stage_insn
from check.context import Context
from lab import progress


class JudgeTest(unittest.TestCase):
    """The tally equals the file."""

    def test_a_target_missed_fails(self) -> None:
        with progress.ticking("test") as step:
            context = Context(io.StringIO(), step, "tcg")
            self.assertEqual(stage_insn.judge(context, {"targets": [
                {"target": "a", "measured": "0.9", "reached": True},
                {"target": "b", "measured": "1.1", "reached": False}]}), 2)
        self.assertEqual(context.tally.passed, 1)
        self.assertEqual([(one.name, one.text)
                          for one in context.tally.failures],
                         [("insn target: b", "1.1")])


if __name__ == "__main__":
    unittest.main()
