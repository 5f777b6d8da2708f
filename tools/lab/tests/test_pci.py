# SPDX-License-Identifier: GPL-2.0
"""The guest's side of a function, on a sysfs made of files."""

from __future__ import annotations

import subprocess
import tempfile
import unittest
from pathlib import Path

from lab import net, pci

BDF = "0000:00:04.0"


class Scripts(unittest.TestCase):
    """pci.sh"""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()  # pylint: disable=R1732
        self.addCleanup(folder.cleanup)
        self.top = Path(folder.name)
        self.function = self.top / "devices" / BDF
        self.function.mkdir(parents=True)

    def run_script(self, text: str) -> int:
        """The status of a script over the folder."""
        return subprocess.run(
            ["bash", "-c", pci.script(f"PCI={self.top}\n{text}")],
            check=False, capture_output=True).returncode

    def test_a_driver_that_refuses(self) -> None:
        self.assertEqual(self.run_script(f"pci_bind vfe_blk {BDF}"), 1)
        self.assertEqual((self.function / "driver_override").read_text(),
                         "vfe_blk\n")
        self.assertEqual((self.top / "drivers_probe").read_text(), f"{BDF}\n")

    def test_another_driver_is_taken_off_first(self) -> None:
        (self.function / "driver").mkdir()
        self.assertEqual(self.run_script(f"pci_bind vfe_blk {BDF}"), 0)
        self.assertEqual((self.function / "driver/unbind").read_text(),
                         f"{BDF}\n")

    def test_a_function_that_is_gone_has_no_driver(self) -> None:
        self.assertEqual(self.run_script("pci_unbind 0000:00:1f.7"), 0)

    def test_the_interface_of_either_bus(self) -> None:
        (self.function / "driver").mkdir()
        for place in ("net/eth0", "virtio1/net/eth0"):
            found = self.function / place
            found.mkdir(parents=True)
            (found / "ifindex").touch()
            self.assertEqual(self.run_script(
                f"[ $(pci_netdev {BDF} 0) = eth0 ]"), 0)
            (found / "ifindex").unlink()
        self.assertEqual(self.run_script(f"pci_netdev {BDF} 0"), 1)


class Qemu(unittest.TestCase):
    """QEMU's command line."""

    def test_device(self) -> None:
        self.assertEqual(
            pci.device("virtio-blk-pci", pci.Slot(4, 1), {"serial": "a,b"}),
            ["-device",
             "virtio-blk-pci,bus=pcie.0,addr=0x4.0x1,serial=a,,b"])
        self.assertEqual(pci.Slot(0x1e, 1).bdf, "0000:00:1e.1")

    def test_netdev(self) -> None:
        self.assertEqual(
            net.netdev("hubport", "a", hub_id=1),
            ["-netdev", '{"type": "hubport", "id": "a", "hub-id": 1}'])
        self.assertIn('"remote": {"type": "unix", "path": "/b"}',
                      net.dgram("a", Path("/a"), Path("/b"))[1])
