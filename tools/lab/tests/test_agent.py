# SPDX-License-Identifier: GPL-2.0
"""The guest's agent, on a socket instead of a virtio-serial port."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import unittest
from pathlib import Path

from lab.errors import LabError
from lab.guest import _answer

AGENT = Path(__file__).resolve().parent.parent / "guest_agent.sh"
START = 'exec 3<>"$port"'


class AnswerTest(unittest.TestCase):
    """What the machine makes of the agent's lines."""

    def test_reset_guest(self) -> None:
        """Its agent starts again: the command has no answer."""
        self.assertEqual(_answer(b"a1 3 12\n"), ("a1", 3, 12))
        with self.assertRaisesRegex(LabError, "was the guest reset"):
            _answer(b"ready\n")


@unittest.skipUnless(shutil.which("busybox"), "busybox is only in the rootfs")
class AgentTest(unittest.TestCase):
    """Requests and answers, byte for byte."""

    def setUp(self) -> None:
        self.peer, theirs = socket.socketpair()
        self.peer.settimeout(20)
        text = AGENT.read_text(encoding="utf-8")
        body = text[text.index(START):].replace(
            START, f"exec 3<&{theirs.fileno()}")
        # pylint: disable-next=consider-using-with
        self.agent = subprocess.Popen(
            ["busybox", "sh", "-c", body], pass_fds=[theirs.fileno()],
            env={"PATH": os.environ["PATH"]})
        theirs.close()
        self.reader = self.peer.makefile("rb")
        self.addCleanup(self.agent.wait)
        self.addCleanup(self.peer.close)
        self.addCleanup(self.reader.close)
        self.addCleanup(self.agent.kill)
        self.assertEqual(self.reader.readline(), b"ready\n")

    def ask(self, script: bytes, given: bytes = b"",
            seconds: str = "10") -> tuple[int, bytes]:
        """Send one request; status and output of the answer."""
        header = f"x1 {seconds} {len(script)} {len(given)}\n".encode()
        self.peer.sendall(header + script + given)
        ident, status, size = self.reader.readline().split()
        self.assertEqual(ident, b"x1")
        return int(status), self.reader.read(int(size))

    def test_output_and_status_come_back(self) -> None:
        self.assertEqual(self.ask(b"echo one; echo two >&2; exit 3"),
                         (3, b"one\ntwo\n"))

    def test_input_is_binary_and_needs_no_newline(self) -> None:
        data = bytes(range(256)) * 40
        self.assertEqual(self.ask(b"cat", data), (0, data))

    def test_a_script_that_hangs_is_ended(self) -> None:
        self.assertEqual(self.ask(b"sleep 60", seconds="0.2")[0], 124)
        self.assertEqual(self.ask(b"echo on"), (0, b"on\n"))

    def test_output_that_looks_like_a_header_is_output(self) -> None:
        self.assertEqual(self.ask(b"echo x1 0 3"), (0, b"x1 0 3\n"))
