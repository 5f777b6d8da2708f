# SPDX-License-Identifier: GPL-2.0
"""Features that change how rings are used, in both layouts."""

from __future__ import annotations

import ctypes

from .packed_case import PackedCase
from .process import pattern
from .virtio import DEFAULT_FEATURES
from .wire import OK, SECTOR, Feature, Request

RING_FEATURES = {
    "in_order": Feature.IN_ORDER, "order_platform": Feature.ORDER_PLATFORM,
    "notification_data": Feature.NOTIFICATION_DATA,
    "notif_config_data": Feature.NOTIF_CONFIG_DATA,
    "ring_reset": Feature.RING_RESET,
    "packed": Feature.RING_PACKED,
    "access_platform": Feature.ACCESS_PLATFORM,
}
LAYOUTS: tuple[tuple[Feature, ...], ...] = ((), (Feature.RING_PACKED,))


class Offered(PackedCase):
    """Features are offered, and not with --features-off."""

    def test_each_can_be_left_out(self) -> None:
        for name, bit in RING_FEATURES.items():
            with self.subTest(name=name):
                device = self.launch("--features-off", name)
                offered = self.attach(device).offered()
                for other in RING_FEATURES.values():
                    self.assertEqual(offered >> other & 1, other != bit,
                                     other)
                self._stopped(device)
                self.setUp()

    def test_everything_at_once(self) -> None:
        """Every combination of what changes a ring serves."""
        device = self.launch()
        self.block = block = self.attach(device)
        bits = [Feature.RING_PACKED, Feature.IN_ORDER, Feature.EVENT_IDX,
                Feature.NOTIFICATION_DATA, Feature.NOTIF_CONFIG_DATA]
        others = [Feature.ACCESS_PLATFORM, Feature.ORDER_PLATFORM,
                  Feature.RING_RESET]
        for choice in range(1 << len(bits)):
            chosen = [bit for n, bit in enumerate(bits) if choice >> n & 1]
            with self.subTest(chosen=chosen):
                block.ram.restart()
                block.start_any(size=8, features=[*DEFAULT_FEATURES, *others,
                                                  *chosen])
                for n in range(11):
                    self.assertEqual(block.read(n, 1, indirect=bool(n % 2)),
                                     pattern(n + 1)[-SECTOR:])
        self.assertEqual(self.counters(device)["notified_ahead"], 0)


class InOrder(PackedCase):
    """One used entry for a batch."""

    def test_batches(self) -> None:
        for layout in LAYOUTS:
            with self.subTest(layout=layout):
                block = self.begin_packed()
                block.ram.restart()
                block.start_any(size=64, features=[
                    *DEFAULT_FEATURES, Feature.IN_ORDER, *layout])
                for _ in range(8):
                    statuses = [self.add_read(n) for n in range(5)]
                    block.notify()
                    lengths = [block.wait_used()[1] for _ in range(5)]
                    self.assertEqual(lengths, [513] * 5)
                    self.assertEqual([block.status_at(s) for s in statuses],
                                     [OK] * 5)
                self._stopped(self.device)
                self.setUp()

    def test_an_error_in_a_batch(self) -> None:
        for layout in LAYOUTS:
            with self.subTest(layout=layout):
                block = self.begin_packed()
                block.ram.restart()
                block.start_any(size=64, features=[
                    *DEFAULT_FEATURES, Feature.IN_ORDER, *layout])
                for sector in (0, 1 << 40, 1, 2):
                    self.add_read(sector)
                block.notify()
                lengths = [block.wait_used()[1] for _ in range(4)]
                self.assertEqual(lengths, [513, 0, 513, 513])
                self._stopped(self.device)
                self.setUp()


class Notifications(PackedCase):
    """NOTIFICATION_DATA and NOTIF_CONFIG_DATA."""

    def test_16_bits_are_not_enough(self) -> None:
        block = self.begin_packed(
            features=[*DEFAULT_FEATURES, Feature.NOTIFICATION_DATA])
        self.add_read(0)
        block.client.write_int(4, 0x3000, 2, 0)
        self.assertIsNone(block.rings[0].pop())
        block.notify()
        block.wait_used()

    def test_ahead_of_the_ring(self) -> None:
        block = self.begin_packed(
            features=[*DEFAULT_FEATURES, Feature.NOTIFICATION_DATA])
        block.client.write_int(4, 0x3000, 4, self.packed.wire(1) << 16)
        self.assertEqual(self.counters(self.device)["notified_ahead"], 1)
        self.assertEqual(len(block.read(0, 1)), 512)

    def test_polled_doorbells(self) -> None:
        """A slot holds all 32 bits, whatever else the device watches."""
        features = [*DEFAULT_FEATURES, Feature.NOTIFICATION_DATA,
                    Feature.NOTIF_CONFIG_DATA, Feature.EVENT_IDX]
        for options in ((), ("--poll",)):
            for layout in LAYOUTS:
                with self.subTest(options=options, layout=layout):
                    block = self.begin_packed("--doorbell", "map", *options)
                    bell = self.doorbell(block)
                    block.ram.restart()
                    block.start_any(queues=2, size=9 if layout else 16,
                                    features=[*features, *layout])
                    for n in range(20):
                        status = self.add_read(n, 1)
                        value, size = block.notify_value(1)
                        self.assertEqual(size, 4)
                        ctypes.c_uint32.from_buffer(bell, 4).value = value
                        block.wait_used(1)
                        self.assertEqual(block.status_at(status), OK)
                    counters = self.counters(self.device)
                    self.assertEqual(counters["kicks"], 0)
                    self.assertEqual(counters["notified_ahead"], 0)
                    self._stopped(self.device)
                    self.setUp()


class QueueReset(PackedCase):
    """One queue is reset and set up anew while others run."""

    def cycle(self, *options: str) -> None:
        """Both layouts; the queue comes back with another size."""
        for layout in LAYOUTS:
            with self.subTest(layout=layout):
                block = self.begin_packed(*options)
                block.ram.restart()
                block.start_any(queues=2, size=16, features=[
                    *DEFAULT_FEATURES, Feature.RING_RESET, *layout])
                for size in (4, 64, 8, 256):
                    block.read(size, 1)
                    block.reset_queue(0)
                    self.assertEqual(block.get("queue_enable"), 0)
                    self.assertEqual(block.get("queue_size"), 256)
                    self.assertEqual(len(block.read(1, 1, 1)), 512)
                    block.set_queue(0, block.fresh_queue(size))
                    self.assertEqual(block.read(3, 1), pattern(4)[-SECTOR:])
                self.assertEqual(self.counters(self.device)["queue_resets"],
                                 4)
                self._stopped(self.device)
                self.setUp()

    def test_trapped(self) -> None:
        self.cycle()

    def test_polled(self) -> None:
        self.cycle("--poll")

    def test_with_buffers_in_it(self) -> None:
        """What was offered and not notified is never used."""
        block = self.begin_packed(
            features=[*DEFAULT_FEATURES, Feature.RING_RESET])
        status = self.add_read(0)
        block.reset_queue(0)
        block.set_queue(0, block.fresh_queue(16))
        self.assertEqual(len(block.read(0, 1)), 512)
        self.assertEqual(block.status_at(status), 0xee)

    def test_not_negotiated(self) -> None:
        block = self.begin_packed()
        block.set("queue_select", 0)
        block.set("queue_reset", 1)
        self.assertEqual(block.get("queue_enable"), 1)
        self.assertEqual(block.request(Request.FLUSH), OK)
