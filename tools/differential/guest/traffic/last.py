# SPDX-License-Identifier: GPL-2.0
"""Sockets that wait for their last buffer: none may stay in an idle ring."""

from __future__ import annotations

import array
import fcntl
import mmap
import socket
import struct
import time
from collections.abc import Callable

from .ends import (BLOCK, BOUND_S, DUT, PEER, address, connected,
                  datagrams, new_socket, within)
from .say import becomes, must, outcome

SIOCOUTQ = 0x5411
SO_ZEROCOPY, MSG_ZEROCOPY, MSG_ERRQUEUE = 60, 0x4000000, 0x2000
SOL_PACKET, PACKET_TX_RING, PACKET_VERSION = 263, 13, 10
ETH_P_IP = 0x0800
FRAME, FRAMES = 2048, 64
SEND_REQUEST, AVAILABLE = 1, 0
# An idle driver gives the last buffers back within this time.
LAST_S = 3.0


def _unsent(one: socket.socket) -> int:
    found = array.array("i", [0])
    fcntl.ioctl(one.fileno(), SIOCOUTQ, found)
    return found[0]


def _emptied(count: int, size: int) -> str:
    """The kernel's account of a socket's buffers, after a burst."""
    with datagrams(PEER) as sink, new_socket(
            DUT, kind=socket.SOCK_DGRAM) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
        one.connect(sink.getsockname()[:2])
        for number in range(count):
            one.send(BLOCK[number:number + size])
        return "0" if becomes(lambda: _unsent(one) == 0, LAST_S) else \
            f"{_unsent(one)} bytes after {LAST_S:g} s"


def _lingers() -> str:
    """close() waits for the data, and ends soon."""
    one, other = connected(DUT, PEER)
    with other:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                       struct.pack("ii", 1, int(BOUND_S)))
        one.sendall(BLOCK[:200000])
        # The receiver takes it, or close() would rightly wait.
        other.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        seen = 0
        while seen < 200000:
            seen += len(other.recv(1 << 18))
        began = time.monotonic()
        one.close()
        return "soon" if time.monotonic() - began < LAST_S else "late"


def _told(one: socket.socket, count: int) -> int:
    """Completions of sends without a copy."""
    seen = 0
    end = time.monotonic() + LAST_S
    while seen < count and time.monotonic() < end:
        try:
            _, notes, _, _ = one.recvmsg(0, 512, MSG_ERRQUEUE)
        except BlockingIOError:
            time.sleep(0.02)
            continue
        for _, _, data in notes:
            _, _, _, _, _, low, high = struct.unpack_from("IBBBBII", data)
            seen += high - low + 1
    return seen


def _zero_copy(kind: int) -> str:
    """The kernel reports each send without a copy as complete."""
    count = 24
    if kind == socket.SOCK_STREAM:
        one, other = connected(DUT, PEER)
    else:
        other = datagrams(PEER)
        one = new_socket(DUT, kind=kind)
        one.connect(other.getsockname()[:2])
    with one, other:
        one.setsockopt(socket.SOL_SOCKET, SO_ZEROCOPY, 1)
        size = 30000 if kind == socket.SOCK_STREAM else 1200
        seen = 0
        for number in range(count):
            one.send(BLOCK[number:number + size], MSG_ZEROCOPY)
            got = 0
            while got < size:
                got += len(other.recv(1 << 17))
            seen += got
        one.setblocking(False)
        return f"{seen // size} came, {_told(one, count)} told"


def _frame(number: int) -> bytes:
    macs = b"".join(bytes.fromhex(must(
        f"ip netns exec {name} cat /sys/class/net/{name}/address"
        ).strip().replace(":", "")) for name in (PEER, DUT))
    data = BLOCK[number:number + 300]
    udp = struct.pack("!HHHH", 4000, 9, 8 + len(data), 0) + data
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), number, 0,
                       64, 17, 0, socket.inet_aton(address(DUT)),
                       socket.inet_aton(address(PEER)))
    return macs + struct.pack("!H", ETH_P_IP) + head + udp


def _kept(ring: mmap.mmap) -> int:
    """Slots of the ring that the kernel has not given back."""
    return sum(struct.unpack_from("I", ring, slot * FRAME)[0] != AVAILABLE
               for slot in range(FRAMES))


def _sent_all(one: socket.socket, ring: mmap.mmap) -> bool:
    """Whether all slots are free; a call may leave some for the next one."""
    one.send(b"", socket.MSG_DONTWAIT)
    return not _kept(ring)


def _packet_ring(rounds: int = 4) -> str:
    """Every slot of a mapped transmit ring comes back."""
    data = _frame(1)
    with within(DUT):
        one = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        one.bind((DUT, ETH_P_IP))
    with one:
        one.setsockopt(SOL_PACKET, PACKET_VERSION, 1)
        one.setsockopt(SOL_PACKET, PACKET_TX_RING, struct.pack(
            "IIII", FRAME * FRAMES, 1, FRAME, FRAMES))
        with mmap.mmap(one.fileno(), FRAME * FRAMES) as ring:
            place = 32      # of the data: TPACKET2_HDRLEN without its address
            for _ in range(rounds):
                for slot in range(FRAMES):
                    at = slot * FRAME
                    struct.pack_into("II", ring, at + 4, len(data), len(data))
                    ring[at + place:at + place + len(data)] = data
                    struct.pack_into("I", ring, at, SEND_REQUEST)
                if not becomes(lambda: _sent_all(one, ring), LAST_S):
                    return f"{_kept(ring)} slots after {LAST_S:g} s"
    return "all free"


def last() -> None:
    """The last buffers of a burst, however short it is."""
    for count, size in ((1, 100), (2, 1400), (3, 60), (17, 1400), (64, 30),
                        (200, 1400)):
        outcome(f"unsent.{count}x{size}", _emptied(count, size))
    for number in range(3):
        outcome(f"linger.{number}", _lingers())
    outcome("zero-copy.tcp", _zero_copy(socket.SOCK_STREAM))
    outcome("zero-copy.udp", _zero_copy(socket.SOCK_DGRAM))
    outcome("packet-ring", _packet_ring())


def unsent_namespace() -> None:
    """A namespace with a sender goes away when its last socket does."""
    must("ip netns add side; ip -n dut link add v0 type veth peer name v1"
         " netns side; ip -n side addr add 10.10.0.2/24 dev v1;"
         " ip -n side link set v1 up; ip -n dut link set v0 up;"
         " ip -n dut addr add 10.10.0.1/24 dev v0;"
         " ip -n side route add default via 10.10.0.1;"
         " ip netns exec dut busybox sysctl -q -w net.ipv4.ip_forward=1;"
         f" ip -n peer route add 10.10.0.0/24 via {address(DUT)}")
    with datagrams(PEER) as sink:
        with within("side"):
            one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with one:
            for _ in range(32):
                one.sendto(BLOCK[:1000], sink.getsockname()[:2])
            sink.recv(2000)
    must("ip netns del side")
    outcome("gone", becomes(
        lambda: "v0" not in must("ip -n dut -br link"), 10))


LAST: dict[str, Callable[..., None]] = {
    "last": last, "last-namespace": unsent_namespace}
