# SPDX-License-Identifier: GPL-2.0
"""--fault: what a driver that is tested against them gets to see."""

from __future__ import annotations

from .case import DeviceCase
from .ring import Ring
from .virtio import Block
from .wire import NO_VECTOR, Feature, Status


class Faults(DeviceCase):
    """Each of them, and that nothing else is wrong."""

    def driver(self, fault: str) -> Block:
        """A driver that got to FEATURES_OK, with queue 0 selected."""
        block = self.attach(self.launch("--fault", fault))
        block.negotiate([Feature.VERSION_1, Feature.RING_RESET])
        block.set("queue_select", 0)
        return block

    def serves(self, block: Block) -> None:
        """A driver that does not look has nothing to complain about."""
        block.start()
        self.assertEqual(len(block.read(0, 1)), 512)

    def test_features(self) -> None:
        block = self.driver("features")
        offered = block.offered()
        self.assertFalse(offered >> Feature.VERSION_1 & 1)
        self.assertTrue(offered >> Feature.RING_PACKED & 1)
        self.assertFalse(block.status & Status.FEATURES_OK)

    def test_wce(self) -> None:
        block = self.driver("wce")
        self.assertTrue(block.offered() >> Feature.CONFIG_WCE & 1)
        self.assertFalse(block.offered() >> Feature.FLUSH & 1)
        self.serves(block)

    def test_queue_sizes(self) -> None:
        self.assertEqual(self.driver("queue_size_zero").get("queue_size"), 0)
        self.setUp()
        block = self.driver("queue_size_odd")
        size = block.get("queue_size")
        self.assertTrue(size & size - 1, size)
        self.serves(block)

    def test_vectors(self) -> None:
        for fault, refused, given in (
                ("config_vector", "config_msix_vector", "queue_msix_vector"),
                ("queue_vector", "queue_msix_vector", "config_msix_vector")):
            block = self.driver(fault)
            block.set(refused, 0)
            block.set(given, 0)
            self.assertEqual(block.get(refused), NO_VECTOR)
            self.assertEqual(block.get(given), 0)
            self.serves(block)
            self.setUp()

    def test_notify_offset(self) -> None:
        block = self.driver("notify_offset")
        self.assertGreaterEqual(4 * block.get("queue_notify_off"), 0x1000)
        self.serves(block)

    def test_generation(self) -> None:
        block = self.driver("generation")
        seen = [block.get("config_generation") for _ in range(100)]
        self.assertEqual(len(set(seen)), 100)
        self.serves(block)

    def test_queue_reset(self) -> None:
        block = self.driver("queue_reset")
        block.set_queue(0, Ring(block.ram, 16))
        block.add_status(Status.DRIVER_OK)
        self.assertEqual(len(block.read(0, 1)), 512)
        block.set("queue_reset", 1)
        for _ in range(100):
            self.assertEqual(block.get("queue_reset"), 1)
        self.serves(block)

    def test_several(self) -> None:
        block = self.driver("notify_offset,generation")
        self.assertGreaterEqual(block.get("queue_notify_off"), 1024)
        self.assertNotEqual(block.get("config_generation"),
                            block.get("config_generation"))
