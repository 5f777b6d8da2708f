# SPDX-License-Identifier: GPL-2.0
"""A guest whose packed rings make no sense."""

from __future__ import annotations

import random

from .hostile import OUTSIDE
from .packed_case import PackedCase
from .ring import Segment
from .wire import (DESC_AVAIL, DESC_INDIRECT, DESC_NEXT, DESC_USED,
                   DESC_WRITE, OK, Request, Status)


class Lists(PackedCase):
    """Lists and tables."""

    def put(self, *flags: int, part: Segment | None = None) -> None:
        """Descriptors with these flags from slot 0 on, available; notify."""
        part = part or Segment(self.block.ram.put(bytes(64)), 16)
        for slot, value in reversed(list(enumerate(flags))):
            self.packed.set_desc(slot, part, 0, value)
        self.block.notify()

    def test_cut_short(self) -> None:
        """2.8.6: the second one is not there yet."""
        self.begin_packed()
        self.put(DESC_AVAIL | DESC_NEXT, 0)
        self.broken("middle of a list")

    def test_endless(self) -> None:
        self.begin_packed(size=8)
        self.put(*[DESC_AVAIL | DESC_NEXT] * 8)
        self.broken("loop")

    def test_readable_after_writable(self) -> None:
        self.begin_packed()
        self.put(DESC_AVAIL | DESC_NEXT | DESC_WRITE, DESC_AVAIL)
        self.broken("readable after writable")

    def test_tables(self) -> None:
        block = self.begin_packed()
        for part, words in (
                (Segment(OUTSIDE, 48), "not in guest memory"),
                (Segment(block.ram.end - 16, 48), "not in guest memory"),
                (Segment(block.ram.base, 0), "whole descriptors"),
                (Segment(block.ram.base, 17), "whole descriptors"),
                (Segment(block.ram.base, 0xfffffff0), "longer than allowed")):
            self.put(DESC_AVAIL | DESC_INDIRECT, part=part)
            self.broken(words)

    def test_table_in_a_list(self) -> None:
        self.begin_packed()
        self.put(DESC_AVAIL | DESC_NEXT, DESC_AVAIL | DESC_INDIRECT)
        self.broken("indirect in a list")
        self.put(DESC_AVAIL | DESC_NEXT | DESC_INDIRECT, DESC_AVAIL)
        self.broken("both indirect and next")

    def test_buffers_outside(self) -> None:
        """The request fails; the ring goes on."""
        block = self.begin_packed()
        for address in (OUTSIDE, block.ram.end - 100, 2**64 - 100):
            self.assertNotEqual(
                block.request(Request.IN, 0, [Segment(address, 512, True)]),
                OK)
        self.assertEqual(len(block.read(0, 1)), 512)


class Rings(PackedCase):
    """Rings where none can be, and rings that change."""

    def enable(self, desc: int, driver: int, device: int) -> bool:
        """Give queue 0 these addresses; whether the device takes them."""
        block = self.block
        ring = self.packed
        block.negotiate([32, 34])
        self.packed.desc, ring.avail, ring.used = desc, driver, device
        block.set_queue(0, ring)
        return bool(block.get("queue_enable")
                    and not block.status & Status.NEEDS_RESET)

    def test_addresses(self) -> None:
        block = self.begin_packed()
        good = block.ram.base
        self.assertTrue(self.enable(good, good + 4096, good + 8192))
        for bad in (OUTSIDE, 0, block.ram.end, 2**64 - 16, good + 2):
            for parts in ((bad, good + 4096, good + 8192),
                          (good, bad, good + 8192), (good, good + 4096, bad)):
                self.assertFalse(self.enable(*parts), str(parts))
                self.restart()
        self.assertEqual(len(block.read(0, 1)), 512)

    def test_parts_that_overlap(self) -> None:
        block = self.begin_packed()
        self.enable(block.ram.base, block.ram.base, block.ram.base)
        block.add_status(Status.DRIVER_OK)
        for _ in range(5):
            block.notify()
        self.restart()
        self.assertEqual(len(block.read(0, 1)), 512)

    def test_ring_changes_under_the_device(self) -> None:
        """Descriptors flip while it reads: any outcome but a crash."""
        block = self.begin_packed("--poll", size=16)
        rng = random.Random(7)
        for _ in range(40):
            good = block.header(Request.IN, 1).address
            for slot in range(16):
                self.packed.set_desc(
                    slot, Segment(rng.choice((good, OUTSIDE,
                                              block.ram.end - 4)),
                                  rng.choice((0, 1, 16, 512, 0xffffffff))),
                    rng.randrange(20), rng.randrange(8) | rng.choice(
                        (DESC_AVAIL, DESC_USED, 0, DESC_AVAIL | DESC_USED)))
            if block.status & Status.NEEDS_RESET:
                self.restart(16)
        self.restart(16)
        self.assertEqual(len(block.read(0, 1)), 512)
