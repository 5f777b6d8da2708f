# SPDX-License-Identifier: GPL-2.0
"""What happens to a disk in its life: resize, removal, sleep, read-only.

Removal is the guest's (sysfs). Unplugging by the monitor cannot be tested:
QEMU 11.1 itself fails an assertion when a vfio-user-pci function goes.
"""

from __future__ import annotations

from .machine import MODULES, TRAP, GuestCase, fio

LOAD = ("fio --name=load --direct=1 --ioengine=libaio --rw=randread --bs=4k"
        " --iodepth=16 --time_based --runtime=60 --filename={disk}"
        " >/tmp/load 2>&1 &")


class Events(GuestCase):
    """One function, many events."""

    specs = (("main", ()), ("files", ()), ("ro", ("--readonly",)),
             ("narrow", ("--queues", "1", "--queue-size", "8")))

    def load(self, disk: str) -> None:
        """Reads that go on in the background."""
        self.sh(LOAD.format(disk=disk) + "\nsleep 1")

    def load_ends(self) -> None:
        """No read hangs: told to end, fio does. (It reads on, nothing and
        nothing again, at the end of a disk that is gone.)"""
        self.sh("kill $(pidof fio) 2>/dev/null || true;"
                " for n in $(seq 200); do pidof fio >/dev/null || exit 0;"
                " sleep 0.1; done; echo fio is stuck; exit 1", 60)

    def works(self, disk: str) -> None:
        """A small verified write."""
        self.sh(fio(disk, "--rw=randwrite --bs=4k --size=1M --iodepth=8"),
                60)

    def size(self, disk: str) -> int:
        """Of the disk as the guest sees it."""
        return int(self.sh(f"blockdev --getsize64 {disk}"))

    def resized(self, disk: str, size: int) -> None:
        """The guest hears of the new size."""
        self.eventually(lambda: self.size(disk) == size,
                        f"{self.size(disk)}, not {size}")

    def test_resize(self) -> None:
        disk = self.bind("main")
        size = self.size(disk)
        for grown in (size + (8 << 20), size):
            self.device("main").control(f"resize {grown}")
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
        for driver in MODULES:
            for _ in range(3):
                self.load(self.bind("main", driver))
                self.unbind("main")
                self.load_ends()
        self.works(self.bind("main"))

    def test_function_reset_under_load(self) -> None:
        """FLR by sysfs: requests are taken up again, none is lost."""
        disk = self.bind("main")
        bdf = self.device("main").bdf
        self.sh(f"[ -e /sys/bus/pci/devices/{bdf}/reset ]")
        self.sh(fio(disk, "--rw=randwrite --bs=4k --size=8M --iodepth=16")
                + " >/tmp/verify 2>&1 & sleep 0.5;"
                f" echo 1 >/sys/bus/pci/devices/{bdf}/reset; wait %1", 180)
        self.works(disk)

    def test_remove_and_rescan(self) -> None:
        """The PCI core's own removal, under load."""
        bdf = self.device("main").bdf
        self.load(self.bind("main"))
        self.sh(f"echo 1 >/sys/bus/pci/devices/{bdf}/remove", 60)
        self.load_ends()
        self.sh("echo 1 >/sys/bus/pci/rescan;"
                f" [ -e /sys/bus/pci/devices/{bdf} ]")
        self.works(self.bind("main"))

    def sleep(self, state: str) -> None:
        """To sleep and back, as far as devices know."""
        self.sh("echo devices >/sys/power/pm_test;"
                f" echo {state} >/sys/power/state;"
                " echo none >/sys/power/pm_test", 120)

    def test_suspend_and_resume(self) -> None:
        for driver in MODULES:
            disk = self.bind("main", driver)
            for state in ("freeze", "mem"):
                if state in self.sh("cat /sys/power/state").split():
                    self.sleep(state)
                    self.sh(f"dd if={disk} of=/dev/null bs=4k count=32"
                            " iflag=direct 2>/dev/null")
        self.works(self.bind("main"))

    def test_suspend_under_load(self) -> None:
        disk = self.bind("main")
        self.sh(fio(disk, "--rw=randwrite --bs=4k --size=16M --iodepth=16")
                + " >/tmp/verify 2>&1 & sleep 0.5;"
                " echo devices >/sys/power/pm_test;"
                " echo freeze >/sys/power/state;"
                " echo none >/sys/power/pm_test; wait %1", 240)

    def test_fewer_queues_than_processors(self) -> None:
        """One queue, and a short one."""
        self.works(self.bind("narrow"))
        self.unbind("narrow")
