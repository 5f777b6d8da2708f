# SPDX-License-Identifier: GPL-2.0
"""What the attacks on rings, memory and registers stand on."""

from __future__ import annotations

from .case import DeviceCase
from .process import DeviceProcess
from .ring import Ring, Segment
from .virtio import Block
from .wire import OK, Status

OUTSIDE = 0x7fff00000000


class HostileCase(DeviceCase):
    """Every attack ends in an error, and the device serves on."""

    device: DeviceProcess
    block: Block
    ring: Ring

    def begin(self, *options: str, size: int = 16) -> Block:
        """Start a device and a driver."""
        self.device = self.launch(*options)
        self.block = self.attach(self.device)
        self.ring = self.block.start(size=size)
        return self.block

    def again(self) -> None:
        """Start the driver again for the next attack."""
        self.block.ram.restart()
        self.ring = self.block.start(size=16)

    def needs_reset(self, *words: str) -> None:
        """DEVICE_NEEDS_RESET is up, said in the log, and reset helps."""
        self.eventually(
            lambda: bool(self.block.status & Status.NEEDS_RESET),
            f"no DEVICE_NEEDS_RESET; log: {self.device.log()}")
        log = self.device.log().lower()
        self.assertTrue(log.strip(), "nothing in the log")
        for word in words:
            self.assertIn(word, log)
        self.recovers()

    def recovers(self) -> None:
        """A fresh start works."""
        self.block.ram.restart()
        self.assert_serves(self.device, self.block)

    def error_or_reset(self, status: Segment) -> None:
        """The request fails, or the device asks for a reset."""
        def settled() -> bool:
            return (self.block.status_at(status) not in (OK, 0xee)
                    or bool(self.block.status & Status.NEEDS_RESET))
        self.eventually(settled, "neither an error nor DEVICE_NEEDS_RESET: "
                        f"{self.block.status_at(status)}")
        self.assertNotEqual(self.block.status_at(status), OK)
        self.recovers()
