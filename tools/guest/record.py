# SPDX-License-Identifier: GPL-2.0
"""A record of the requests to a disk, and the disks that a power cut could
leave.

The format is that of the kernel's dm-log-writes, which QEMU's blklogwrites
writes: a sector that describes the record, then for each entry a sector and its
data. A write or a flush is in it once it has completed.

After a cut, all writes before the last flush are on the disk, and any of the
later ones, in any order: here a random half of them.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

MAGIC = 0x6A736677736872
HEADER = struct.Struct("<QQQI")
ENTRY = struct.Struct("<QQQQ")
SECTOR = 512
FLUSH, FUA, DISCARD = 1, 2, 4


@dataclass(frozen=True)
class Entry:
    """A write, a discard, or a flush."""

    sector: int
    sectors: int
    flags: int
    offset: int         # of its data in the record

    @property
    def flush(self) -> bool:
        """Are all earlier writes durable once this completes?"""
        return bool(self.flags & (FLUSH | FUA))

    @property
    def size(self) -> int:
        """Bytes of data."""
        return 0 if self.flags & DISCARD else self.sectors * SECTOR


class Record:
    """The complete entries of a record."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries = tuple(self._read())

    def _read(self) -> Iterator[Entry]:
        with self.path.open("rb") as file:
            magic, version, _, size = HEADER.unpack(
                file.read(HEADER.size).ljust(HEADER.size, b"\0"))
            if (magic, version, size) != (MAGIC, 1, SECTOR):
                raise ValueError(f"{self.path} is no record: magic"
                                 f" {magic:#x}, version {version},"
                                 f" sectors of {size} bytes")
            place = SECTOR
            while True:
                file.seek(place)
                head = file.read(ENTRY.size)
                if len(head) < ENTRY.size:
                    return
                sector, sectors, flags, _ = ENTRY.unpack(head)
                if not (sectors or flags):
                    return      # space without data
                entry = Entry(sector, sectors, flags, place + SECTOR)
                yield entry
                place += SECTOR + entry.size

    def data(self, entry: Entry) -> bytes:
        """Its entries."""
        with self.path.open("rb") as file:
            file.seek(entry.offset)
            return file.read(entry.size).ljust(entry.size, b"\0")

    def survivors(self, cut: int, seed: int) -> list[Entry]:
        """Entries that survive a cut after the first @cut of them."""
        before = self.entries[:cut]
        safe = max((number + 1 for number, entry in enumerate(before)
                    if entry.flush), default=0)
        chance = random.Random(seed)
        loose = [entry for entry in before[safe:] if chance.random() < 0.5]
        chance.shuffle(loose)
        return [*before[:safe], *loose]

    def apply(self, disk: Path, entries: Sequence[Entry]) -> None:
        """Write them, in this order; ignore discards."""
        with disk.open("r+b") as target:
            for entry in entries:
                if entry.size:
                    target.seek(entry.sector * SECTOR)
                    target.write(self.data(entry))
