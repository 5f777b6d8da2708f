# SPDX-License-Identifier: GPL-2.0
"""AF_XDP: a socket on queue 0 takes the frames of tests, and sends them back as
they are, from the same memory.

The kernel chooses zero copy where the driver has it, and copies else.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import mmap
import os
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator

from .ends import BLOCK, DUT, PEER, interface, within
from .filters import ETH_P_TEST, mac, packet_socket
from .load import load
from .say import must, note, outcome, tries
from .xdp import attached, comes_back, new_map, reflecting, reflects

AF_XDP, SOL_XDP = 44, 283
# Options of the socket
MMAP_OFFSETS, RX_RING, TX_RING, UMEM_REG, FILL_RING, COMPLETION_RING = \
    range(1, 7)
OPTIONS = 8
COPY, ZERO_COPY = 2, 4
# Where each ring is mapped, and its place in the answer to MMAP_OFFSETS
RX, TX, FILL, COMPLETION = ((0, 0), (0x80000000, 1), (0x100000000, 2),
                            (0x180000000, 3))
RING = 256
CHUNKS, CHUNK = 128, 4096
# What a busy socket answers to a call to send
BUSY = (errno.EAGAIN, errno.EBUSY, errno.ENOBUFS, errno.ENETDOWN)
FRAMES = 32
BIND_TRIES = 100


class Ring:
    """One of the socket's rings, of addresses or of descriptors."""

    def __init__(self, sock: socket.socket, place: tuple[int, int],
                 entry: str) -> None:
        said = sock.getsockopt(SOL_XDP, MMAP_OFFSETS, 128)
        producer, consumer, entries, _ = struct.unpack_from(
            "=4Q", said, 32 * place[1])
        self._size = struct.calcsize(entry)
        self._entry = entry
        self._memory = mmap.mmap(sock.fileno(), entries + RING * self._size,
                                 mmap.MAP_SHARED | mmap.MAP_POPULATE,
                                 mmap.PROT_READ | mmap.PROT_WRITE,
                                 offset=place[0])
        # whole words: struct would write their bytes one by one
        self._producer = ctypes.c_uint32.from_buffer(self._memory, producer)
        self._consumer = ctypes.c_uint32.from_buffer(self._memory, consumer)
        self._entries = entries

    def _at(self, number: int) -> int:
        place: int = self._entries + number % RING * self._size
        return place

    def put(self, *values: int) -> bool:
        """An entry more; False without room."""
        number = self._producer.value
        if (number - self._consumer.value) & 0xffffffff >= RING:
            return False
        struct.pack_into(self._entry, self._memory, self._at(number), *values)
        self._producer.value = number + 1 & 0xffffffff
        return True

    def take(self) -> Iterator[tuple[int, ...]]:
        """The entries that are there."""
        while (number := self._consumer.value) != self._producer.value:
            found = struct.unpack_from(self._entry, self._memory,
                                       self._at(number))
            self._consumer.value = number + 1 & 0xffffffff
            yield found

    def close(self) -> None:
        """It is mapped no longer."""
        del self._producer, self._consumer
        self._memory.close()


