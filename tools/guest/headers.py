# SPDX-License-Identifier: GPL-2.0
"""Received frames whose offload headers a driver must not trust."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from .nets import DUT_MAC, PEER_MAC

# The kinds of frame that tell the capture (differential/guest/traffic) where
# it is: the number of the next frame follows.
MARK = 0x88b5
NEEDS_CSUM, DATA_VALID = 1, 2
FLAGS = (0, 1, 2, 3, 4, 0xff)
NONE, TCPV4, UDP, TCPV6, UDP_L4, ECN = 0, 1, 3, 4, 5, 0x80
TYPES = (NONE, TCPV4, 2, UDP, TCPV6, UDP_L4, TCPV4 | ECN, TCPV6 | ECN,
         UDP_L4 | ECN, 0x20, 0x40, 0xff)
SIZES = (0, 1, 100, 1448, 0xffff)
TRANSPORT, CSUM, HEADERS = 34, 16, 54
# Where the checksum is said to start, and how far behind it is
PLACES = ((0, 0), (0, 40), (13, 0), (14, 0), (1, 1), (34, 17), (35, 16),
          (34, 220), (34, 218), (34, 65535), (300, 16), (254, 0), (252, 0),
          (65535, 16), (65535, 65535), (65534, 1))
LENGTHS = (0, 13, 14, 20, 33, 34, 53, 55, 253, 254, 255, 1500, 0xffff)
CUTS = (1, 13, 14, 15, 33, 34, 35, 53, 54, 55)


def header(flags: int = 0, gso: int = NONE, *, length: int = HEADERS,
           size: int = 0, start: int = TRANSPORT, offset: int = CSUM,
           ) -> bytes:
    """Twelve bytes."""
    return struct.pack("<BBHHHHH", flags, gso, length, size, start, offset, 1)


def _macs(kind: int) -> bytes:
    return bytes.fromhex((DUT_MAC + PEER_MAC).replace(":", "")) + \
        struct.pack("!H", kind)


def mark(number: int) -> str:
    """A good frame."""
    return (bytes(12) + _macs(MARK) + struct.pack("!H", number)
            + bytes(46)).hex()


def _ip4(protocol: int, payload: bytes) -> bytes:
    return _macs(0x0800) + struct.pack(
        "!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0x4000, 64, protocol,
        0, bytes((10, 9, 0, 1)), bytes((10, 9, 0, 2))) + payload


def _ip6(protocol: int, payload: bytes) -> bytes:
    return _macs(0x86dd) + struct.pack(
        "!IHBB", 6 << 28, len(payload), protocol, 64) + bytes(
        (0xfd, 9, *bytes(13), 1, 0xfd, 9, *bytes(13), 2)) + payload


def _tcp(size: int) -> bytes:
    return struct.pack("!HHIIBBHHH", 1234, 80, 1, 0, 0x50, 0x10, 512, 0,
                       0) + b"A" * size


def _udp(size: int) -> bytes:
    return struct.pack("!HHHH", 1234, 9, 8 + size, 0) + b"A" * size


def _typed() -> Iterator[tuple[str, bytes, bytes]]:
    bodies = (("tcp4", _ip4(6, _tcp(200)), TRANSPORT, CSUM),
              ("tcp6", _ip6(6, _tcp(200)), 54, CSUM),
              ("udp4", _ip4(17, _udp(200)), TRANSPORT, 6),
              ("arp", _macs(0x0806) + bytes(240), TRANSPORT, CSUM),
              ("vlan", _macs(0x8100) + b"\0\5\x08\0"
               + _ip4(6, _tcp(200))[14:], 38, CSUM))
    for kind, body, start, offset in bodies:
        for flags in FLAGS if kind == "tcp4" else (0, NEEDS_CSUM):
            for gso in TYPES:
                for size in SIZES if kind == "tcp4" else (100, 1448):
                    yield f"{kind} flags {flags} type {gso:#x} size {size}", \
                        header(flags, gso, size=size, start=start,
                               offset=offset, length=start + 20), body


def _placed() -> Iterator[tuple[str, bytes, bytes]]:
    body = _ip4(6, _tcp(200))
    for gso in (NONE, TCPV4):
        for start, offset in PLACES:
            yield f"type {gso} checksum at {start}+{offset}", header(
                NEEDS_CSUM, gso, size=100, start=start, offset=offset), body
        for length in LENGTHS:
            yield f"type {gso} headers of {length}", header(
                NEEDS_CSUM, gso, size=100, length=length), body
        for cut in CUTS:
            yield f"type {gso} first {cut} bytes", header(
                NEEDS_CSUM if gso else 0, gso, size=100), body[:cut]
            yield f"type {gso} first {cut} bytes, checksum", header(
                NEEDS_CSUM, gso, size=100, start=14, offset=0), body[:cut]


def hostile() -> list[tuple[str, str]]:
    """Names, and what the command "inject" takes."""
    return [(name, (head + body).hex())
            for name, head, body in (*_typed(), *_placed())]
