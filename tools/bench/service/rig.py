# SPDX-License-Identifier: GPL-2.0
"""The guest of the table: three identical functions of each kind.

virtio_blk drives two of them, so that it can be compared with itself, and
vfe_blk the third; all stay bound, and one at a time has work.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from lab import LabError, image
from lab.guest import DeviceSpec, Guest

from ..urgent import urgent
from .backend import NbdServer
from .cells import DEVICES, NBD, VFE, Cell

KERNEL, OURS, AGAIN = ROLES = ("kernel", "ours", "again")
PCI_DRIVER = {KERNEL: "virtio-pci", OURS: "vfe_blk", AGAIN: "virtio-pci"}
MEMORY_MB = 512
FIRST_SLOT = 0x4        # of QEMU's own; those of the lab's begin further up
COMMAND_S = 60
DISK_MB = image.RAW_READ_MB + image.RAW_WRITE_MB

# What most virtual machines of today have: a split ring, and physical
# addresses
OPTIONS = ("--id", "stock", "--queues", "1", "--service", "constant:1000",
           "--features-off",
           "packed,in_order,notification_data,notif_config_data,"
           "access_platform,order_platform,ring_reset")

BIND = """\
echo 0 >/sys/bus/pci/drivers_autoprobe
cd /sys/bus/pci/devices/{bdf} || exit 1
[ ! -e driver ] || echo {bdf} >driver/unbind
modprobe virtio_blk && modprobe vfe_blk {parameters} || exit 1
echo {driver} >driver_override
echo {bdf} >/sys/bus/pci/drivers_probe
for n in $(seq 100); do
    for d in block/* virtio*/block/*; do
        [ -b /dev/${{d##*/}} ] || continue
        echo none >$d/queue/scheduler
        echo 2 >$d/queue/nomerges
        echo 0 >$d/queue/read_ahead_kb
        echo ${{d##*/}}
        exit 0
    done
    sleep 0.1
done
dmesg | tail -n 5
exit 1"""


class Rig:
    """The guest, its disks, and what sets their service times."""

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

    @staticmethod
    def _qemus(server: NbdServer) -> list[str]:
        argv = []
        for index, role in enumerate(ROLES):
            device = {"driver": "virtio-blk-pci", "drive": f"{NBD}-{role}",
                      "addr": f"{FIRST_SLOT + index:#x}", "bus": "pcie.0",
                      "disable-legacy": "on", "num-queues": 1}
            argv += [*server.node(f"{NBD}-{role}"),
                     "-device", json.dumps(device)]
        return argv

    def _bdf(self, kind: str, role: str) -> str:
        if kind == VFE:
            return self.guest.devices[f"{VFE}-{role}"].bdf
        return f"0000:00:{FIRST_SLOT + ROLES.index(role):02x}.0"

    def boot(self) -> None:
        """Boot the guest and bind the drivers."""
        try:
            urgent()
            self.guest.boot()
            for kind in self.kinds:
                for role in ROLES:
                    out = self.guest.run(BIND.format(
                        bdf=self._bdf(kind, role), driver=PCI_DRIVER[role],
                        parameters=self._parameters), COMMAND_S).out
                    self.disks[kind, role] = out.split()[-1]
        except BaseException:
            self._end(orderly=False)
            raise

    def __enter__(self) -> Rig:
        return self

    def __exit__(self, kind: type[BaseException] | None,
                 value: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._end(orderly=kind is None)

    def _end(self, orderly: bool) -> None:
        if orderly:
            self.guest.shutdown()
        else:
            self.guest.kill()
        if self._nbd is not None:
            self._nbd.stop()

    def set_service(self, cell: Cell, role: str, seed: int) -> None:
        """Begin a sequence of service times of the cell's model."""
        lines = (f"service {cell.spec}", f"seed {seed}")
        for line in lines:
            if cell.device == VFE:
                self.guest.devices[f"{VFE}-{role}"].control(line)
            elif self._nbd is not None:
                self._nbd.tell(line)

    def fio(self, cell: Cell, role: str,
            millis: int) -> list[dict[str, Any]]:
        """Run the cell's jobs; what fio says of the reads of each."""
        disk = self.disks[cell.device, role]
        words = ["fio --output-format=json --direct=1 --thread --invalidate=0"
                 " --time_based --randrepeat=1 --lat_percentiles=1"
                 f" --clat_percentiles=0 --percentile_list=50:99"
                 f" --filename=/dev/{disk} --size={image.RAW_READ_MB}M"
                 f" --runtime={millis}ms"]
        for job in cell.jobs():
            words += [f"--name={job.lane}", *job.arguments]
        out = self.guest.run(" ".join(words), COMMAND_S, check=False).out
        try:
            data, _ = json.JSONDecoder().raw_decode(out[out.index("{"):])
            jobs = data["jobs"]
            if any(job["error"] for job in jobs):
                raise ValueError
            return [job["read"] for job in jobs]
        except (ValueError, LookupError):
            raise LabError(f"{cell.name}: fio gave no result:"
                           f" {out.strip()[-300:]}") from None
