# SPDX-License-Identifier: GPL-2.0
"""The client's side of the vfio-user protocol, well behaved or not."""

from __future__ import annotations

import enum
import json
import socket
import struct
from dataclasses import dataclass, field
from typing import Any, Sequence

HEADER = struct.Struct("<HHIII")
FLAG_REPLY = 0x01
FLAG_NO_REPLY = 0x10
FLAG_ERROR = 0x20

REGION_CONFIG = 7
NUM_REGIONS = 9

IRQ_INTX = 0
IRQ_MSIX = 2
NUM_IRQS = 5

MAX_FDS = 64


class Command(enum.IntEnum):
    """Messages of the protocol."""

    VERSION = 1
    DMA_MAP = 2
    DMA_UNMAP = 3
    GET_INFO = 4
    GET_REGION_INFO = 5
    GET_REGION_IO_FDS = 6
    GET_IRQ_INFO = 7
    SET_IRQS = 8
    REGION_READ = 9
    REGION_WRITE = 10
    DMA_READ = 11
    DMA_WRITE = 12
    RESET = 13
    REGION_WRITE_MULTI = 15


class IrqSet(enum.IntFlag):
    """Flags of SET_IRQS."""

    DATA_NONE = 0x01
    DATA_BOOL = 0x02
    DATA_EVENTFD = 0x04
    MASK = 0x08
    UNMASK = 0x10
    TRIGGER = 0x20


class Refused(Exception):
    """The device answered with an error."""

    def __init__(self, command: int, errno: int) -> None:
        super().__init__(f"command {command} refused with errno {errno}")
        self.errno = errno


class Disconnected(Exception):
    """The device closed the connection."""


@dataclass
class Message:
    """One message as it came from the socket."""

    ident: int
    command: int
    flags: int
    errno: int
    payload: bytes
    fds: list[int] = field(default_factory=list)

    @property
    def is_error(self) -> bool:
        """Whether this reply refuses the command."""
        return bool(self.flags & FLAG_ERROR)


@dataclass(frozen=True)
class Region:
    """The reply to GET_REGION_INFO, with the areas that may be mapped."""

    flags: int
    size: int
    offset: int
    areas: Sequence[tuple[int, int]]
    fds: Sequence[int]


def encode(command: int, payload: bytes, ident: int = 1, flags: int = 0,
           size: int | None = None) -> bytes:
    """A message; @size overrides the length that the header tells."""
    length = HEADER.size + len(payload) if size is None else size
    return HEADER.pack(ident & 0xffff, command, length, flags, 0) + payload


