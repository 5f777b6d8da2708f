# SPDX-License-Identifier: GPL-2.0
"""Boots a guest with disks and measures workload by workload (inner code)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from count import driver as guest_side, hist
from lab import build, progress
from lab.errors import LabError

from . import counted, functions, loads
from .counted import CountedGuest
from .functions import KINDS, Disk, Function, Kind
from .loads import BASE_OPS, Load
from .sample import Cost, Sample
from .symbols import Symbols

# blk-mq's number of segments, of each request that a driver starts.
_PROBE = """\
cd /sys/kernel/tracing || exit 1
echo 'p:vfe_insn blk_mq_start_request n=rq->nr_phys_segments:u16' \
    >kprobe_events || exit 1
echo hist:keys=n >events/kprobes/vfe_insn/trigger"""
_SEGMENTS = "cat /sys/kernel/tracing/events/kprobes/vfe_insn/hist"


@dataclass(frozen=True)
class Shape:
    """Requests, their segments, and the function's interrupts so far."""

    requests: int
    segments: int
    interrupts: int


def parse_shape(text: str, interrupts: int) -> Shape:
    """Parse the histogram of segments."""
    hits = [(int(entry.keys["n"]), entry.values["hitcount"])
            for entry in hist.parse(text)]
    return Shape(sum(count for _, count in hits),
                 sum(size * count for size, count in hits), interrupts)


@dataclass(frozen=True)
class Measured:
    """All results of a class of devices, and the environment."""

    drivers: tuple[str, str]                # ours, the kernel's
    loads: Sequence[Workload]
    costs: Mapping[tuple[str, str], Cost]   # by workload and driver
    release: str
    parameters: str
    own_part: float                         # its limit
    # the whole kernel's part varies as much as its distance from the limit
    noisy: bool = False


class Workload(Protocol):
    """What the reports need to know of a workload."""

    @property
    def name(self) -> str:
        """Its name on the command line."""

    @property
    def text(self) -> str:
        """What it does."""

    @property
    def segments(self) -> int:
        """Of a request; 0 where nobody counts them."""

    @property
    def kernels(self) -> int:
        """With the kernel's driver; 0 where they are the same."""


def _fio(guest: CountedGuest, load: Load, disk: Disk, ops: int) -> int:
    """Run fio; its number of operations."""
    return loads.operations(guest.tell(load.command(disk.name, ops)))


def _function(driver: str, load: Load) -> Function:
    return KINDS[load.kind].function(driver, load.slow)


def _shape(guest: CountedGuest, load: Load, function: Function, disk: Disk,
           ) -> tuple[float, float]:
    """Segments per request and interrupts per operation, in a separate run."""
    def shape() -> Shape:
        return parse_shape(guest.tell(_SEGMENTS), guest_side.read(
            guest.tell, function.bdf).interrupts)

    before = shape()
    _fio(guest, load, disk, BASE_OPS)
    after = shape()
    requests = after.requests - before.requests
    if requests < BASE_OPS:
        raise LabError(f"{load.name}: blk-mq started only {requests}"
                       " requests, fewer than fio made: a kprobe that"
                       " misses some makes the counts wrong; run it again")
    return ((after.segments - before.segments) / requests,
            (after.interrupts - before.interrupts) / requests)


def _runs(guest: CountedGuest, load: Load, runs: int,
          disks: Mapping[Function, Disk], symbols: Symbols) -> dict[str, Cost]:
    """Run both drivers by turns under a workload."""
    drivers = KINDS[load.kind].drivers
    samples: dict[str, list[Sample]] = {name: [] for name in drivers}
    with progress.step(f"{load.text}: {runs} runs of each driver"):
        for _ in range(runs):
            for driver in drivers:
                disk = disks[_function(driver, load)]
                samples[driver].append(guest.once(
                    symbols, partial(_fio, guest, load, disk), BASE_OPS,
                    load.ops))
    return {driver: Cost(samples[driver],
                         scheduler=disks[_function(driver, load)].scheduler)
            for driver in drivers}


def _measure(guest: CountedGuest, chosen: Sequence[Load], runs: int,
             disks: Mapping[Function, Disk]) -> dict[tuple[str, str], Cost]:
    found: dict[tuple[str, str], Cost] = {}
    symbols = guest.learn()
    with progress.step("warming up"):
        # The first fio on a disk fills caches for the later ones.
        for function, disk in disks.items():
            _fio(guest, next(load for load in loads.LOADS
                             if load.slow == function.slow), disk, BASE_OPS)
    for load in chosen:
        costs = _runs(guest, load, runs, disks, symbols)
        found.update({(load.name, driver): cost
                      for driver, cost in costs.items()})
    with progress.step("segments and interrupts"):
        guest.tell(_PROBE)
        # A request of one page has one segment in any case.
        for load in (one for one in chosen if one.block > loads.PAGE):
            for driver in KINDS[load.kind].drivers:
                function = _function(driver, load)
                segments, interrupts = _shape(guest, load, function,
                                              disks[function])
                found[load.name, driver] = replace(
                    found[load.name, driver], segments=segments,
                    interrupts=interrupts)
    return found


def measure(kind: Kind, chosen: Sequence[Load], runs: int,
            parameters: str) -> Measured:
    """Measure both drivers of a class under the workloads."""
    argv = [word for function in kind.functions
            for word in function.arguments()]
    with counted.booted(argv, f"insn-{kind.name}") as guest:
        guest.tell(loads.PREPARE)
        disks = functions.bind(guest.tell, kind, parameters)
        return Measured(kind.drivers, chosen,
                        _measure(guest, chosen, runs, disks),
                        build.release(), parameters, kind.own_part, True)
