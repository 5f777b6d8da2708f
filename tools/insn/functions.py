# SPDX-License-Identifier: GPL-2.0
"""The functions of the guest: identical, two for each driver."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lab.errors import LabError

from .loads import DISK_BYTES, LATENCY_NS

OURS, KERNELS = "vfe_blk", "virtio_blk"
DRIVERS = (OURS, KERNELS)

# Runs a command in the guest and gives its output.
Tell = Callable[[str], str]


@dataclass(frozen=True)
class Place:
    """A function: for which driver, and with which device behind it."""

    driver: str
    slow: bool
    slot: int

    @property
    def bdf(self) -> str:
        """Its address in the guest."""
        return f"0000:00:{self.slot:02x}.0"

    def arguments(self) -> list[str]:
        """For QEMU's command line."""
        name = f"null-{self.slot}"
        latency = f",latency-ns={LATENCY_NS}" if self.slow else ""
        return ["-blockdev", f"driver=null-co,node-name={name},"
                             f"size={DISK_BYTES},read-zeroes=on{latency}",
                "-device", f"virtio-blk-pci,addr={self.slot:#x},drive={name},"
                           "disable-legacy=on,num-queues=1"]


PLACES = tuple(Place(driver, slow, 4 + 2 * slow + (driver == KERNELS))
               for slow in (False, True) for driver in DRIVERS)

# The kernel's virtio_pci has all functions at boot: ours are taken from it.
_BIND = """\
cd /sys/bus/pci || exit 1
echo 0 >drivers_autoprobe
modprobe vfe_blk {parameters} || exit 1
for f in {ours}; do
    [ ! -e devices/$f/driver ] || echo $f >devices/$f/driver/unbind || exit 1
    echo vfe_blk >devices/$f/driver_override
    echo $f >drivers_probe
done
modprobe virtio_blk || exit 1
for f in {all}; do
    for ((i = 0; i < 50; i++)); do
        for d in devices/$f/block/* devices/$f/virtio*/block/*; do
            [ -d $d ] && break 2
        done
        sleep .1
    done
    [ -d $d ] || exit 1
    read -r s <$d/queue/scheduler
    echo "$f ${{d##*/}} $s"
done"""


@dataclass(frozen=True)
class Disk:
    """A function's disk in the guest."""

    name: str
    scheduler: str


def bind(tell: Tell, parameters: str = "") -> Mapping[Place, Disk]:
    """Give each function its driver; the disks."""
    text = tell(_BIND.format(
        parameters=parameters,
        ours=" ".join(place.bdf for place in PLACES if place.driver == OURS),
        all=" ".join(place.bdf for place in PLACES)))
    return parse_bound(text)


def parse_bound(text: str) -> dict[Place, Disk]:
    """Out of what _BIND prints."""
    by_bdf = {place.bdf: place for place in PLACES}
    found = {}
    for line in text.splitlines():
        bdf, _, rest = line.partition(" ")
        name, _, schedulers = rest.partition(" ")
        if bdf in by_bdf and name:
            found[by_bdf[bdf]] = Disk(name, _active(schedulers))
    missing = [place.bdf for place in PLACES if place not in found]
    if missing:
        raise LabError(f"no disk on {', '.join(missing)}: {text.strip()}")
    return found


def _active(schedulers: str) -> str:
    """The one in brackets, of several."""
    inside = schedulers.partition("[")[2].partition("]")[0]
    return inside or schedulers.strip()
