# SPDX-License-Identifier: GPL-2.0
"""The measurement itself, on a machine with KVM: one guest, all rows."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from count import kvm
from lab import LabError, image, paths, progress
from lab.guest import DeviceSpec, Guest

from . import formula, host, measure, placement
from .result import Result
from .rows import FUNCTIONS, PROBE, Function, Row, Setup
from .session import FREE, GuestFunction, Session

IDLE_S = 4.0
MEMORY_MB = 512
# Of QEMU's own devices; those of the lab's begin further up.
FIRST_SLOT = 0x04


@dataclass(frozen=True)
class Measured:
    """What a run gives."""

    host: dict[str, Any]
    guest: dict[str, Any]
    results: list[Result]


def _needed(rows: Sequence[Row]) -> list[Function]:
    names = {row.setup.function for row in rows}
    return [function for function in FUNCTIONS if function.name in names]


def _qemus_own(function: Function, slot: int, disk: Path) -> list[str]:
    """A device of QEMU's own, in its options."""
    properties = {"drive": function.name, "addr": f"{slot:#x}",
                  "bus": "pcie.0", **(function.qemu or {})}
    told = "".join(f",{key}={value}" for key, value in properties.items())
    return ["-blockdev", f"driver=file,node-name={function.name},"
                         f"filename={disk},aio=threads",
            "-device", f"virtio-blk-pci{told}"]


@dataclass(frozen=True)
class BenchGuest:
    """The guest, and where its functions are."""

    guest: Guest
    slots: Mapping[str, int]    # of QEMU's own devices

    def function(self, name: str) -> GuestFunction:
        """A function in the running guest."""
        device = self.guest.devices.get(name)
        if device is None:
            return GuestFunction(f"0000:00:{self.slots[name]:02x}.0",
                                 None, None)
        return GuestFunction(device.bdf, device.control, device.pid)

    def functions(self) -> list[GuestFunction]:
        """All functions."""
        return [self.function(name)
                for name in (*self.guest.devices, *self.slots)]


def _machine(rows: Sequence[Row], folder: Path) -> BenchGuest:
    needed = _needed(rows)
    with progress.step("copying the disk images"):
        disks = image.raw(folder, [one.name for one in needed])
    argv: list[str] = []
    slots: dict[str, int] = {}
    specs = []
    for one in needed:
        if one.qemu is None:
            specs.append(DeviceSpec(one.name, disks[one.name], one.options))
            continue
        slots[one.name] = FIRST_SLOT + len(slots)
        argv += _qemus_own(one, slots[one.name], disks[one.name])
    guest = Guest(specs, accel="kvm", cpus=1, memory=MEMORY_MB, name="bench",
                  qemu_args=argv)
    return BenchGuest(guest, slots)


def _failed(rows: Sequence[Row], error: Exception) -> list[Result]:
    text = " ".join(str(error).split())
    progress.say(f"  FAILED: {text}")
    return [Result(row, error=text) for row in rows]


class _Rows:
    """Measures rows that are bound together."""

    def __init__(self, machine: BenchGuest, bench: measure.Bench) -> None:
        self._machine = machine
        self._bench = bench
        self._regions: dict[str, int] = {}

    def _session(self, setup: Setup) -> Session:
        return Session(self._machine.guest, setup,
                       self._machine.function(setup.function), self._regions)

    def measure(self, rows: Sequence[Row]) -> list[Result]:
        """Bind what they need, measure each, and give it back."""
        setups = list(dict.fromkeys(row.setup.name for row in rows))
        by_name = {row.setup.name: row.setup for row in rows}
        with contextlib.ExitStack() as stack:
            try:
                if rows[0].rw == PROBE:
                    return self._probe(rows)
                if rows[0].setup.style == "trap":
                    function = self._machine.function(rows[0].setup.function)
                    assert function.pid is not None
                    stack.enter_context(placement.together(
                        (self._machine.guest.pid, function.pid)))
                with progress.step(f"{', '.join(setups)}: binding"):
                    sessions = [stack.enter_context(
                        self._session(by_name[name])) for name in setups]
            except LabError as error:
                return _failed(rows, error)
            return self._run(sessions, rows)

    def _probe(self, rows: Sequence[Row]) -> list[Result]:
        row = rows[0]
        session = self._session(row.setup)
        with progress.step(row.name), session.given_back():
            return [measure.probe(self._bench, session, row)]

    def _run(self, sessions: Sequence[Session],
             rows: Sequence[Row]) -> list[Result]:
        results: list[Result] = []
        for at in range(0, len(rows), len(sessions)):
            cell = rows[at:at + len(sessions)]
            names = ", ".join(row.name for row in cell)
            try:
                with progress.step(f"{names}, {cell[0].ops} operations"):
                    results += (
                        measure.pair(self._bench, sessions, cell)
                        if len(cell) > 1 else
                        [measure.single(self._bench, sessions[0], cell[0])])
            except LabError as error:
                results += _failed(cell, error)
        return results


def _measure_all(machine: BenchGuest, rows: Sequence[Row],
                 histograms: kvm.Histograms) -> list[Result]:
    guest = machine.guest
    guest.run(FREE.format(bdfs=" ".join(
        function.bdf for function in machine.functions())))
    with progress.step("measuring the idle guest"):
        idle = measure.idle_rate(guest.qmp, IDLE_S)
    measuring = _Rows(machine, measure.Bench(
        histograms, formula.read_constants(paths.checkout()), idle))
    results: list[Result] = []
    for _, group in itertools.groupby(rows, lambda row: row.together):
        results += measuring.measure(list(group))
    return results


def run(rows: Sequence[Row], kvm_kind: str,
        outside: dict[str, Any] | None) -> Measured:
    """Boot the guest and measure the rows."""
    # Not in the state folder, which may be shared from another machine.
    with tempfile.TemporaryDirectory(prefix="vfe-bench-") as name:
        machine = _machine(rows, Path(name))
        guest = machine.guest
        with progress.step("booting the guest"):
            guest.boot()
        try:
            about = host.describe_host(kvm_kind, outside,
                                       guest.qmp("query-version"))
            inside = host.describe_guest(
                guest, sorted({row.setup.driver for row in rows}))
            with kvm.Histograms(lambda text: guest.run(text).out,
                                "bench") as histograms:
                results = _measure_all(machine, rows, histograms)
        finally:
            guest.shutdown()
    return Measured(about, inside, results)
