# SPDX-License-Identifier: GPL-2.0
"""PCI functions of a guest: their address, their driver, QEMU's line."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# The kernel's drivers sit on the virtio bus, above the function's.
_ON_VIRTIO_BUS = ("virtio_blk", "virtio_net", "virtio_rng", "virtio_scsi")


@dataclass(frozen=True)
class Slot:
    """Where a function is on the root bus."""

    number: int
    function: int = 0

    @property
    def bdf(self) -> str:
        """Its address in the guest."""
        return f"0000:00:{self.number:02x}.{self.function}"

    @property
    def properties(self) -> dict[str, object]:
        """For device()."""
        return {"bus": "pcie.0",
                "addr": f"{self.number:#x}.{self.function:#x}"}


def device(driver: str, slot: Slot,
           properties: Mapping[str, object]) -> list[str]:
    """QEMU's -device. Not as JSON, in which some properties are words and
    others are truths."""
    every = {**slot.properties, **properties}
    told = "".join(f",{key}={str(value).replace(',', ',,')}"
                   for key, value in every.items())
    return ["-device", driver + told]


def root_port(name: str, slot: int) -> list[str]:
    """QEMU's -device for a root port, behind which a function can be
    pulled."""
    return device("pcie-root-port", Slot(slot),
                  {"id": name, "chassis": slot, "slot": slot})


def blockdev(node: str, **options: object) -> list[str]:
    """QEMU's -blockdev; in names of options "_" stands for "-"."""
    return ["-blockdev", json.dumps(
        {"node-name": node, **{key.replace("_", "-"): value
                               for key, value in options.items()}})]


def file_node(node: str, path: Path) -> list[str]:
    """QEMU's -blockdev of an image, which a thread pool reads and writes."""
    return blockdev(node, driver="file", filename=str(path), aio="threads")


def driver_of(module: str) -> str:
    """The PCI driver that a module's disks and the like come with."""
    if module in _ON_VIRTIO_BUS:
        return "virtio-pci"
    return "ne2k-pci" if module == "ne2k_pci" else module


@functools.cache
def _library() -> str:
    return Path(__file__).with_name("pci.sh").read_text(encoding="utf-8")


def script(text: str) -> str:
    """A script for a guest, with the functions of pci.sh at hand."""
    return f"{_library()}\n{text}"
