# SPDX-License-Identifier: GPL-2.0
"""A driver of the legacy register window, word by word."""

from __future__ import annotations

from .vfio_user import Client
from .wire import REGISTERS, SECTOR, WindowCommand, WindowStatus


class Window:
    """One of the two windows: 'port' or 'memory'."""

    def __init__(self, client: Client, name: str) -> None:
        self.client = client
        self.name = name

    def get(self, register: str) -> int:
        """Read a register."""
        reg = REGISTERS[f"{self.name}_{register}"]
        return self.client.read_int(reg.region, reg.place, 4)

    def set(self, register: str, value: int) -> None:
        """Write a register."""
        reg = REGISTERS[f"{self.name}_{register}"]
        self.client.write_int(reg.region, reg.place, 4, value)

    def aim(self, sector: int, count: int) -> None:
        """What the next request is about."""
        self.set("sector_lo", sector & 0xffffffff)
        self.set("sector_hi", sector >> 32)
        self.set("count", count)

    def command(self, command: int) -> WindowStatus:
        """Start a request and acknowledge its interrupt."""
        self.set("command", command)
        return WindowStatus(self.get("status"))

    def words_in(self, count: int) -> bytes:
        """Read words from the data register."""
        return b"".join(self.get("data").to_bytes(4, "little")
                        for _ in range(count))

    def words_out(self, data: bytes) -> None:
        """Write words to the data register."""
        for start in range(0, len(data), 4):
            self.set("data", int.from_bytes(data[start:start + 4], "little"))

    def read(self, sector: int, count: int) -> bytes:
        """Read sectors: 4 + 1 + 128 * count accesses."""
        self.aim(sector, count)
        status = self.command(WindowCommand.READ)
        if not status & WindowStatus.DRQ:
            raise AssertionError(f"read of {sector}+{count}: {status!r}")
        return self.words_in(count * SECTOR // 4)

    def write(self, sector: int, data: bytes) -> WindowStatus:
        """Write sectors: 4 + words + 1 accesses."""
        self.aim(sector, len(data) // SECTOR)
        self.set("command", WindowCommand.WRITE)
        self.words_out(data)
        return WindowStatus(self.get("status"))

    def failed(self, command: int, sector: int = 0, count: int = 1) -> int:
        """A request that must fail; returns error."""
        self.aim(sector, count)
        status = self.command(command)
        if not status & WindowStatus.ERR:
            raise AssertionError(f"command {command}: {status!r}")
        return self.get("error")
