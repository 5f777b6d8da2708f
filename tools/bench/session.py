# SPDX-License-Identifier: GPL-2.0
"""A setup in the guest: the driver bound, the device ready."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
from collections.abc import Iterator
from types import TracebackType

from count import driver, layout
from count.addresses import AddressMap, parse_map
from count.device import Control
from lab import LabError, pci, progress
from lab.errors import Silence
from lab.guest import Guest

from . import workload
from .row import Setup
from .workload.interface import Regions, limit_s

# A feature that must be off may be missing in the core.
LOAD = """\
modprobe {module} {parameters} || exit 1
for word in {parameters}; do
    [ -e /sys/module/{module}/parameters/${{word%=*}} ] || echo "no $word"
done
cd /sys/module/vfe/parameters 2>/dev/null || cd /
for word in {core}; do
    [ ! -e ${{word%=*}} ] || echo ${{word#*=}} >${{word%=*}} || exit 1
    [ -e ${{word%=*}} ] || [ ${{word#*=}} = 0 ] || echo "no $word"
done
true"""

REGISTERS = """\
cd $PCI/devices/{bdf} || exit 1
head -c {size} config | busybox base64 | busybox tr -d '\\n'
echo
cat resource"""

PROBE = "pci_bind {pci_driver} {bdf} || {{ dmesg | tail -n 3; exit 1; }}"

UNBIND = "pci_unbind {bdf}; modprobe -r {module} 2>/dev/null; true"


@dataclasses.dataclass(frozen=True)
class GuestFunction:
    """A function in the guest."""

    bdf: str
    control: Control | None     # of a device process; None with QEMU's own
    pid: int | None


class Session:
    """Binds on entry, unbinds on exit."""

    def __init__(self, guest: Guest, setup: Setup, function: GuestFunction,
                 regions: Regions) -> None:
        self.guest = guest
        self.setup = setup
        self.function = function
        self.names = AddressMap((), ())
        self.work = workload.of(setup.function).work(
            self.run, setup, function.bdf, regions, function.control)

    def run(self, command: str) -> str:
        """Run a command in the guest; its output."""
        return self.guest.run(command, limit_s(0)).out

    def tell(self, text: str) -> str:
        """Run one of the scripts at the top, with this setup's values."""
        setup = self.setup
        return self.run(pci.script(text.format(
            bdf=self.function.bdf, module=setup.driver,
            pci_driver=pci.driver_of(setup.driver),
            parameters=" ".join(setup.parameters), size=layout.SIZE,
            core=" ".join(f"{name}={value}"
                          for name, value in setup.core.items()))))

    def __enter__(self) -> Session:
        try:
            self.load()
            self.probe()
        except BaseException as error:
            self._give_back(error)
            raise
        return self

    def load(self) -> None:
        """The steps before the probe."""
        missing = self.tell(LOAD).strip()
        if missing:
            raise LabError(f"{self.setup.name}: vfe.ko or the driver has"
                           f" {missing}: build the modules of this checkout,"
                           " or measure a row without this parameter")
        first, _, resource = self.tell(REGISTERS).partition("\n")
        control = self.function.control
        self.names = layout.parse(base64.b64decode(first)).names(
            resource, parse_map(control("map")) if control else ())

    def probe(self) -> None:
        """Let the driver probe the device."""
        self.tell(PROBE)
        self.work.find()

    def __exit__(self, kind: type[BaseException] | None,
                 value: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._give_back(value)

    @contextlib.contextmanager
    def given_back(self) -> Iterator[None]:
        """Unbinds the driver at the end."""
        try:
            yield
        except BaseException as error:
            self._give_back(error)
            raise
        self._give_back(None)

    def _give_back(self, error: BaseException | None) -> None:
        # A guest that is stuck would not answer, one that ended cannot, and the
        # bench ends with any other error: it has no time.
        if error and (isinstance(error, Silence) or not self.guest.alive
                      or not isinstance(error, LabError)):
            return
        try:
            self.tell(UNBIND)
        except Silence:
            raise
        except LabError as failure:
            # The next setup fails if this matters.
            progress.say(f"  {self.setup.name}: unbinding: {failure}")

    def counts(self) -> driver.GuestState:
        """The guest's counts."""
        return driver.read(self.run, self.function.bdf, self.work.above())
