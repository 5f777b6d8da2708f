# SPDX-License-Identifier: GPL-2.0
"""SCSI hosts, each with one disk: as disks, except for the device, the way to
the disk, and the formula."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from count.blk import BlockState
from count.device import Control
from count.driver import Run
from count.witness import Cost
from lab import initramfs, paths, pci

from ..row import Function, Setup
from . import scsi_window
from .blk import FIND, Blk, Disk
from .interface import Regions

# The driver of disks is no module that a host needs.
FIND_SCSI = f"modprobe sd_mod || exit 1\n{FIND}"
# The kernel's drivers for QEMU's old hosts
MODULES = ("sym53c8xx", "am53c974")
# Kinds of commands in the device's counts. The others are outcomes.
OUTCOMES = ("error", "unit_attention", "refused")


class Scsi(Blk):
    """The class of SCSI hosts."""

    plain = False

    def contents(self) -> initramfs.More:
        """Drivers for other hosts."""
        return initramfs.More("scsi", (), MODULES)

    def qemu_device(self, function: Function, slot: pci.Slot,
                    backing: Path) -> list[str]:
        """A host of QEMU's with a disk."""
        properties = dict(function.qemu or {})
        model = str(properties.pop("model", "virtio-scsi-pci"))
        return [*pci.file_node(function.name, backing),
                *pci.device(model, slot, {"id": f"host-{function.name}",
                                          **properties}),
                "-device", f"scsi-hd,bus=host-{function.name}.0,scsi-id=0,"
                           f"drive={function.name}"]

    def work(self, tell: Run, setup: Setup, bdf: str, regions: Regions,
             control: Control | None) -> Disk:
        """The disk of a host."""
        del control
        return Disk(tell, setup, bdf, regions, FIND_SCSI)

    def cost(self, setup: Setup, done: BlockState) -> Cost:
        """The formula of commands."""
        return scsi_window.predict(
            done, scsi_window.read_constants(paths.checkout()),
            window=str(setup.options["window"]),
            string_io=bool(setup.options["string_io"]))

    def served(self, requests: Mapping[str, int]) -> int:
        """All commands."""
        return sum(count for name, count in requests.items()
                   if name not in OUTCOMES)
