# SPDX-License-Identifier: GPL-2.0
"""The guests of the tests, and functions to bind a driver.

A boot takes seconds, so one guest with a disk of each kind runs all tests that
leave it usable; a test that ends its guest has its own.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import time
import unittest
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import ClassVar

from lab import LabError, build, image, kernel, kernel_log, paths, pci, speed
from lab.guest import Device, DeviceSpec, Guest
from lab.initramfs import More
from lab.kernel import Kernel

from .disks import QemuDisk, virtio_rng

BLK, TRAP, KERNEL = "vfe_blk", "vfe_trap_blk", "virtio-pci"
MODULES = (BLK, TRAP)
SECTOR = 512
BOOT_TIMEOUT = 150.0
ROOM = 8 << 20
# Checkers of Debian's kernel, off by default: tasks preempt
# each other in the kernel, and small memory is poisoned and fenced.
STRICT = "preempt=full slab_debug=FZP,kmalloc-*"
# Of the disk that can be unplugged
PLUG_SLOT = 0x8

# Nothing else may take the function in between.
BIND = """\
set -e
pci_no_autoprobe
pci_unbind {bdf}
{modprobe}
pci_bind {driver} {bdf}
pci_disk {bdf}
"""

# Cleans up after a test: mounts, bound functions, modules
TIDY = """\
umount -a -t ext4 2>/dev/null
pci_unbind {bdfs}
for module in {modules}; do rmmod $module 2>/dev/null; done
dmesg
"""


@dataclass(frozen=True)
class Machine:
    """A guest for tests; starts on first use."""

    name: str
    specs: Sequence[tuple[str, Sequence[str]]] = ()
    entropy: Sequence[tuple[str, Sequence[str]]] = ()   # devices of this class
    # and of this one; "FOLDER" in an option is that of the guest's disks
    nets: Sequence[tuple[str, Sequence[str]]] = ()
    hosts: Sequence[tuple[str, Sequence[str]]] = ()     # SCSI, without units
    pluggable: bool = False           # a disk of QEMU's that can be pulled
    cpus: int = 2
    append: str = ""
    qemu: Sequence[str] = ()    # more words for its command line
    boots: Callable[[], Kernel] | None = None
    modules: Callable[[], Path] | None = None
    more: Callable[[], More] | None = None      # additional programs
    memory: int = 512

    def on_kernel(self, name: str, series: str) -> Machine:
        """The same under another name, on one of Debian's kernels."""
        return replace(self, name=name, boots=partial(kernel.debian, series),
                       modules=partial(build.modules, series))


# A device of each kind. The contents of "main", "files" and "stock" must stay;
# any test may overwrite the other disks.
COMMON = Machine("common", (
    ("main", ()), ("wild", ()), ("poll", ("--poll",)),
    ("map", ("--doorbell", "map")), ("files", ()), ("ro", ("--readonly",)),
    ("narrow", ("--queues", "1", "--queue-size", "8")),
    ("stock", ("--id", "stock")), ("scratch", ("--id", "stock"))),
    entropy=(("rng", ()), ("rng-stock", ("--id", "stock"))),
    qemu=virtio_rng("disable-legacy=on"), pluggable=True, append=STRICT)


@dataclass
class Running:
    """A running guest, and the folder of its disks."""

    guest: Guest
    folder: Path
    disks: dict[str, QemuDisk] = field(default_factory=dict)

    def answers(self) -> bool:
        """Can it run another test? The kernel's log begins anew."""
        try:
            self.guest.run("dmesg -c >/dev/null", 10)
            return all(device.alive()
                       for device in self.guest.devices.values())
        except LabError:
            return False

    def end(self, orderly: bool = True) -> None:
        """Power off, and forget the disks."""
        if orderly:
            self.guest.shutdown()
        else:
            self.guest.kill()
        shutil.rmtree(self.folder, True)


_running: dict[Machine, Running] = {}


def _start(machine: Machine) -> Running:
    folder = new_folder()
    specs = [DeviceSpec(name, make_disk(folder, name), options)
             for name, options in machine.specs]
    specs += [DeviceSpec(name, options=options, device_class="rng")
              for name, options in machine.entropy]
    specs += [DeviceSpec(name, options=[word.replace("FOLDER", str(folder))
                                        for word in options],
                         device_class="net")
              for name, options in machine.nets]
    specs += [DeviceSpec(name, options=options, device_class="scsi")
              for name, options in machine.hosts]
    disks = {}
    if machine.pluggable:
        disks["plug"] = QemuDisk("plug", PLUG_SLOT, make_disk(folder, "plug"),
                                pluggable=True)
    guest = boot(machine.name, specs, machine.append, list(disks.values()),
                 cpus=machine.cpus, machine=machine)
    return Running(guest, folder, disks)


def running(machine: Machine) -> Running:
    """The machine's guest; a new one if the previous one failed."""
    one = _running.get(machine)
    if one is not None and not one.answers():
        one.end(orderly=False)
        one = None
    if one is None:
        one = _running[machine] = _start(machine)
        one.answers()
    return one


def end(machine: Machine) -> None:
    """Its guest is no longer usable."""
    _running.pop(machine).end(orderly=False)


def end_all() -> None:
    """No guest is needed any more."""
    while _running:
        _running.popitem()[1].end()


atexit.register(end_all)


