# SPDX-License-Identifier: GPL-2.0
"""Runs the modules of each kernel in a guest.

A short test of each driver and device. Other stages test the drivers more
thoroughly, on one kernel.
"""

from __future__ import annotations

import os
import shutil
from typing import ClassVar

from guest.disks import virtio_rng
from guest.machine import (BLK, KERNEL, TRAP, Machine, end, fio,
                           new_folder)
from guest.nets import NET
from guest.rng import RNG
from guest.scsi import MIB, SCSI
from lab import net, recipe, shell

from .nets import NETS, TRAP_NET, NetLives

TRAP_SCSI = "vfe_trap_scsi"

# The parameters that the lab's shell adds to the kernel's command line, except
# the one for the shell itself: modprobe reads these, too.
WORDS = shell.words(24, 80).split(maxsplit=1)[1]
# the kernel's messages about a wrong parameter or symbol of a module
COMPLAINTS = ("unknown parameter", "Unknown symbol",
              "disagrees about version")


def machine(series: str) -> Machine:
    """The machine for a kernel series: a disk of QEMU and one of ours, an
    rng, network functions, a SCSI host."""
    one = Machine("kernel", (("ours", ()),), nets=NETS, pluggable=True,
                  hosts=(("host", ("--id", "stock")),), append=WORDS,
                  qemu=virtio_rng(), more=net.load)
    return one.on_kernel(f"kernel-{series}", series)


class Lives(NetLives):
    """The steps on each kernel; without a kernel, nothing runs."""

    series: ClassVar[str]

    @classmethod
    def tearDownClass(cls) -> None:
        end(cls.machine)

    def life(self, name: str, driver: str, size: str) -> str:
        """Bind, write and verify, unbind; the name of the disk."""
        disk = self.bind(name, driver)
        self.sh(fio(disk, f"--rw=randwrite --bs=4k --size={size}"
                    " --iodepth=8"), 120)
        return disk

    def file_system(self, disk: str) -> None:
        """mkfs, a file that still exists after the next mount, fsck,
        discard."""
        self.sh(f"mkfs.ext4 -q -F -E nodiscard {disk} 32M", 120)
        self.mount(disk)
        self.sh("head -c 2000000 /dev/urandom >/mnt/x;"
                " busybox sha256sum /mnt/x >/tmp/sum; umount /mnt")
        self.mount(disk)
        self.sh("busybox sha256sum -c /tmp/sum; fstrim /mnt; umount /mnt;"
                f" fsck.ext4 -f -n {disk}")
        self.sh(f"blkdiscard {disk}")

    def gone(self, name: str, driver: str) -> None:
        """Unbind and unload, and check that the kernel logged nothing."""
        self.unbind(name)
        # Of a chain of modules, kmod removes only the first two.
        self.sh(f"modprobe -r {driver}; modprobe -r vfe;"
                " ! grep ^vfe /proc/modules")
        log = self.kernel_log()
        for complaint in COMPLAINTS:
            self.assertNotIn(complaint, log)

    def check_release(self) -> None:
        """The guest runs this kernel, and the modules have the project's
        version."""
        self.assertTrue(self.sh("uname -r").startswith(f"{self.series}."))
        version = self.sh("modinfo -F version vfe vfe_blk vfe_rng vfe_net"
                          " vfe_scsi vfe_trap vfe_trap_blk vfe_trap_net"
                          " vfe_trap_scsi")
        self.assertEqual(len(version.split()), 9, version)
        self.assertEqual(len(set(version.split())), 1, version)

    def check_on_qemus_device(self) -> None:
        """vfe_blk on virtio-blk-pci, and the kernel's driver after it."""
        self.file_system(self.life("plug", BLK, "4M"))
        self.gone("plug", BLK)
        self.life("plug", KERNEL, "1M")
        self.unbind("plug")

    def check_on_our_device(self) -> None:
        """vfe_blk on the custom device."""
        self.file_system(self.life("ours", BLK, "4M"))
        self.gone("ours", BLK)

    def check_rng(self) -> None:
        """vfe_rng on QEMU's virtio-rng-pci."""
        self.live_rng(RNG)
        self.sh("rmmod vfe_rng vfe")

    def check_net(self) -> None:
        """vfe_net on the custom device, and the kernel's driver after it."""
        self.live_net()
        self.gone("left", NET)
        self.live_net(KERNEL)

    def check_trap_net(self) -> None:
        """vfe_trap_net on the device's echo."""
        self.live_trap_net()
        self.gone("echo", TRAP_NET)

    def check_scsi(self) -> None:
        """vfe_scsi, vfe_trap_scsi and the kernel's driver, by turns on a host
        of ours."""
        folder = new_folder()
        path = folder / "unit"
        path.touch()
        os.truncate(path, 16 * MIB)
        self.device("host").control(f"plug 0:0,file={path}")
        for driver, size in ((SCSI, "1M"), (TRAP_SCSI, "64k"),
                             (KERNEL, "1M")):
            module = "virtio_scsi" if driver == KERNEL else driver
            self.sh(f"modprobe sd_mod; modprobe {module}")
            disk = self.life("host", driver, size)
            self.sh(f"blockdev --flushbufs {disk}")
            if driver != KERNEL:
                self.gone("host", driver)
        self.unbind("host")
        self.device("host").control("unplug 0:0")
        shutil.rmtree(folder)

    def check_twin(self) -> None:
        """vfe_trap_blk: few blocks, since each takes a thousand accesses."""
        disk = self.life("ours", TRAP, "64k")
        self.sh(f"dd if=/dev/zero of={disk} bs=4k count=2 oflag=direct"
                " conv=fsync 2>/dev/null")
        self.gone("ours", TRAP)


def _on(series: str) -> type[Lives]:
    """Make the test case of a kernel."""
    checks = {f"test_{name.removeprefix('check_')}": getattr(Lives, name)
              for name in vars(Lives) if name.startswith("check_")}
    name = f"On_{series.replace('.', '_')}"
    return type(name, (Lives,), {
        **checks, "series": series, "machine": machine(series),
        "__module__": __name__})


for _series in recipe.KERNEL_SUITES:
    _case = _on(_series)
    globals()[_case.__name__] = _case
del _case
