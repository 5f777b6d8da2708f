# SPDX-License-Identifier: GPL-2.0
"""A setup in the guest: its driver bound, its disk mounted, files ready."""

from __future__ import annotations

import dataclasses
from types import TracebackType

from lab import LabError, image, progress
from lab.guest import Device, Guest

from . import fio
from .addresses import AddressMap, parse_map, parse_resource
from .rows import BLOCK_SIZE, Row, Setup

MOUNT = "/mnt"
READ_FILE = f"{MOUNT}/{image.FIO_FILE}"
WRITE_FILE = f"{MOUNT}/{image.WRITE_FILE}"
COMMAND_S = 300
VERIFY_DEPTH = 32

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

MOUNT_FLAGS = ("noatime,lazytime,noinit_itable,no_prefetch_block_bitmaps,"
               "inode_readahead_blks=1")

_UNBIND = """\
umount {mount} 2>/dev/null
cd /sys/bus/pci/devices/{bdf}
echo {bdf} > driver/unbind
echo > driver_override
modprobe -r {driver}"""

_UNBIND_KERNEL = "umount {mount} 2>/dev/null; modprobe -r {driver}"

# No merging and no scheduler: one request to the driver for each of fio's.
# No access times and lazy other times: nothing written for them in a measured
# window. No reading ahead, which only costs time where every word is an exit.
_MOUNT = """\
for d in /sys/bus/pci/devices/{bdf}/block/* \
         /sys/bus/pci/devices/{bdf}/virtio*/block/*; do
    [ -d $d ] && disk=${{d##*/}}
done
[ "$disk" ] || {{ echo no disk; exit 1; }}
echo none > /sys/block/$disk/queue/scheduler
echo 2 > /sys/block/$disk/queue/nomerges
echo 0 > /sys/block/$disk/queue/read_ahead_kb
modprobe ext4
mount -t ext4 -o {flags} /dev/$disk {mount} || exit 1
echo $disk"""


class Session:
    """Binds on entry, gives the function back on exit."""

    def __init__(self, guest: Guest, setup: Setup,
                 regions: dict[str, int]) -> None:
        self.guest = guest
        self.setup = setup
        self.device: Device = guest.devices[setup.function]
        self.disk = ""
        self.names = AddressMap((), ())
        self.regions = regions      # bytes written to, by function
        self._kernel = setup.style == "kernel"

    def run(self, command: str) -> str:
        """A command in the guest, for its output."""
        return self.guest.run(command, COMMAND_S).out

    def _format(self, text: str) -> str:
        return text.format(bdf=self.device.bdf, driver=self.setup.driver,
                           parameters=" ".join(self.setup.parameters),
                           mount=MOUNT, flags=MOUNT_FLAGS)

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
        resource = self.run(self._format("cat /sys/bus/pci/devices/{bdf}"
                                         "/resource"))
        self.names = AddressMap(parse_resource(resource),
                                parse_map(self.device.control("map")))

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

    def prepare(self, row: Row) -> None:
        """While a row reads, the file system has nothing to write: not even
        its superblock, at a time of its own choice."""
        writes = "write" in row.rw
        mode = "rw" if writes else "ro"
        self.run(f"mount -o remount,{MOUNT_FLAGS},{mode} /dev/{self.disk}"
                 f" {MOUNT}")
        self._look_up(writes)

    def job(self, row: Row) -> fio.Job:
        """The measured run of fio."""
        if "write" not in row.rw:
            return fio.Job(row.name, READ_FILE, image.FIO_MB << 20, row.rw,
                           row.depth, row.ops)
        return fio.Job(row.name, WRITE_FILE, row.ops * BLOCK_SIZE, row.rw,
                       row.depth, row.ops, self._region(row))

    def _region(self, row: Row) -> int:
        """Where a row may write: to no block that another row wrote to, since
        old data must not pass for new."""
        name = self.setup.function
        begin = self.regions.get(name, 0)
        self.regions[name] = begin + row.ops * BLOCK_SIZE
        if self.regions[name] >= image.WRITE_MB << 20:    # _look_up() has 1
            raise LabError(f"{row.ops} operations a row are too many for the"
                           f" image's {image.WRITE_MB} MB to write to: use"
                           " fewer (--ops)")
        return begin

    def run_fio(self, job: fio.Job) -> fio.Outcome:
        """One run of fio."""
        result = self.guest.run(job.command(), COMMAND_S, check=False)
        return fio.parse(result.out, job.rw)

    def _look_up(self, writes: bool) -> None:
        """What must not happen in a measured window happens here: extents
        are read, and what the first opening of a file and the first write to
        one change beside it is written out."""
        last = (image.FIO_MB << 20) // BLOCK_SIZE - 1
        spare = (image.WRITE_MB << 20) // BLOCK_SIZE - 1
        self.run(f"dd if={READ_FILE} of=/dev/null bs={BLOCK_SIZE} count=1"
                 f" skip={last} iflag=direct status=none")
        if writes:
            self.run(f"dd if=/dev/zero of={WRITE_FILE} bs={BLOCK_SIZE} count=1"
                     f" seek={spare} oflag=direct conv=notrunc status=none\n"
                     "sync")

    def verify(self, row: Row, job: fio.Job) -> None:
        """Read back what the row wrote; reads were verified as they came."""
        if "write" in row.rw:
            job = dataclasses.replace(job, depth=VERIFY_DEPTH)
            result = self.guest.run(job.command(verify_only=True), COMMAND_S,
                                    check=False)
            found = fio.parse(result.out, "read").ios
            if found != row.ops:
                raise fio.FioError(f"fio read back {found} of {row.ops}"
                                   " blocks")
