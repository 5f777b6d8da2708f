# SPDX-License-Identifier: GPL-2.0
"""Workloads, functions of the guest, table, verdicts, command line."""

from __future__ import annotations

import unittest

from insn import cli, functions, limits, loads, measure, memory, probe
from insn import report
from insn.plugin import Counts
from insn.sample import Cost, sample
from insn.symbols import Symbols
from lab.errors import LabError

from . import test_memory
from .test_attribution import KALLSYMS, KFREE, OURS, START

FIO = ('noise {"jobs": [{"error": 0, "read": {"total_ios": 9},'
       ' "write": {"total_ios": 1}}]}')
SHAPE = """\
# event histogram
{ n:          1 } hitcount:          3
{ n:         32 } hitcount:          2

Totals:
    Hits: 5
    Entries: 2
    Dropped: 0
"""


def _cost(own: int, helped: int, rest: int, segments: float) -> Cost:
    counts = Counts({OURS: own, START: rest}, {KFREE: helped}, 7, 0)
    return Cost([sample(Symbols(KALLSYMS.splitlines()), counts,
                        Counts({}, {}, 0, 0), 1)], segments, 0.5, "none")


def _measured(ours: Cost, kernels: Cost) -> measure.Measured:
    return measure.Measured({("seq-32", "vfe_blk"): ours,
                             ("seq-32", "virtio_blk"): kernels}, "6.12", "")


class LoadsTest(unittest.TestCase):
    """fio."""

    def test_names_are_apart(self) -> None:
        names = [load.name for load in loads.LOADS]
        self.assertEqual(len(names), len(set(names)))

    def test_no_run_reads_past_the_disk(self) -> None:
        for load in loads.LOADS:
            self.assertLess(load.ops * load.block, loads.DISK_BYTES)
            self.assertGreater(load.ops, loads.BASE_OPS)
            self.assertEqual(load.ops % load.depth, 0)
            self.assertLess(load.block * load.depth,
                            loads.BUFFER_PAGES * loads.PAGE)

    def test_batches(self) -> None:
        for load in loads.LOADS:
            self.assertEqual(load.batch, "batch_submit"
                             in load.command("vda", 64))

    def test_fio_says_how_many(self) -> None:
        self.assertEqual(loads.operations(FIO), 10)

    def test_shape(self) -> None:
        self.assertEqual(measure.parse_shape(SHAPE, 7),
                         measure.Shape(5, 67, 7))


class FunctionsTest(unittest.TestCase):
    """Which driver is on which function."""

    TEXT = "".join(f"{one.bdf} disk{n} [none] mq-deadline\n"
                   for n, one in enumerate(functions.FUNCTIONS))

    def test_bound(self) -> None:
        found = functions.parse_bound(self.TEXT)
        self.assertEqual(found[functions.FUNCTIONS[1]],
                         functions.Disk("disk1", "none"))

    def test_a_disk_is_missing(self) -> None:
        with self.assertRaises(LabError):
            functions.parse_bound(self.TEXT.split("\n", 1)[1])

    def test_identical_but_for_place(self) -> None:
        for slow in (False, True):
            ours, kernels = (
                " ".join(one.arguments())
                .replace(f"null-{one.slot.number}", "N")
                .replace(f"addr={one.slot.number:#x}", "addr=S")
                for one in functions.FUNCTIONS if one.slow == slow)
            self.assertEqual(ours, kernels)


class VerdictTest(unittest.TestCase):
    """The demands."""

    def test_reached(self) -> None:
        verdicts = report.targets_of(_measured(_cost(60, 10, 800, 32),
                                          _cost(90, 10, 900, 32)))
        self.assertEqual([one.reached for one in verdicts], [True] * 3)

    def test_own_part_missed_by_its_helpers(self) -> None:
        verdicts = report.targets_of(_measured(_cost(60, 20, 800, 32),
                                          _cost(90, 10, 900, 32)))
        self.assertEqual([one.reached for one in verdicts],
                         [True, False, True])

    def test_whole_kernel_missed(self) -> None:
        verdicts = report.targets_of(_measured(_cost(60, 10, 890, 32),
                                          _cost(90, 10, 900, 32)))
        self.assertEqual([one.reached for one in verdicts],
                         [False, True, True])

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


class OutputTest(unittest.TestCase):
    """Table and file."""

    def test_table_and_ranking(self) -> None:
        measured = _measured(_cost(60, 10, 800, 32), _cost(90, 10, 900, 32))
        table = report.render(measured)
        self.assertIn("0.700", table)
        self.assertIn("0.870", table)
        ranking = report.ranking(measured, 2)
        self.assertIn("vfe_blk:vfe_blk_queue_rq", ranking)
        self.assertIn("kernel:kfree", ranking)

    def test_file(self) -> None:
        measured = _measured(_cost(60, 10, 800, 32), _cost(90, 10, 900, 32))
        document = report.document(measured, [], report.targets_of(measured))
        self.assertEqual(document["schema"], "vfe-insn/1")
        work = document["workloads"][0]
        self.assertEqual(work["ratio"]["own_part"]["median"], 0.7)
        self.assertEqual(work["drivers"]["vfe_blk"]["segments"], 32)
        self.assertEqual(len(document["targets"]), 3)


class CommandLineTest(unittest.TestCase):
    """The options."""

    def test_loads(self) -> None:
        self.assertEqual(len(cli.chosen("all")), len(loads.LOADS))
        self.assertEqual(cli.chosen("none"), [])
        self.assertEqual([one.name for one in cli.chosen("seq-1,d1")],
                         ["seq-1", "d1"])
        self.assertNotIn("d1-write", [one.name for one in
                                      cli.chosen("all", quick=True)])
        with self.assertRaises(LabError):
            cli.chosen("d1,d2")

    def test_sizes(self) -> None:
        self.assertEqual(cli.sizes("4x256,64x1024"), [(4, 256), (64, 1024)])
        self.assertEqual(cli.sizes("none"), [])
        for text in ("4", "0x5", "4x", "axb"):
            with self.subTest(text), self.assertRaises(LabError):
                cli.sizes(text)


if __name__ == "__main__":
    unittest.main()
