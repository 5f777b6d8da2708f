# SPDX-License-Identifier: GPL-2.0
"""Memory that is not freed at the end of a trace."""

from __future__ import annotations

import unittest

from insn import probe
from insn.memory import TraceError, free_pages, parse_trace

TRACE = """\
# tracer: nop
#
# entries-in-buffer/entries-written: 9/9   #P:1
#
 a-1 [000] ..... 1.0: kmalloc: (f+0x1/0x2) call_site=f+0x1/0x2 ptr=0xa1 \
bytes_req=90 bytes_alloc=96 gfp_flags=GFP_KERNEL node=-1 accounted=false
 a-1 [000] ..... 1.1: kmem_cache_alloc: call_site=g+0x1/0x2 ptr=0xa2 \
name=c bytes_req=50 bytes_alloc=64 gfp_flags=GFP_KERNEL node=-1
 a-1 [000] ..... 1.2: kfree: call_site=h+0x1/0x2 ptr=0xa1
 a-1 [000] ..... 1.3: mm_page_alloc: page=0xb pfn=0x10 order=1 \
migratetype=0 gfp_flags=GFP_KERNEL
 a-1 [000] ..... 1.3: <stack trace>
 => trace_event_raw_event_mm_page_alloc
 => __alloc_pages_noprof
 => blk_mq_alloc_rqs
 => probe
 a-1 [000] ..... 1.4: mm_page_alloc: page=0xc pfn=0x20 order=0 \
migratetype=0 gfp_flags=GFP_KERNEL
 a-1 [000] ..... 1.4: <stack trace>
 => __alloc_pages_noprof
 => allocate_slab+0x5/0x10
 => probe
 a-1 [000] ..... 1.5: mm_page_alloc: page=0xd pfn=0x30 order=0 \
migratetype=0 gfp_flags=GFP_HIGHUSER_MOVABLE
 a-1 [000] ..... 1.5: <stack trace>
 => __alloc_pages_noprof
 => do_fault
 a-1 [000] ..... 1.6: percpu_alloc_percpu: call_site=p+0x1/0x2 \
reserved=0 is_atomic=0 size=8 align=8 base_addr=0x0 off=8 ptr=0xe \
bytes_alloc=40 gfp_flags=GFP_KERNEL
"""
ZONE = """\
Node 0, zone   Normal
      nr_free_pages 100
  pages free     100
  pagesets
    cpu: 0
              count:    7
              high:  9
    cpu: 1
              count: 3
"""


class TraceTest(unittest.TestCase):
    """parse_trace()."""

    def test_what_is_left(self) -> None:
        held = parse_trace(TRACE.splitlines())
        self.assertEqual(held.by_site,
                         {"g": 64, "blk_mq_alloc_rqs": 8192, "p": 40})
        self.assertEqual(held.total, 8296)
        self.assertEqual(held.top(1), [("blk_mq_alloc_rqs", 8192)])

    def test_lost_events_are_an_error(self) -> None:
        with self.assertRaises(TraceError):
            parse_trace(TRACE.replace("9/9", "9/11").splitlines())
        with self.assertRaises(TraceError):
            parse_trace([])

    def test_free_pages_with_those_of_the_processors(self) -> None:
        self.assertEqual(free_pages(ZONE), 110)
        self.assertRaises(ValueError, free_pages, "Node 0, zone Normal")


class ProbeTest(unittest.TestCase):
    """The output of the guest."""

    TEXT = (f"== before\n{ZONE}== after\n"
            + ZONE.replace("nr_free_pages 100", "nr_free_pages 97")
            + f"== disk\n64 2\n== trace\n{TRACE}")

    def test_whole(self) -> None:
        disk = probe.parse(self.TEXT)
        self.assertEqual((disk.requests, disk.pages), (128, 3 * 4096))
        self.assertAlmostEqual(disk.each, 8296 / 128)
        self.assertTrue(disk.agree)

    def test_witnesses_far_apart(self) -> None:
        far = self.TEXT.replace("nr_free_pages 100", "nr_free_pages 1700")
        self.assertFalse(probe.parse(far).agree)
