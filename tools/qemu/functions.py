# SPDX-License-Identifier: GPL-2.0
"""The functions of one guest: QEMU's options, and the guest's commands.

One command for all functions where possible: in a nested guest the start of a
process takes longer than its work.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from count.addresses import AddressMap
from count.counts import CountError
from count.layout import SIZE, parse
from lab import fio, pci
from lab.image import FIO_VERIFY

from .configs import Config

DRIVER = "vfe_blk"
FIRST_SLOT, SLOTS = 0x03, 24
DISK_MB = 4
RESOURCES = 7       # lines of a function's `resource` that all kernels have

BLOCK = 4096
BLOCKS = 64         # blocks that fio writes and reads back, in each queue
DEPTH = 16


@dataclass(frozen=True)
class Function:
    """A configuration and its slot in the guest."""

    config: Config
    slot: pci.Slot

    @property
    def bdf(self) -> str:
        """Its address in the guest."""
        return self.slot.bdf

    def arguments(self, disk: Path) -> list[str]:
        """Of QEMU."""
        name = f"disk-{self.slot.number}-{self.slot.function}"
        argv: list[str] = []
        properties: dict[str, object] = {
            "drive": name, "multifunction": "on",
            **self.config.qemu_properties()}
        if self.config.iothread:
            argv = ["-object", f"iothread,id=io-{name}"]
            properties["iothread"] = f"io-{name}"
        return [*argv, *pci.file_node(name, disk),
                *pci.device("virtio-blk-pci", self.slot, properties)]


def placed(configs: Sequence[Config]) -> list[Function]:
    """A slot for each."""
    return [Function(config, pci.Slot(FIRST_SLOT + index % SLOTS,
                                      index // SLOTS))
            for index, config in enumerate(configs)]


# Marks the start in the kernel's log, after the messages of the boot.
BEGIN = "tools/qemu begins"

# Only selected functions get a driver.
TAKE = f"""\
echo {BEGIN} >/dev/kmsg
pci_no_autoprobe
modprobe {DRIVER} && pci_unbind {{bdfs}}"""

NAMES = f"""\
cd /sys/bus/pci/devices || exit 1
for f in {{bdfs}}; do
    configs="$configs $f/config" resources="$resources $f/resource"
done
head -q -c {SIZE} $configs | busybox base64 | busybox tr -d '\\n'
echo
head -q -n {RESOURCES} $resources"""

# A failed probe has a message in the kernel's log, and no disk.
BIND = f"""\
for f in {{bdfs}}; do
    disk=- domain=-
    ! pci_bind {DRIVER} $f || disk=$(pci_disk $f) || disk=-
    type=$PCI/devices/$f/iommu_group/type
    [ ! -e $type ] || read -r domain <$type
    echo "$f $disk $domain"
done 2>/dev/null"""

# Counters in memory, and the block layer's: no file accesses a device.
COUNTS = """\
cd /sys/bus/pci/devices || exit 1
for f in {bdfs}; do
    [ -d $f/vfe ] || continue
    for name in exits operations interrupts features state vectors \
                'registers/*' 'windows/*' 'queues/*/*'; do
        files="$files $f/vfe/$name"
    done
    files="$files $f/block/*/stat $f/block/*/inflight"
done
busybox grep -s . $files
true"""

RELEASE = f"""\
for f in {{bdfs}}; do
    pci_unbind $f && [ ! -e $PCI/devices/$f/driver ] ||
        echo "$f keeps its driver"
done
modprobe -r {DRIVER}
dmesg"""


@dataclass(frozen=True)
class Bound:
    """The guest's information about a function after the probe."""

    name: str       # of the disk or interface; empty when there is none
    domain: str     # kind of its IOMMU domain, empty without one


def parse_bound(text: str) -> dict[str, Bound]:
    """Parse BIND's output, by address."""
    found = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) == 3:
            found[words[0]] = Bound(*("" if word == "-" else word
                                      for word in words[1:]))
    return found


def parse_names(text: str, bdfs: Sequence[str]) -> dict[str, AddressMap]:
    """Parse NAMES' output: names of each function's addresses."""
    first, _, rest = text.partition("\n")
    spaces = base64.b64decode(first)
    lines = rest.splitlines()
    if len(spaces) != SIZE * len(bdfs) or \
            len(lines) != RESOURCES * len(bdfs):
        raise CountError(f"the guest printed {len(spaces)} bytes of"
                         f" configuration space and {len(lines)} lines of"
                         f" resources of {len(bdfs)} functions: see its"
                         " console log")
    names = {}
    for index, bdf in enumerate(bdfs):
        resource = "\n".join(
            lines[RESOURCES * index:RESOURCES * (index + 1)])
        names[bdf] = parse(
            spaces[SIZE * index:SIZE * (index + 1)]).names(resource)
    return names


def parse_counts(text: str) -> dict[str, dict[str, str]]:
    """Parse COUNTS' output: file and value by address."""
    counts: dict[str, dict[str, str]] = {}
    for line in text.splitlines():
        found = re.match(r"([0-9a-f:.]{12})/(?:vfe/)?"
                         r"((?:host\S*/)?[^:]+):(.*)$", line)
        if found:
            path = re.sub(r"^(?:host\d+/.*/)?(block|net)/[^/]+/(statistics/)?",
                          r"\1/", found.group(2))
            counts.setdefault(found.group(1), {})[path] = found.group(3)
    return counts


def fio_command(disks: Mapping[str, int], cpus: int) -> str:
    """One fio for all disks: writes blocks and reads them back with their
    checksums, from a separate CPU for each queue.

    @disks: queues of each disk, by name
    """
    argv = ["fio", "--output-format=json", "--direct=1", "--thread",
            *fio.load("randwrite", BLOCK, DEPTH), f"--size={BLOCK * BLOCKS}",
            "--invalidate=0", *FIO_VERIFY]
    for disk, queues in disks.items():
        for queue in range(queues):
            argv += [f"--name={disk}.{queue}", f"--filename=/dev/{disk}",
                     f"--offset={BLOCK * BLOCKS * queue}",
                     f"--cpus_allowed={queue % cpus}"]
    return " ".join(argv)


def parse_fio(text: str) -> dict[str, list[str]]:
    """The problems of each disk, from fio's JSON; every disk has an entry."""
    problems: dict[str, list[str]] = {}
    for job in fio.every_job(text):
        disk, _, queue = job["jobname"].partition(".")
        found = problems.setdefault(disk, [])
        done = tuple(int(job[side]["total_ios"]) for side in ("write", "read"))
        if job["error"]:
            found.append(f"fio on queue {queue}: error {job['error']}")
        elif done != (BLOCKS, BLOCKS):
            found.append(f"fio on queue {queue}: {done[0]} blocks written and"
                         f" {done[1]} read back, not {BLOCKS}")
    return problems
