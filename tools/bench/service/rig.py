# SPDX-License-Identifier: GPL-2.0
"""The guest of the table: three identical functions of each kind.

virtio_blk drives two of them, which are compared with each other, and vfe_blk
the third. All stay bound; one at a time is busy.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from lab import fio, image, pci
from lab.guest import DeviceSpec, Guest

from ..urgent import urgent
from ..workload.blk import PLAIN
from .backend import NbdServer
from .cells import DEVICES, NBD, VFE, Cell

KERNEL, OURS, AGAIN = ROLES = ("kernel", "ours", "again")
DRIVER = {KERNEL: "virtio_blk", OURS: "vfe_blk", AGAIN: "virtio_blk"}
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

# A kick or an interrupt that is lost costs vfe_blk 30 seconds; then it says so.
LATE = ("dmesg -c | grep -E 'vfe_blk.*(in flight for more than"
        "|interrupt was lost)' || true")

BIND = f"""\
pci_no_autoprobe
modprobe virtio_blk && modprobe vfe_blk {{parameters}} || exit 1
pci_bind {{driver}} {{bdf}}
disk=$(pci_disk {{bdf}}) || {{{{ echo $disk; exit 1; }}}}
{PLAIN}
echo $disk"""


class Rig:
    """The guest, its disks, and their service times."""

    def __init__(self, folder: Path, cells: Sequence[Cell],
                 parameters: str = "") -> None:
        """@parameters: of vfe_blk"""
        self._parameters = parameters
        kinds = {cell.device for cell in cells}
        self.kinds = [kind for kind in DEVICES if kind in kinds]
        self._nbd: NbdServer | None = None
        specs: list[DeviceSpec] = []
        argv: list[str] = []
        if VFE in kinds:
            disks = image.raw(folder, [f"{VFE}-{role}" for role in ROLES])
            specs = [DeviceSpec(name, disk, OPTIONS)
                     for name, disk in disks.items()]
        if NBD in kinds:
            self._nbd = NbdServer(folder / "nbd.sock", DISK_MB,
                                  "constant:1000")
            argv = self._qemus(self._nbd)
        self.guest = Guest(specs, accel="tcg", cpus=1, memory=MEMORY_MB,
                           name="service", qemu_args=argv)
        self.disks: dict[tuple[str, str], str] = {}
        self._stack = contextlib.ExitStack()

    @staticmethod
    def _qemus(server: NbdServer) -> list[str]:
        return [word for role in ROLES for word in (
            *server.node(f"{NBD}-{role}"),
            *pci.device("virtio-blk-pci", SLOTS[role], {
                "drive": f"{NBD}-{role}", "disable-legacy": "on",
                "num-queues": 1}))]

    def _bdf(self, kind: str, role: str) -> str:
        if kind == VFE:
            return self.guest.devices[f"{VFE}-{role}"].bdf
        return SLOTS[role].bdf

    def __enter__(self) -> Rig:
        """Boot the guest and bind the drivers."""
        with contextlib.ExitStack() as stack:
            if self._nbd is not None:
                stack.callback(self._nbd.stop)
            urgent()
            stack.enter_context(self.guest)
            for kind in self.kinds:
                for role in ROLES:
                    out = self.guest.run(pci.script(BIND.format(
                        bdf=self._bdf(kind, role),
                        driver=pci.driver_of(DRIVER[role]),
                        parameters=self._parameters)), COMMAND_S).out
                    self.disks[kind, role] = out.split()[-1]
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
        """What vfe_blk has logged since the last call of requests that waited
        for its timeout."""
        return self.guest.run(LATE, COMMAND_S).out.splitlines()

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
