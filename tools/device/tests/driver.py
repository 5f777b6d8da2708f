# SPDX-License-Identifier: GPL-2.0
"""A small vfio-user client and virtio driver for tests of the process.

The unit tests in C cover requests, registers and messages. This driver only
reads: blocks, or random bytes, one request at a time.
"""

from __future__ import annotations

import enum
import mmap
import os
import socket
import struct
import time
from collections.abc import Iterator, Sequence
from typing import Any

HEADER = struct.Struct("<HHIII")
ERROR = 0x20
NO_REPLY = 0x10
MSIX_INDEX, CONFIG_REGION, VIRTIO_BAR = 2, 7, 4
SECTOR = 512

RAM_BASE, RAM_SIZE = 0x1000000, 1 << 20
DESC, AVAIL, USED, HEAD, STATUS, DATA = (
    0x0, 0x1000, 0x2000, 0x3000, 0x3010, 0x4000)
NEXT, WRITE = 1, 2
PACKED_AVAIL, PACKED_USED = 1 << 7, 1 << 15

VERSION_1, PACKED = 32, 34
IN = 0
NO_VECTOR = 0xffff
TIMEOUT = 5.0


class Command(enum.IntEnum):
    """Messages of vfio-user."""

    VERSION = 1
    DMA_MAP = 2
    DMA_UNMAP = 3
    GET_REGION_INFO = 5
    SET_IRQS = 8
    REGION_READ = 9
    REGION_WRITE = 10
    RESET = 13


def encode(command: int, payload: bytes, flags: int = 0) -> bytes:
    """A message."""
    return HEADER.pack(1, command, HEADER.size + len(payload), flags,
                       0) + payload


class Client:
    """A connection to the device, and guest memory."""

    def __init__(self, path: str, greet: bool = True) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(TIMEOUT)
        self.sock.connect(path)
        self.ram_fd = os.memfd_create("ram")
        os.ftruncate(self.ram_fd, RAM_SIZE)
        self.ram = mmap.mmap(self.ram_fd, RAM_SIZE)
        if greet:
            self.command(Command.VERSION, struct.pack("<HH", 0, 1) + b"{}\0")
            self.map_ram()
            self.write(CONFIG_REGION, 4, 2, 4)  # bus master

    def close(self) -> None:
        """Hang up."""
        self.sock.close()
        self.ram.close()
        os.close(self.ram_fd)

    def command(self, command: int, payload: bytes = b"",
                fds: Sequence[int] = ()) -> tuple[bytes, list[int]]:
        """Send a command; payload and descriptors of its reply."""
        socket.send_fds(self.sock, [encode(command, payload)], list(fds))
        return self.receive()

    def receive(self) -> tuple[bytes, list[int]]:
        """The next reply; ConnectionError if there is none."""
        data, fds = b"", []
        size = HEADER.size
        while len(data) < size:
            part, more, _, _ = socket.recv_fds(self.sock, size - len(data), 8)
            if not part:
                raise ConnectionError("the device hung up")
            data += part
            fds += more
            if len(data) == HEADER.size:
                size = HEADER.unpack(data)[2]
        flags, errno = HEADER.unpack(data[:HEADER.size])[3:]
        if flags & ERROR:
            raise OSError(errno, os.strerror(errno))
        return data[HEADER.size:], fds

    def map_ram(self) -> None:
        """Give the device all guest memory."""
        self.command(Command.DMA_MAP, struct.pack(
            "<IIQQQ", 32, 3, 0, RAM_BASE, RAM_SIZE), [self.ram_fd])

    def unmap_ram(self) -> None:
        """Take it back."""
        self.command(Command.DMA_UNMAP,
                     struct.pack("<IIQQ", 24, 0, RAM_BASE, RAM_SIZE))

    def read(self, region: int, offset: int, size: int) -> int:
        """A number in a region."""
        reply, _ = self.command(Command.REGION_READ,
                                struct.pack("<QII", offset, region, size))
        return int.from_bytes(reply[16:], "little")

    def write(self, region: int, offset: int, size: int, value: int) -> None:
        """Change a number in a region."""
        self.command(Command.REGION_WRITE,
                     struct.pack("<QII", offset, region, size)
                     + value.to_bytes(size, "little"))

    def post(self, region: int, offset: int, data: bytes) -> None:
        """The same without a reply."""
        self.sock.sendall(encode(
            Command.REGION_WRITE,
            struct.pack("<QII", offset, region, len(data)) + data, NO_REPLY))

    def msix(self, vectors: int) -> list[int]:
        """Eventfds for the vectors, which are enabled."""
        fds = [os.eventfd(0, os.EFD_NONBLOCK) for _ in range(vectors)]
        for vector, fd in enumerate(fds):
            self.command(Command.SET_IRQS, struct.pack(
                "<5I", 20, 0x24, MSIX_INDEX, vector, 1), [fd])
        self.write(CONFIG_REGION, 0x48 + 2, 2, 0x8000)
        return fds

    def doorbell(self) -> mmap.mmap:
        """The notify page of --doorbell map."""
        reply, fds = self.command(
            Command.GET_REGION_INFO,
            struct.pack("<4IQQ", 4096, 0, VIRTIO_BAR, 0, 0, 0))
        offset = struct.unpack_from("<Q", reply, 32 + 16)[0]
        page = mmap.mmap(fds[0], 4096, offset=offset)
        os.close(fds[0])
        return page


