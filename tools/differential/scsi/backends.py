# SPDX-License-Identifier: GPL-2.0
"""Hosts and their units: QEMU's and the device's (inner code)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from lab import LabError, paths, pci
from lab.device import Device, DeviceSpec
from lab.guest import Guest

from ..backends import Backends
from ..configs import DISK_MB, Config
from .configs import DEVICE, STOCK, ScsiConfig, Unit, units

GONE_S = 30
EXTRA_MB = 16


def serial(unit: Unit) -> str:
    """The same for both hosts of a configuration."""
    return f"differential-{unit.target}-{unit.lun}"


def name_of(node: str, unit: Unit) -> str:
    """Of a unit's storage, and of the unit in QEMU; that of the first is the
    node's."""
    first = units(1)[0]
    return node if unit == first else f"{node}-{unit.target}-{unit.lun}"


class ScsiBackends(Backends):
    """The hosts of one guest."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.devices: dict[str, Device] = {}
        self._configs: dict[str, ScsiConfig] = {}
        # units that came later, and the nodes of their storage
        self._plugged: dict[str, set[Unit]] = {}
        self._nodes: set[str] = set()

    def close(self) -> None:
        super().close()
        for device in self.devices.values():
            device.stop()
        self.devices.clear()

    def function(self, config: Config, node: str,
                 slot: pci.Slot) -> list[str]:
        assert isinstance(config, ScsiConfig)
        self._configs[node] = config
        self._plugged[node] = set()
        for unit in units(config.units):
            self.new_file(name_of(node, unit))
        if config.backend == DEVICE:
            return self._device(config, node, slot)
        argv = pci.device("virtio-scsi-pci", slot, {
            "disable-legacy": "on", "multifunction": "on", "id": f"hba-{node}",
            **config.properties})
        for unit in units(config.units):
            name = name_of(node, unit)
            argv += self.node(config.backend, name, self.files[name])
            argv += ["-device", json.dumps(self._disk(config, node, unit))]
        return argv

    @staticmethod
    def _disk(config: ScsiConfig, node: str,
              unit: Unit) -> dict[str, object]:
        """The arguments of device_add."""
        return {"driver": "scsi-hd", "id": f"unit-{name_of(node, unit)}",
                "bus": f"hba-{node}.0", "drive": name_of(node, unit),
                "scsi-id": unit.target, "lun": unit.lun,
                "serial": serial(unit), "device_id": serial(unit),
                "rerror": "report", "werror": "report", **config.disk}

    def _spec(self, node: str, unit: Unit) -> str:
        """A unit of the device."""
        words = [str(unit), f"file={self.files[name_of(node, unit)]}",
                 f"serial={serial(unit)}"]
        return ",".join([*words, *filter(None, [self._configs[node].spec])])

    def _device(self, config: ScsiConfig, node: str,
                slot: pci.Slot) -> list[str]:
        """The name of its socket is short, as it must fit in 108 bytes."""
        options = [*STOCK, *config.options]
        for unit in units(config.units):
            options += ["--unit", self._spec(node, unit)]
        logs = paths.logs() / "differential"
        logs.mkdir(parents=True, exist_ok=True)
        made = Device(DeviceSpec(f"host{len(self.devices)}", options=options,
                                 device_class="scsi"), self.folder, logs)
        self.devices[node] = made
        made.wait_ready()
        return ["-device", json.dumps({
            "driver": "vfio-user-pci", "id": f"hba-{node}", "bus": "pcie.0",
            "addr": slot.properties["addr"], "multifunction": True,
            "socket": {"type": "unix", "path": str(made.socket)}})]

    # Changes while the guest runs ---------------------------------------

    def plug(self, guest: Guest, node: str, unit: Unit) -> None:
        """Add a unit; its storage stays for the next time."""
        name = name_of(node, unit)
        if name not in self.files:
            path = self.new_file(name)
            with open(path, "wb") as handle:
                handle.truncate(EXTRA_MB << 20)
        self._plugged[node].add(unit)
        if node in self.devices:
            self.devices[node].control(f"plug {self._spec(node, unit)}")
            return
        if name not in self._nodes:
            guest.qmp("blockdev-add", driver="file", filename=str(
                self.files[name]), **{"node-name": name})
            self._nodes.add(name)
        guest.qmp("device_add", **self._disk(self._configs[node], node, unit))

    def unplug(self, guest: Guest, node: str, unit: Unit) -> None:
        """Remove one that plug() has added."""
        self._plugged[node].discard(unit)
        if node in self.devices:
            self.devices[node].control(f"unplug {unit}")
            return
        name = f"unit-{name_of(node, unit)}"
        guest.qmp("device_del", id=name)
        while guest.wait_event("DEVICE_DELETED", GONE_S).get(
                "data", {}).get("device") != name:
            pass

    def resize(self, guest: Guest, node: str, unit: Unit, size: int) -> None:
        """Give a unit another size, in bytes."""
        if node in self.devices:
            self.devices[node].control(f"resize {unit} {size}")
        else:
            guest.qmp("block_resize", size=size,
                      **{"node-name": name_of(node, unit)})

    def restore(self, guest: Guest, node: str) -> None:
        """The units and the sizes of the beginning."""
        for unit in list(self._plugged[node]):
            with suppress(LabError):
                self.unplug(guest, node, unit)
        for unit in units(self._configs[node].units):
            path = self.files[name_of(node, unit)]
            if path.stat().st_size != DISK_MB << 20:
                self.resize(guest, node, unit, DISK_MB << 20)

    def blank(self, node: str) -> None:
        for name in self.media(node):
            subprocess.run(["fallocate", "--punch-hole", "--offset", "0",
                            "--length", str(DISK_MB << 20),
                            str(self.files[name])], check=True)

    def media(self, node: str) -> Iterator[str]:
        """The names of the files of a host's own units."""
        for unit in units(self._configs[node].units):
            yield name_of(node, unit)
