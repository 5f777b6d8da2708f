# SPDX-License-Identifier: GPL-2.0
"""From addresses to functions, owners and costs."""

from __future__ import annotations

import unittest

from insn import owners
from insn.plugin import Counts
from insn.sample import Cost, ratio, sample
from insn.symbols import Function, Symbols

KALLSYMS = """\
ffffffff81000000 T first
ffffffff81000010 T __pfx_kfree
ffffffff81000020 T kfree
ffffffff81000100 T blk_mq_start_request
ffffffff81000200 t virtqueue_add_split
ffffffff81000300 T virtqueue_add_sgs
ffffffff81000400 T __x86_indirect_thunk_rax
ffffffff81000500 T a_longer_alias
ffffffff81000500 T alias
ffffffff81000600 D data
ffffffffc0000000 t vfe_blk_queue_rq [vfe_blk]
ffffffffc0000100 t virtio_queue_rq.cold [virtio_blk]
ffffffffc0000200 t ext4_map [ext4]
"""
KFREE, START, RING = 0xffffffff81000024, 0xffffffff81000140, 0xffffffff81000210
OURS = 0xffffffffc0000010


def _symbols() -> Symbols:
    return Symbols(KALLSYMS.splitlines())


class SymbolsTest(unittest.TestCase):
    """kallsyms."""

    def test_finds_the_function_around_an_address(self) -> None:
        symbols = _symbols()
        self.assertEqual(symbols.find(KFREE), Function("kernel", "kfree"))
        self.assertEqual(symbols.find(OURS),
                         Function("vfe_blk", "vfe_blk_queue_rq"))

    def test_padding_is_no_function(self) -> None:
        self.assertEqual(_symbols().find(0xffffffff81000018).name, "first")

    def test_one_name_of_several_for_a_place(self) -> None:
        self.assertEqual(_symbols().find(0xffffffff81000500).name, "alias")

    def test_hidden_addresses_are_refused(self) -> None:
        with self.assertRaises(ValueError):
            Symbols(["0000000000000000 T first"])

    def test_variants_have_a_plain_name(self) -> None:
        for name in ("f.cold", "f.isra.0", "f.constprop.0.cold", "f.part.3",
                     "f.7"):
            self.assertEqual(Function("kernel", name).plain, "f", name)


class OwnersTest(unittest.TestCase):
    """The rule."""

    def test_kinds(self) -> None:
        for module, name, kind in (
                ("vfe", "split_add", owners.DRIVER),
                ("vfe_blk", "anything", owners.DRIVER),
                ("virtio_blk", "virtio_queue_rq", owners.DRIVER),
                ("kernel", "virtqueue_add_split", owners.DRIVER),
                ("kernel", "vring_interrupt", owners.DRIVER),
                ("kernel", "vp_notify", owners.DRIVER),
                ("kernel", "detach_buf_split", owners.DRIVER),
                ("kernel", "__kmalloc_noprof", "allocations"),
                ("kernel", "__kmalloc_cache_noprof", "allocations"),
                ("kernel", "kfree", "allocations"),
                ("kernel", "kmem_cache_free", "allocations"),
                ("kernel", "mempool_alloc_noprof", "allocations"),
                ("kernel", "__blk_rq_map_sg", "scatter lists"),
                ("kernel", "sg_alloc_table_chained", "scatter lists"),
                ("kernel", "dma_map_page_attrs", "DMA"),
                ("kernel", "__dma_map_sg_attrs", "DMA"),
                ("kernel", "memset", "memory"),
                ("kernel", "_raw_spin_lock_irqsave", "locks"),
                ("kernel", "iowrite16", "registers"),
                ("kernel", "ktime_get", "time"),
                ("kernel", "blk_mq_start_request", owners.REST),
                ("kernel", "dd_dispatch_request", owners.REST),
                ("kernel", "kthread_park", owners.REST),
                ("ext4", "kfree", owners.REST),
                ("kernel", "__x86_indirect_thunk_rax", owners.PASS)):
            self.assertEqual(owners.kind(Function(module, name)), kind,
                             f"{module} {name}")

    def test_the_table_is_in_order_and_joins_neighbours(self) -> None:
        lines = [line.split() for line in
                 owners.table(_symbols()).splitlines()]
        self.assertEqual([line[2] for line in lines], ["h", "d", "p", "d"])
        self.assertEqual(lines[1][:2],
                         ["ffffffff81000200", "ffffffff81000400"])
        edges = [int(edge, 16) for line in lines for edge in line[:2]]
        self.assertEqual(edges, sorted(edges))


class SampleTest(unittest.TestCase):
    """The cost of an operation."""

    def test_the_short_run_is_taken_off(self) -> None:
        run = Counts({OURS: 1010, START: 500}, {KFREE: 200}, 100, 0)
        base = Counts({OURS: 10, START: 100}, {}, 20, 0)
        found = sample(_symbols(), run, base, 10)
        self.assertAlmostEqual(found.kernel, 160)
        self.assertAlmostEqual(found.user, 8)
        self.assertAlmostEqual(found.own, 120)
        self.assertAlmostEqual(found.parts[owners.DRIVER], 100)
        self.assertAlmostEqual(found.parts["allocations"], 20)

    def test_a_helper_of_others_is_not_the_drivers(self) -> None:
        run = Counts({OURS: 10, KFREE: 100}, {KFREE: 30}, 0, 0)
        found = sample(_symbols(), run, Counts({}, {}, 0, 0), 1)
        self.assertAlmostEqual(found.own, 40)
        self.assertAlmostEqual(found.kernel, 140)

    def test_medians_and_pairs(self) -> None:
        def cost(*values: int) -> Cost:
            return Cost([sample(_symbols(), Counts({OURS: value}, {}, 0, 0),
                                Counts({}, {}, 0, 0), 1) for value in values])
        ours, kernels = cost(90, 110, 100), cost(100, 100, 200)
        self.assertEqual(ours.kernel.value, 100)
        self.assertAlmostEqual(ours.kernel.spread, 0.2)
        self.assertAlmostEqual(ratio(ours, kernels, "own").value, 0.9)
        self.assertEqual(ours.ranked()[0][0], 100)