class Driver:
    """Drives queue 0, by the registers that the control socket lists."""

    def __init__(self, client: Client, registers: dict[str, Any]) -> None:
        self.client = client
        self._map = {item["name"]: item for item in registers["registers"]}
        self.bell: mmap.mmap | None = None
        self._packed = False
        self._size = self._count = 0

    def get(self, name: str) -> int:
        """Read a register."""
        reg = self._map[name]
        return self.client.read(reg["bar"], reg["offset"], reg["size"])

    def set(self, name: str, value: int) -> None:
        """Write a register."""
        reg = self._map[name]
        self.client.write(reg["bar"], reg["offset"], reg["size"], value)

    def offered(self) -> int:
        """The feature bits of the device."""
        value = 0
        for half in (0, 1):
            self.set("device_feature_select", half)
            value |= self.get("device_feature") << 32 * half
        return value

    def start(self, packed: bool = False, size: int = 8,
              vector: int = NO_VECTOR) -> None:
        """From reset to DRIVER_OK."""
        self._packed, self._size, self._count = packed, size, 0
        self.client.ram[:DATA] = bytes(DATA)
        features = 1 << VERSION_1 | packed << PACKED
        for status in (0, 3):
            self.set("device_status", status)
        for half in (0, 1):
            self.set("driver_feature_select", half)
            self.set("driver_feature", features >> 32 * half & 0xffffffff)
        self.set("device_status", 11)
        self.set("queue_select", 0)
        self.set("queue_size", size)
        self.set("queue_msix_vector", vector)
        for name, at in (("desc", DESC), ("driver", AVAIL), ("device", USED)):
            self.set(f"queue_{name}_lo", RAM_BASE + at)
            self.set(f"queue_{name}_hi", 0)
        self.set("queue_enable", 1)
        self.set("device_status", 15)

    def kick(self) -> None:
        """Notify queue 0, through the mapped page if there is one."""
        if self.bell:
            self.bell[:4] = bytes(4)
        else:
            reg = self._map["notify"]
            self.client.write(reg["bar"], reg["offset"], 2, 0)

    def add(self, buffers: Sequence[tuple[int, int, bool]]) -> None:
        """Make one chain available: address, length, device-writable."""
        ram, last = self.client.ram, len(buffers) - 1
        first = self._count * len(buffers)
        for n, (at, length, writable) in reversed(list(enumerate(buffers))):
            flags = WRITE * writable | NEXT * (n < last)
            slot = n
            extra = n + 1
            if self._packed:
                turn, slot = divmod(first + n, self._size)
                flags |= PACKED_USED if turn % 2 else PACKED_AVAIL
                flags, extra = self._count, flags  # id, then flags
            struct.pack_into("<QIHH", ram, DESC + 16 * slot, RAM_BASE + at,
                             length, flags, extra)
        if not self._packed:
            struct.pack_into("<H", ram, AVAIL + 4
                             + 2 * (self._count % self._size), 0)
            struct.pack_into("<H", ram, AVAIL + 2, self._count + 1)
        self._count += 1

    def _is_used(self, slots: int) -> bool:
        ram = self.client.ram
        if not self._packed:
            used: int = struct.unpack_from("<H", ram, USED + 2)[0]
            return used == self._count & 0xffff
        turn, slot = divmod((self._count - 1) * slots, self._size)
        flags: int = struct.unpack_from("<H", ram, DESC + 16 * slot + 14)[0]
        both = PACKED_AVAIL | PACKED_USED
        return (flags & both) == (0 if turn % 2 else both)

    def wait(self, slots: int) -> None:
        """Wait until the chain of @slots descriptors is used."""
        deadline = time.monotonic() + TIMEOUT
        while not self._is_used(slots):
            if time.monotonic() > deadline:
                raise AssertionError(f"no completion in {TIMEOUT} s")
            time.sleep(0.0005)

    def read(self, sector: int, kick: bool = True,
             wait: bool = True) -> bytes:
        """A sector of the disk."""
        ram = self.client.ram
        struct.pack_into("<IIQ", ram, HEAD, IN, 0, sector)
        ram[STATUS] = 0xee
        self.add([(HEAD, 16, False), (DATA, SECTOR, True),
                  (STATUS, 1, True)])
        if kick:
            self.kick()
        if not wait:
            return b""
        self.wait(3)
        if ram[STATUS]:
            raise OSError(f"status {ram[STATUS]}")
        return bytes(ram[DATA:DATA + SECTOR])

    def random(self, length: int) -> bytes:
        """Bytes of an entropy device."""
        self.add([(DATA, length, True)])
        self.kick()
        self.wait(1)
        return bytes(self.client.ram[DATA:DATA + length])


def modes() -> Iterator[tuple[tuple[str, ...], bool]]:
    """Options, and whether a ring is packed: all ways to notify."""
    for options in ((), ("--poll",), ("--doorbell", "map"),
                    ("--poll", "--doorbell", "map")):
        for packed in (False, True):
            yield options, packed
