# SPDX-License-Identifier: GPL-2.0
"""Which register is at an address of the guest.

KVM counts accesses by address. To give them the register names of driver and
device, this module takes the addresses from the guest (the PCI function's
`resource` file) and the layout from the device (its answer to `map`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .registers import Register

IORESOURCE_IO = 0x100
IORESOURCE_MEM = 0x200
STANDARD_BARS = 6


@dataclass(frozen=True)
class Bar:
    """A base address register: [start, end), in ports or in memory."""

    index: int
    start: int
    end: int
    ports: bool

    def holds(self, ports: bool, address: int) -> bool:
        """Is the address in this BAR?"""
        return ports == self.ports and self.start <= address < self.end


def parse_resource(text: str) -> list[Bar]:
    """Parse the BARs in a function's `resource` file in sysfs."""
    bars = []
    for index, line in enumerate(text.splitlines()[:STANDARD_BARS]):
        start, last, flags = (int(word, 16) for word in line.split())
        if not flags & (IORESOURCE_IO | IORESOURCE_MEM):
            continue
        bars.append(Bar(index, start, last + 1, bool(flags & IORESOURCE_IO)))
    return bars


def parse_map(answer: Mapping[str, Any]) -> list[Register]:
    """Parse the registers in the device's answer to `map`."""
    return [Register(str(item["name"]), str(item["window"]),
                     int(item["bar"]), int(item["offset"]), int(item["size"]))
            for item in answer["registers"]]


class AddressMap:
    """Names for the addresses of one function."""

    def __init__(self, bars: Iterable[Bar],
                 registers: Iterable[Register]) -> None:
        self.bars = list(bars)
        self._registers = list(registers)

    def name(self, ports: bool, address: int) -> str | None:
        """The register at an address; None outside of the function.

        An address inside the function that is no register gets its offset as
        name, so that it differs from the other witnesses.
        """
        for area in self.bars:
            if area.holds(ports, address):
                return self._in_bar(area.index, address - area.start)
        return None

    def _in_bar(self, index: int, offset: int) -> str:
        for register in self._registers:
            inside = 0 <= offset - register.offset < register.size
            if register.bar_index == index and inside:
                return register.name
        return f"bar{index}+{offset:#06x}"

    def has(self, name: str) -> bool:
        """Does the function have a register of this name?"""
        return any(register.name == name for register in self._registers)

    def registers_in(self, windows: Iterable[str]) -> frozenset[str]:
        """The names of all registers in these windows."""
        wanted = set(windows)
        return frozenset(register.name for register in self._registers
                         if register.window in wanted)