class Client:
    """A connection to a device; every wait is bounded by @timeout seconds."""

    def __init__(self, path: str, timeout: float = 5.0) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(timeout)
        self.sock.connect(path)
        self._ident = 0

    def close(self) -> None:
        """Hang up."""
        self.sock.close()

    # --- messages ---

    def send(self, data: bytes, fds: Sequence[int] = ()) -> None:
        """Send bytes as they are, the descriptors with the first of them."""
        try:
            if fds:
                sent = socket.send_fds(self.sock, [data], list(fds))
                data = data[sent:]
            self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Disconnected from error

    def receive(self) -> Message:
        """The next message."""
        header, fds = self._receive_exactly(HEADER.size)
        ident, command, size, flags, errno = HEADER.unpack(header)
        payload, more = self._receive_exactly(size - HEADER.size)
        return Message(ident, command, flags, errno, payload, fds + more)

    def _receive_exactly(self, length: int) -> tuple[bytes, list[int]]:
        data, fds = b"", []
        while len(data) < length:
            try:
                part, new, _, _ = socket.recv_fds(
                    self.sock, length - len(data), MAX_FDS)
            except ConnectionResetError as error:
                raise Disconnected from error
            if not part:
                raise Disconnected
            data += part
            fds += new
        return data, fds

    def command(self, command: int, payload: bytes = b"",
                fds: Sequence[int] = ()) -> Message:
        """Send a command and return its reply; Refused if that is an error."""
        self._ident = (self._ident + 1) & 0xffff
        self.send(encode(command, payload, self._ident), fds)
        reply = self.receive()
        if reply.ident != self._ident or reply.command != command:
            raise AssertionError(f"a reply to something else: {reply}")
        if not reply.flags & FLAG_REPLY:
            raise AssertionError(f"not a reply: {reply}")
        if reply.is_error:
            raise Refused(command, reply.errno)
        return reply

    # --- set-up ---

    def version(self, major: int = 0, minor: int = 1,
                capabilities: dict[str, Any] | None = None) -> dict[str, Any]:
        """Negotiate the version; returns the device's capabilities."""
        if capabilities is None:
            capabilities = {"max_msg_fds": 8, "max_data_xfer_size": 1 << 20}
        data = json.dumps({"capabilities": capabilities}).encode() + b"\0"
        reply = self.command(Command.VERSION,
                             struct.pack("<HH", major, minor) + data)
        text = reply.payload[4:].rstrip(b"\0")
        answer: dict[str, Any] = json.loads(text) if text else {}
        answer["major"], answer["minor"] = struct.unpack_from(
            "<HH", reply.payload)
        return answer

    def info(self) -> tuple[int, int, int]:
        """Device flags, number of regions, number of interrupt indices."""
        reply = self.command(Command.GET_INFO, struct.pack("<4I", 16, 0, 0, 0))
        _, flags, regions, irqs = struct.unpack("<4I", reply.payload)
        return flags, regions, irqs

    def region_info(self, index: int, argsz: int = 4096) -> Region:
        """What the device says about a region."""
        reply = self.command(
            Command.GET_REGION_INFO,
            struct.pack("<4IQQ", argsz, 0, index, 0, 0, 0))
        _, flags, _, cap, size, offset = struct.unpack_from(
            "<4IQQ", reply.payload)
        areas = []
        while flags & 0x8 and cap:
            kind, _, following, count = struct.unpack_from(
                "<HHII", reply.payload, cap)
            if kind == 1:
                areas = [struct.unpack_from("<QQ", reply.payload,
                                            cap + 16 + 16 * n)
                         for n in range(count)]
            cap = following
        return Region(flags, size, offset, areas, reply.fds)

    def irq_info(self, index: int) -> tuple[int, int]:
        """Flags and number of the interrupts of an index."""
        reply = self.command(Command.GET_IRQ_INFO,
                             struct.pack("<4I", 16, 0, index, 0))
        _, flags, _, count = struct.unpack("<4I", reply.payload)
        return flags, count

    def set_irqs(self, index: int, flags: IrqSet, start: int = 0,
                 count: int = 1, fds: Sequence[int] = (),
                 data: bytes = b"") -> None:
        """Arm, disarm, mask or unmask interrupts."""
        self.command(Command.SET_IRQS,
                     struct.pack("<5I", 20 + len(data), flags, index, start,
                                 count) + data, fds)

    def dma_map(self, address: int, size: int, fd: int, offset: int = 0,
                flags: int = 3) -> None:
        """Give the device a piece of memory; none if @fd is negative."""
        self.command(Command.DMA_MAP,
                     struct.pack("<IIQQQ", 32, flags, offset, address, size),
                     [fd] if fd >= 0 else [])

    def dma_unmap(self, address: int, size: int) -> None:
        """Take it back."""
        self.command(Command.DMA_UNMAP,
                     struct.pack("<IIQQ", 24, 0, address, size))

    def reset(self) -> None:
        """Reset the device, as a machine's reset does."""
        self.command(Command.RESET)

    # --- regions ---

    def read(self, region: int, offset: int, count: int) -> bytes:
        """Read from a region."""
        reply = self.command(Command.REGION_READ,
                             struct.pack("<QII", offset, region, count))
        if len(reply.payload) != 16 + count:
            raise AssertionError(f"expected {count}, got {reply.payload!r}")
        return reply.payload[16:]

    def write(self, region: int, offset: int, data: bytes) -> None:
        """Write to a region."""
        self.command(Command.REGION_WRITE,
                     struct.pack("<QII", offset, region, len(data)) + data)

    def post(self, region: int, offset: int, data: bytes) -> None:
        """Write to a region without a reply, as a posted write is."""
        payload = struct.pack("<QII", offset, region, len(data)) + data
        self.send(encode(Command.REGION_WRITE, payload,
                         flags=FLAG_NO_REPLY))

    def read_int(self, region: int, offset: int, size: int) -> int:
        """Read a little-endian number."""
        return int.from_bytes(self.read(region, offset, size), "little")

    def write_int(self, region: int, offset: int, size: int,
                  value: int) -> None:
        """Write a little-endian number."""
        self.write(region, offset, value.to_bytes(size, "little"))
