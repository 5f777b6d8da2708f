# SPDX-License-Identifier: GPL-2.0
"""Workloads, functions of the guest, targets."""

from __future__ import annotations

import unittest

from insn import limits, measure, memory, probe
from insn import report
from insn.plugin import Counts
from insn.sample import Cost, sample
from insn.symbols import Symbols

from . import test_memory
from .test_attribution import KALLSYMS, KFREE, OURS, START


def _cost(own: int, helped: int, rest: int, segments: float) -> Cost:
    counts = Counts({OURS: own, START: rest}, {KFREE: helped}, 7, 0)
    return Cost([sample(Symbols(KALLSYMS.splitlines()), counts,
                        Counts({}, {}, 0, 0), 1)], segments, 0.5, "none")


def _measured(ours: Cost, kernels: Cost) -> measure.Measured:
    return measure.Measured({("seq-32", "vfe_blk"): ours,
                             ("seq-32", "virtio_blk"): kernels}, "6.12", "")


class VerdictTest(unittest.TestCase):
    """The targets."""

    def test_reached(self) -> None:
        verdicts = report.targets_of(_measured(_cost(60, 10, 800, 32),
                                          _cost(90, 10, 900, 32)))
        self.assertEqual([one.reached for one in verdicts], [True] * 3)

    def test_own_part_missed_by_its_helpers(self) -> None:
        verdicts = report.targets_of(_measured(_cost(60, 20, 800, 32),
                                          _cost(90, 10, 900, 32)))
        self.assertEqual([one.reached for one in verdicts],
                         [True, False, True])

    def test_other_segments(self) -> None:
        verdicts = report.targets_of(_measured(_cost(60, 10, 800, 20),
                                          _cost(90, 10, 900, 32)))
        self.assertFalse(verdicts[2].reached)

    def test_memory(self) -> None:
        disk = probe.parse(test_memory.ProbeTest.TEXT)
        pair = memory.Pair(2, 64, disk, disk)
        self.assertTrue(all(one.reached
                            for one in report.memory_targets([pair])))
        self.assertFalse(limits.at_most("x", 2.01, limits.MEMORY).reached)
        self.assertTrue(limits.at_most("x", 2.0, limits.MEMORY).reached)
        self.assertTrue(limits.at_most("x", 2.01, 2.0, 1.99).reached)
        self.assertFalse(limits.at_most("x", 2.02, 2.0, 2.01).reached)
