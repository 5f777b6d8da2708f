# SPDX-License-Identifier: GPL-2.0
"""The driver's side of a split ring, with raw access for hostile tests."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Sequence

from .ram import Ram
from .wire import DESC_INDIRECT, DESC_NEXT, DESC_WRITE

DESC = struct.Struct("<QIHH")
USED = struct.Struct("<II")


@dataclass(frozen=True)
class Segment:
    """A piece of guest memory in a chain."""

    address: int
    length: int
    writable: bool = False

    @property
    def flags(self) -> int:
        """Descriptor flags but for NEXT."""
        return DESC_WRITE if self.writable else 0


class Ring:
    """A split ring of @size entries in guest memory."""

    def __init__(self, ram: Ram, size: int) -> None:
        self.ram = ram
        self.size = size
        self.desc = ram.allocate(DESC.size * size, 4096)
        self.avail = ram.allocate(6 + 2 * size, 2)
        self.used = ram.allocate(6 + 8 * size, 4)
        self.avail_idx = 0
        self.used_seen = 0
        self._free = list(range(size))
        self._chains: dict[int, list[int]] = {}

    # --- raw ---

    def set_desc(self, index: int, address: int, length: int, flags: int = 0,
                 following: int = 0) -> None:
        """Write a descriptor as it is told."""
        self.ram.write(self.desc + DESC.size * index,
                       DESC.pack(address, length, flags, following))

    def offer(self, head: int) -> None:
        """Put @head into the next available slot and show it."""
        slot = self.avail_idx % self.size
        self.ram.write16(self.avail + 4 + 2 * slot, head)
        self.set_avail_idx(self.avail_idx + 1)

    def set_avail_idx(self, value: int) -> None:
        """Show the device an index."""
        self.avail_idx = value & 0xffff
        self.ram.write16(self.avail + 2, self.avail_idx)

    def set_avail_flags(self, value: int) -> None:
        """1 asks for no interrupts."""
        self.ram.write16(self.avail, value)

    def set_used_event(self, value: int) -> None:
        """With EVENT_IDX: interrupt when used idx passes this."""
        self.ram.write16(self.avail + 4 + 2 * self.size, value)

    @property
    def used_flags(self) -> int:
        """1: the device wants no notifications."""
        return self.ram.read16(self.used)

    @property
    def used_idx(self) -> int:
        """How far the device is."""
        return self.ram.read16(self.used + 2)

    @property
    def avail_event(self) -> int:
        """With EVENT_IDX: notify when avail idx passes this."""
        return self.ram.read16(self.used + 4 + 8 * self.size)

    # --- well behaved ---

    def add(self, chain: Sequence[Segment], indirect: bool = False) -> int:
        """Make a chain of descriptors and offer it; returns its head."""
        if indirect:
            head = self._free.pop()
            self._chains[head] = [head]
            table = self.indirect_table(chain)
            self.set_desc(head, table, DESC.size * len(chain), DESC_INDIRECT)
        else:
            slots = [self._free.pop() for _ in chain]
            head = slots[0]
            self._chains[head] = slots
            for n, (slot, part) in enumerate(zip(slots, chain)):
                last = n == len(chain) - 1
                self.set_desc(slot, part.address, part.length,
                              part.flags | (0 if last else DESC_NEXT),
                              0 if last else slots[n + 1])
        self.offer(head)
        return head

    def indirect_table(self, chain: Sequence[Segment]) -> int:
        """The address of an indirect table for @chain."""
        table = b""
        for n, part in enumerate(chain):
            last = n == len(chain) - 1
            table += DESC.pack(part.address, part.length,
                               part.flags | (0 if last else DESC_NEXT),
                               0 if last else n + 1)
        return self.ram.put(table)

    def pop(self) -> tuple[int, int] | None:
        """The next used element (head and length), or None."""
        if self.used_idx == self.used_seen:
            return None
        slot = self.used_seen % self.size
        head, length = USED.unpack(
            self.ram.read(self.used + 4 + USED.size * slot, USED.size))
        self.used_seen = (self.used_seen + 1) & 0xffff
        self._free += self._chains.pop(head, [])
        return head, length
