# SPDX-License-Identifier: GPL-2.0
"""The measurement itself, on a machine with KVM: one guest, all rows."""

from __future__ import annotations

import contextlib
import itertools
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import LabError, image, paths, progress
from lab.guest import DeviceSpec, Guest

from . import formula, host, kvm, measure, placement, vcpu
from .counts import CountError
from .fio import FioError
from .hist import HistError
from .result import Result
from .rows import FUNCTIONS, Row, Setup
from .session import NO_AUTOPROBE, Session

IDLE_S = 4.0
MEMORY_MB = 512

# What spoils a row, and not the rows after it.
ROW_ERRORS = (CountError, FioError, HistError, LabError, vcpu.VcpuError)


@dataclass(frozen=True)
class Measured:
    """What a run gives."""

    host: dict[str, Any]
    guest: dict[str, Any]
    results: list[Result]


def _disk(folder: Path, name: str) -> Path:
    """An image of its own for a function.

    The file system goes without its journal, which would write at times of
    its own choice, and is read and written at each mount.
    """
    path = image.copy(folder, f"{name}.img")
    subprocess.run(["tune2fs", "-O", "^has_journal", str(path)], check=True,
                   stdout=subprocess.DEVNULL)
    return path


def _specs(rows: Sequence[Row], folder: Path) -> list[DeviceSpec]:
    """The functions that the rows need, each with its own image."""
    needed = {row.setup.function for row in rows}
    return [DeviceSpec(function.name, _disk(folder, function.name),
                       function.options)
            for function in FUNCTIONS if function.name in needed]


def _failed(rows: Sequence[Row], error: Exception) -> list[Result]:
    text = " ".join(str(error).split())
    progress.say(f"  FAILED: {text}")
    return [Result(row, error=text) for row in rows]


def _measure_setup(guest: Guest, bench: measure.Bench, setup: Setup,
                   rows: Sequence[Row], regions: dict[str, int],
                   ) -> list[Result]:
    results: list[Result] = []
    with contextlib.ExitStack() as stack:
        try:
            if setup.style == "trap":
                stack.enter_context(placement.together(
                    (guest.pid, guest.devices[setup.function].pid)))
            with progress.step(f"{setup.name}: binding and mounting"):
                session = stack.enter_context(Session(guest, setup, regions))
        except ROW_ERRORS as error:
            return _failed(rows, error)
        for row in rows:
            try:
                with progress.step(f"{row.name}, {row.ops} operations"):
                    results.append(measure.RowMeasurement(
                        bench, session, row).run())
            except ROW_ERRORS as error:
                results += _failed([row], error)
    return results


def _measure_all(guest: Guest, rows: Sequence[Row],
                 histograms: kvm.Histograms) -> list[Result]:
    guest.run(NO_AUTOPROBE)
    with progress.step("measuring the idle guest"):
        idle = measure.idle_rate(guest.qmp, IDLE_S)
    bench = measure.Bench(histograms,
                          formula.read_constants(paths.checkout()), idle)
    results: list[Result] = []
    regions: dict[str, int] = {}
    for setup, group in itertools.groupby(rows, lambda row: row.setup):
        results += _measure_setup(guest, bench, setup, list(group),
                                  regions)
    return results


def run(rows: Sequence[Row], kvm_kind: str,
        outside: dict[str, Any] | None) -> Measured:
    """Boot the guest and measure the rows."""
    with tempfile.TemporaryDirectory(prefix="bench-",
                                     dir=paths.state()) as name:
        with progress.step("copying the disk images"):
            specs = _specs(rows, Path(name))
        guest = Guest(specs, accel="kvm", cpus=1, memory=MEMORY_MB,
                      name="bench")
        with progress.step("booting the guest"):
            guest.boot()
        try:
            about = host.describe_host(kvm_kind, outside,
                                       guest.qmp("query-version"))
            inside = host.describe_guest(
                guest, sorted({row.setup.driver for row in rows}))
            with kvm.Histograms(lambda port: vcpu.knock(
                    lambda text: guest.run(text).out, port)) as histograms:
                results = _measure_all(guest, rows, histograms)
        finally:
            guest.shutdown()
    return Measured(about, inside, results)
