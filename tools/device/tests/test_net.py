# SPDX-License-Identifier: GPL-2.0
"""The network device as a process: its back ends' sockets, its options."""

from __future__ import annotations

import socket
import struct

from .case import DeviceCase, open_fds
from .process import DeviceProcess


class NetCase(DeviceCase):
    """Starts network devices."""

    def launch_net(self, *options: str) -> DeviceProcess:
        """A network device with more options."""
        device = DeviceProcess(self.fresh(), options, device_class="net")
        self.addCleanup(self.stopped, device)
        return device

    def says(self, device: DeviceProcess, text: str, times: int = 1) -> None:
        """Wait until its log has this line @times times."""
        self.eventually(lambda: device.log().count(f": {text}") >= times,
                        f"no '{text}' in {device.log()}")

    def reads_frames(self, device: DeviceProcess, number: int) -> None:
        """Without a driver, it reads @number of frames, and counts them."""
        self.eventually(
            lambda: self.counters(device)["link"]["unwanted"] == number,
            f"not {number} frames: {self.counters(device)['link']}")


class Pair(NetCase):
    """Two devices that a socket joins."""

    def test_meet(self) -> None:
        """In either order, again and again, and the files go away."""
        path = self.folder / "pair"
        first = self.launch_net("--backend", f"pair:{path}")
        fds = []
        for times in range(1, 4):
            second = self.launch_net("--backend", f"pair:{path}")
            self.says(first, "connected", times)
            self.says(second, "connected")
            self.assertEqual(second.stop(), "")
            self.says(first, "disconnected", times)
            # Not before the first round: the device may still hold the
            # connection by which we saw that it is ready.
            fds.append(open_fds(first.process.pid))
        self.assertEqual(fds, fds[:1] * 3)
        # The device that connected listens when the other is gone.
        second = self.launch_net("--backend", f"pair:{path}")
        self.says(first, "connected", 4)
        self.assertEqual(first.stop(), "")
        self.says(second, "disconnected")
        third = self.launch_net("--backend", f"pair:{path}")
        self.says(third, "connected")
        self.assertEqual(third.stop(), "")
        self.assertEqual(second.stop(), "")
        self.assertFalse(path.exists())

    def test_stale_socket(self) -> None:
        """The socket of a dead process does not hinder."""
        path = self.folder / "pair"
        first = self.launch_net("--backend", f"pair:{path}")
        first.process.kill()
        first.process.wait()
        first.process.returncode = 0
        second = self.launch_net("--backend", f"pair:{path}")
        third = self.launch_net("--backend", f"pair:{path}")
        self.says(second, "connected")
        self.says(third, "connected")

    def test_frames_without_driver(self) -> None:
        """They are read and counted, so that the far side never waits."""
        path = self.folder / "pair"
        device = self.launch_net("--backend", f"pair:{path}")
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as far:
            far.settimeout(5)
            far.connect(str(path))
            for _ in range(2000):
                far.send(bytes(12 + 1514))
            self.reads_frames(device, 2000)


class Stream(NetCase):
    """QEMU's -netdev stream, or passt."""

    def test_out_of_step(self) -> None:
        """A length that no frame has ends the connection; the next works."""
        path = self.folder / "stream"
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(path))
            listener.listen()
            listener.settimeout(5)
            device = self.launch_net("--backend", f"stream:{path}")
            for number in range(1, 3):
                far, _ = listener.accept()
                with far:
                    far.settimeout(5)
                    far.sendall(struct.pack("!I", 60) + bytes(60))
                    self.reads_frames(device, number)
                    far.sendall(struct.pack("!I", 1 << 24) + bytes(60))
                    self.assertEqual(far.recv(1), b"")


class Control(NetCase):
    """Commands of the class."""

    def test_commands(self) -> None:
        device = self.launch_net()
        for line, good in (("link down", True), ("link up", True),
                           ("link", False), ("announce", False),
                           ("source start", False), ("inject", False),
                           ("inject 00", False),
                           ("inject " + "00" * 26, True)):
            with self.subTest(line=line):
                self.assertEqual(device.control(line)["ok"], good)
        source = self.launch_net("--backend", "source:100")
        self.assertTrue(source.control("source start")["ok"])

    def test_bad_options(self) -> None:
        """One line, and no process."""
        for options in (("--backend", "nothing"), ("--backend", "pair"),
                        ("--backend", "echo:x"), ("--backend", "source:1"),
                        ("--pairs", "17"), ("--mtu", "67"), ("--mac", "1:2"),
                        ("--mac", "01:00:00:00:00:01"), ("--loss", "101"),
                        ("--delay", "x"), ("--queues", "2"),
                        ("--backend", "tap:a-name-that-is-too-long"),
                        ("--backend", "pair:" + "x" * 108)):
            with self.subTest(options=options), \
                    self.assertRaises(RuntimeError) as caught:
                DeviceProcess(self.fresh(), options, device_class="net")
            self.assertIn("ended with 1: vfe-device: ", str(caught.exception))
