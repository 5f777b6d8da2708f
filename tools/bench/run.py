# SPDX-License-Identifier: GPL-2.0
"""The measurement on a machine with KVM: one guest, all rows."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from count import kvm
from lab import LabError, guest as lab_guest, kernel_log, pci, progress
from lab.errors import Silence, one_line
from lab.guest import DeviceSpec, Guest
from lab.lost_cpu import LostCpu

from . import host, measure, placement, rows, workload
from .kept import Kept, load
from .result import Result
from .row import PROBE, Function, Row, Setup
from .session import GuestFunction, Session

IDLE_S = 4.0
MEMORY_MB = 512
MOST_LOST = 4       # virtual CPUs of guests
FELL_OVER = "the nested machine fell over"
# Slots of QEMU's own devices; those of the lab are higher. QEMU's chipset has
# the last one.
FIRST_SLOT, LAST_SLOT = 0x04, 0x1e
MOST_QEMU = lab_guest.FIRST_SLOT - FIRST_SLOT
MOST_OURS = LAST_SLOT - lab_guest.FIRST_SLOT + 1
# A function has a driver only during its rows, since a polling device polls as
# long as it has one. At boot the kernel's drivers bind to their functions, and
# also to the agent's device.
FREE = "pci_no_autoprobe; pci_unbind {bdfs}"


@dataclass(frozen=True)
class Measured:
    """The results of a run."""

    host: dict[str, Any]
    guest: dict[str, Any]
    results: list[Result]
    lost: list[str]     # rows measured again, as the guest's CPU was lost


def _needed(chosen: Sequence[Row]) -> list[Function]:
    names = {row.setup.function.name for row in chosen}
    return [function for function in rows.functions()
            if function.name in names]


def guests(chosen: Sequence[Row]) -> list[list[Row]]:
    """The rows of each guest: of one class, and with no more functions than
    there are slots. Rows that are measured together stay so. Each group is in
    the first guest with room for it, as a boot takes as long as some rows."""
    found: list[list[Row]] = []
    for _, rows_of_group in itertools.groupby(chosen,
                                              lambda row: row.together):
        group = list(rows_of_group)
        room = [guest for guest in found if _fits([*guest, *group])]
        if room:
            room[0].extend(group)
        else:
            found.append(group)
    return found


def _fits(chosen: Sequence[Row]) -> bool:
    """Can they be in one guest? Beside many functions, interrupts of ne2k_pci
    do not arrive: emulated hardware has a guest of its own."""
    needed = _needed(chosen)
    qemus = sum(one.qemu is not None for one in needed)
    kinds = {(row.setup.function.device_class, "emulated" in row.setup.options)
             for row in chosen}
    return (len(kinds) == 1
            and qemus <= MOST_QEMU and len(needed) - qemus <= MOST_OURS)


@dataclass(frozen=True)
class BenchGuest:
    """The guest and its functions."""

    guest: Guest
    slots: Mapping[str, pci.Slot]   # of QEMU's own devices

    def function(self, name: str) -> GuestFunction:
        """A function in the running guest."""
        device = self.guest.devices.get(name)
        if device is None:
            return GuestFunction(self.slots[name].bdf, None, None)
        return GuestFunction(device.bdf, device.control, device.pid)

    def functions(self) -> list[GuestFunction]:
        """All functions."""
        return [self.function(name)
                for name in (*self.guest.devices, *self.slots)]


def _guest(needed: Sequence[Function], folder: Path) -> BenchGuest:
    with progress.step("making the backing storage"):
        backings = workload.backings(folder, needed)
    argv: list[str] = []
    slots: dict[str, pci.Slot] = {}
    specs = []
    for one in needed:
        if one.qemu is None:
            specs.append(DeviceSpec(one.name, backings.get(one.name, Path()),
                                    one.options, one.device_class))
            continue
        slots[one.name] = pci.Slot(FIRST_SLOT + len(slots))
        argv += workload.of(one).qemu_device(one, slots[one.name],
                                             backings.get(one.name, Path()))
    return BenchGuest(Guest(specs, accel="kvm", cpus=1, memory=MEMORY_MB,
                            name="bench", qemu_args=argv,
                            more=workload.of(needed[0]).contents()), slots)


class _Rows:
    """Measures rows whose setups are bound together.

    @nested: the guest may stop by an error of the emulation
    @kept: gets the results; a row during which the guest's virtual CPU is lost
        has none, nor has one that gets a second try
    """

    def __init__(self, guest: BenchGuest, bench: measure.Bench,
                 apart: bool, nested: bool, kept: Kept) -> None:
        self._guest = guest
        self._bench = bench
        self._apart = apart
        self._nested = nested
        self._kept = kept
        self._regions: dict[str, int] = {}

    def _session(self, setup: Setup) -> Session:
        return Session(self._guest.guest, setup,
                       self._guest.function(setup.function.name),
                       self._regions)

    def _fail(self, rows_of_cell: Sequence[Row], error: LabError) -> None:
        """Record that they failed; raises the error if the guest is of no more
        use."""
        guest = self._guest.guest
        gone = isinstance(error, Silence) or guest.ended()
        # a kernel that panics says so; one that the emulation resets does not
        again = gone and self._nested and \
            not kernel_log.complaints(guest.console())
        if not (isinstance(error, LostCpu) or again and
                self._kept.try_again(_first_cell(rows_of_cell),
                                     one_line(error))):
            self._kept.add(_failed(rows_of_cell, error))
        if gone:
            raise error

    def measure(self, rows_of_group: Sequence[Row]) -> None:
        """Bind their setups, measure each, and unbind."""
        self._kept.begin(_first_cell(rows_of_group))
        first = rows_of_group[0]
        setups = {row.setup.name: row.setup for row in rows_of_group}
        with contextlib.ExitStack() as stack:
            try:
                if first.rw == PROBE:
                    self._kept.add([self._probe(first)])
                    return
                if first.setup.style == "trap":
                    function = self._guest.function(first.setup.function.name)
                    assert function.pid is not None
                    stack.enter_context(placement.together(
                        (self._guest.guest.pid, function.pid)))
                if self._apart and first.group and \
                        first.setup.function.qemu is not None:
                    stack.enter_context(placement.apart(
                        self._guest.guest.qmp))
                with progress.step(f"{', '.join(setups)}: binding"):
                    sessions = [stack.enter_context(self._session(setup))
                                for setup in setups.values()]
            except LabError as error:
                self._fail(rows_of_group, error)
                return
            self._run(sessions, rows_of_group)

    def _probe(self, row: Row) -> Result:
        session = self._session(row.setup)
        with progress.step(row.name), session.given_back():
            return measure.probe(self._bench, session, row)

    def _run(self, sessions: Sequence[Session],
             rows_of_group: Sequence[Row]) -> None:
        for at in range(0, len(rows_of_group), len(sessions)):
            cell = rows_of_group[at:at + len(sessions)]
            names = ", ".join(row.name for row in cell)
            self._kept.begin(cell)
            try:
                with progress.step(f"{names}, {cell[0].ops} operations"):
                    self._kept.add(
                        measure.pair(self._bench, sessions, cell)
                        if len(cell) > 1 else
                        [measure.single(self._bench, sessions[0], cell[0])])
            except LabError as error:
                self._fail(cell, error)


def _first_cell(rows_of_group: Sequence[Row]) -> Sequence[Row]:
    """The rows that are measured first: one of each setup."""
    return rows_of_group[:len({row.setup.name for row in rows_of_group})]


def _failed(chosen: Sequence[Row], error: Exception) -> list[Result]:
    """The results of rows that failed so."""
    text = one_line(error)
    progress.say(f"  FAILED: {text}")
    return [Result(row, error=text) for row in chosen]


@contextlib.contextmanager
def _booted(bench_guest: BenchGuest) -> Iterator[BenchGuest]:
    with contextlib.ExitStack() as stack:
        with progress.step("booting the guest"):
            stack.enter_context(bench_guest.guest)
        yield bench_guest


def _measure_all(bench_guest: BenchGuest, chosen: Sequence[Row],
                 apart: bool, nested: bool, kept: Kept) -> None:
    """Measure rows in a running guest."""
    guest = bench_guest.guest
    with kvm.Histograms(lambda text: guest.run(text).out,
                        "bench") as histograms:
        guest.run(pci.script(FREE.format(bdfs=" ".join(
            function.bdf for function in bench_guest.functions()))))
        with progress.step("measuring the idle guest"):
            idle = measure.idle_rate(guest.qmp, IDLE_S)
        measuring = _Rows(bench_guest, measure.Bench(histograms, idle), apart,
                          nested, kept)
        for _, group in itertools.groupby(chosen, lambda row: row.together):
            measuring.measure(list(group))


def _measure_guest(chosen: Sequence[Row], kvm_kind: str,
                   outside: dict[str, Any] | None, apart: bool,
                   kept: Kept) -> None:
    """Boot a guest with the functions of these rows, and measure them; boot
    another when it is of no more use."""
    needed = _needed(chosen)
    kind = needed[0].device_class
    drivers = sorted({row.setup.driver for row in chosen})
    guest: Guest | None = None
    while left := kept.left(chosen):
        tries = kept.tries
        try:
            # Not in the state folder, which may be shared with another machine.
            with tempfile.TemporaryDirectory(prefix="vfe-bench-") as name, \
                    workload.of(needed[0]).around(needed), \
                    _booted(_guest(needed, Path(name))) as bench_guest:
                guest = bench_guest.guest
                kept.about[kind] = (
                    host.describe_host(kvm_kind, outside,
                                       guest.qmp("query-version")),
                    host.describe_guest(guest, drivers))
                _measure_all(bench_guest, left, apart,
                             kvm_kind == host.NESTED, kept)
        except LabError as error:
            begun, left = len(left), kept.left(chosen)
            if left and isinstance(error, LostCpu) and \
                    len(kept.lost) < MOST_LOST:
                progress.say(f"{error}\n... goes on with {left[0].name}")
                kept.lost.append(left[0].name)
            elif kept.tries > tries:
                progress.say(f"{one_line(error)}\n... once more, from"
                             f" {left[0].name}")
            elif not kept.results:
                raise       # it has no results yet
            elif len(left) == begun or isinstance(error, LostCpu):
                kept.add(_failed(left, error))
            else:
                progress.say(one_line(error))
            if guest and left:
                guest.keep_logs()


def _resumed(chosen: Sequence[Row]) -> Kept:
    """What an earlier nested machine has measured. The rows during which it
    fell over get a second try."""
    kept = load()
    cut = [row for row in kept.left(chosen) if row.name in kept.begun]
    if cut and not kept.try_again(cut, FELL_OVER):
        kept.add(_failed(cut, LabError(f"{FELL_OVER} again")))
    if kept.results:
        progress.say(f"{len(kept.of(chosen))} of {len(chosen)} rows are"
                     " measured already")
    return kept


def run(chosen: Sequence[Row], kvm_kind: str,
        outside: dict[str, Any] | None, apart: bool) -> Measured:
    """Measure the rows, in a guest for each class of devices, or in several.

    @apart: in pairs on QEMU's devices, as placement.apart()
    """
    kvm.sweep("bench")
    kept = _resumed(chosen)
    for group in guests(chosen):
        _measure_guest(group, kvm_kind, outside, apart, kept)
    abouts = list(kept.about.values())
    drivers = sorted({row.setup.driver for row in chosen})
    return Measured(abouts[0][0], {**abouts[0][1], "drivers": drivers},
                    kept.of(chosen), kept.lost)
