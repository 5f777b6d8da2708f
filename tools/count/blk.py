# SPDX-License-Identifier: GPL-2.0
"""The counts of the guest's block layer for a disk, with any driver."""

from __future__ import annotations

from dataclasses import dataclass

from .counts import CountError


@dataclass(frozen=True)
class BlockState:
    """Completed requests, by the block layer's count."""

    reads: int = 0
    sectors_read: int = 0
    writes: int = 0
    sectors_written: int = 0
    flushes: int = 0
    merges: int = 0

    def __sub__(self, other: BlockState) -> BlockState:
        return BlockState(
            self.reads - other.reads,
            self.sectors_read - other.sectors_read,
            self.writes - other.writes,
            self.sectors_written - other.sectors_written,
            self.flushes - other.flushes,
            self.merges - other.merges)

    @property
    def requests(self) -> int:
        """All requests that the disk completed."""
        return self.reads + self.writes + self.flushes


def command(disk: str) -> str:
    """A command that prints a disk's count, for driver.read()."""
    return f'read -r v < /sys/block/{disk}/stat && echo "above $v"'


def parse(text: str) -> BlockState:
    """Parse /sys/block/*/stat (Documentation/block/stat.rst)."""
    words = [int(word) for word in text.split()]
    if len(words) < 17:
        raise CountError(f"the disk's stat file has {len(words)} numbers of"
                         " 17: boot a kernel of 5.5 or later")
    return BlockState(words[0], words[2], words[4], words[6],
                      words[15], words[1] + words[5])
