# SPDX-License-Identifier: GPL-2.0
"""A guest whose rings are nowhere and whose indices jump."""

from __future__ import annotations

import random

from .hostile import OUTSIDE, HostileCase
from .wire import Request, Status


class RingAddresses(HostileCase):
    """Rings where none can be."""

    def enable(self, desc: int, avail: int, used: int,
               size: int = 16) -> None:
        """Give queue 0 these addresses and start."""
        block = self.block
        block.negotiate()
        block.set("queue_select", 0)
        block.set("queue_size", size)
        for name, value in (("desc", desc), ("driver", avail),
                            ("device", used)):
            block.set(f"queue_{name}_lo", value & 0xffffffff)
            block.set(f"queue_{name}_hi", value >> 32)
        block.set("queue_enable", 1)
        block.add_status(Status.DRIVER_OK)
        block.notify()

    def rejected(self, desc: int, avail: int, used: int,
                 size: int = 16) -> None:
        """Not enabled, or DEVICE_NEEDS_RESET; then a good start."""
        with self.subTest(desc=hex(desc), avail=hex(avail), used=hex(used),
                          size=size):
            self.enable(desc, avail, used, size)
            self.block.set("queue_select", 0)
            enabled = self.block.get("queue_enable")
            status = self.block.status
            self.assertTrue(not enabled or status & Status.NEEDS_RESET,
                            f"enabled, status {status:#x}")
            self.recovers()

    def test_outside(self) -> None:
        self.begin()
        good = self.block.ram.base
        for bad in (OUTSIDE, 0, self.block.ram.end,
                    self.block.ram.end - 16, 2**64 - 16):
            self.rejected(bad, good, good + 4096)
            self.rejected(good, bad, good + 4096)
            self.rejected(good, good + 4096, bad)

    def test_unaligned(self) -> None:
        """2.7: table 16, available 2, used 4."""
        self.begin()
        good = self.block.ram.base
        for off in (1, 2, 8):
            self.rejected(good + off, good + 4096, good + 8192)
        self.rejected(good, good + 4097, good + 8192)
        for off in (1, 2, 3):
            self.rejected(good, good + 4096, good + 8192 + off)

    def test_sizes(self) -> None:
        """Zero, no power of two, more than offered: refused or bounded."""
        block = self.begin()
        for size in (0, 3, 15, 17, 257, 512, 0x8000, 0xffff):
            block.negotiate()
            block.set("queue_select", 0)
            block.set("queue_size", size)
            kept = block.get("queue_size")
            self.enable(block.ram.base, block.ram.base + 0x80000,
                        block.ram.base + 0x100000, size)
            block.set("queue_select", 0)
            self.assertTrue(
                kept != size or not block.get("queue_enable")
                or block.status & Status.NEEDS_RESET, f"took size {size}")
            self.recovers()

    def test_rings_that_overlap(self) -> None:
        self.begin()
        base = self.block.ram.base
        self.enable(base, base, base)
        for _ in range(5):
            self.block.notify()
        self.recovers()

    def test_enable_without_addresses(self) -> None:
        self.begin()
        self.rejected(0, 0, 0)

    def test_changes_while_live(self) -> None:
        """Size and addresses of an enabled queue stay what they were."""
        block = self.begin()
        block.set("queue_select", 0)
        block.set("queue_size", 4)
        for name in ("desc", "driver", "device"):
            block.set(f"queue_{name}_lo", 0xdead0)
            block.set(f"queue_{name}_hi", 0xdead0)
        block.set("queue_enable", 0)
        block.set("queue_enable", 1)
        ring = self.ring
        ring.add([block.header(Request.FLUSH), block.status_byte()])
        block.notify()
        self.eventually(lambda: ring.used_idx == 1
                        or bool(block.status & Status.NEEDS_RESET), "stuck")
        self.recovers()


class Indices(HostileCase):
    """Available indices that jump."""

    def test_jump_beyond_the_ring(self) -> None:
        self.begin()
        for idx in (17, 100, 0x7fff, 0x8000, 0xffff):
            self.ring.set_avail_idx(idx)
            self.block.notify()
            self.needs_reset()
            self.again()

    def test_step_back(self) -> None:
        block = self.begin()
        for _ in range(3):
            block.request(Request.FLUSH)
        self.ring.set_avail_idx(1)
        block.notify()
        self.needs_reset()

    def test_same_head_in_all_slots(self) -> None:
        """Allowed to fail, not to hang."""
        block = self.begin()
        head = self.ring.add([block.header(Request.FLUSH),
                              block.status_byte()])
        for _ in range(15):
            self.ring.offer(head)
        block.notify()
        self.eventually(lambda: self.ring.used_idx == 16
                        or bool(block.status & Status.NEEDS_RESET), "stuck")
        self.recovers()

    def test_ring_changes_under_the_device(self) -> None:
        """Descriptors flip while it reads: any outcome but a crash."""
        block = self.begin("--poll")
        rng = random.Random(4)
        good = block.header(Request.IN, 1).address
        for _ in range(40):
            for n in range(16):
                self.ring.set_desc(
                    n, rng.choice((good, OUTSIDE, block.ram.end - 4)),
                    rng.choice((0, 1, 16, 512, 0xffffffff)),
                    rng.randrange(8), rng.randrange(20))
                block.ram.write16(self.ring.avail + 4 + 2 * n,
                                  rng.randrange(18))
                self.ring.set_avail_idx(rng.randrange(0x10000))
            if block.status & Status.NEEDS_RESET:
                self.again()
        self.recovers()

    def test_poll_with_a_broken_ring(self) -> None:
        """It spins no longer, and says so once, not a million times."""
        self.begin("--poll")
        self.ring.set_avail_idx(0x4000)
        self.eventually(
            lambda: bool(self.block.status & Status.NEEDS_RESET), "unseen")
        lines = self.device.log().count("\n")
        for _ in range(50):
            self.block.notify()
        self.assertLess(self.device.log().count("\n") - lines, 5)
        self.recovers()
