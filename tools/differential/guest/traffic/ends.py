# SPDX-License-Identifier: GPL-2.0
"""The two ends of the link: the tested interface and its peer.

Each has the name of its network namespace.
"""

from __future__ import annotations

import contextlib
import functools
import os
import random
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator

from .say import must, note, outcome

DUT, PEER = "dut", "peer"
ADDRESS = {DUT: "10.9.0.2", PEER: "10.9.0.1"}
ADDRESS6 = {DUT: "fd09::2", PEER: "fd09::1"}
OTHER = {DUT: PEER, PEER: DUT}
CLONE_NEWNET = 0x40000000
SO_RCVBUFFORCE = 33     # beyond the limit for ordinary users
MIB = 1 << 20
# What the slowest operation may take under emulation on a busy machine
BOUND_S = 40.0
# and the slowest transfer, in MiB a second
SLOWEST = 1
# It waits for the last answer as long as an interval, or two round trips
PING = "ping -q -n -c 3 -i 0.3"
# Not a multiple of a segment or a page, so that the place of data matters
BLOCK = random.Random(9).randbytes((256 << 10) + 4093)

# Headers: of Ethernet; the largest of IP and TCP with it
ETHERNET, HEADERS = 14, 14 + 40 + 60
# A packet of TCP with less bytes is rare; an acknowledgement of one
SEGMENT, ACK = 1000, ETHERNET + 40 + 32


class Amount:   # pylint: disable=too-few-public-methods
    """What an end sent: the least and the most that both ends may count."""

    def __init__(self, source: str, packets: tuple[int, int],
                 octets: tuple[int, int]) -> None:
        self.source = source
        self.packets = packets
        self.octets = octets


# by the workload, so far
SENT: list[Amount] = []

# The types that the check uses are of an older Python.
_enter: Callable[[int, int], None] = getattr(os, "setns")


@contextlib.contextmanager
def within(name: str) -> Iterator[None]:
    """This thread is in a namespace meanwhile: its sockets stay there."""
    mine = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{name}", os.O_RDONLY)
    try:
        _enter(there, CLONE_NEWNET)
        yield
    finally:
        _enter(mine, CLONE_NEWNET)
        os.close(mine)
        os.close(there)


def new_socket(name: str, family: int = socket.AF_INET,
               kind: int = socket.SOCK_STREAM,
               protocol: int = 0) -> socket.socket:
    """A socket of a namespace, bounded in time."""
    with within(name):
        made = socket.socket(family, kind, protocol)
    made.settimeout(BOUND_S)
    return made


def address(name: str, family: int = socket.AF_INET) -> str:
    """The address of an end."""
    return (ADDRESS if family == socket.AF_INET else ADDRESS6)[name]


def listener(name: str, family: int = socket.AF_INET,
             backlog: int = 128) -> socket.socket:
    """A listening socket."""
    made = new_socket(name, family)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((address(name, family), 0))
    made.listen(backlog)
    return made


def connected(source: str, sink: str, family: int = socket.AF_INET,
              ) -> tuple[socket.socket, socket.socket]:
    """A connection: its socket at the source, and the one at the sink."""
    with listener(sink, family) as door:
        one = new_socket(source, family)
        one.connect(door.getsockname()[:2])
        other, _ = door.accept()
        other.settimeout(BOUND_S)
        return one, other


def datagrams(name: str, family: int = socket.AF_INET) -> socket.socket:
    """A bound socket for datagrams, with room for a burst."""
    made = new_socket(name, family, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
    made.bind((address(name, family), 0))
    return made


def pieces(size: int) -> Iterator[bytes]:
    """The bytes of a transfer."""
    while size > 0:
        yield BLOCK[:size]
        size -= len(BLOCK)


@functools.cache
def digest(size: int) -> int:
    """Of those bytes."""
    total = 0
    for piece in pieces(size):
        total = zlib.crc32(piece, total)
    return total


class Task(threading.Thread):
    """A thread whose result or failure is a text."""

    def __init__(self, work: Callable[[], str]) -> None:
        super().__init__(daemon=True)
        self._work = work
        self._text = "never ended"
        self.start()

    def run(self) -> None:
        try:
            self._text = self._work()
        except (OSError, EOFError) as error:
            self._text = f"{type(error).__name__}: {error}"

    def text(self, seconds: float = BOUND_S) -> str:
        """Wait for its end."""
        self.join(seconds)
        return self._text


def receive(sink: socket.socket, size: int) -> str:
    """All of a transfer: "whole", or what is wrong with it."""
    total, seen = 0, 0
    while True:
        piece = sink.recv(1 << 18)
        if not piece:
            break
        total = zlib.crc32(piece, total)
        seen += len(piece)
    if seen != size:
        return f"{seen} bytes, not {size}"
    return "whole" if total == digest(size) else "other bytes"


def send(source: socket.socket, size: int) -> str:
    """A transfer, and the end of the connection."""
    with source:
        for piece in pieces(size):
            source.sendall(piece)
    return "sent"


def moved(source: socket.socket, sink: socket.socket) -> str:
    """BLOCK eight times, on a connection that stays: "whole", or why not."""
    def take() -> str:
        found = bytearray()
        while len(found) < len(wanted) and (piece := sink.recv(1 << 18)):
            found += piece
        return "whole" if found == wanted else "other bytes"

    def give() -> str:
        source.sendall(wanted)
        return "whole"

    wanted = 8 * BLOCK
    sender = Task(give)
    got = Task(take).text(BOUND_S / 2)
    return got if got != "whole" else sender.text()


def _stream_sent(source: str, size: int) -> None:
    """A stream, in packets of whatever size, and its acknowledgements."""
    most = size // SEGMENT + 16
    SENT.append(Amount(source, (size >> 16, most),
                       (size, size + most * HEADERS)))
    SENT.append(Amount(OTHER[source], (1, most), (ACK, most * ACK)))


def stream(source: str, size: int, family: int = socket.AF_INET) -> str:
    """A transfer from this end to the other one: "whole", or why not."""
    try:
        one, other = connected(source, OTHER[source], family)
    except OSError as error:
        return f"no connection: {error}"
    limit = 2 * BOUND_S + size / MIB / SLOWEST
    _stream_sent(source, size)
    with other:
        sender = Task(lambda: send(one, size))
        got = Task(lambda: receive(other, size)).text(limit)
        return got if got != "whole" else \
            "whole" if sender.text() == "sent" else sender.text()


def transfer(key: str, source: str, size: int,
             family: int = socket.AF_INET) -> None:
    """A transfer as an outcome, and its speed."""
    began = time.monotonic()
    outcome(f"{key}.from-{source}", stream(source, size, family))
    took = time.monotonic() - began
    note(f"{key}.from-{source}: {size / MIB / took:.1f} MiB/s")


def streams(key: str, size: int, family: int = socket.AF_INET) -> None:
    """Both ways, one after the other, as outcomes."""
    for source in (DUT, PEER):
        transfer(key, source, size, family)


def interface(name: str, text: str) -> str:
    """A command in the namespace of an end."""
    return f"ip netns exec {name} {text}"


def counter(name: str, which: str) -> int:
    """A counter of an interface."""
    return int(must(interface(name, f"cat /sys/class/net/{name}"
                                    f"/statistics/{which}")))


def counters(name: str) -> dict[str, int]:
    """All of them."""
    said = must(interface(
        name, "busybox sh -c 'cd /sys/class/net/" + name
        + "/statistics; busybox grep . *'"))
    return {key: int(value) for key, _, value in (
        line.partition(":") for line in said.splitlines())}
