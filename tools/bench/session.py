# SPDX-License-Identifier: GPL-2.0
"""A setup in the guest: its driver bound, its disk mounted, files ready."""

from __future__ import annotations

import dataclasses
from types import TracebackType

from lab import LabError, progress
from lab.guest import Device, Guest

from . import fio
from .rows import BLOCK_SIZE, Row, Setup

MOUNT = "/mnt"
READ_FILE = f"{MOUNT}/fio.dat"
WRITE_FILE = f"{MOUNT}/bench.dat"
COMMAND_S = 300

# Only functions that a row asks for get a driver: a device that polls does so
# from the moment that it has one.
NO_AUTOPROBE = "echo 0 > /sys/bus/pci/drivers_autoprobe"

_BIND = """\
modprobe {driver} {parameters}
cd /sys/bus/pci/devices/{bdf}
[ ! -e driver ] || echo {bdf} > driver/unbind
echo {driver} > driver_override
echo {bdf} > /sys/bus/pci/drivers_probe
[ -e driver ] || {{ dmesg | tail -n 3; exit 1; }}"""

# The kernel's driver sits on the virtio bus, above virtio-pci.
_BIND_KERNEL = "modprobe {driver} {parameters}"

_UNBIND = """\
umount {mount} 2>/dev/null
cd /sys/bus/pci/devices/{bdf}
echo {bdf} > driver/unbind
echo > driver_override
modprobe -r {driver}"""

_UNBIND_KERNEL = "umount {mount} 2>/dev/null; modprobe -r {driver}"

# No merging and no scheduler: one request to the driver for each of fio's.
# No access times and lazy other times: no journal in a measured window.
_MOUNT = """\
for d in /sys/bus/pci/devices/{bdf}/block/* \
         /sys/bus/pci/devices/{bdf}/virtio*/block/*; do
    [ -d $d ] && disk=${{d##*/}}
done
[ "$disk" ] || {{ echo no disk; exit 1; }}
echo none > /sys/block/$disk/queue/scheduler
echo 2 > /sys/block/$disk/queue/nomerges
modprobe ext4
mount -t ext4 -o noatime,lazytime,noinit_itable /dev/$disk {mount} || exit 1
echo $disk"""


class Session:
    """Binds on entry, gives the function back on exit."""

    def __init__(self, guest: Guest, setup: Setup, write_blocks: int) -> None:
        self.guest = guest
        self.setup = setup
        self.device: Device = guest.devices[setup.function]
        self.disk = ""
        self._write_bytes = write_blocks * BLOCK_SIZE
        self._kernel = setup.style == "kernel"

    def run(self, command: str) -> str:
        """A command in the guest, for its output."""
        return self.guest.run(command, COMMAND_S).out

    def _format(self, text: str) -> str:
        return text.format(bdf=self.device.bdf, driver=self.setup.driver,
                           parameters=" ".join(self.setup.parameters),
                           mount=MOUNT)

    def __enter__(self) -> Session:
        try:
            self._bind()
        except BaseException:
            self._give_back()
            raise
        return self

    def _bind(self) -> None:
        self.run(self._format(_BIND_KERNEL if self._kernel else _BIND))
        self.disk = self.run(self._format(_MOUNT)).split()[-1]
        self._zero("fsync")
        self.run("sync")

    def __exit__(self, kind: type[BaseException] | None,
                 value: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._give_back()

    def _give_back(self) -> None:
        try:
            self.run(self._format(
                _UNBIND_KERNEL if self._kernel else _UNBIND))
        except LabError as error:
            # The next setup tells whether this matters.
            progress.say(f"  {self.setup.name}: unbinding: {error}")

    def _zero(self, conv: str) -> None:
        """Fill the file that is written to, so that no old data can pass for
        new; fsync the first time, so that its blocks are allocated."""
        blocks = -(-self._write_bytes // 65536)
        self.run(f"dd if=/dev/zero of={WRITE_FILE} bs=64k count={blocks}"
                 f" conv={conv} status=none"
                 + (" oflag=direct" if conv == "notrunc" else ""))

    def job(self, row: Row, seed: int) -> fio.Job:
        """The measured run of fio."""
        if "write" in row.rw:
            return fio.Job(row.name, WRITE_FILE, self._write_bytes, row.rw,
                           row.depth, row.ops, seed)
        size = int(self.run(f"stat -c %s {READ_FILE}"))
        return fio.Job(row.name, READ_FILE, size, row.rw, row.depth, row.ops,
                       seed)

    def run_fio(self, job: fio.Job, verify_only: bool = False) -> fio.Outcome:
        """One run of fio."""
        result = self.guest.run(job.command(verify_only), COMMAND_S,
                                check=False)
        return fio.parse(result.out, job.rw)

    def warm_up(self, row: Row, job: fio.Job) -> None:
        """What must not happen in the measured window happens here: the
        program's and the file's pages and extents are looked up."""
        few = max(1, min(row.ops // 10, 2 * row.depth))
        self.run_fio(dataclasses.replace(job, ops=few, seed=job.seed + 1))
        if "write" in row.rw:
            self._zero("notrunc")
        self.run("sync")

    def verify(self, row: Row, job: fio.Job) -> None:
        """Read back what the row wrote; reads were verified as they came."""
        if "write" in row.rw:
            self.run_fio(dataclasses.replace(job, depth=1), verify_only=True)
