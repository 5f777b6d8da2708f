# SPDX-License-Identifier: GPL-2.0
"""Indirect tables, event indices, polling, the mapped doorbell."""

from __future__ import annotations

import ctypes
import random
import time

from .block import BlockCase
from .process import pattern
from .ring import Ring
from .virtio import DEFAULT_FEATURES
from .wire import OK, SECTOR, Feature, Request, Status


class Rings(BlockCase):
    """INDIRECT_DESC, EVENT_IDX, batches."""

    def test_indirect(self) -> None:
        block = self.begin()
        self.assertEqual(block.read(5, 4, indirect=True),
                         pattern(9)[5 * SECTOR:])
        self.assertEqual(block.write(20, b"i" * 1024, indirect=True), OK)
        self.assertEqual(self.on_disk(20, 2), b"i" * 1024)

    def test_long_indirect(self) -> None:
        """As many segments as seg_max allows."""
        block = self.begin(size=256)
        count = min(block.device_config(12, 4), 126)
        parts = [self.space(SECTOR, True) for _ in range(count)]
        self.assertEqual(block.request(Request.IN, 0, parts, indirect=True),
                         OK)
        data = b"".join(block.ram.read(p.address, SECTOR) for p in parts)
        self.assertEqual(data, pattern(count))

    def test_batch_behind_one_kick(self) -> None:
        block = self.begin()
        statuses = []
        for sector in range(16):
            status = block.status_byte()
            statuses.append(status)
            block.rings[0].add([block.header(Request.IN, sector),
                                self.space(SECTOR, True), status])
        block.notify()
        for _ in range(16):
            block.wait_used()
        self.assertEqual([block.status_at(s) for s in statuses], [OK] * 16)

    def wait_without_bus_master(self, kick: bool) -> None:
        """Nothing is read or written; later all is done."""
        block, ring = self.block, self.block.start()
        block.bus_master(False)
        part, status = self.space(SECTOR, True), block.status_byte()
        ring.add([block.header(Request.IN, 9), part, status])
        if kick:
            block.notify()
        time.sleep(0.05)
        self.assertEqual(ring.used_idx, 0)
        self.assertEqual(block.status_at(status), 0xee)
        self.assertFalse(block.status & Status.NEEDS_RESET)
        block.bus_master(True)
        block.wait_used()
        self.assertEqual(block.status_at(status), OK)
        self.assertEqual(block.ram.read(part.address, SECTOR),
                         pattern(10)[9 * SECTOR:])

    def test_no_ring_without_bus_master(self) -> None:
        self.begin()
        self.wait_without_bus_master(kick=True)

    def test_no_polled_ring_without_bus_master(self) -> None:
        self.begin("--poll")
        self.wait_without_bus_master(kick=False)

    def test_event_idx_interrupts(self) -> None:
        block = self.begin()
        irqs = block.msix(5)
        ring = block.start(vectors=True,
                           features=[*DEFAULT_FEATURES, Feature.EVENT_IDX])
        ring.set_used_event(2)
        for n in range(3):
            self.assertEqual(irqs.count(1), 0, f"request {n}")
            block.read(0, 1)
        self.assertEqual(irqs.wait(1), 1, "used idx passed used_event")
        block.read(0, 1)
        self.assertEqual(irqs.wait(1, 0.05), 0)

    def test_event_idx_wants_each_kick(self) -> None:
        block = self.begin()
        ring = block.start(features=[*DEFAULT_FEATURES, Feature.EVENT_IDX])
        for n in range(5):
            self.assertEqual(ring.avail_event, n)
            block.read(0, 1)

    def wait_index(self, ring: Ring, idx: int) -> None:
        """The device caught up with an available index."""
        self.eventually(lambda: ring.used_idx == idx & 0xffff,
                        f"stuck at {ring.used_idx} before {idx}")

    def test_event_idx_around_the_wrap(self) -> None:
        """Both indices pass 65535, with each mode of interrupts."""
        block = self.begin(size=256)
        irqs = block.msix(5)
        ring = block.start(size=256, vectors=True,
                           features=[*DEFAULT_FEATURES, Feature.EVENT_IDX])
        request = [block.header(Request.GET_ID), self.space(20, True),
                   block.status_byte()]
        ring.set_desc(0, request[0].address, 16, 1, 1)
        ring.set_desc(1, request[1].address, 20, 3, 2)
        ring.set_desc(2, request[2].address, 1, 2)
        ring.set_used_event(65535)
        for n in range(256):  # every slot offers the same chain
            block.ram.write16(ring.avail + 4 + 2 * n, 0)
        for idx in range(256, 65536 + 256, 256):
            if idx == 65536:
                self.assertEqual(irqs.count(1), 0)
            ring.set_avail_idx(idx)
            block.notify()
            self.wait_index(ring, idx)
        self.assertEqual(irqs.wait(1), 1)


