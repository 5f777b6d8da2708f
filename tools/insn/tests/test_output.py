# SPDX-License-Identifier: GPL-2.0
"""Workloads, functions of the guest, targets."""

from __future__ import annotations

import dataclasses
import unittest

from insn import (cli, functions, limits, loads, measure, memory, net_measure,
                  owners, probe, report)
from insn.plugin import Counts
from insn.sample import Cost, sample
from insn.symbols import Symbols

from lab import LabError

from . import test_memory
from .test_attribution import KALLSYMS, KFREE, OURS, START


def _cost(own: int, helped: int, rest: int, segments: float) -> Cost:
    counts = Counts({OURS: own, START: rest}, {KFREE: helped}, 7, 0)
    return Cost([sample(Symbols(KALLSYMS.splitlines()), counts,
                        Counts({}, {}, 0, 0), 1)], segments, 0.5, "none")


def _measured(ours: Cost, kernels: Cost) -> measure.Measured:
    load = next(one for one in loads.LOADS if one.name == "seq-32")
    return measure.Measured(
        functions.BLK.drivers, [load], {(load.name, "vfe_blk"): ours,
                                    (load.name, "virtio_blk"): kernels},
        "6.12", "", limits.OWN_PART)


class NetworkTest(unittest.TestCase):
    """Workloads of networks."""

    def test_chosen_with_those_of_disks(self) -> None:
        found = cli.chosen("net-tx,d1")
        self.assertEqual([one.name for one in found], ["net-tx", "d1"])
        self.assertLess({one.name for one in net_measure.LOADS},
                        {one.name for one in cli.chosen("all", True)})

    def test_functions_are_apart(self) -> None:
        every = net_measure.INTERFACES
        self.assertEqual(len({one.slot for one in every}), len(every))
        self.assertEqual(len({one.network for one in every}), len(every))

    def test_names_the_driver_that_it_compares_with(self) -> None:
        measured = dataclasses.replace(
            _measured(_cost(60, 10, 800, 32), _cost(90, 10, 900, 32)),
            own_part=limits.NET_OWN_PART)
        texts = [one.text for one in report.targets_of(measured)]
        self.assertIn("0.85 of virtio_blk's", texts[1])
        for name in net_measure.DRIVERS:
            self.assertIn(name, owners.MODULES)


class ScsiTest(unittest.TestCase):
    """Workloads of SCSI hosts."""

    def test_same_workloads_as_disks(self) -> None:
        disks, units = ([one for one in loads.LOADS if one.kind == kind]
                        for kind in functions.KINDS)
        self.assertEqual([f"scsi-{one.name}" for one in disks],
                         [one.name for one in units])

    def test_each_function_has_a_unit(self) -> None:
        for kind in functions.KINDS.values():
            self.assertEqual(len({one.slot for one in kind.functions}), 4)
            for name in kind.drivers:
                self.assertIn(name, owners.MODULES)
        for one in functions.SCSI.functions:
            bus = f"bus=hba-{one.slot.number}.0"
            self.assertIn(bus, one.arguments()[-1])

    def test_bound(self) -> None:
        lines = [f"{one.bdf} sd{index} [none] bfq"
                 for index, one in enumerate(functions.SCSI.functions)]
        found = functions.parse_bound("\n".join(lines), functions.SCSI)
        self.assertEqual(
            found[functions.SCSI.function("virtio_scsi", False)],
            functions.Disk("sd1", "none"))
        with self.assertRaisesRegex(LabError, "no disk on"):
            functions.parse_bound("\n".join(lines[1:]), functions.SCSI)


class VerdictTest(unittest.TestCase):
    """The targets."""

    def test_reached(self) -> None:
        verdicts = report.targets_of(_measured(_cost(60, 10, 800, 32),
                                          _cost(90, 10, 900, 32)))
        self.assertEqual([one.reached for one in verdicts], [True] * 3)

    def test_median_or_lowest_pair(self) -> None:
        ours = Cost([_cost(60, 10, rest, 32).samples[0]
                     for rest in (800, 990, 990)])
        measured = _measured(ours, Cost([*_cost(90, 10, 900, 32).samples] * 3))
        for noisy, reached in ((True, True), (False, False)):
            whole = report.targets_of(dataclasses.replace(measured,
                                                          noisy=noisy))[0]
            self.assertEqual(whole.reached, reached)
            self.assertEqual("in one pair" in whole.text, noisy)

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
