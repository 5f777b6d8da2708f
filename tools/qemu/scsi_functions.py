# SPDX-License-Identifier: GPL-2.0
"""The SCSI hosts of one guest: QEMU's options, the guest's commands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab import fio, pci
from lab.image import FIO_VERIFY
from lab.initramfs import More

from . import functions, scsi_backends
from .functions import BLOCK, BLOCKS, DEPTH, FIRST_SLOT, SLOTS
from .net_backends import Backends
from .scsi_configs import DISC, DISK, GENERIC, VHOST, ScsiConfig

DRIVER = "vfe_scsi"
MODULES = "sd_mod sr_mod sg"


@dataclass(frozen=True)
class ScsiFunction:
    """A configuration, its slot in the guest, its number in the machine."""

    config: ScsiConfig
    slot: pci.Slot
    number: int

    @property
    def bdf(self) -> str:
        """Its address in the guest."""
        return self.slot.bdf

    def arguments(self, disk: Path, backends: Backends) -> list[str]:
        """Of QEMU; makes the back end.

        @disk: its storage, where that is a file
        """
        config = self.config
        name = f"hba-{self.slot.number}-{self.slot.function}"
        properties: dict[str, object] = {
            "id": name, "multifunction": "on", **config.qemu_properties()}
        if config.backend == VHOST:
            port = backends.enter(scsi_backends.target(self.number))
            return pci.device("vhost-scsi-pci", self.slot,
                              {**properties, "wwpn": port})
        argv: list[str] = []
        if config.iothread:
            argv = ["-object", f"iothread,id=io-{name}"]
            properties["iothread"] = f"io-{name}"
        return [*argv, *pci.device("virtio-scsi-pci", self.slot, properties),
                *self._storage(f"disk-{name}", disk),
                "-device", f"{config.backend},bus={name}.0,"
                           f"drive=disk-{name}"]

    def _storage(self, node: str, disk: Path) -> list[str]:
        if self.config.backend in (DISK, DISC):
            return pci.blockdev(node, driver="file", filename=str(disk),
                                aio="threads",
                                read_only=self.config.backend == DISC)
        kind = "scsi_generic" if self.config.backend == GENERIC else "block"
        return pci.blockdev(
            node, driver="host_device",
            filename=scsi_backends.debug_unit(self.slot.number - FIRST_SLOT,
                                              kind))


def placed(configs: Sequence[ScsiConfig], first: int) -> list[ScsiFunction]:
    """A slot for each.

    @first: the number of the first one in the machine
    """
    return [ScsiFunction(config, pci.Slot(FIRST_SLOT + index % SLOTS,
                                          index // SLOTS), first + index)
            for index, config in enumerate(configs)]


def more() -> More:
    """Additional modules of the guest."""
    return More("qemu-scsi", (), ("sr_mod", "sd_mod", "sg"))


def _of_scsi(script: str) -> str:
    return script.replace(functions.DRIVER, DRIVER)


TAKE = _of_scsi(functions.TAKE).replace(
    f"modprobe {DRIVER}", f"modprobe -a {MODULES} && modprobe {DRIVER}")
BIND = _of_scsi(functions.BIND)
BIND_KERNELS = "modprobe virtio_scsi\n" + functions.BIND.replace(
    functions.DRIVER, "virtio-pci")
COUNTS = functions.COUNTS.replace(
    "$f/block/*/", "$f/host*/target*/*:*/block/*/")
RELEASE = _of_scsi(functions.RELEASE)


def fio_command(disks: Mapping[str, ScsiConfig], cpus: int) -> str:
    """One fio for all units: as for disks; a disc is read only."""
    written = {name: config.queues for name, config in disks.items()
               if config.writable}
    commands = [functions.fio_command(written, cpus)] if written else []
    for name, config in disks.items():
        if not config.writable:
            commands.append(" ".join([
                "fio", "--output-format=json", "--direct=1", "--thread",
                "--readonly", *fio.load("randread", BLOCK, DEPTH),
                f"--size={BLOCK * BLOCKS}", "--invalidate=0", *FIO_VERIFY,
                f"--name={name}.0", f"--filename=/dev/{name}"]))
    return "\n".join(commands)


def parse_fio(text: str,
              disks: Mapping[str, ScsiConfig]) -> dict[str, list[str]]:
    """The problems of each unit; every one has an entry."""
    problems: dict[str, list[str]] = {}
    # Each fio prints an object of its own.
    for start in re.finditer(r'\{\s*"fio version"', text):
        for job in fio.every_job(text[start.start():]):
            disk, _, queue = job["jobname"].partition(".")
            found = problems.setdefault(disk, [])
            done = tuple(int(job[side]["total_ios"])
                         for side in ("write", "read"))
            wanted = (BLOCKS if disks[disk].writable else 0, BLOCKS)
            if job["error"]:
                found.append(f"fio on queue {queue}: error {job['error']}")
            elif done != wanted:
                found.append(f"fio on queue {queue}: {done[0]} blocks written"
                             f" and {done[1]} read, not {wanted[0]} and"
                             f" {wanted[1]}")
    for disk in disks:
        problems.setdefault(disk, ["fio printed nothing of it: "
                                   f"{text.strip()[-200:]}"])
    return problems
