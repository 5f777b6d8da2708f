# SPDX-License-Identifier: GPL-2.0
"""The NBD server: service times, in parallel and from a seed."""

from __future__ import annotations

import socket
import struct
import tempfile
import time
import unittest
from pathlib import Path

from bench.service.backend import NbdServer

SIZE_MB = 4
FAST = "constant:100"


class Client:
    """A client in miniature."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(10)
        self._socket.connect(str(path))

    def exactly(self, count: int) -> bytes:
        """This many bytes."""
        data = b""
        while len(data) < count:
            more = self._socket.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def send(self, data: bytes) -> None:
        """All of it."""
        self._socket.sendall(data)

    def option(self, number: int) -> list[tuple[int, bytes]]:
        """Send an option; the replies up to the last one."""
        self.send(struct.pack(">8sII", b"IHAVEOPT", number, 0))
        replies = []
        while True:
            _, _, kind, length = struct.unpack(">QIII", self.exactly(20))
            replies.append((kind, self.exactly(length)))
            if kind != 3:
                return replies

    def begin(self) -> int:
        """Shake hands; the size of the export."""
        assert self.exactly(18).startswith(b"NBDMAGICIHAVEOPT")
        self.send(struct.pack(">I", 3))
        assert self.option(99) == [(0x80000001, b"")]
        replies = self.option(7)
        assert replies[1:] == [(1, b"")]
        return int(struct.unpack(">HQH", replies[0][1])[1])

    def request(self, kind: int, handle: int, length: int) -> None:
        """A request without data."""
        self.send(struct.pack(">IHHQQI", 0x25609513, 0, kind, handle, 0,
                              length))

    def reply(self) -> int:
        """The handle of the next answer."""
        magic, error, handle = struct.unpack(">IIQ", self.exactly(16))
        assert (magic, error) == (0x67446698, 0)
        return int(handle)

    def close(self) -> None:
        """Disconnect."""
        self._socket.close()


class Serving(unittest.TestCase):
    """A server in a process of its own."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()  # pylint: disable=R1732
        self.addCleanup(folder.cleanup)
        self.server = NbdServer(Path(folder.name) / "nbd", SIZE_MB, FAST)
        self.addCleanup(self.server.stop)
        self.client = Client(self.server.path)
        self.addCleanup(self.client.close)
        self.assertEqual(self.client.begin(), SIZE_MB << 20)

    def order(self, count: int) -> list[int]:
        """The order of the answers to reads of one sector, sent at once."""
        for handle in range(count):
            self.client.request(0, handle, 512)
        found = []
        for _ in range(count):
            found.append(self.client.reply())
            self.assertEqual(self.client.exactly(512), bytes(512))
        return found

    def test_reads(self) -> None:
        self.assertEqual(sorted(self.order(8)), list(range(8)))

    def test_takes_its_time(self) -> None:
        self.server.tell("service constant:200000")
        start = time.monotonic()
        self.order(8)
        took = time.monotonic() - start
        self.assertGreaterEqual(took, 0.2)
        self.assertLess(took, 0.2 * 8, "one after the other")

    def test_a_seed_repeats(self) -> None:
        self.server.tell("service exponential:100000")
        orders = []
        for seed in (1, 1, 2):
            self.server.tell(f"seed {seed}")
            orders.append(self.order(6))
        self.assertNotEqual(orders[0], sorted(orders[0]))
        self.assertEqual(orders[0], orders[1])
        self.assertNotEqual(orders[0], orders[2])
