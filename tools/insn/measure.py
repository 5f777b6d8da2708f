# SPDX-License-Identifier: GPL-2.0
"""Boots the guest and measures workload by workload (inner code)."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from count import driver as guest_side, hist
from lab import build, progress
from lab.errors import LabError
from lab.guest import Guest

from . import functions, loads, owners, plugin
from .functions import DRIVERS, FUNCTIONS, Disk, Function
from .loads import BASE_OPS, Load
from .sample import Cost, Sample, sample
from .symbols import Symbols

MEMORY_MB = 768
RUN_S = 240
BOOT_S = 400
# The guest's time follows instructions, not the host's clock: ticks cost the
# same on a busy host.
ICOUNT = ("-icount", "shift=0,sleep=on")

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
    """All results, and the environment."""

    costs: Mapping[tuple[str, str], Cost]   # by workload and driver
    release: str
    parameters: str


class CountedGuest:
    """The guest with the plugin."""

    def __init__(self, guest: Guest, counter: plugin.Plugin) -> None:
        self._guest = guest
        self._plugin = counter

    def tell(self, command: str) -> str:
        """Run a command in the guest; its output."""
        return self._guest.run(command, RUN_S).out

    def learn(self) -> Symbols:
        """Load the addresses of functions, including modules, and their
        owners."""
        symbols = Symbols(self.tell("cat /proc/kallsyms").splitlines())
        self._plugin.classify(owners.table(symbols))
        return symbols

    def counts(self) -> plugin.Counts:
        """The current counts."""
        return self._plugin.counts(lambda: self._guest.qmp("stop"),
                                   lambda: self._guest.qmp("cont"))

    def fio(self, load: Load, disk: Disk, ops: int) -> int:
        """Run fio; its number of operations."""
        return loads.operations(self.tell(load.command(disk.name, ops)))

    def once(self, symbols: Symbols, load: Load, disk: Disk) -> Sample:
        """One run of few operations, and one of many."""
        start = self.counts()
        few = self.fio(load, disk, BASE_OPS)
        middle = self.counts()
        many = self.fio(load, disk, load.ops)
        end = self.counts()
        run, base = end - middle, middle - start
        if run.lost or base.lost:
            raise LabError("the plugin had no space for some blocks of"
                           " code: make its table larger"
                           " (tools/insn/plugin/blocks.h)")
        return sample(symbols, run, base, many - few)


def _function(driver: str, load: Load) -> Function:
    return next(one for one in FUNCTIONS
                if one.driver == driver and one.slow == load.slow)


def _shape(guest: CountedGuest, load: Load, function: Function, disk: Disk,
           ) -> tuple[float, float]:
    """Segments per request and interrupts per operation, in a separate run."""
    def shape() -> Shape:
        return parse_shape(guest.tell(_SEGMENTS), guest_side.read(
            guest.tell, function.bdf).interrupts)

    before = shape()
    guest.fio(load, disk, BASE_OPS)
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
    samples: dict[str, list[Sample]] = {name: [] for name in DRIVERS}
    with progress.step(f"{load.text}: {runs} runs of each driver"):
        for _ in range(runs):
            for driver in DRIVERS:
                disk = disks[_function(driver, load)]
                samples[driver].append(guest.once(symbols, load, disk))
    return {driver: Cost(samples[driver],
                         scheduler=disks[_function(driver, load)].scheduler)
            for driver in DRIVERS}


def _measure(guest: CountedGuest, chosen: Sequence[Load], runs: int,
             disks: Mapping[Function, Disk]) -> dict[tuple[str, str], Cost]:
    found: dict[tuple[str, str], Cost] = {}
    symbols = guest.learn()
    with progress.step("warming up"):
        # The first fio on a disk fills caches for the later ones.
        for function, disk in disks.items():
            guest.fio(next(load for load in loads.LOADS
                             if load.slow == function.slow), disk, BASE_OPS)
    for load in chosen:
        costs = _runs(guest, load, runs, disks, symbols)
        found.update({(load.name, driver): cost
                      for driver, cost in costs.items()})
    with progress.step("segments and interrupts"):
        guest.tell(_PROBE)
        # A request of one page has one segment in any case.
        for load in (one for one in chosen if one.block > loads.PAGE):
            for driver in DRIVERS:
                function = _function(driver, load)
                segments, interrupts = _shape(guest, load, function,
                                              disks[function])
                found[load.name, driver] = replace(
                    found[load.name, driver], segments=segments,
                    interrupts=interrupts)
    return found


def measure(chosen: Sequence[Load], runs: int, parameters: str) -> Measured:
    """Measure both drivers under the workloads."""
    library = plugin.build()
    build.modules()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(
            tempfile.TemporaryDirectory(prefix="insn-", dir="/tmp")))
        counter = plugin.Plugin(folder, library)
        stack.callback(counter.close)
        argv = [*ICOUNT, *counter.arguments()]
        for function in FUNCTIONS:
            argv += function.arguments()
        guest = Guest(accel="tcg", cpus=1, memory=MEMORY_MB, qemu_args=argv,
                      name="insn")
        with progress.step("booting the guest"):
            guest.boot(BOOT_S)
        stack.push(guest)
        counted = CountedGuest(guest, counter)
        counted.tell(loads.PREPARE)
        disks = functions.bind(counted.tell, parameters)
        return Measured(_measure(counted, chosen, runs, disks),
                        build.release(), parameters)
