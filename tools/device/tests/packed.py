# SPDX-License-Identifier: GPL-2.0
"""The driver's side of a packed ring, with raw access for hostile tests."""

from __future__ import annotations

import struct
from typing import Sequence

from .ram import Ram
from .ring import Queue, Segment
from .wire import (DESC_AVAIL, DESC_INDIRECT, DESC_NEXT, DESC_USED,
                   DESC_WRITE, WRAP)

DESC = struct.Struct("<QIHH")
EVENT = struct.Struct("<HH")


class PackedRing(Queue):
    """A packed ring of @size descriptors in guest memory.

    A position counts two turns around the ring; the wrap counter is 1 in the
    first one.
    """

    def __init__(self, ram: Ram, size: int, in_order: bool = False) -> None:
        super().__init__(ram, size, ((DESC.size * size, 16), (4, 4), (4, 4)),
                         in_order)
        self.position = 0  # of the next descriptor to make available
        self.seen = 0  # of the next used one
        self.room = size
        self._idents = list(range(size))

    # --- raw ---

    def set_desc(self, slot: int, part: Segment, ident: int,
                 flags: int) -> None:
        """Write a descriptor with these fields, its flags last."""
        place = self.desc + DESC.size * slot
        self.ram.write(place, DESC.pack(part.address, part.length, ident,
                                        self.flags_at(slot)))
        self.ram.write16(place + 14, flags)

    def flags_at(self, slot: int) -> int:
        """The flags of a descriptor."""
        return self.ram.read16(self.desc + DESC.size * slot + 14)

    def wire(self, position: int) -> int:
        """A position as an offset and the wrap counter."""
        position %= 2 * self.size
        return position % self.size | (WRAP if position < self.size else 0)

    def available(self, position: int) -> int:
        """The flags that make a descriptor available."""
        return DESC_AVAIL if self.wire(position) & WRAP else DESC_USED

    def set_driver_event(self, flags: int, wire: int = 0) -> None:
        """When the driver wants to be interrupted."""
        self.ram.write(self.avail, EVENT.pack(wire, flags))

    @property
    def device_event(self) -> tuple[int, int]:
        """When the device wants to be notified: flags, and where."""
        wire, flags = EVENT.unpack(self.ram.read(self.used, EVENT.size))
        return flags, wire

    # --- as a good driver does ---

    @property
    def next(self) -> int:
        return self.wire(self.position)

    def add(self, chain: Sequence[Segment], indirect: bool = False) -> int:
        """Make a list of descriptors available; returns its id."""
        ident = self._idents.pop(0)
        if indirect:
            self._expose([self._table(chain)], ident, DESC_INDIRECT)
            self._flies(ident, [0], chain)
        else:
            self._expose(chain, ident, 0)
            self._flies(ident, range(len(chain)), chain)
        return ident

    def _table(self, chain: Sequence[Segment]) -> Segment:
        table = b"".join(DESC.pack(part.address, part.length, 0,
                                   part.flags & DESC_WRITE) for part in chain)
        return Segment(self.ram.put(table), len(table))

    def _expose(self, parts: Sequence[Segment], ident: int,
                flags: int) -> None:
        """Write descriptors; the first one is made available last."""
        if len(parts) > self.room:
            raise MemoryError(f"{len(parts)} descriptors, room for"
                              f" {self.room}")
        for n, part in reversed(list(enumerate(parts))):
            position = self.position + n
            more = DESC_NEXT if n < len(parts) - 1 else 0
            self.set_desc(position % self.size, part, ident, part.flags
                          | flags | more | self.available(position))
        self._advance(len(parts))

    def _advance(self, steps: int) -> None:
        self.position = (self.position + steps) % (2 * self.size)
        self.room -= steps

    def _take(self) -> None:
        slot = self.seen % self.size
        flags = self.flags_at(slot)
        wrap = bool(self.wire(self.seen) & WRAP)
        if (bool(flags & DESC_USED) != wrap
                or bool(flags & DESC_AVAIL) != wrap):
            return
        _, length, ident, _ = DESC.unpack(
            self.ram.read(self.desc + DESC.size * slot, DESC.size))
        batch = self._came_back(ident, length if flags & DESC_WRITE else 0)
        steps = sum(len(each.slots) for each in batch)
        self.seen = (self.seen + max(1, steps)) % (2 * self.size)
        self.room += steps
        self._idents += [each.ident for each in batch]
