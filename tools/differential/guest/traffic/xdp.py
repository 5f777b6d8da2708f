# SPDX-License-Identifier: GPL-2.0
"""XDP programs of a few instructions, loaded and unloaded under traffic."""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import struct
from collections.abc import Callable, Iterator

from .ends import (BLOCK, DUT, MIB, PEER, datagrams, new_socket, streams,
                   within)
from .filters import ETH_P_TEST, mac, packet_socket
from .load import load
from .say import must, note, outcome, run

SYS_BPF = 321
MAP_CREATE, MAP_UPDATE, PROG_LOAD, LINK_CREATE = 0, 2, 5, 28
PROG_TYPE_XDP, BPF_XDP, XSKMAP = 6, 37, 17
FRAGMENTS = 1 << 5      # BPF_F_XDP_HAS_FRAGS
DRIVER, GENERIC = 1 << 2, 1 << 1
TRIES = 40
# functions of the kernel
BPF_REDIRECT, BPF_REDIRECT_MAP = 23, 51
ABORTED, DROP, PASS, TX = range(4)
ACTIONS: dict[str, int | str] = {
    "aborted": ABORTED, "drop": DROP, "pass": PASS, "tx": TX, "only-tx": "tx",
    "redirect": "redirect"}


def _bpf(command: int, attributes: bytes) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    room = ctypes.create_string_buffer(attributes.ljust(128, b"\0"), 128)
    found: int = libc.syscall(SYS_BPF, command, room, 128)
    if found < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return found


def _code(*lines: tuple[int, int, int, int, int]) -> bytes:
    """A program: operation, destination, source, offset, number."""
    return b"".join(struct.pack("<BBhi", code, source << 4 | there, offset,
                                number)
                    for code, there, source, offset, number in lines)


def _answer(action: int) -> bytes:
    """A program that answers with an action."""
    return _code((0xb7, 0, 0, 0, action),       # r0 = action
                 (0x95, 0, 0, 0, 0))            # exit


def new_map(of: int) -> int:
    """A map whose first element is a socket of AF_XDP: its descriptor."""
    made = _bpf(MAP_CREATE, struct.pack("<IIIII", XSKMAP, 4, 4, 1, 0))
    key, value = ctypes.c_uint32(0), ctypes.c_uint32(of)
    _bpf(MAP_UPDATE, struct.pack("<IIQQQ", made, 0, ctypes.addressof(key),
                                 ctypes.addressof(value), 0))
    return made


def reflecting(kind: str, table: int = -1) -> bytes:
    """A program that sends frames of tests back, by "tx" or by "redirect" to
    the interface itself, or has a "socket" of the table do it, and passes all
    others."""
    if kind == "tx":
        send = [(0xb7, 0, 0, 0, TX)]
    elif kind == "socket":
        send = [(0x61, 2, 1, 16, 0),                # r2 = its queue
                (0x18, 1, 1, 0, table), (0, 0, 0, 0, 0),
                (0xb7, 3, 0, 0, PASS), (0x85, 0, 0, 0, BPF_REDIRECT_MAP)]
    else:
        with within(DUT):
            there = socket.if_nametoindex(DUT)
        send = [(0xb7, 1, 0, 0, there), (0xb7, 2, 0, 0, 0),
                (0x85, 0, 0, 0, BPF_REDIRECT)]
    skip = len(send) + 1
    return _code(
        (0x61, 2, 1, 0, 0), (0x61, 3, 1, 4, 0),     # r2 to r3: the frame
        (0xbf, 4, 2, 0, 0), (0x07, 4, 0, 0, 14),    # r4 = r2 + 14
        (0x2d, 4, 3, skip + 2, 0),                  # shorter than that
        (0x69, 4, 2, 12, 0),                        # r4 = type
        (0x55, 4, 0, skip, socket.htons(ETH_P_TEST)),
        *send, (0x95, 0, 0, 0, 0)) + _answer(PASS)


def program(code: bytes, fragments: bool = True) -> int:
    """Load a program: its descriptor."""
    text = ctypes.create_string_buffer(code, len(code))
    licence = ctypes.create_string_buffer(b"GPL")
    return _bpf(PROG_LOAD, struct.pack(
        "<IIQQIIQII16s", PROG_TYPE_XDP, len(code) // 8,
        ctypes.addressof(text), ctypes.addressof(licence), 0, 0, 0, 0,
        FRAGMENTS if fragments else 0, b"differential"))


