# SPDX-License-Identifier: GPL-2.0
"""Functions that QEMU itself serves.

QEMU 11.1 fails an assertion when a vfio-user function is unplugged, so these
tests unplug a disk of QEMU's own. And QEMU can record the requests to a disk,
in the format of the kernel's dm-log-writes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import pci

# Let the guest handle hotplug natively, instead of the firmware.
NATIVE_HOTPLUG = ("-global",
                  "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off")
RNG_SLOT = pci.Slot(9)


def virtio_rng(*properties: str) -> tuple[str, ...]:
    """QEMU's options for its entropy device, with these properties."""
    told = dict(item.split("=", 1) for item in properties)
    return ("-object", "rng-random,filename=/dev/urandom,id=rng0",
            *pci.device("virtio-rng-pci", RNG_SLOT, {"rng": "rng0", **told}))


@dataclass(frozen=True)
class QemuDisk:
    """A virtio function of QEMU, to which the guest binds no driver by
    itself."""

    name: str
    slot: int               # of pcie.0
    path: Path
    record: Path | None = None
    pluggable: bool = False     # behind a root port, the only one

    @property
    def bdf(self) -> str:
        """Its address in the guest."""
        return "0000:01:00.0" if self.pluggable else self.port

    @property
    def port(self) -> str:
        """The address of its root port."""
        return pci.Slot(self.slot).bdf

    def device(self) -> dict[str, Any]:
        """The arguments of device_add."""
        place = {"bus": f"plug-{self.name}"} if self.pluggable else \
            {"bus": "pcie.0", "addr": f"{self.slot:#x}"}
        return {"driver": "virtio-blk-pci", "id": self.name,
                "drive": f"{self.name}-node", "disable-legacy": "on",
                **place}

    def _node(self) -> dict[str, Any]:
        plain = {"driver": "raw",
                 "file": {"driver": "file", "filename": str(self.path)}}
        if self.record is None:
            return {**plain, "node-name": f"{self.name}-node"}
        return {"driver": "blklogwrites", "node-name": f"{self.name}-node",
                "file": plain, "log-sector-size": 512,
                "log": {"driver": "raw",
                        "file": {"driver": "file",
                                 "filename": str(self.record)}}}

    def arguments(self) -> list[str]:
        """For QEMU's command line."""
        argv = ["-blockdev", json.dumps(self._node())]
        if self.pluggable:
            argv += [*NATIVE_HOTPLUG,
                     *pci.root_port(f"plug-{self.name}", self.slot)]
        return argv + ["-device", json.dumps(self.device())]