class Modes(BlockCase):
    """--poll and --doorbell map."""

    def test_poll_needs_no_kick(self) -> None:
        block = self.begin("--poll")
        self.assertEqual(block.start().used_flags, 1)
        for sector in range(10):
            self.assertEqual(block.read(sector, 1, kick=False),
                             pattern(sector + 1)[-SECTOR:])

    def test_poll_with_event_idx(self) -> None:
        block = self.begin("--poll")
        ring = block.start(features=[*DEFAULT_FEATURES, Feature.EVENT_IDX])
        self.assertEqual(ring.used_flags, 0)
        for sector in range(10):
            block.read(sector, 1, kick=False)
            distance = (ring.avail_event - ring.avail_idx) & 0xffff
            self.assertTrue(0x4000 < distance < 0xc000, hex(distance))

    def test_poll_watches_all_queues(self) -> None:
        block = self.begin("--poll", "--queues", "3")
        block.start(queues=3)
        for index in (2, 0, 1):
            self.assertEqual(len(block.read(0, 1, index, kick=False)), 512)

    def test_poll_obeys_reset(self) -> None:
        block = self.begin("--poll")
        for _ in range(20):
            block.ram.restart()
            block.start()
            block.read(1, 1, kick=False)

    def test_mapped_doorbell(self) -> None:
        block = self.begin("--doorbell", "map")
        bell = self.doorbell(block)
        self.device.control("reset")
        ring = block.rings[0]
        for sector in range(10):
            status = block.status_byte()
            ring.add([block.header(Request.IN, sector),
                      self.space(SECTOR, True), status])
            ctypes.c_uint16.from_buffer(bell, 0).value = 0
            block.wait_used()
            self.assertEqual(block.status_at(status), OK)
        self.eventually(lambda: bytes(bell[:4]) == b"\xff" * 4,
                        "the slot is idle again")
        counters = self.counters(self.device)
        self.assertEqual(counters["registers"], [], "no access was trapped")
        self.assertEqual(counters["kicks"], 0)
        self.assertEqual(counters["doorbells"], 10)

    def test_mapped_doorbell_of_another_queue(self) -> None:
        block = self.begin("--doorbell", "map")
        block.start(queues=4)
        bell = self.doorbell(block)
        status = block.status_byte()
        block.rings[3].add([block.header(Request.IN),
                            self.space(SECTOR, True), status])
        ctypes.c_uint32.from_buffer(bell, 4 * 3).value = 3
        block.wait_used(3)
        self.assertEqual(block.status_at(status), OK)

    def test_noise_in_the_mapped_page(self) -> None:
        block = self.begin("--doorbell", "map")
        bell = self.doorbell(block)
        rng = random.Random(3)
        for _ in range(50):
            at = rng.randrange(0, 1024) * 4
            bell[at:at + 4] = rng.randbytes(4)
        self.assert_serves(self.device, block)

    def test_trapped_write_with_mapped_doorbell(self) -> None:
        """QEMU traps the page for a while after INTx: that kick counts."""
        block = self.begin("--doorbell", "map")
        self.assertEqual(len(block.read(0, 1)), 512)
        self.assertEqual(self.counters(self.device)["kicks"], 1)