class GuestCase(unittest.TestCase):
    """Tests in one guest; each leaves it usable."""

    machine: ClassVar[Machine] = COMMON
    guest: Guest
    disks: dict[str, QemuDisk]

    def setUp(self) -> None:
        one = running(self.machine)
        self.guest, self.disks = one.guest, one.disks

    def tearDown(self) -> None:
        """No test leaves a report of a checker, a mount or a bound function."""
        bdfs = " ".join(self.bdf(name)
                        for name in (*self.guest.devices, *self.disks))
        modules = " ".join((*MODULES, "vfe_trap_net", "vfe_trap_scsi",
                            "vfe_trap", "vfe_scsi", "vfe_rng", "vfe_net",
                            "vfe"))
        log = self.guest.run(
            pci.script(TIDY.format(bdfs=bdfs, modules=modules)), 60,
            check=False).out
        log, others = kernel_log.without_races_of_others(log)
        for line in others:
            print(f"not ours: {line}")
        found = kernel_log.find(log)
        self.assertEqual(found, "", f"{found}\n{log[-6000:]}")
        for name, device in self.guest.devices.items():
            if not device.alive():
                self.fail(f"device {name} ended: {device.log.read_text()}")

    # --- actions of tests ---

    def device(self, name: str) -> Device:
        """A device by its name."""
        return self.guest.devices[name]

    def bdf(self, name: str) -> str:
        """The address of a disk."""
        return self.disks[name].bdf if name in self.disks else \
            self.device(name).bdf

    def sh(self, script: str, timeout: float = 120) -> str:
        """Run a script that must succeed."""
        return self.guest.run("set -e\n" + script, timeout).out

    def kernel_log(self) -> str:
        """The kernel's log since the test began."""
        return self.guest.run("dmesg").out

    def bind(self, name: str, driver: str = BLK, parameters: str = "",
             timeout: float = 60) -> str:
        """Bind a driver to a function; the path of its disk."""
        modprobe = "modprobe virtio_blk"
        if driver in MODULES:
            # load it again, with these parameters
            modprobe = (f"if grep -q '^{driver} ' /proc/modules; then"
                        f" rmmod {driver}; fi\n"
                        f"modprobe {driver} {parameters}")
        out = self.guest.run(pci.script(BIND.format(
            bdf=self.bdf(name), driver=driver, modprobe=modprobe)),
            timeout).out
        return "/dev/" + out.split()[-1]

    def works(self, disk: str) -> None:
        """A small verified write."""
        self.sh(fio(disk, "--rw=randwrite --bs=4k --size=1M --iodepth=8"),
                60)

    def unbind(self, name: str) -> None:
        """Unbind the driver."""
        self.sh(pci.script(f"pci_unbind {self.bdf(name)}"))

    def mount(self, disk: str) -> None:
        """Mount the file system of a disk on /mnt."""
        self.sh(f"mkdir -p /mnt; modprobe -q ext4 || true;"
                f" mount -t ext4 {disk} /mnt")

    def check_files(self) -> None:
        """All files of the image are unchanged."""
        self.guest.put(image.base().manifest.read_bytes(), "/tmp/manifest")
        self.sh("cd /mnt; busybox sha256sum -c /tmp/manifest >/tmp/sums"
                " || { grep -v OK /tmp/sums; exit 1; }", 300)

    def eventually(self, what: Callable[[], bool], message: str,
                   timeout: float = 10) -> None:
        """Wait until @what becomes true."""
        deadline = time.monotonic() + speed.scaled(timeout)
        while not what():
            if time.monotonic() > deadline:
                self.fail(message)
            time.sleep(0.1)


def new_folder() -> Path:
    """A folder for the disks of a guest."""
    return Path(tempfile.mkdtemp(prefix="guest-", dir=paths.state()))


def behind() -> int:
    """Offset of the space after the file system, in bytes."""
    return image.base().path.stat().st_size


def make_disk(folder: Path, name: str) -> Path:
    """A copy of the image, with space after its file system."""
    path = image.copy(folder, f"{name}.img")
    os.truncate(path, behind() + ROOM)
    return path


def boot(name: str, specs: Sequence[DeviceSpec], append: str = "",
         disks: Sequence[QemuDisk] = (), *, cpus: int = 2,
         machine: Machine | None = None) -> Guest:
    """A running guest, with the acceleration of the run."""
    boots = machine.boots() if machine and machine.boots else None
    modules = machine.modules() if machine and machine.modules else None
    more = machine.more() if machine and machine.more else None
    guest = Guest(specs, accel=os.environ.get("VFE_ACCEL", "tcg"),
                  name=f"check-{name}", append=append, cpus=cpus,
                  qemu_args=[*(machine.qemu if machine else ()),
                             *(item for disk in disks
                               for item in disk.arguments())],
                  logs=paths.out() / "check" / "guests" / name,
                  memory=machine.memory if machine else 512,
                  boots=boots, modules=modules, more=more)
    guest.boot(BOOT_TIMEOUT)
    return guest


def fio(disk: str, *arguments: str) -> str:
    """A command line of fio that verifies what it wrote."""
    return " ".join([
        "fio --name=check --minimal --direct=1 --ioengine=libaio",
        f"--filename={disk} --verify=crc32c --verify_fatal=1 --do_verify=1",
        "--verify_state_save=0 --randseed=42", *arguments])
