# SPDX-License-Identifier: GPL-2.0
"""Guest memory: a memfd that this process and the device both map."""

from __future__ import annotations

import mmap
import os
import struct

PAGE = 4096


class Ram:
    """@size bytes of guest memory at guest address @base."""

    def __init__(self, size: int = 4 << 20, base: int = 0x1000000) -> None:
        self.base = base
        self.size = size
        self.fd = os.memfd_create("guest-ram")
        os.ftruncate(self.fd, size)
        self.view = mmap.mmap(self.fd, size)
        self._next = 0

    @property
    def end(self) -> int:
        """The first address after it."""
        return self.base + self.size

    def close(self) -> None:
        """Unmap here; the device keeps its own mapping."""
        self.view.close()
        os.close(self.fd)

    def allocate(self, size: int, align: int = 16) -> int:
        """The address of fresh memory; there is no way to give it back."""
        start = -(-self._next // align) * align
        if start + size > self.size:
            raise MemoryError(f"no {size} bytes left of {self.size}")
        self._next = start + size
        return self.base + start


    def read(self, address: int, length: int) -> bytes:
        """Bytes of guest memory."""
        start = address - self.base
        return self.view[start:start + length]

    def write(self, address: int, data: bytes) -> None:
        """Change guest memory."""
        start = address - self.base
        self.view[start:start + len(data)] = data

    def put(self, data: bytes, align: int = 16) -> int:
        """Allocate memory for @data; returns the address."""
        address = self.allocate(len(data), align)
        self.write(address, data)
        return address

    def read16(self, address: int) -> int:
        """A 16-bit number."""
        value: int = struct.unpack_from("<H", self.view,
                                        address - self.base)[0]
        return value

    def write16(self, address: int, value: int) -> None:
        """Store a 16-bit number."""
        struct.pack_into("<H", self.view, address - self.base, value & 0xffff)

    def restart(self) -> None:
        """Allocate from the first byte again, zeroed."""
        self._next = 0
        self.view[:] = bytes(self.size)

    def rewind(self, reserve: int = 64 << 10) -> None:
        """Allocate again from behind the first @reserve bytes (the rings)."""
        self._next = reserve
