# SPDX-License-Identifier: GPL-2.0
"""The guest of the table: three identical functions of each device.

The kernel's driver drives two of them, which are compared with each other, and
ours the third. All stay bound; one at a time is busy.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from lab import fio, image, pci
from lab.guest import DeviceSpec, Guest

from ..urgent import urgent
from ..workload.blk import PLAIN
from .backend import NbdServer
from .cells import BLK, DEVICES, NBD, SCSI, VFE, Cell

KERNEL, OURS, AGAIN = ROLES = ("kernel", "ours", "again")
MEMORY_MB = 512
# Slots of QEMU's own devices; those of the lab are higher
SLOTS = {role: pci.Slot(4 + index) for index, role in enumerate(ROLES)}
COMMAND_S = 60
DISK_MB = image.RAW_READ_MB + image.RAW_WRITE_MB

# As in most virtual machines today: a split ring and physical addresses
OPTIONS = ("--id", "stock", "--queues", "1", "--service", "constant:1000",
           "--features-off",
           "packed,in_order,notification_data,notif_config_data,"
           "access_platform,order_platform,ring_reset")

# A kick or an interrupt that is lost costs our driver 30 seconds; then it says
# so, or the unit has one more timeout.
LATE = """\
dmesg -c | grep -E 'in flight for more than|interrupt was lost'
for disk in {disks}; do
    file=/sys/block/$disk/device/iotmo_cnt
    [ ! -e $file ] || read -r n <$file && [ $((n)) = 0 ] || echo "$file $n"
done
true"""

BIND = f"""\
pci_no_autoprobe
modprobe {{kernels}} && modprobe -a {{modules}} || exit 1
modprobe {{ours}} {{parameters}} || exit 1
pci_bind {{driver}} {{bdf}}
disk=$(pci_disk {{bdf}}) || {{{{ echo $disk; exit 1; }}}}
{PLAIN}
echo $disk"""


def _disk(node: str, slot: pci.Slot) -> list[str]:
    """A disk of QEMU's."""
    return pci.device("virtio-blk-pci", slot, {
        "drive": node, "disable-legacy": "on", "num-queues": 1})


def _unit(node: str, slot: pci.Slot) -> list[str]:
    """A SCSI host of QEMU's, with a disk."""
    return [*pci.device("virtio-scsi-pci", slot, {
        "id": f"hba-{node}", "disable-legacy": "on", "num_queues": 1}),
            "-device", f"scsi-hd,bus=hba-{node}.0,drive={node}"]


@dataclass(frozen=True)
class Kind:
    """A class of devices: its drivers, its disks."""

    kernels: str
    ours: str
    modules: str                    # to load, beside the drivers
    function: Callable[[str, pci.Slot], list[str]]  # of QEMU's, on a node

    def driver(self, role: str) -> str:
        """The driver of a role."""
        return self.ours if role == OURS else self.kernels


KINDS = {BLK: Kind("virtio_blk", "vfe_blk", "virtio_blk", _disk),
         SCSI: Kind("virtio_scsi", "vfe_scsi", "sd_mod", _unit)}


def _spec(kind: str, role: str, disk: Path) -> DeviceSpec:
    """A function of vfe-device."""
    if kind == BLK:
        return DeviceSpec(f"{VFE}-{role}", disk, OPTIONS)
    return DeviceSpec(f"{VFE}-{role}", options=(
        *OPTIONS, "--unit", f"0:0,file={disk}"), device_class=kind)


class Rig:
    """The guest, its disks, and their service times."""

    def __init__(self, folder: Path, cells: Sequence[Cell],
                 parameters: str = "") -> None:
        """@cells: of one class. @parameters: of our driver"""
        self._parameters = parameters
        [kind] = {cell.kind for cell in cells}
        self._kind = KINDS[kind]
        devices = {cell.device for cell in cells}
        self.devices = [device for device in DEVICES if device in devices]
        self._timeouts: set[str] = set()
        self._nbd: NbdServer | None = None
        specs: list[DeviceSpec] = []
        argv: list[str] = []
        if VFE in devices:
            disks = image.raw(folder, ROLES)
            specs = [_spec(kind, role, disk) for role, disk in disks.items()]
        if NBD in devices:
            self._nbd = NbdServer(folder / "nbd.sock", DISK_MB,
                                  "constant:1000")
            argv = self._qemus(self._nbd)
        self.guest = Guest(specs, accel="tcg", cpus=1, memory=MEMORY_MB,
                           name=f"service-{kind}", qemu_args=argv)
        self.disks: dict[tuple[str, str], str] = {}
        self._stack = contextlib.ExitStack()

    def _qemus(self, server: NbdServer) -> list[str]:
        return [word for role in ROLES for word in (
            *server.node(f"{NBD}-{role}"),
            *self._kind.function(f"{NBD}-{role}", SLOTS[role]))]

    def _bdf(self, device: str, role: str) -> str:
        if device == VFE:
            return self.guest.devices[f"{VFE}-{role}"].bdf
        return SLOTS[role].bdf

    def __enter__(self) -> Rig:
        """Boot the guest and bind the drivers."""
        with contextlib.ExitStack() as stack:
            if self._nbd is not None:
                stack.callback(self._nbd.stop)
            urgent()
            stack.enter_context(self.guest)
            kind = self._kind
            for device in self.devices:
                for role in ROLES:
                    out = self.guest.run(pci.script(BIND.format(
                        bdf=self._bdf(device, role), kernels=kind.kernels,
                        ours=kind.ours, modules=kind.modules,
                        driver=pci.driver_of(kind.driver(role)),
                        parameters=self._parameters)), COMMAND_S).out
                    self.disks[device, role] = out.split()[-1]
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None,
                 value: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._stack.__exit__(kind, value, trace)

    def set_service(self, cell: Cell, role: str, seed: int) -> None:
        """Begin a sequence of service times of the cell's model."""
        lines = (f"service {cell.spec}", f"seed {seed}")
        for line in lines:
            if cell.device == VFE:
                self.guest.devices[f"{VFE}-{role}"].control(line)
            elif self._nbd is not None:
                self._nbd.tell(line)

    def late(self) -> list[str]:
        """What there is to say since the last call of requests of ours that
        waited for their timeout."""
        ours = [disk for (_, role), disk in self.disks.items() if role == OURS]
        said = self.guest.run(LATE.format(disks=" ".join(ours)),
                              COMMAND_S).out.splitlines()
        found = [line for line in said if line not in self._timeouts]
        self._timeouts.update(said)
        return found

    def fio(self, cell: Cell, role: str,
            millis: int) -> list[dict[str, Any]]:
        """Run the cell's jobs; fio's results for the reads of each."""
        disk = self.disks[cell.device, role]
        words = ["fio --output-format=json --direct=1 --thread --invalidate=0"
                 " --time_based --randrepeat=1 --lat_percentiles=1"
                 f" --clat_percentiles=0 --percentile_list=50:99"
                 f" --filename=/dev/{disk} --size={image.RAW_READ_MB}M"
                 f" --runtime={millis}ms"]
        for job in cell.jobs():
            words += [f"--name={job.lane}", *job.arguments]
        out = self.guest.run(" ".join(words), COMMAND_S, check=False).out
        return [job["read"] for job in fio.jobs(out)]
