# SPDX-License-Identifier: GPL-2.0
"""Events of a disk: resize, removal, suspend, read-only.

Removal is the guest's (sysfs). Unplugging by the monitor cannot be tested:
QEMU 11.1 itself fails an assertion when a vfio-user-pci function goes.
"""

from __future__ import annotations

import os
import signal
import time

import pytest

from ..load import READS, Load
from ..machine import BLK, TRAP, GuestCase

RESETS = 5
# Longer than the 5 s that QEMU waits for an answer, shorter than ten timeouts
# of a second
STOPPED_S = 8


class Events(GuestCase):
    """One function, many events."""

    def size(self, disk: str) -> int:
        """Of the disk as the guest sees it."""
        return int(self.sh(f"blockdev --getsize64 {disk}"))

    def resized(self, disk: str, size: int) -> None:
        """The guest hears of the new size."""
        self.eventually(lambda: self.size(disk) == size,
                        f"{self.size(disk)}, not {size}")

    def test_resize(self) -> None:
        disk = self.bind("wild")
        size = self.size(disk)
        for grown in (size + (8 << 20), size):
            self.device("wild").control(f"resize {grown}")
            self.resized(disk, grown)
        self.works(disk)

    def test_grow_a_mounted_file_system(self) -> None:
        disk = self.bind("files")
        size = self.size(disk)
        self.mount(disk)
        grown = size + (16 << 20)
        self.device("files").control(f"resize {grown}")
        self.resized(disk, grown)
        self.sh(f"resize2fs {disk}", 120)
        self.check_files()
        self.sh(f"umount /mnt; fsck.ext4 -f -n {disk}", 120)

    def test_read_only(self) -> None:
        disk = self.bind("ro")
        self.assertEqual(self.sh(f"blockdev --getro {disk}").strip(), "1")
        result = self.guest.run(f"dd if=/dev/zero of={disk} bs=4k count=1"
                                " oflag=direct", check=False)
        self.assertNotEqual(result.rc, 0)
        self.sh(f"mkdir -p /mnt; mount -t ext4 -o ro,noload {disk} /mnt")
        self.check_files()

    def test_read_only_by_the_twin(self) -> None:
        disk = self.bind("ro", TRAP, "string=1")
        self.assertEqual(self.sh(f"blockdev --getro {disk}").strip(), "1")
        self.sh(f"dd if={disk} of=/dev/null bs=4k count=4 iflag=direct")

    def test_unbind_under_load(self) -> None:
        for driver, times in ((BLK, 2), (TRAP, 1)):
            for _ in range(times):
                # few: each is a thousand accesses for vfe_trap_blk
                load = Load(self, self.bind("wild", driver), READS, first=4)
                self.unbind("wild")
                load.ends()
        self.works(self.bind("wild"))

    def test_unload_under_load(self) -> None:
        """rmmod as well: the disk is open, the module is not held by it."""
        load = Load(self, self.bind("wild"), READS)
        result = self.guest.run("rmmod vfe_blk", 60, check=False)
        load.ends()
        if result.rc:
            self.assertIn("in use", result.out)
            self.sh("rmmod vfe_blk")

    @pytest.mark.slow
    def test_function_reset_under_load(self) -> None:
        """FLR by sysfs: requests are taken up again, none is lost."""
        disk = self.bind("wild")
        load = Load(self, disk)
        for _ in range(RESETS):
            self.sh(f"echo 1 >/sys/bus/pci/devices/{self.bdf('wild')}/reset")
            load.moves()
        load.ends_well()
        self.works(disk)

    def test_stopped_device(self) -> None:
        """One that stands still for several timeouts: nothing is reset, and
        all that it held is done when it goes on."""
        # mapped, so that no kick waits for it
        disk, device = self.bind("map"), self.device("map")
        self.sh(f"echo 1000 >/sys/block/{disk[5:]}/queue/io_timeout")
        load = Load(self, disk)
        before = device.control()
        os.kill(device.pid, signal.SIGSTOP)
        try:
            time.sleep(STOPPED_S)
        finally:
            os.kill(device.pid, signal.SIGCONT)
        load.moves()
        after = device.control()
        self.assertEqual(after["queue_resets"], before["queue_resets"],
                         self.kernel_log())
        self.assertNotIn("resetting the", self.kernel_log())
        load.ends_well()
        self.works(disk)

    def test_remove_and_rescan(self) -> None:
        """The PCI core's own removal, under load."""
        bdf = self.bdf("wild")
        load = Load(self, self.bind("wild"), READS)
        self.sh(f"echo 1 >/sys/bus/pci/devices/{bdf}/remove", 60)
        load.ends()
        self.sh("echo 1 >/sys/bus/pci/rescan;"
                f" [ -e /sys/bus/pci/devices/{bdf} ]")
        self.works(self.bind("wild"))

    def test_fewer_queues_than_processors(self) -> None:
        """One queue, and a short one."""
        self.works(self.bind("narrow"))
        self.unbind("narrow")
