# SPDX-License-Identifier: GPL-2.0
"""The driver's side of a queue, and of a split ring with raw access to it."""

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
        """Descriptor flags except NEXT."""
        return DESC_WRITE if self.writable else 0


@dataclass(frozen=True)
class Offered:
    """A buffer that the device has."""

    ident: int
    slots: Sequence[int]
    writable: int  # bytes


class Queue:
    """What both layouts have in common: three parts, and what is in flight."""

    def __init__(self, ram: Ram, size: int, parts: Sequence[tuple[int, int]],
                 in_order: bool) -> None:
        self.ram = ram
        self.size = size
        self.in_order = in_order
        self.desc, self.avail, self.used = (
            ram.allocate(length, align) for length, align in parts)
        self._offered: list[Offered] = []
        self._taken: list[tuple[int, int]] = []

    @property
    def next(self) -> int:
        """What a notification with NOTIFICATION_DATA says."""
        raise NotImplementedError

    def add(self, chain: Sequence[Segment], indirect: bool = False) -> int:
        """Offer a chain; returns by what it will come back."""
        raise NotImplementedError

    def pop(self) -> tuple[int, int] | None:
        """The next used buffer (what add() returned, and length), or None."""
        if not self._taken:
            self._take()
        return self._taken.pop(0) if self._taken else None

    def _take(self) -> None:
        """Call _came_back() for the next used entry, if there is one."""
        raise NotImplementedError

    def _flies(self, ident: int, slots: Sequence[int],
               chain: Sequence[Segment]) -> None:
        self._offered.append(Offered(ident, slots, sum(
            part.length for part in chain if part.writable)))

    def _came_back(self, ident: int, length: int) -> list[Offered]:
        """The buffers that a used entry stands for, oldest first.

        With IN_ORDER these are all up to the one it names; those without an
        entry were used completely. Else it is that one.
        """
        place = next((n for n, each in enumerate(self._offered)
                      if each.ident == ident), None)
        if place is None:  # nobody offered that, or by hand
            self._taken.append((ident, length))
            return []
        first = 0 if self.in_order else place
        batch = self._offered[first:place + 1]
        del self._offered[first:place + 1]
        self._taken += [(each.ident, each.writable) for each in batch[:-1]]
        self._taken.append((ident, length))
        return batch


class Ring(Queue):
    """A split ring of @size entries in guest memory."""

    def __init__(self, ram: Ram, size: int, in_order: bool = False) -> None:
        super().__init__(ram, size, ((DESC.size * size, 4096),
                                     (6 + 2 * size, 2), (6 + 8 * size, 4)),
                         in_order)
        self.avail_idx = 0
        self.used_seen = 0
        self._free = list(range(size))

    # --- raw ---

    def set_desc(self, index: int, address: int, length: int, flags: int = 0,
                 following: int = 0) -> None:
        """Write a descriptor with these fields."""
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
        slots = [self._free.pop(0) for _ in chain[:1 if indirect else None]]
        head = slots[0]
        self._flies(head, slots, chain)
        if indirect:
            table = self.indirect_table(chain)
            self.set_desc(head, table, DESC.size * len(chain), DESC_INDIRECT)
        else:
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

    @property
    def next(self) -> int:
        return self.avail_idx

    def _take(self) -> None:
        if self.used_idx == self.used_seen:
            return
        slot = self.used_seen % self.size
        head, length = USED.unpack(
            self.ram.read(self.used + 4 + USED.size * slot, USED.size))
        batch = self._came_back(head, length)
        self.used_seen = (self.used_seen + max(1, len(batch))) & 0xffff
        for each in batch:
            self._free += each.slots
