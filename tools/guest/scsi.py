# SPDX-License-Identifier: GPL-2.0
"""A SCSI host of QEMU's or of ours, and units that tests plug into it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from lab import pci

from .machine import GuestCase, Machine, fio, new_folder

SCSI, KERNEL_SCSI = "vfe_scsi", "virtio-pci"
SLOT = pci.Slot(9)
BDF = SLOT.bdf
MIB = 1 << 20

_BIND = """\
pci_no_autoprobe
pci_unbind {bdf}
modprobe sd_mod
modprobe {module} {parameters}
pci_bind {driver} {bdf}
"""
# The disks of the function, each with the numbers of its target and its unit
_DISKS = """\
for disk in /sys/block/sd*; do
    [ -e "$disk" ] || continue
    address=$(basename "$(readlink -f "$disk/device")")
    case $(readlink -f "$disk") in
    */{bdf}/*) echo "/dev/$(basename "$disk") ${{address#*:*:}}";;
    esac
done
"""


@dataclass(frozen=True)
class Unit:
    """A unit of the host."""

    target: int
    lun: int

    @property
    def name(self) -> str:
        """Of QEMU's device and of its node."""
        return f"unit-{self.target}-{self.lun}"

    @property
    def address(self) -> str:
        """As Linux names it: flat space addressing from 256 on."""
        lun = self.lun if self.lun < 256 else self.lun | 0x4000
        return f"{self.target}:{lun}"


def machine(name: str, **properties: object) -> Machine:
    """A guest with a host, but without units."""
    return Machine(name, qemu=tuple(pci.device(
        "virtio-scsi-pci", SLOT,
        {"id": "scsi", "disable-legacy": "on", **properties})))


# The kernel's driver knows only the ID of a standard device. A unit can stand
# still by itself only without IN_ORDER.
OURS = Machine("scsi-ours", hosts=(
    ("host", ("--id", "stock", "--features-off", "in_order")),
    ("needy", ("--quirk", "needs-reset-after=400")),
    ("silent", ("--quirk", "tmf-silent", "--features-off", "in_order")),
    ("map", ("--doorbell", "map"))))


class ScsiCase(GuestCase):
    """Tests of a guest that has the host; each plugs its own units."""

    machine = machine("scsi")
    folder: Path
    plugged: dict[str, Unit]
    nodes: set[str]

    def setUp(self) -> None:
        super().setUp()
        self.folder = new_folder()
        self.plugged = {}
        self.nodes = set()

    def tearDown(self) -> None:
        self.stop_fio()
        self.sh(pci.script(f"pci_unbind {self.host_bdf()}"))
        for unit in list(self.plugged.values()):
            self.unplug(unit)
        # also those of units that the test has unplugged
        for node in self.nodes:
            self.guest.qmp("blockdev-del", **{"node-name": node})
        super().tearDown()

    def host_bdf(self) -> str:
        """Its address: that of QEMU's device."""
        return BDF

    def plug(self, unit: Unit, new: bool = True, size: int = 16 * MIB) -> None:
        """Add a unit, with storage of its own the first time."""
        if new:
            path = self.folder / unit.name
            path.touch()
            os.truncate(path, size)
            self.guest.qmp("blockdev-add", driver="raw",
                           file={"driver": "file", "filename": str(path)},
                           **{"node-name": unit.name})
            self.nodes.add(unit.name)
        self.guest.qmp("device_add", driver="scsi-hd", id=unit.name,
                       bus="scsi.0", drive=unit.name, lun=unit.lun,
                       **{"scsi-id": unit.target})
        self.plugged[unit.name] = unit

    def unplug(self, unit: Unit) -> None:
        """Remove a unit, with or without a driver; its storage stays."""
        self.guest.qmp("device_del", id=unit.name)
        del self.plugged[unit.name]
        while self.guest.wait_event("DEVICE_DELETED").get(
                "data", {}).get("device") != unit.name:
            pass

    def bind_scsi(self, driver: str = SCSI, parameters: str = "") -> None:
        """Bind a driver to the host."""
        module = "virtio_scsi" if driver == KERNEL_SCSI else driver
        self.sh(pci.script(_BIND.format(
            bdf=self.host_bdf(), module=module, driver=driver,
            parameters=parameters)))

    def scsi_disks(self) -> dict[str, str]:
        """The disks by their address."""
        lines = self.guest.run(
            _DISKS.format(bdf=self.host_bdf())).out.splitlines()
        return {address: disk for disk, address in map(str.split, lines)}

    def expect(self, *units: Unit, timeout: float = 20) -> dict[str, str]:
        """Wait until exactly these units are there; the disks by address."""
        wanted = sorted(unit.address for unit in units)
        self.eventually(lambda: sorted(self.scsi_disks()) == wanted,
                        f"not exactly the units {wanted}", timeout)
        return self.scsi_disks()

    def verify(self, disk: str) -> None:
        """Write and verify."""
        self.sh(fio(disk, "--rw=randrw --bs=4k --size=4M --iodepth=8"), 120)

    def start_fio(self, disk: str, seconds: int) -> None:
        """Write and verify in the background; see end_fio()."""
        command = fio(disk, "--rw=randrw --bs=4k --size=4M --iodepth=8"
                      f" --time_based --runtime={seconds}")
        self.sh("rm -f /tmp/fio-*\n"
                f"({command} >/tmp/fio 2>&1 & echo $! >/tmp/fio-pid;"
                " status=0; wait $! || status=$?;"
                " echo $status >/tmp/fio-status)"
                " </dev/null >/dev/null 2>&1 &")

    def stop_fio(self) -> None:
        """Have it end, if it runs."""
        self.sh("if [ -e /tmp/fio-pid ]; then"
                " kill $(cat /tmp/fio-pid) 2>/dev/null || true; fi")

    def end_fio(self, timeout: float) -> int:
        """Wait for it; its exit status."""
        self.eventually(
            lambda: self.guest.run("test -s /tmp/fio-status",
                                   check=False).rc == 0,
            "fio did not end", timeout)
        return int(self.sh("cat /tmp/fio-status"))

    def count(self, name: str) -> int:
        """A counter of vfe_scsi."""
        return int(self.sh(
            f"cat /sys/bus/pci/devices/{self.host_bdf()}/vfe/{name}"))


class OurScsiCase(ScsiCase):
    """Likewise, on a host of vfe-device."""

    machine = OURS
    host = "host"

    def host_bdf(self) -> str:
        return self.bdf(self.host)

    def tell(self, command: str) -> None:
        """Send a command to the device."""
        self.device(self.host).control(command)

    def plug(self, unit: Unit, new: bool = True, size: int = 16 * MIB) -> None:
        path = self.folder / unit.name
        if new:
            path.touch()
            os.truncate(path, size)
        self.tell(f"plug {unit.target}:{unit.lun},file={path}")
        self.plugged[unit.name] = unit

    def unplug(self, unit: Unit) -> None:
        self.tell(f"unplug {unit.target}:{unit.lun}")
        del self.plugged[unit.name]

    def stall(self, unit: Unit, seconds: int) -> None:
        """It does not answer for so long; commands time out sooner."""
        disk = self.scsi_disks()[unit.address].rpartition("/")[2]
        self.sh(f"echo 2 >/sys/block/{disk}/device/timeout")
        self.tell(f"stall-unit {unit.target}:{unit.lun} {seconds}")
