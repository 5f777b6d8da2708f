# SPDX-License-Identifier: GPL-2.0
"""The functions of the guest: identical, two for each driver."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lab import pci
from lab.errors import LabError

from .loads import DISK_BYTES, LATENCY_NS

OURS, KERNELS = "vfe_blk", "virtio_blk"
DRIVERS = (OURS, KERNELS)

# Runs a command in the guest and returns its output.
Tell = Callable[[str], str]


@dataclass(frozen=True)
class Function:
    """A function: its driver and its device."""

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
        return null_disk(self.slot, DISK_BYTES, {"num-queues": 1}, **latency)


def null_disk(slot: pci.Slot, size: int, properties: Mapping[str, object],
              **options: object) -> list[str]:
    """QEMU's options for a disk without data and without latency."""
    node = f"null-{slot.number}"
    return [*pci.blockdev(node, driver="null-co", size=size,
                          read_zeroes=True, **options),
            *pci.device("virtio-blk-pci", slot, {
                "drive": node, "disable-legacy": "on", **properties})]


FUNCTIONS = tuple(
    Function(driver, slow, pci.Slot(4 + 2 * slow + (driver == KERNELS)))
    for slow in (False, True) for driver in DRIVERS)

_BIND = """\
pci_no_autoprobe
modprobe vfe_blk {parameters} && modprobe virtio_blk || exit 1
pci_bind vfe_blk {ours} && pci_bind virtio-pci {kernels} || exit 1
for f in {ours} {kernels}; do
    disk=$(pci_disk $f) || exit 1
    read -r s </sys/block/$disk/queue/scheduler
    echo "$f $disk $s"
done"""


@dataclass(frozen=True)
class Disk:
    """A function's disk in the guest."""

    name: str
    scheduler: str


def bind(tell: Tell, parameters: str = "") -> Mapping[Function, Disk]:
    """Bind each function to its driver; the disks."""
    ours, kernels = (" ".join(one.bdf for one in FUNCTIONS
                              if one.driver == driver) for driver in DRIVERS)
    return parse_bound(tell(pci.script(_BIND.format(
        parameters=parameters, ours=ours, kernels=kernels))))


def parse_bound(text: str) -> dict[Function, Disk]:
    """Parse the output of _BIND."""
    by_bdf = {one.bdf: one for one in FUNCTIONS}
    found = {}
    for line in text.splitlines():
        bdf, _, rest = line.partition(" ")
        name, _, schedulers = rest.partition(" ")
        if bdf in by_bdf and name:
            found[by_bdf[bdf]] = Disk(name, _active(schedulers))
    missing = [one.bdf for one in FUNCTIONS if one not in found]
    if missing:
        raise LabError(f"no disk on {', '.join(missing)}: the guest printed"
                       f" '{text.strip()}'; see its console log")
    return found


def _active(schedulers: str) -> str:
    """The word in brackets."""
    inside = schedulers.partition("[")[2].partition("]")[0]
    return inside or schedulers.strip()
