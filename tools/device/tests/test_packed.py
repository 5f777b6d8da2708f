# SPDX-License-Identifier: GPL-2.0
"""Packed rings, virtio 1.4, 2.8, with a good driver."""

from __future__ import annotations

import ctypes

from .packed_case import EVENT_FEATURES, PackedCase
from .process import pattern
from .virtio import DEFAULT_FEATURES
from .wire import (EVENT_DESC, EVENT_DISABLE, EVENT_ENABLE, OK, SECTOR,
                   Feature, Request)


class Requests(PackedCase):
    """Lists and tables, in rings of all sizes."""

    def test_every_kind_of_request(self) -> None:
        block = self.begin_packed()
        self.assertEqual(block.read(5, 4), pattern(9)[5 * SECTOR:])
        self.assertEqual(block.write(20, b"p" * 1024), OK)
        self.assertEqual(block.request(Request.FLUSH), OK)
        self.assertEqual(block.ranges(Request.WRITE_ZEROES, (21, 1, 0)), OK)
        self.assertEqual(block.read(20, 2), b"p" * 512 + bytes(512))
        self.assertEqual(block.request(99), 2)

    def test_sizes(self) -> None:
        """Around each ring several times, lists across its end."""
        block = self.begin_packed("--queue-size", "1000")
        for size in (3, 4, 5, 6, 7, 8, 13, 100, 255, 1000):
            with self.subTest(size=size):
                self.restart(size)
                for n in range(min(4 * size, 60)):
                    self.assertEqual(block.read(n, 1),
                                     pattern(n + 1)[-SECTOR:])

    def test_tiny_rings(self) -> None:
        """A table of a request fits into any ring."""
        for size in (1, 2):
            with self.subTest(size=size):
                block = self.begin_packed("--queue-size", str(size),
                                          size=size)
                block.set("queue_select", 0)
                self.assertEqual(block.get("queue_size"), size)
                for n in range(9):
                    self.assertEqual(block.read(n, 1, indirect=True),
                                     pattern(n + 1)[-SECTOR:])
                self._stopped(self.device)
                self.setUp()

    def test_lists_and_tables(self) -> None:
        block = self.begin_packed(size=7)
        for n in range(30):
            self.assertEqual(block.read(n, 2, indirect=bool(n % 3)),
                             pattern(n + 2)[n * SECTOR:])

    def test_long_table(self) -> None:
        """seg_max counts, not the size that the driver chose."""
        block = self.begin_packed(size=4)
        count = min(block.device_config(12, 4), 126)
        parts = [self.space(SECTOR) for _ in range(count)]
        self.assertEqual(block.request(Request.IN, 0, parts, indirect=True),
                         OK)
        data = b"".join(block.ram.read(p.address, SECTOR) for p in parts)
        self.assertEqual(data, pattern(count))

    def test_batch_behind_one_kick(self) -> None:
        block = self.begin_packed()
        statuses = [self.add_read(sector) for sector in range(21)]
        block.notify()
        for n in range(21):
            self.assertEqual(block.wait_used()[0], n)
        self.assertEqual([block.status_at(s) for s in statuses], [OK] * 21)

    def test_each_queue_works(self) -> None:
        block = self.begin_packed("--queues", "4", queues=4, size=9)
        for index in (3, 0, 2, 1):
            self.assertEqual(block.read(index, 1, index),
                             pattern(index + 1)[-SECTOR:])

    def test_one_layout_after_the_other(self) -> None:
        block = self.begin_packed()
        for n in range(20):
            if n % 2:
                self.restart(11)
            else:
                block.ram.restart()
                block.start(size=16)
            self.assertEqual(block.read(n, 1), pattern(n + 1)[-SECTOR:])


class Events(PackedCase):
    """Suppression of notifications and interrupts."""

    def test_interrupts(self) -> None:
        block = self.begin_packed()
        irqs = block.msix(5)
        ring = self.restart(vectors=True)
        ring.set_driver_event(EVENT_DISABLE)
        block.read(0, 1)
        self.assertEqual(irqs.wait(1, 0.05), 0)
        ring.set_driver_event(EVENT_ENABLE)
        block.read(0, 1)
        self.assertEqual(irqs.wait(1), 1)

    def test_interrupt_at_a_descriptor(self) -> None:
        block = self.begin_packed(features=EVENT_FEATURES)
        irqs = block.msix(5)
        ring = self.restart(8, features=EVENT_FEATURES, vectors=True)
        for place in (5, 8, 12, 15):  # requests take 0-2, 3-5, 6-8, ...
            ring.set_driver_event(EVENT_DESC, ring.wire(place))
            done = 0
            while not irqs.wait(1, 0.02):
                self.assertLessEqual(done, place)
                block.read(0, 1)
                done += 3
            self.assertEqual(done, place // 3 * 3 + 3)
            ring = self.restart(8, features=EVENT_FEATURES, vectors=True)

    def test_device_wants_each_kick(self) -> None:
        block = self.begin_packed(size=5, features=EVENT_FEATURES)
        for _ in range(12):
            block.read(0, 1)
            self.assertEqual(self.packed.device_event,
                             (EVENT_DESC, self.packed.next))
        self.restart(5)
        for _ in range(12):
            block.read(0, 1)
            self.assertEqual(self.packed.device_event[0], EVENT_ENABLE)

    def test_poll_wants_none(self) -> None:
        for features in (DEFAULT_FEATURES, EVENT_FEATURES):
            block = self.begin_packed("--poll", size=5, features=features)
            for sector in range(12):
                self.assertEqual(self.packed.device_event[0], EVENT_DISABLE)
                self.assertEqual(block.read(sector, 1, kick=False),
                                 pattern(sector + 1)[-SECTOR:])
            self._stopped(self.device)
            self.setUp()

    def test_mapped_doorbell(self) -> None:
        """Neither kicks nor any other access."""
        block = self.begin_packed(
            "--doorbell", "map", size=9,
            features=[*EVENT_FEATURES, Feature.NOTIFICATION_DATA])
        bell = self.doorbell(block)
        self.device.control("reset")
        for sector in range(20):
            status = self.add_read(sector)
            ctypes.c_uint32.from_buffer(bell, 0).value = (
                self.packed.next << 16)
            block.wait_used()
            self.assertEqual(block.status_at(status), OK)
        counters = self.counters(self.device)
        self.assertEqual(counters["registers"], [])
        self.assertEqual(counters["doorbells"], 20)
        self.assertEqual(counters["notified_ahead"], 0)
