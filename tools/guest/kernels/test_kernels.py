# SPDX-License-Identifier: GPL-2.0
"""The modules of each kernel, in a guest that runs it: not only built.

A short life of a disk, with each driver and device: the faults of the drivers
themselves are for the other stages, which run on one kernel.
"""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from guest.machine import BLK, KERNEL, TRAP, Machine, end, fio
from guest.rng import RNG, RngCase, qemu
from lab import build, kernel, recipe, shell

# What the lab's shell has on the kernel's command line, without the word that
# asks for the shell: modprobe reads these, too.
WORDS = shell.words(24, 80).split(maxsplit=1)[1]
# what a module's parameter or symbol that is wrong makes the kernel say
COMPLAINTS = ("unknown parameter", "Unknown symbol",
              "disagrees about version")


def machine(series: str) -> Machine:
    """Of a kernel series: a disk of QEMU's and one of ours, an rng."""
    return Machine(f"kernel-{series}", (("ours", ()),), pluggable=True,
                   append=WORDS, qemu=qemu(),
                   boots=partial(kernel.debian, series),
                   modules=partial(build.modules, series))


class Lives(RngCase):
    """The steps on each kernel; without a kernel, nothing runs."""

    series: ClassVar[str]

    @classmethod
    def tearDownClass(cls) -> None:
        end(cls.machine)

    def life(self, name: str, driver: str, size: str) -> str:
        """Bind, write and verify, unbind; what the disk is called."""
        disk = self.bind(name, driver)
        self.sh(fio(disk, f"--rw=randwrite --bs=4k --size={size}"
                    " --iodepth=8"), 120)
        return disk

    def file_system(self, disk: str) -> None:
        """mkfs, a file that is there after the next mount, fsck, discard."""
        self.sh(f"mkfs.ext4 -q -F -E nodiscard {disk} 32M", 120)
        self.mount(disk)
        self.sh("head -c 2000000 /dev/urandom >/mnt/x;"
                " busybox sha256sum /mnt/x >/tmp/sum; umount /mnt")
        self.mount(disk)
        self.sh("busybox sha256sum -c /tmp/sum; fstrim /mnt; umount /mnt;"
                f" fsck.ext4 -f -n {disk}")
        self.sh(f"blkdiscard {disk}")

    def gone(self, name: str, driver: str) -> None:
        """Unbound and unloaded, and the kernel had nothing to say."""
        self.unbind(name)
        self.sh(f"rmmod {driver} vfe")
        log = self.kernel_log()
        for complaint in COMPLAINTS:
            self.assertNotIn(complaint, log)

    def check_release(self) -> None:
        """It is this kernel, and the modules are of this project's version."""
        self.assertTrue(self.sh("uname -r").startswith(f"{self.series}."))
        version = self.sh("modinfo -F version vfe vfe_blk vfe_rng"
                          " vfe_trap_blk")
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

    def check_twin(self) -> None:
        """vfe_trap_blk: a thousand accesses a block, so few blocks."""
        disk = self.life("ours", TRAP, "64k")
        self.sh(f"dd if=/dev/zero of={disk} bs=4k count=2 oflag=direct"
                " conv=fsync 2>/dev/null")
        self.gone("ours", TRAP)


def _on(series: str) -> type[Lives]:
    """The test case of a kernel."""
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
