# SPDX-License-Identifier: GPL-2.0
"""--quirk on the command line and over the control socket, and capabilities."""

from __future__ import annotations

import struct
import subprocess

from .block import BlockCase
from .process import binary, environment
from .vfio_user import REGION_CONFIG
from .wire import SECTOR

# Where capabilities are, and the length of what they name: virtio 1.4, 4.1.4
COMMON, ISR, DEVICE, NOTIFY = 0x90, 0xa0, 0xb0, 0xc0
BAR_SIZE, STRUCTURE = 0x4000, 0x1000


class Quirks(BlockCase):
    """What the unit tests of quirk.c cannot see."""

    def length(self, capability: int) -> int:
        """The length that a capability names."""
        raw = self.block.client.read(REGION_CONFIG, capability + 12, 4)
        number: int = struct.unpack("<I", raw)[0]
        return number

    def complaint(self, *options: str) -> str:
        """The one line of a command line that is wrong."""
        done = subprocess.run(
            [binary(), "--socket", str(self.folder / "s"), "--backing",
             str(self.backing()), *options], timeout=10, check=False,
            capture_output=True, env=environment())
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.count(b"\n"), 1, done.stderr)
        return done.stderr.decode()

    def test_command_line(self) -> None:
        self.assertIn("frobnicate", self.complaint("--quirk", "frobnicate"))
        self.assertIn("all-ones", self.complaint("--quirk", "used-len=x"))
        self.assertIn("600", self.complaint("--quirk", "slow-reset=700"))
        self.assertIn("no value", self.complaint("--quirk", "wide-status=1"))
        self.assertIn("doorbell", self.complaint(
            "--quirk", "shared-notify", "--doorbell", "map"))

    def test_twice_on_the_command_line(self) -> None:
        block = self.begin("--quirk", "seg-max=1", "--quirk",
                           "short-common-cap,long-notify-cap")
        self.assertEqual(self.length(COMMON), 56)
        self.assertEqual(self.length(NOTIFY), BAR_SIZE)
        self.assertEqual(self.length(DEVICE), STRUCTURE)
        self.assertEqual(block.read(1, 1), self.on_disk(1, 1))

    def test_overlapping(self) -> None:
        self.begin("--quirk", "overlapping-caps")
        self.assertEqual([self.length(cap) for cap in
                          (COMMON, ISR, DEVICE, NOTIFY)],
                         [0x4000, 0x3000, 0x2000, 0x1000])

    def test_control_socket(self) -> None:
        """A list takes the place of the one before."""
        self.begin()
        self.assertTrue(self.device.control(
            "quirk short-common-cap,used-len=zero")["ok"])
        # The capabilities are those of the last reset of the function.
        self.assertEqual(self.length(COMMON), STRUCTURE)
        self.block.client.reset()
        self.assertEqual(self.length(COMMON), 56)
        self.assertTrue(self.device.control("quirk none")["ok"])
        self.block.client.reset()
        self.assertEqual(self.length(COMMON), STRUCTURE)

    def test_control_socket_refuses(self) -> None:
        self.begin()
        for wrong in ("quirk used-len=\"\\", "quirk frobnicate", "quirk",
                      "quirk blk-size=x,", "interrupt 1"):
            answer = self.device.control(wrong)
            self.assertFalse(answer["ok"], wrong)
        self.assertIn("use data", self.device.control(
            "quirk used-len=x")["error"])
        self.assertEqual(self.block.read(1, 1), self.on_disk(1, 1))

    def test_driver_ok_gone(self) -> None:
        """Requests are left alone until the driver starts the device anew."""
        self.begin()
        self.assertTrue(self.device.control("interrupt")["ok"])
        self.assertTrue(self.device.control("drop-driver-ok")["ok"])
        self.assertEqual(self.counters(self.device)["status"] & 4, 0)
        self.block.reset()
        self.block.start()
        self.assertEqual(len(self.block.read(1, 1)), SECTOR)