@contextlib.contextmanager
def attached(action: int | bytes, fragments: bool = True,
             flags: int = DRIVER) -> Iterator[None]:
    """The program, or one that answers with the action, is on the tested
    interface meanwhile."""
    made = program(action if isinstance(action, bytes) else _answer(action),
                   fragments)
    try:
        with within(DUT):
            link = _bpf(LINK_CREATE, struct.pack(
                "<IIII", made, socket.if_nametoindex(DUT), BPF_XDP, flags))
    finally:
        os.close(made)
    try:
        yield
    finally:
        os.close(link)


def _came() -> int:
    """Datagrams of 32 that reach the tested interface's socket."""
    with datagrams(DUT) as sink, new_socket(
            PEER, kind=socket.SOCK_DGRAM) as one:
        sink.settimeout(0.5)
        one.connect(sink.getsockname()[:2])
        for number in range(32):
            one.send(BLOCK[number:number + 600])
        seen = 0
        with contextlib.suppress(TimeoutError):
            while seen < 32:
                seen += sink.recv(2000) == BLOCK[seen:seen + 600]
        return seen


def _reflected() -> int:
    """Frames of 32 that the tested interface sends back as they are."""
    with packet_socket(PEER, ETH_P_TEST) as sink:
        sink.settimeout(0.5)
        frame = mac("52:54:00:09:00:02") + mac("52:54:00:09:00:01") + \
            struct.pack("!H", ETH_P_TEST) + BLOCK[:400]
        must(f"ip -n {PEER} link set {PEER} promisc on")
        with packet_socket(PEER) as one:
            for _ in range(32):
                one.send(frame)
        seen = 0
        with contextlib.suppress(TimeoutError):
            while True:
                got, where = sink.recvfrom(2000)
                seen += got == frame and where[2] != socket.PACKET_OUTGOING
        must(f"ip -n {PEER} link set {PEER} promisc off")
        return seen


def comes_back(one: socket.socket, sink: socket.socket, frame: bytes) -> bool:
    """Whether a frame comes back, sent until it does: beside other traffic a
    ring may be full."""
    for _ in range(TRIES):
        with contextlib.suppress(OSError):
            one.send(frame)
            while sink.recv(2000) != frame:
                pass
            return True
    return False


def reflects() -> str:
    """Whether the tested interface sends a frame back, under traffic."""
    frame = b"\xff" * 6 + mac("52:54:00:09:00:01") + \
        struct.pack("!H", ETH_P_TEST) + BLOCK[:400]
    with packet_socket(PEER, ETH_P_TEST) as sink, packet_socket(PEER) as one:
        sink.settimeout(0.5)
        return "reflects" if comes_back(one, sink, frame) else \
            "nothing comes back"


def xdp() -> None:
    """Each action, and what a program refuses."""
    for name, action in ACTIONS.items():
        for fragments in (True, False):
            key = f"{name}.{'fragments' if fragments else 'linear'}"
            try:
                with attached(reflecting(action) if isinstance(action, str)
                              else action, fragments):
                    outcome(f"{key}.came", _came())
                    outcome(f"{key}.reflected", _reflected())
                    if action == PASS:
                        streams(key, MIB)
            except OSError as error:
                outcome(key, error.strerror)
        outcome(f"{name}.after", _came())
    for size in (3000, 9000):
        status, _ = run(f"ip -n {DUT} link set {DUT} mtu {size}")
        for fragments in (True, False):
            key = f"mtu-{size}.{'fragments' if fragments else 'linear'}"
            try:
                with attached(PASS, fragments):
                    outcome(key, "attached")
            except OSError as error:
                outcome(key, error.strerror)
        note(f"mtu {size}: {status}")
    must(f"ip -n {DUT} link set {DUT} mtu 1500")
    with attached(PASS, False):
        for size in (3000, 9000, 1500):
            outcome(f"mtu-under.{size}", run(
                f"ip -n {DUT} link set {DUT} mtu {size}")[0])
        _, said = run(f"ip -n {DUT} -d link show dev {DUT}")
        outcome("shown", "prog/xdp" in said)


def xdp_under() -> None:
    """Loaded and unloaded under traffic; a drop only stops it meanwhile."""
    with load() as streams_:
        for number in range(8):
            try:
                with attached(PASS):
                    streams_.moves(f"loaded.{number}")
            except OSError as error:
                outcome(f"loaded.{number}", error.strerror)
            streams_.moves(f"unloaded.{number}")
        try:
            with attached(DROP):
                run("sleep 0.3")
        except OSError as error:
            outcome("drop", error.strerror)


XDP: dict[str, Callable[..., None]] = {"xdp": xdp, "xdp-under": xdp_under}
