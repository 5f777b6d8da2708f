# SPDX-License-Identifier: GPL-2.0
"""Odd frames with odd offload headers: they pass unchanged, or are dropped, as
with the kernel's driver.

A frame goes out by a packet socket with a virtio_net_hdr, and is captured at
the other end with the header that came with it.
"""

from __future__ import annotations

import socket
import struct
import time
import zlib
from collections.abc import Callable, Iterator

from .ends import ADDRESS, BLOCK, BOUND_S, DUT, OTHER, PEER, SO_RCVBUFFORCE
from .filters import SOL_PACKET, mac, packet_socket
from .say import note, outcome

PACKET_VNET_HDR = 15
HEADER = struct.Struct("<BBHHHH")
NEEDS_CSUM, DATA_VALID, RSC = 1, 2, 4
NONE, TCPV4, UDP, TCPV6, UDP_L4, ECN = 0, 1, 3, 4, 5, 0x80
MACS = {DUT: "52:54:00:09:00:02", PEER: "52:54:00:09:00:01"}
CAPTURE_S = 0.15
# of frames with the number of the next one, and the last number
MARK, LAST = struct.pack("!H", 0x88b5), 0xffff


def header(flags: int = 0, gso: int = NONE, length: int = 0, size: int = 0,
           start: int = 0, offset: int = 0) -> bytes:
    """An offload header."""
    return HEADER.pack(flags, gso, length, size, start, offset)


