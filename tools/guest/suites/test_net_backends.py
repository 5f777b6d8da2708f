# SPDX-License-Identifier: GPL-2.0
"""Back ends of vfe-device that lead out of the guest: a tap, a stream."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace

import pytest
from lab import peers, speed

from ..machine import KERNEL
from ..nets import DUT_MAC, NET, NETS, PEER_MAC, STUCK_S, NetCase

THERE = peers.Network(9)
PAIRS = 2
SIZE = 4 << 20
TAP = replace(NETS, name="net-tap", nets=(
    ("left", ("--id", "stock", "--pairs", str(PAIRS), "--mac",
              THERE.guest_mac, "--backend", f"tap:{THERE.tap}")),))
_STREAM = ("--backend", "stream:FOLDER/stream")
STREAM = replace(NETS, name="net-stream", nets=(
    ("left", ("--id", "stock", "--pairs", "2", "--mac", DUT_MAC, *_STREAM)),
    ("right", ("--id", "stock", "--mac", PEER_MAC, *_STREAM))))
# Sends, and gets back, what the host's echo took.
ECHO = """\
import socket, threading, zlib
from traffic.ends import pieces, digest
from traffic.say import outcome

size = {size}
one = socket.socket()
one.settimeout(60)
one.connect(({host!r}, {port}))

def send():
    for piece in pieces(size):
        one.sendall(piece)
    one.shutdown(socket.SHUT_WR)

threading.Thread(target=send, daemon=True).start()
total, seen = 0, 0
while piece := one.recv(1 << 17):
    total, seen = zlib.crc32(piece, total), seen + len(piece)
outcome("echo", "whole" if (seen, total) == (size, digest(size)) else seen)
"""


def echo(door: socket.socket) -> None:
    """Give a connection its bytes back."""
    one, _ = door.accept()
    with one:
        one.settimeout(speed.scaled(60))
        while piece := one.recv(1 << 17):
            one.sendall(piece)


class Tap(NetCase):
    """An interface of the host, with offloads and two queues."""

    machine = TAP
    made = False

    def setUp(self) -> None:
        if not Tap.made:
            peers.apart()
            peers.tap(THERE, queues=PAIRS)
            Tap.made = True
        super().setUp()

    @pytest.mark.slow
    def test_tap(self) -> None:
        """Pings of all sizes, a stream each way; with both drivers."""
        for driver in (KERNEL, NET):
            with self.subTest(driver=driver):
                name = self.bind_net("left", driver)
                self.sh(f"ip addr add {THERE.guest}/24 dev {name}\n"
                        f"ip link set {name} up\n"
                        f"ethtool -L {name} combined {PAIRS}\n"
                        "for size in 0 56 1472 4000; do ping -q -n -c 5"
                        f" -i 0.02 -W 5 -s $size {THERE.peer}; done", STUCK_S)
                self.assertEqual(self.echoed(), {"echo": "whole"})

    def echoed(self) -> dict[str, str]:
        """A stream to the host, and back."""
        with socket.create_server((THERE.peer, 0)) as door:
            door.settimeout(speed.scaled(60))
            threading.Thread(target=echo, args=(door,), daemon=True).start()
            return self.python(ECHO.format(
                size=SIZE, host=THERE.peer, port=door.getsockname()[1]))


class Stream(NetCase):
    """Two devices on a stream socket, which has no offload headers."""

    machine = STREAM

    @pytest.mark.slow
    def test_stream(self) -> None:
        """Streams and datagrams, with both drivers; the carrier follows."""
        for driver in (KERNEL, NET):
            with self.subTest(driver=driver):
                self.join(driver)
                self.whole("tcp 2")
                for key, value in self.traffic("udp gso", 300).items():
                    self.assertRegex(value, "^[0-9]+ came, 0 wrong", key)
        self.device("left").control("link down")
        self.eventually(lambda: self.carrier() == "0", "still a carrier")
        self.device("left").control("link up")
        self.eventually(lambda: self.carrier() == "1", "no carrier")
        self.whole("tcp 1")
