# SPDX-License-Identifier: GPL-2.0
"""The SCSI host as a process: its options, and units that come and go."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .case import DeviceCase, open_fds
from .process import DeviceProcess, binary, environment, pattern


class ScsiCase(DeviceCase):
    """Starts SCSI hosts."""

    def image(self) -> Path:
        """The file of a unit."""
        return self.backing()

    def launch_scsi(self, *options: str) -> DeviceProcess:
        """A SCSI host with more options."""
        device = DeviceProcess(self.fresh(), options, device_class="scsi")
        self.addCleanup(self.stopped, device)
        return device

    def refuses(self, device: DeviceProcess, command: str, word: str) -> None:
        """The answer is an error with this word."""
        with self.subTest(command=command):
            answer = device.control(command)
            self.assertFalse(answer["ok"], answer)
            self.assertIn(word, answer["error"])


class CommandLine(ScsiCase):
    """Descriptions of units."""

    def complains(self, *units: str, word: str) -> None:
        """One line on stderr with this word."""
        argv = [binary(), "--class", "scsi", "--socket",
                str(self.folder / "s")]
        for unit in units:
            argv += ["--unit", unit]
        done = subprocess.run(argv, timeout=10, check=False,
                              capture_output=True, env=environment(),
                              stdin=subprocess.DEVNULL)
        text = done.stderr.decode()
        with self.subTest(units=units):
            self.assertTrue(0 < done.returncode < 99, text)
            self.assertEqual(len(text.strip().splitlines()), 1, text)
            self.assertIn(word, text)
        self.assertFalse((self.folder / "s").exists(), "a socket was left")

    def test_bad_units(self) -> None:
        good = self.image()
        self.complains("0:0", word="file=PATH")
        self.complains(f"0:0,file={good},warp=1", word="block-size")
        self.complains(f"0:0,file={good}x", word="create it first")
        self.complains(f"0:0,file={good}", f"0:1,file={good}", word="in use")
        self.complains(f"0:0,file={good}", f"0:0,file={self.image()}",
                       word="one already")
        small = self.folder / "small"
        small.write_bytes(pattern(1))
        self.complains(f"0:0,file={small},block-size=4096",
                       word="smaller than a block")

    def test_queues(self) -> None:
        device = self.launch_scsi("--queues", "16")
        self.assertEqual(len(self.counters(device)["queues"]), 18)

    def test_no_units(self) -> None:
        """A host may begin without any."""
        device = self.launch_scsi()
        self.assertEqual(self.counters(device)["requests"]["read"], 0)


class Units(ScsiCase):
    """plug, unplug and the others, without a driver."""

    def test_come_and_go(self) -> None:
        """A hundred times, and no descriptor is left."""
        path = self.image()
        device = self.launch_scsi("--unit", f"0:0,file={self.image()}")
        before = open_fds(device.process.pid)
        for number in range(100):
            lun = f"{number % 3}:{number + 1}"
            self.assertTrue(device.control(f"plug {lun},file={path}")["ok"])
            self.assertTrue(device.control(f"unplug {lun}")["ok"])
        # The last connection may still be open.
        self.eventually(lambda: open_fds(device.process.pid) <= before,
                        "descriptors are left")
        self.assertEqual(self.counters(device)["events"],
                         {"sent": 0, "missed": 0})

    def test_as_many_as_there_may_be(self) -> None:
        device = self.launch_scsi()
        folder = self.fresh()
        for number in range(256):
            path = folder / str(number)
            path.write_bytes(pattern(1))
            self.assertTrue(device.control(
                f"plug {number}:0,file={path}")["ok"], number)
        self.refuses(device, f"plug 0:1,file={self.image()}", "256 units")
        for number in range(256):
            self.assertTrue(device.control(f"unplug {number}")["ok"], number)
        self.refuses(device, "unplug 0", "of what there is")

    def test_resize(self) -> None:
        path = self.image()
        device = self.launch_scsi("--unit", f"1:2,file={path}")
        self.assertTrue(device.control("resize 1:2 65536")["ok"])
        self.assertEqual(path.stat().st_size, 65536)
        self.refuses(device, "resize 1:2 1000", "Invalid argument")
        self.refuses(device, "resize 65536", "TARGET:LUN")

    def test_refused(self) -> None:
        device = self.launch_scsi("--unit", f"0:0,file={self.image()}")
        for command, word in (
                ("plug 0:1", "file=PATH"), ("plug 0:1,file=/absent", "absent"),
                ("plug 0:0,file=/absent", "one already"),
                ("unplug 0:1", "of what there is"), ("unplug", "unplug"),
                ("stall-unit 0:0", "seconds"), ("reset-unit 9:0", "of a unit"),
                ("event 1 0:0", "REASON"), ("warp", "unknown")):
            self.refuses(device, command, word)
        for command in ("stall-unit 0:0 0.1", "reset-unit 0:0",
                        "event 1 0:0 2", "quirk sense-len=zero,status=8"):
            self.assertTrue(device.control(command)["ok"], command)
        self.refuses(device, "quirk seg-max", "missing")
