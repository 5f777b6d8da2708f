# SPDX-License-Identifier: GPL-2.0
"""A guest for a class of tests, and the ways to put a driver on a function."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
import unittest
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from lab import image, paths
from lab.guest import Device, DeviceSpec, Guest

BLK, TRAP, KERNEL = "vfe_blk", "vfe_trap_blk", "virtio-pci"
MODULES = (BLK, TRAP)
SECTOR = 512
BOOT_TIMEOUT = 150.0
ROOM = 8 << 20

SPLAT = re.compile(
    r"WARNING:|BUG:|Oops|Call Trace|INFO: (?:task|rcu|possible)|lockdep"
    r"|general protection|unable to handle|KASAN|UBSAN|blocked for more than"
    r"|DMA-API|nobody cared|refcount_t|Kernel panic")

# The pieces of a script in which a function is bound to a driver: nothing
# else may take it in between.
BIND = """\
set -e
cd /sys/bus/pci/devices/{bdf}
echo 0 >/sys/bus/pci/drivers_autoprobe
if [ -e driver ]; then echo {bdf} >driver/unbind; fi
{modprobe}
echo {driver} >driver_override
echo {bdf} >/sys/bus/pci/drivers_probe
[ -e driver ]
for n in $(seq 100); do
    for disk in block/* virtio*/block/*; do
        [ -b /dev/${{disk##*/}} ] && echo ${{disk##*/}} && exit 0
    done
    sleep 0.1
done
echo no disk appeared
exit 1
"""

UNBIND = """\
cd /sys/bus/pci/devices/{bdf} 2>/dev/null || exit 0
[ -e driver ] && echo {bdf} >driver/unbind
echo >driver_override
true
"""


class GuestCase(unittest.TestCase):
    """One guest for all tests of a class; each leaves it in good order."""

    specs: ClassVar[Sequence[tuple[str, Sequence[str]]]] = ()
    root_ports: ClassVar[Sequence[str]] = ()
    append: ClassVar[str] = ""
    guest: ClassVar[Guest]
    folder: ClassVar[Path]

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = Path(tempfile.mkdtemp(prefix="guest-",
                                           dir=paths.state()))
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        specs = [DeviceSpec(name, make_disk(cls.folder, name), options,
                            root_port=name in cls.root_ports)
                 for name, options in cls.specs]
        cls.guest = boot(cls.__name__, specs, cls.append)
        cls.addClassCleanup(cls.guest.shutdown)

    def setUp(self) -> None:
        self.guest.run("dmesg -c >/dev/null")

    def tearDown(self) -> None:
        """No test leaves a splat, a mount, a bound function."""
        self.guest.run("umount -a -t ext4 2>/dev/null; true", 60)
        for device in self.guest.devices.values():
            self.guest.run(UNBIND.format(bdf=device.bdf), 60, check=False)
        self.guest.run(f"rmmod {' '.join(MODULES)} 2>/dev/null; true", 60)
        log = self.kernel_log()
        self.assertIsNone(SPLAT.search(log), log[-6000:])
        for name, device in self.guest.devices.items():
            if not device.alive():
                self.fail(f"device {name} ended: {device.log.read_text()}")

    # --- what tests do ---

    def device(self, name: str) -> Device:
        """A device by its name."""
        return self.guest.devices[name]

    def sh(self, script: str, timeout: float = 120) -> str:
        """Run a script that must succeed."""
        return self.guest.run("set -e\n" + script, timeout).out

    def kernel_log(self) -> str:
        """What the kernel said since the test began."""
        return self.guest.run("dmesg").out

    def bind(self, name: str, driver: str = BLK, parameters: str = "",
             timeout: float = 60) -> str:
        """Put a driver on a function; the path of its disk."""
        modprobe = (f"modprobe {driver} {parameters}" if driver in MODULES
                    else "modprobe virtio_blk")
        if driver in MODULES:
            self.unload(driver)
        out = self.guest.run(BIND.format(bdf=self.device(name).bdf,
                                         driver=driver, modprobe=modprobe),
                             timeout).out
        return "/dev/" + out.split()[-1]

    def unbind(self, name: str) -> None:
        """Take the driver off."""
        self.sh(UNBIND.format(bdf=self.device(name).bdf))

    def unload(self, module: str) -> None:
        """Unload a module, so that it can be loaded with other parameters."""
        self.sh(f"if grep -q '^{module} ' /proc/modules; then"
                f" rmmod {module}; fi")

    def mount(self, disk: str) -> None:
        """Mount the file system of a disk on /mnt."""
        self.sh(f"mkdir -p /mnt; modprobe -q ext4 || true;"
                f" mount -t ext4 {disk} /mnt")

    def check_files(self) -> None:
        """All files of the image are as they were made."""
        self.guest.put(image.base().manifest.read_bytes(), "/tmp/manifest")
        self.sh("cd /mnt; busybox sha256sum -c /tmp/manifest >/tmp/sums"
                " || { grep -v OK /tmp/sums; exit 1; }", 300)

    def eventually(self, what: Callable[[], bool], message: str,
                   timeout: float = 10) -> None:
        """@what becomes true in time."""
        deadline = time.monotonic() + timeout
        while not what():
            if time.monotonic() > deadline:
                self.fail(message)
            time.sleep(0.1)


def behind() -> int:
    """Where disks go on behind the file system, in bytes."""
    return image.base().path.stat().st_size


def make_disk(folder: Path, name: str) -> Path:
    """A copy of the image, with room behind its file system."""
    path = image.copy(folder, f"{name}.img")
    os.truncate(path, behind() + ROOM)
    return path


def boot(name: str, specs: Sequence[DeviceSpec], append: str = "") -> Guest:
    """A running guest on what acceleration the run was told of."""
    guest = Guest(specs, accel=os.environ.get("VFE_ACCEL", "tcg"),
                  name=f"check-{name}", append=append,
                  logs=paths.out() / "check" / "guests" / name)
    guest.boot(BOOT_TIMEOUT)
    return guest


def fio(disk: str, *arguments: str) -> str:
    """A command line of fio that verifies what it wrote."""
    return " ".join([
        "fio --name=check --minimal --direct=1 --ioengine=libaio",
        f"--filename={disk} --verify=crc32c --verify_fatal=1 --do_verify=1",
        "--verify_state_save=0 --randseed=42", *arguments])
