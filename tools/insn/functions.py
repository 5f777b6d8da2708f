# SPDX-License-Identifier: GPL-2.0
"""The functions of the guest: identical, two for each driver."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lab import pci
from lab.errors import LabError

from . import limits
from .loads import DISK_BYTES, LATENCY_NS

# Runs a command in the guest and returns its output.
Tell = Callable[[str], str]


@dataclass(frozen=True)
class Function:
    """A function: its driver and its device."""

    kind: Kind
    driver: str
    slow: bool
    slot: pci.Slot

    @property
    def bdf(self) -> str:
        """Its address in the guest."""
        return self.slot.bdf

    def arguments(self) -> list[str]:
        """For QEMU's command line."""
        latency = {"latency_ns": LATENCY_NS} if self.slow else {}
        return self.kind.disk(self.slot, DISK_BYTES, **latency)


@dataclass(frozen=True)
class Kind:
    """A class of devices that has disks."""

    name: str
    drivers: tuple[str, str]        # ours, the kernel's
    disk: Callable[..., list[str]]  # QEMU's options for one with one queue
    own_part: float                 # the limit of the driver's own part
    modules: str = ""               # to load, beside the drivers

    @property
    def functions(self) -> tuple[Function, ...]:
        """A fast and a slow one for each driver."""
        return tuple(
            Function(self, driver, slow,
                     pci.Slot(4 + 2 * slow + (driver == self.drivers[1])))
            for slow in (False, True) for driver in self.drivers)

    def function(self, driver: str, slow: bool) -> Function:
        """One of them."""
        return next(one for one in self.functions
                    if one.driver == driver and one.slow == slow)


def _null_node(slot: pci.Slot, size: int, **options: object) -> list[str]:
    return pci.blockdev(f"null-{slot.number}", driver="null-co", size=size,
                        read_zeroes=True, **options)


def null_disk(slot: pci.Slot, size: int,
              properties: Mapping[str, object] | None = None,
              **options: object) -> list[str]:
    """QEMU's options for a disk without data and without latency."""
    return [*_null_node(slot, size, **options),
            *pci.device("virtio-blk-pci", slot, {
                "drive": f"null-{slot.number}", "disable-legacy": "on",
                **(properties or {"num-queues": 1})})]


def null_unit(slot: pci.Slot, size: int, **options: object) -> list[str]:
    """Likewise, for a SCSI host with such a disk."""
    return [*_null_node(slot, size, **options),
            *pci.device("virtio-scsi-pci", slot, {
                "id": f"hba-{slot.number}", "disable-legacy": "on",
                "num_queues": 1}),
            "-device", f"scsi-hd,bus=hba-{slot.number}.0,"
                       f"drive=null-{slot.number}"]


BLK = Kind("blk", ("vfe_blk", "virtio_blk"), null_disk, limits.OWN_PART)
SCSI = Kind("scsi", ("vfe_scsi", "virtio_scsi"), null_unit,
            limits.SCSI_OWN_PART, "sd_mod")
KINDS = {kind.name: kind for kind in (BLK, SCSI)}

_BIND = """\
pci_no_autoprobe
modprobe {module} {parameters} && modprobe -a {modules} || exit 1
pci_bind {module} {ours} && pci_bind virtio-pci {kernels} || exit 1
for f in {ours} {kernels}; do
    disk=$(pci_disk $f) || exit 1
    read -r s </sys/block/$disk/queue/scheduler
    read -r s </sys/block/$disk/queue/scheduler
    echo "$f $disk $s"
done"""


@dataclass(frozen=True)
class Disk:
    """A function's disk in the guest."""

    name: str
    scheduler: str


def bind(tell: Tell, kind: Kind, parameters: str = "",
         ) -> Mapping[Function, Disk]:
    """Bind each function to its driver; the disks."""
    ours, kernels = (" ".join(one.bdf for one in kind.functions
                              if one.driver == driver)
                     for driver in kind.drivers)
    return parse_bound(tell(pci.script(_BIND.format(
        module=kind.drivers[0], parameters=parameters,
        modules=f"{kind.drivers[1]} {kind.modules}", ours=ours,
        kernels=kernels))), kind)


def parse_bound(text: str, kind: Kind) -> dict[Function, Disk]:
    """Parse the output of _BIND."""
    by_bdf = {one.bdf: one for one in kind.functions}
    found = {}
    for line in text.splitlines():
        bdf, _, rest = line.partition(" ")
        name, _, schedulers = rest.partition(" ")
        if bdf in by_bdf and name:
            found[by_bdf[bdf]] = Disk(name, _active(schedulers))
    missing = [bdf for bdf, one in by_bdf.items() if one not in found]
    if missing:
        raise LabError(f"no disk on {', '.join(missing)}: the guest printed"
                       f" '{text.strip()}'; see its console log")
    return found


def _active(schedulers: str) -> str:
    """The word in brackets."""
    inside = schedulers.partition("[")[2].partition("]")[0]
    return inside or schedulers.strip()