class Echo:
    """A socket whose frames a thread sends back, until it is closed."""

    def __init__(self, flags: int = 0) -> None:
        self._area = mmap.mmap(-1, CHUNKS * CHUNK)
        base = ctypes.addressof(ctypes.c_char.from_buffer(self._area))
        with within(DUT):
            self.socket = socket.socket(AF_XDP, socket.SOCK_RAW)
            there = socket.if_nametoindex(DUT)
        self.socket.setblocking(False)
        self.socket.setsockopt(SOL_XDP, UMEM_REG, struct.pack(
            "=QQIIII", base, CHUNKS * CHUNK, CHUNK, 0, 0, 0))
        for option in (RX_RING, TX_RING, FILL_RING, COMPLETION_RING):
            self.socket.setsockopt(SOL_XDP, option, RING)
        self._rx, self._tx = (Ring(self.socket, place, "=QII")
                              for place in (RX, TX))
        self._fill, self._completion = (Ring(self.socket, place, "=Q")
                                        for place in (FILL, COMPLETION))
        for number in range(CHUNKS):
            self._fill.put(number * CHUNK)
        self._bind(there, flags)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _bind(self, there: int, flags: int) -> None:
        """The kernel gives back a closed socket's queue some time later."""
        libc = ctypes.CDLL(None, use_errno=True)
        where = struct.pack("=HHIII", AF_XDP, flags, there, 0, 0)
        number = errno.EBUSY
        for _ in range(BIND_TRIES):
            if not libc.bind(self.socket.fileno(), where, len(where)):
                return
            number = ctypes.get_errno()
            if number != errno.EBUSY:
                break
            time.sleep(0.1)
        self.socket.close()
        raise OSError(number, os.strerror(number))

    @property
    def zero_copy(self) -> bool:
        """Whether the kernel has chosen zero copy."""
        return bool(self.socket.getsockopt(SOL_XDP, OPTIONS) & 1)

    def _run(self) -> None:
        poll = select.poll()
        poll.register(self.socket, select.POLLIN)
        while not self._over.is_set():
            poll.poll(50)
            for addr, length, _ in self._rx.take():
                if not self._tx.put(addr, length, 0):
                    self._fill.put(addr // CHUNK * CHUNK)
            for addr, in self._completion.take():
                self._fill.put(addr // CHUNK * CHUNK)
            try:
                self.socket.send(b"")
            except OSError as error:
                if error.errno not in BUSY:
                    note(f"send: {error}")
                    return

    def close(self) -> None:
        """The stack has the queue again. A mapped ring keeps the socket."""
        self._over.set()
        self._thread.join()
        self.socket.close()
        for ring in (self._rx, self._tx, self._fill, self._completion):
            ring.close()
        self._area.close()


@contextlib.contextmanager
def echo(flags: int = 0) -> Iterator[Echo]:
    """A socket, and the program that gives it the frames of tests."""
    made = Echo(flags)
    try:
        table = new_map(made.socket.fileno())
        try:
            with attached(reflecting("socket", table)):
                yield made
        finally:
            os.close(table)
    finally:
        made.close()


def _came_back() -> int:
    """Frames of FRAMES that the socket sends back, each sent until it comes:
    beside other traffic a ring may be full."""
    seen = 0
    with packet_socket(PEER, ETH_P_TEST) as sink, packet_socket(PEER) as one:
        sink.settimeout(0.5)
        for number in range(FRAMES):
            frame = b"\xff" * 6 + mac("52:54:00:09:00:01") + \
                struct.pack("!HB", ETH_P_TEST, number) + BLOCK[:40 * number
                                                               + 45]
            seen += comes_back(one, sink, frame)
    return seen


def xsk() -> None:
    """Both modes, alone and beside streams, and after the socket is gone."""
    for name, flags in (("chosen", 0), ("copy", COPY)):
        with echo(flags) as made:
            note(f"{name}: {'zero copy' if made.zero_copy else 'copy'}")
            outcome(f"{name}.back", _came_back())
            with load(f"{name}.") as streams_:
                outcome(f"{name}.beside", _came_back())
                streams_.moves(f"{name}.then")
        with load(f"{name}.gone."):
            pass


def xsk_life() -> None:
    """The socket stays while users change the interface."""
    with echo() as made, load() as streams_:
        note("zero copy" if made.zero_copy else "copy")
        for command in ("ethtool -G DUT rx 128", "ethtool -G DUT tx 64",
                        "ethtool -G DUT rx 256", "ethtool -G DUT tx 256",
                        "ethtool -L DUT combined 1", "ethtool -K DUT gro off",
                        "ethtool -K DUT gro on", "ip link set DUT mtu 1300",
                        "ip link set DUT mtu 1500"):
            tries(command.replace(" ", "."),
                  interface(DUT, command.replace("DUT", DUT)))
            streams_.moves(f"{command.replace(' ', '.')}.then")
            outcome(f"{command.replace(' ', '.')}.back", _came_back())
        for number in range(3):
            must(f"ip -n {DUT} link set {DUT} down")
            must(f"ip -n {DUT} link set {DUT} up")
            must(f"ip -n {DUT} neigh replace 10.9.0.1 lladdr"
                 f" 52:54:00:09:00:01 dev {DUT} nud permanent")
            outcome(f"up.{number}.back", _came_back())
        streams_.moves("up")


@contextlib.contextmanager
def socket_beside() -> Iterator[str]:
    """For a walk: the socket stays meanwhile."""
    with echo():
        yield reflects()


XSK: dict[str, Callable[..., None]] = {"xsk": xsk, "xsk-life": xsk_life}
