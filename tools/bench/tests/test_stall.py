# SPDX-License-Identifier: GPL-2.0
"""Stalled storage: gaps, and results worse than virtio_blk's."""

from __future__ import annotations

import dataclasses
import unittest

from bench.stall import command
from bench.stall.scene import Seen

GOOD = Seen(0.2, 0.1, 0.5, (), ())


class Worse(unittest.TestCase):
    """command.worse()"""

    def test_alike(self) -> None:
        self.assertEqual(command.worse(GOOD, GOOD), [])
        slow = dataclasses.replace(GOOD, beat_gap_s=2.0)
        self.assertEqual(command.worse(slow, GOOD), [])

    def test_each(self) -> None:
        for change in ({"beat_gap_s": 30.0}, {"monitor_gap_s": 30.0},
                       {"again_s": 30.0}, {"problems": ("an error",)}):
            bad = dataclasses.replace(GOOD, **change)
            self.assertEqual(len(command.worse(bad, GOOD)), 1, change)
            self.assertEqual(command.worse(bad, bad), [])
