# SPDX-License-Identifier: GPL-2.0
"""The cases that run on a kernel with checkers.

Parts of the guest stage, each as short as possible, since such a kernel is
several times slower; most steps run under one load. No surprise removal here:
lockdep reports a fault of pciehp's locks and disables itself.
"""

from __future__ import annotations

from guest.load import READS, Load
from guest.machine import BLK, MODULES, TRAP, GuestCase, fio

CYCLES = 5
RESETS = 3
FEW = 8
SMALL = ("--rw=randwrite --bsrange=512-64k --blockalign=512 --size=1M"
         " --iodepth=8")
JOBS = "--numjobs=2 --offset_increment=16M --group_reporting"
PROCESSOR = "/sys/devices/system/cpu/cpu1/online"


class Cases(GuestCase):
    """Runs on the machine of a subclass."""

    def folder(self) -> str:
        """A file of the function in sysfs."""
        return f"/sys/bus/pci/devices/{self.bdf('wild')}"

    def test_verify_on_two_processors(self) -> None:
        self.assertEqual(self.sh("nproc").strip(), "2")
        disk = self.bind("wild", BLK)
        self.sh(fio(disk, SMALL, JOBS, "--fsync=16"), 120)

    def test_verify_by_other_interrupts(self) -> None:
        for parameters in ("interrupts=intx", "interrupts=shared queues=1"
                           " queue_depth=8"):
            with self.subTest(parameters=parameters):
                disk = self.bind("wild", BLK, parameters)
                self.sh(fio(disk, SMALL, "--size=256k"), 120)

    def test_tasks_that_share_a_queue(self) -> None:
        """Tasks on two processors submit to one queue at the same time."""
        disk = self.bind("wild", BLK, "queues=1")
        self.sh(fio(disk, SMALL, JOBS, "--iodepth=16"), 120)

    def test_verify_on_a_polling_device(self) -> None:
        disk = self.bind("poll", BLK)
        self.sh(fio(disk, SMALL, "--size=512k"), 120)

    def test_twin(self) -> None:
        for window in ("port", "memory"):
            disk = self.bind("wild", TRAP, f"window={window} string=1")
            self.sh(fio(disk, "--rw=randwrite --bs=4k --size=32k"
                        " --iodepth=4"), 120)

    def test_modules_come_and_go(self) -> None:
        for _ in range(CYCLES):
            for driver in MODULES:
                disk = self.bind("wild", driver)
                self.sh(f"dd if={disk} of=/dev/null bs=4k count=2"
                        " iflag=direct 2>/dev/null")
        self.sh(f"rmmod {' '.join(MODULES)} vfe_trap vfe")

    def test_unbind_under_load(self) -> None:
        for driver in MODULES:
            load = Load(self, self.bind("wild", driver), READS, first=2)
            self.unbind("wild")
            load.ends()

    def test_a_life_under_load(self) -> None:
        """Resets, CPU hotplug, new sizes, suspend, and meanwhile a reader of
        every counter."""
        disk = self.bind("wild", BLK)
        size = int(self.sh(f"blockdev --getsize64 {disk}"))
        load = Load(self, disk, options=JOBS, first=FEW)
        self.sh(f"(while [ -e {self.folder()}/vfe/reset ] &&"
                " [ ! -e /tmp/enough ]; do"
                f" find {self.folder()}/vfe -type f ! -name reset"
                " -exec cat {} + >/dev/null;"
                f" echo 1 >{self.folder()}/vfe/reset; done)"
                " >/dev/null 2>&1 &")
        for turn in range(RESETS):
            self.sh(f"echo 1 >{self.folder()}/reset")
            load.moves(FEW)
            self.sh(f"echo 0 >{PROCESSOR}")
            load.moves(FEW)
            self.device("wild").control(
                f"resize {size + (turn % 2 + 1 << 20)}")
            self.sh(f"echo 1 >{PROCESSOR}")
            load.moves(FEW)
        self.sh("echo 1 >/sys/module/suspend/parameters/pm_test_delay;"
                " echo devices >/sys/power/pm_test;"
                " echo freeze >/sys/power/state;"
                " echo none >/sys/power/pm_test")
        load.moves(FEW)
        self.sh("touch /tmp/enough")
        load.ends_well()
        self.sh("rm /tmp/enough")