def checksum(data: bytes) -> int:
    """The Internet checksum."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ethernet(source: str, kind: int, payload: bytes,
             there: str = "") -> bytes:
    """A frame."""
    return mac(there or MACS[OTHER[source]]) + mac(MACS[source]) + \
        struct.pack("!H", kind) + payload


def ip4(source: str, protocol: int, payload: bytes, *, fragment: int = 0,
        options: bytes = b"", total: int = -1, ttl: int = 64) -> bytes:
    """An IPv4 packet."""
    words = 5 + len(options) // 4
    length = 4 * words + len(payload) if total < 0 else total
    head = struct.pack(
        "!BBHHHBBH4s4s", 0x40 | words, 0, length, 0x1234, fragment, ttl,
        protocol, 0, socket.inet_aton(ADDRESS[source]),
        socket.inet_aton(ADDRESS[OTHER[source]])) + options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ip6(protocol: int, payload: bytes, extra: bytes = b"") -> bytes:
    """An IPv6 packet between addresses that nobody has."""
    return struct.pack("!IHBB", 6 << 28, len(extra) + len(payload), protocol,
                       64) + bytes(15) + b"\1" + bytes(15) + b"\2" + extra \
        + payload


def udp(size: int, good: bool = True) -> bytes:
    """A UDP datagram without a checksum, or with a wrong one."""
    return struct.pack("!HHHH", 4001, 9, 8 + size, 0 if good else 0xbad) \
        + BLOCK[:size]


def tcp(size: int, words: int = 5) -> bytes:
    """A TCP segment to a port where nobody listens, with a wrong
    checksum."""
    return struct.pack("!HHIIBBHHH", 4002, 9, 1, 1, words << 4, 0x10, 512, 0,
                       0) + bytes(4 * words - 20) + BLOCK[:size]


def frames(source: str) -> Iterator[tuple[str, bytes, bytes]]:
    """All of them: a name, the header, the frame."""
    def frame4(protocol: int, payload: bytes, **how: int | bytes) -> bytes:
        return ethernet(source, 0x0800, ip4(
            source, protocol, payload, **how))      # type: ignore[arg-type]

    plain = header()
    for size in (0, 1, 10, 17, 18, 46, 100, 1471, 1472):
        yield f"udp-{size}", plain, frame4(17, udp(size))
    yield "udp-bad-checksum", plain, frame4(17, udp(50, good=False))
    yield "udp-valid-claimed", header(DATA_VALID), frame4(17, udp(50, False))
    yield "ip-options", plain, frame4(17, udp(40), options=bytes(8) * 5)
    yield "ip-total-short", plain, frame4(17, udp(100), total=40)
    yield "ip-total-long", plain, frame4(17, udp(100), total=1400)
    yield "ip-total-0", plain, frame4(17, udp(100), total=0)
    yield "fragment-first", plain, frame4(17, udp(1400), fragment=0x2000)
    yield "fragment-middle", plain, frame4(17, udp(800), fragment=0x2064)
    yield "fragment-last", plain, frame4(17, udp(80), fragment=0x00c8)
    yield "fragment-overlap", plain, frame4(17, udp(800), fragment=0x2001)
    yield "ip-protocol-255", plain, frame4(255, BLOCK[:64])
    yield "ip6-udp", plain, ethernet(source, 0x86dd, ip6(17, udp(64)))
    yield "ip6-hop-by-hop", plain, ethernet(source, 0x86dd, ip6(
        0, udp(64), struct.pack("BB6x", 17, 0)))
    yield "ip6-fragment", plain, ethernet(source, 0x86dd, ip6(
        44, udp(64), struct.pack("!BBHI", 17, 0, 1, 77)))
    yield "ip6-jumbo-length-0", plain, ethernet(
        source, 0x86dd, struct.pack("!IHBB", 6 << 28, 0, 17, 1) + bytes(32))
    yield "arp", plain, ethernet(source, 0x0806, struct.pack(
        "!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 1, mac(MACS[source]), bytes(4),
        bytes(6), bytes(4)))
    yield "llc", plain, ethernet(source, 3, b"\xaa\xaa\3") + bytes(43)
    yield "type-0", plain, ethernet(source, 0, bytes(46))
    yield "runt-14", plain, ethernet(source, 0x88b5, b"")
    yield "runt-15", plain, ethernet(source, 0x88b5, b"x")
    yield "runt-30", plain, ethernet(source, 0x88b5, BLOCK[:16])
    yield "vlan", plain, ethernet(source, 0x8100, struct.pack(
        "!HH", 5, 0x0800) + ip4(source, 17, udp(60)))
    yield "vlan-4095", plain, ethernet(source, 0x8100, struct.pack(
        "!HH", 0xffff, 0x0800) + ip4(source, 17, udp(60)))
    yield "vlan-stack", plain, ethernet(source, 0x88a8, struct.pack(
        "!HHHHHH", 7, 0x8100, 8, 0x8100, 9, 0x0800)
        + ip4(source, 17, udp(60)))
    yield "vlan-cut", plain, ethernet(source, 0x8100, b"\0")
    yield from _offloads(source, frame4)


def _offloads(source: str, frame4: Callable[..., bytes],
              ) -> Iterator[tuple[str, bytes, bytes]]:
    """Frames with requests to the device."""
    csum_udp = {"start": 34, "offset": 6}
    csum_tcp = {"start": 34, "offset": 16}
    for size in (0, 1, 7, 700, 1472):
        yield f"csum-udp-{size}", header(NEEDS_CSUM, **csum_udp), \
            frame4(17, udp(size))
    yield "csum-tcp", header(NEEDS_CSUM, **csum_tcp), frame4(6, tcp(1400))
    yield "csum-odd-start", header(NEEDS_CSUM, start=35, offset=7), \
        frame4(17, udp(301))
    yield "csum-at-0", header(NEEDS_CSUM, start=0, offset=12), \
        frame4(17, udp(64))
    yield "csum-at-end", header(NEEDS_CSUM, start=34, offset=64), \
        frame4(17, udp(58))
    yield "csum-start-behind", header(NEEDS_CSUM, start=2000, offset=6), \
        frame4(17, udp(64))
    yield "csum-offset-behind", header(NEEDS_CSUM, start=34, offset=9000), \
        frame4(17, udp(64))
    yield "csum-wraps", header(NEEDS_CSUM, start=65535, offset=65535), \
        frame4(17, udp(64))
    yield "csum-unknown-protocol", header(NEEDS_CSUM, start=34, offset=0), \
        frame4(200, bytes(64))
    yield "csum-on-runt", header(NEEDS_CSUM, start=14, offset=0), \
        ethernet(source, 0x88b5, b"ab")
    for size in (536, 1000, 1448, 1, 0, 65535):
        yield f"tso-{size}", header(NEEDS_CSUM, TCPV4, 54, size, **csum_tcp), \
            frame4(6, tcp(9000 if size > 1 else 60))
    yield "tso-ecn", header(NEEDS_CSUM, TCPV4 | ECN, 54, 1000, **csum_tcp), \
        frame4(6, tcp(5000))
    yield "tso-without-csum", header(0, TCPV4, 54, 1000), \
        frame4(6, tcp(5000))
    yield "tso-header-0", header(NEEDS_CSUM, TCPV4, 0, 1000, **csum_tcp), \
        frame4(6, tcp(5000))
    yield "tso-header-long", header(NEEDS_CSUM, TCPV4, 5000, 1000,
                                    **csum_tcp), frame4(6, tcp(3000))
    yield "tso-options", header(NEEDS_CSUM, TCPV4, 66, 1000, **csum_tcp), \
        frame4(6, tcp(5000, 8))
    yield "tso-small", header(NEEDS_CSUM, TCPV4, 54, 1000, **csum_tcp), \
        frame4(6, tcp(100))
    yield "tso-no-payload", header(NEEDS_CSUM, TCPV4, 54, 1000, **csum_tcp), \
        frame4(6, tcp(0))
    yield "tso-of-udp", header(NEEDS_CSUM, TCPV4, 42, 1000, **csum_udp), \
        frame4(17, udp(4000))
    yield "tso6-of-ip4", header(NEEDS_CSUM, TCPV6, 54, 1000, **csum_tcp), \
        frame4(6, tcp(4000))
    yield "tso6", header(NEEDS_CSUM, TCPV6, 74, 1000, start=54, offset=16), \
        ethernet(source, 0x86dd, ip6(6, tcp(6000)))
    yield "tso-of-arp", header(NEEDS_CSUM, TCPV4, 54, 1000, **csum_tcp), \
        ethernet(source, 0x0806, BLOCK[:4000])
    yield "tso-in-vlan", header(NEEDS_CSUM, TCPV4, 58, 1000, start=38,
                                offset=16), ethernet(
        source, 0x8100, struct.pack("!HH", 5, 0x0800)
        + ip4(source, 6, tcp(4000)))
    yield "uso", header(NEEDS_CSUM, UDP_L4, 42, 1000, **csum_udp), \
        frame4(17, udp(6000))
    yield "uso-0", header(NEEDS_CSUM, UDP_L4, 42, 0, **csum_udp), \
        frame4(17, udp(6000))
    yield "ufo", header(NEEDS_CSUM, UDP, 42, 1400, **csum_udp), \
        frame4(17, udp(6000))
    for kind in (2, 6, 0x7f, 0x40):
        yield f"gso-{kind:#x}", header(NEEDS_CSUM, kind, 54, 1000,
                                       **csum_tcp), frame4(6, tcp(3000))
    yield "flags-all", header(0xff, **csum_udp), frame4(17, udp(64))


def _shown(head: bytes) -> str:
    """A header without hdr_len: there the kernel tells how much of the packet
    the driver has copied into the skb."""
    return f"{head[:2].hex()} {head[4:].hex()}"


def _told(got: bytes, frame: bytes) -> str:
    return (f"{_shown(got[:HEADER.size])} {len(frame)}"
            f" {zlib.crc32(frame):08x}")


def _sent(source: str, name: str, data: bytes) -> str:
    """What became of a frame."""
    with packet_socket(OTHER[source]) as sink, packet_socket(source) as one:
        for each in (sink, one):
            each.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        try:
            one.send(data)
        except OSError as error:
            return f"refused: {error.strerror}"
        del name
        time.sleep(CAPTURE_S)
        sink.setblocking(False)
        found = []
        while True:
            try:
                got, where = sink.recvfrom(1 << 17)
            except BlockingIOError:
                break
            frame = got[HEADER.size:]
            if where[2] != socket.PACKET_OUTGOING and \
                    frame[6:12] == mac(MACS[source]):
                found.append(_told(got, frame))
        return "; ".join(found) or "nothing came"


def corpus() -> None:
    """Each frame alone, both ways."""
    for source in (DUT, PEER):
        for name, head, frame in frames(source):
            outcome(f"{source}.{name}", _sent(source, name, head + frame))


def _frame(sink: socket.socket) -> tuple[bytes, str]:
    """The next frame of the peer's, and the text of it. The kernel has no
    header for some that a driver passes."""
    while True:
        try:
            got, where = sink.recvfrom(1 << 17)
        except TimeoutError:
            return b"", "nothing more"
        except OSError as error:
            return b"", f"{error.strerror}"
        frame = got[HEADER.size:]
        if where[2] != socket.PACKET_OUTGOING and \
                frame[6:12] == mac(MACS[PEER]):
            return frame, _told(got, frame)


def capture() -> None:
    """What the driver makes of the frames behind each mark, a frame with the
    number of the next one; the last number ends it."""
    with packet_socket(DUT) as sink:
        sink.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        sink.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
        sink.settimeout(BOUND_S)
        note("ready")
        number, found = -1, []
        while number != LAST:
            frame, text = _frame(sink)
            if frame[12:14] != MARK:
                found.append(text)
                if text == "nothing more":
                    break
                continue
            if number >= 0:
                outcome(str(number), "; ".join(found) or "dropped")
            number, = struct.unpack_from("!H", frame, 14)
            found = []
        note("ended" if number == LAST else f"{found}")


CORPUS: dict[str, Callable[..., None]] = {
    "corpus": corpus, "capture": capture}
