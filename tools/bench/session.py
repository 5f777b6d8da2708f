# SPDX-License-Identifier: GPL-2.0
"""A setup in the guest: its driver bound, its disk ready for fio."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from types import TracebackType

from count import blk, driver, layout
from count.addresses import AddressMap, parse_map
from count.device import Control
from lab import LabError, image, progress
from lab.guest import Guest

from . import fio
from .rows import BATCH, BLOCK_SIZE, Row, Setup

COMMAND_S = 300
VERIFY_DEPTH = 32
READ_BYTES = image.RAW_READ_MB << 20
WRITE_BYTES = image.RAW_WRITE_MB << 20

# From now on a function has a driver only during its rows: a polling device
# polls as long as it has a driver. The kernel's own has taken what it knows
# already, the agent's device among it.
FREE = """\
echo 0 >/sys/bus/pci/drivers_autoprobe
cd /sys/bus/pci/devices || exit 1
for f in {bdfs}; do
    [ ! -e $f/driver ] || echo $f >$f/driver/unbind
done"""

# The kernel's driver sits on the virtio bus, above that of the function.
PCI_DRIVERS = {"virtio_blk": "virtio-pci"}

# A feature that the core does not know of needs not be left out.
LOAD = """\
modprobe {module} {parameters} || exit 1
cd /sys/module/vfe/parameters 2>/dev/null || cd /
for word in {core}; do
    [ ! -e ${{word%=*}} ] || echo ${{word#*=}} >${{word%=*}} || exit 1
    [ -e ${{word%=*}} ] || [ ${{word#*=}} = 0 ] || echo "no $word"
done
true"""

PLACE = """\
cd /sys/bus/pci/devices/{bdf} || exit 1
echo {pci_driver} >driver_override
head -c {size} config | busybox base64 | busybox tr -d '\\n'
echo
cat resource"""

PROBE = """\
echo {bdf} >/sys/bus/pci/drivers_probe
[ -e /sys/bus/pci/devices/{bdf}/driver ] || {{ dmesg | tail -n 3; exit 1; }}"""

# No merging and no scheduler: one request to the driver for each of fio's.
DISK = """\
for d in /sys/bus/pci/devices/{bdf}/block/* \
         /sys/bus/pci/devices/{bdf}/virtio*/block/*; do
    [ -d $d ] && disk=${{d##*/}}
done
[ "$disk" ] || {{ echo no disk; exit 1; }}
echo none >/sys/block/$disk/queue/scheduler
echo 2 >/sys/block/$disk/queue/nomerges
echo 0 >/sys/block/$disk/queue/read_ahead_kb
echo $disk"""

UNBIND = """\
cd /sys/bus/pci/devices/{bdf} || exit 1
[ ! -e driver ] || echo {bdf} >driver/unbind
echo >driver_override
modprobe -r {module} 2>/dev/null
true"""

@dataclasses.dataclass(frozen=True)
class GuestFunction:
    """A function in the guest."""

    bdf: str
    control: Control | None     # of a device process; QEMU's own has none
    pid: int | None


class Session:
    """Binds on entry, gives the function back on exit."""

    def __init__(self, guest: Guest, setup: Setup, function: GuestFunction,
                 regions: dict[str, int]) -> None:
        self.guest = guest
        self.setup = setup
        self.function = function
        self.disk = ""
        self.names = AddressMap((), ())
        self.regions = regions      # bytes written to, by function

    def run(self, command: str) -> str:
        """A command in the guest, for its output."""
        return self.guest.run(command, COMMAND_S).out

    def tell(self, text: str) -> str:
        """One of the commands above."""
        setup = self.setup
        return self.run(text.format(
            bdf=self.function.bdf, module=setup.driver,
            pci_driver=PCI_DRIVERS.get(setup.driver, setup.driver),
            parameters=" ".join(setup.parameters), size=layout.SIZE,
            core=" ".join(f"{name}={value}"
                          for name, value in setup.core.items())))

    def __enter__(self) -> Session:
        try:
            self.load()
            self.probe()
        except BaseException:
            self._give_back()
            raise
        return self

    def load(self) -> None:
        """All that comes before the probe."""
        missing = self.tell(LOAD).strip()
        if missing:
            raise LabError(f"{self.setup.name}: vfe.ko has {missing}")
        first, _, resource = self.tell(PLACE).partition("\n")
        control = self.function.control
        self.names = layout.parse(base64.b64decode(first)).names(
            resource, parse_map(control("map")) if control else ())

    def probe(self) -> None:
        """Let the driver find the disk."""
        self.tell(PROBE)
        self.disk = self.tell(DISK).split()[-1]

    def __exit__(self, kind: type[BaseException] | None,
                 value: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._give_back()

    @contextlib.contextmanager
    def given_back(self) -> Iterator[None]:
        """Whatever is bound in between is given back."""
        try:
            yield
        finally:
            self._give_back()

    def _give_back(self) -> None:
        try:
            self.tell(UNBIND)
        except LabError as error:
            # The next setup tells whether this matters.
            progress.say(f"  {self.setup.name}: unbinding: {error}")

    def counts(self) -> driver.GuestState:
        """What the guest counted."""
        return driver.read(self.run, self.function.bdf, blk.command(self.disk))

    def job(self, row: Row, part: int = 1) -> fio.Job:
        """A measured run of fio, one of @part in this row."""
        file = f"/dev/{self.disk}"
        ops = row.ops // part
        if "write" not in row.rw:
            return fio.Job(row.name, file, READ_BYTES, row.rw, row.depth,
                           ops, 0, row.submit, row.setup.polled)
        return fio.Job(row.name, file, ops * BLOCK_SIZE, row.rw, row.depth,
                       ops, self._region(ops), row.submit, row.setup.polled)

    def _region(self, ops: int) -> int:
        """Where a job may write: to no block that another wrote to, since
        old data must not pass for new."""
        name = self.setup.function
        begin = self.regions.get(name, 0)
        self.regions[name] = begin + ops * BLOCK_SIZE
        if self.regions[name] > WRITE_BYTES:
            raise LabError(f"more is written to {name} than its"
                           f" {image.RAW_WRITE_MB} MB: use fewer operations"
                           " (--ops)")
        return READ_BYTES + begin


def run_fio(guest: Guest, jobs: Sequence[fio.Job]) -> list[fio.Outcome]:
    """One fio for these jobs, one after the other."""
    result = guest.run(fio.command(jobs), COMMAND_S, check=False)
    return fio.parse_all(result.out, jobs[0].rw)


def verify(guest: Guest, jobs: Sequence[fio.Job]) -> None:
    """Read back what the jobs wrote; reads were verified as they came."""
    if "write" not in jobs[0].rw:
        return
    readers = [dataclasses.replace(job, depth=VERIFY_DEPTH, submit=BATCH,
                                   polled=False) for job in jobs]
    result = guest.run(fio.command(readers, verify_only=True), COMMAND_S,
                       check=False)
    for job, outcome in zip(jobs, fio.parse_all(result.out, "read"),
                            strict=True):
        if outcome.ios != job.ops:
            raise fio.FioError(f"fio read back {outcome.ios} of {job.ops}"
                               " blocks")
