# SPDX-License-Identifier: GPL-2.0
"""The interface between the bench and a class of devices."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from count.device import Control
from count.driver import Run
from count.witness import Cost
from lab import initramfs, pci
from lab.guest import Guest

from ..row import Function, Row, Setup

# A run of the load generator; only the class that made it knows its type
Job = Any
# Of a guest's command, beside operations: the slowest takes 4 s under nested
# emulation
COMMAND_S = 30
# A healthy row does more, on an idle common server; a ping that a device delays
# takes 17 ms.
OPERATIONS_PER_S = 50
# Bytes used so far of each function's backing, for jobs that never write to
# the same place twice
Regions = dict[str, int]


def limit_s(operations: int) -> float:
    """The limit of a command that does these operations, in seconds."""
    return COMMAND_S + operations / OPERATIONS_PER_S


@dataclass(frozen=True)
class Outcome:
    """The load generator's results for a run: the count is exact, the rest
    observed.

    @runs, @p50s, @p99s: of each of several runs: operations per second, and
        latencies
    @least: there were more operations, which the layer above has counted
    """

    ios: int
    runtime_ms: int
    iops: float
    lat_ns_p50: int
    lat_ns_p99: int
    runs: tuple[float, ...] = ()
    p50s: tuple[int, ...] = ()
    p99s: tuple[int, ...] = ()
    least: bool = False


@dataclass(frozen=True)
class Requests:
    """The requests of the layer above the driver between two readings."""

    count: int
    kinds: str                      # how many of each, in words
    notes: tuple[str, ...] = ()     # unexpected events
    cost: Cost | None = None        # the expected cost, if there is a formula


class Work(Protocol):
    """A function with a bound driver."""

    def find(self) -> None:
        """Find the driver's device, and prepare it."""

    def above(self) -> str:
        """A command for count.driver.read(): the counts of the layer above."""

    def job(self, row: Row, part: int = 1) -> Job:
        """Do a measured run, one of @part in this row."""


class DeviceClass(Protocol):
    """A class of devices."""

    layer: str      # the name of the layer above the driver, which counts
    plain: bool     # the lab's guest has all that it needs: no contents()

    def contents(self) -> initramfs.More | None:
        """What the guest needs besides; None for nothing."""

    def around(self, functions: Sequence[Function],
               ) -> contextlib.AbstractContextManager[None]:
        """What these functions need on the guest's host, while it runs."""

    def backings(self, folder: Path,
                 functions: Sequence[Function]) -> dict[str, Path]:
        """Make the backing of each function; by name."""

    def qemu_device(self, function: Function, slot: pci.Slot,
                    backing: Path) -> list[str]:
        """QEMU's options for a device of its own."""

    def too_many(self, rows: Sequence[Row]) -> str:
        """Why the rows have too many operations, or ""."""

    def work(self, tell: Run, setup: Setup, bdf: str, regions: Regions,
             control: Control | None) -> Work:
        """The interface to a function with a bound driver.

        @control: of its device process, if it has one
        """

    def run(self, guest: Guest, jobs: Sequence[Job]) -> list[Outcome]:
        """Run these jobs, one after the other."""

    def verify(self, guest: Guest, jobs: Sequence[Job]) -> None:
        """Verify the data that the jobs wrote; LabError if it is wrong."""

    def requests(self, setup: Setup, after: str, before: str,
                 interrupts: int) -> Requests:
        """The requests between two outputs of the command Work.above().

        @before: "" if there was no disk or other device yet
        @interrupts: that the driver handled meanwhile
        """

    def operations(self, asked: Requests, outcome: Outcome) -> int:
        """The number of operations, by which the counts are divided."""

    def served(self, requests: Mapping[str, int]) -> int:
        """Those of the device's counts of requests that are @asked.count."""

    def describe(self, row: Row) -> dict[str, Any]:
        """The field "workload" of bench.json."""
