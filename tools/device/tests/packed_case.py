# SPDX-License-Identifier: GPL-2.0
"""A started block driver with packed rings."""

from __future__ import annotations

from typing import Sequence

from .hostile import HostileCase
from .packed import PackedRing
from .ring import Segment
from .virtio import DEFAULT_FEATURES, Block
from .wire import Feature, Request, Status

EVENT_FEATURES = (*DEFAULT_FEATURES, Feature.EVENT_IDX)


class PackedCase(HostileCase):
    """A driver that takes packed rings."""

    packed: PackedRing

    def begin_packed(self, *options: str, size: int = 64, queues: int = 1,
                     features: Sequence[int] = DEFAULT_FEATURES) -> Block:
        """Start a device and a driver."""
        self.device = self.launch(*options)
        self.block = self.attach(self.device)
        self.restart(size, queues, features)
        return self.block

    def restart(self, size: int = 64, queues: int = 1,
                features: Sequence[int] = DEFAULT_FEATURES,
                vectors: bool = False) -> PackedRing:
        """Start the driver again, in memory that is all zeroes."""
        self.block.ram.restart()
        self.packed = self.block.start_packed(queues, size, features, vectors)
        return self.packed

    def space(self, length: int) -> Segment:
        """Guest memory for the device to write."""
        return Segment(self.block.ram.allocate(length, 512), length, True)

    def add_read(self, sector: int, index: int = 0) -> Segment:
        """Offer a read of a sector; returns where its status will be."""
        status = self.block.status_byte()
        self.block.rings[index].add([self.block.header(Request.IN, sector),
                                     self.space(512), status])
        return status

    def broken(self, *words: str) -> None:
        """DEVICE_NEEDS_RESET is up, said in the log, and reset helps."""
        self.eventually(
            lambda: bool(self.block.status & Status.NEEDS_RESET),
            f"no DEVICE_NEEDS_RESET; log: {self.device.log()}")
        for word in words:
            self.assertIn(word, self.device.log())
        self.restart()
        self.assertEqual(len(self.block.read(0, 1)), 512)
        self.restart()
