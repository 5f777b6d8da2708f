# SPDX-License-Identifier: GPL-2.0
"""A started block driver for the tests of requests."""

from __future__ import annotations

from .case import DeviceCase
from .process import DeviceProcess
from .ring import Segment
from .virtio import Block
from .wire import SECTOR


class BlockCase(DeviceCase):
    """A started driver on a device with default options."""

    device: DeviceProcess
    block: Block

    def begin(self, *options: str, size: int = 64) -> Block:
        """Start a device and a driver."""
        self.device = self.launch(*options)
        self.block = self.attach(self.device)
        self.block.start(size=size)
        return self.block

    def on_disk(self, sector: int, sectors: int) -> bytes:
        """What the backing file holds."""
        data = self.device.backing.read_bytes()
        return data[sector * SECTOR:(sector + sectors) * SECTOR]

    def status_of(self, kind: int, sector: int, *data: Segment) -> int:
        """The status of a request with these data segments."""
        return self.block.request(kind, sector, data)

    def space(self, length: int, writable: bool) -> Segment:
        """A data segment."""
        return Segment(self.block.ram.allocate(max(length, 1), 512), length,
                       writable)
