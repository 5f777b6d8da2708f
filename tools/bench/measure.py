# SPDX-License-Identifier: GPL-2.0
"""Measures rows: reads all counts directly before and after the workload."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from count import driver, kvm, pairs, snapshot, vcpu
from count.snapshot import Snapshot
from lab import progress

from . import workload
from .result import Result, Traffic
from .row import Row
from .row_result import row_result
from .session import Session
from .workload.interface import Job, Outcome


@dataclass(frozen=True)
class Bench:
    """The parts that all rows share."""

    histograms: kvm.Histograms
    idle_per_s: float


def idle_rate(qmp: vcpu.Qmp, seconds: float) -> float:
    """All exits per second of the idle guest."""
    before, began = vcpu.exits(qmp), time.monotonic()
    time.sleep(seconds)
    after, ended = vcpu.exits(qmp), time.monotonic()
    return (after - before) / (ended - began)


def _take(bench: Bench, one: Session) -> Snapshot:
    return snapshot.take(one.counts, one.function.control, bench.histograms)


@dataclass(frozen=True)
class Run:
    """A run of the workload, with all exits of the vCPUs meanwhile."""

    outcome: Outcome
    exits: int
    seconds: float

    @classmethod
    def of(cls, one: Session, row: Row, job: Job) -> Run:
        """Runs it."""
        began, before = time.monotonic(), vcpu.exits(one.guest.qmp)
        [outcome] = workload.of(row.setup.function).run(one.guest, [job])
        ended, after = time.monotonic(), vcpu.exits(one.guest.qmp)
        return cls(outcome, after - before, ended - began)


def single(bench: Bench, one: Session, row: Row, part: int = 1) -> Result:
    """Measure a row on a bound setup, or one of @part runs of it, then verify
    the data."""
    # One operation measures the workload's start and end.
    start = Run.of(one, row, one.work.job(row, row.ops))
    job = one.work.job(row, part)
    before = _take(bench, one)
    run = Run.of(one, row, job)
    outcome = run.outcome
    after = _take(bench, one)
    workload.of(row.setup.function).verify(one.guest, [job])
    progress.say(f"  {row.name}: took {outcome.runtime_ms} ms")
    return row_result(row, one, before, after, outcome, Traffic(
        all_exits=run.exits, seconds=run.seconds, idle_per_s=bench.idle_per_s,
        start_exits=start.exits - start.seconds * bench.idle_per_s))


def pair(bench: Bench, both: Sequence[Session],
         rows: Sequence[Row]) -> list[Result]:
    """Measure the rows of a comparison, on setups that are bound at the same
    time.

    They run by turns, so all exits cannot be attributed to one function, unless
    each run has counts of its own.
    """
    if rows[0].each:
        return _by_turns(bench, both, rows)
    guest, kind = both[0].guest, workload.of(rows[0].setup.function)
    turns = rows[0].pairs
    order = pairs.order(turns, len(rows))
    jobs = [both[index].work.job(rows[index], turns) for index in order]
    before = [_take(bench, one) for one in both]
    began = time.monotonic()
    outcomes = kind.run(guest, jobs)
    seconds = time.monotonic() - began
    after = [_take(bench, one) for one in both]
    kind.verify(guest, jobs)
    results = []
    for index, (one, row) in enumerate(zip(both, rows)):
        results.append(row_result(
            row, one, before[index], after[index],
            together([outcome for whose, outcome in zip(order, outcomes)
                      if whose == index]),
            Traffic(seconds=seconds, idle_per_s=bench.idle_per_s)))
    return results


def _by_turns(bench: Bench, both: Sequence[Session],
              rows: Sequence[Row]) -> list[Result]:
    turns = rows[0].pairs
    found: list[list[Result]] = [[] for _ in rows]
    for index in pairs.order(turns, len(rows)):
        found[index].append(single(bench, both[index], rows[index], turns))
    return [median(row, results) for row, results in zip(rows, found)]


def _notifications(result: Result) -> float:
    """Kicks, as far as they are exits, and interrupts, of an operation."""
    return (result.exits or 0.0) + (result.ratio("interrupts") or 0.0)


def median(row: Row, results: Sequence[Result]) -> Result:
    """The median run by kicks and interrupts, with the speeds of all."""
    middle = sorted(results, key=_notifications)[len(results) // 2]
    outcome = together([one.outcome for one in results if one.outcome])
    return replace(middle, row=row, turns=tuple(results),
                   outcome=replace(outcome, ios=middle.ops))


def together(outcomes: Sequence[Outcome]) -> Outcome:
    """Several runs as one: sums, and the medians of latencies and rates."""
    return Outcome(
        sum(one.ios for one in outcomes),
        sum(one.runtime_ms for one in outcomes),
        statistics.median(one.iops for one in outcomes),
        int(statistics.median(one.lat_ns_p50 for one in outcomes)),
        int(statistics.median(one.lat_ns_p99 for one in outcomes)),
        tuple(one.iops for one in outcomes),
        tuple(one.lat_ns_p50 for one in outcomes),
        tuple(one.lat_ns_p99 for one in outcomes))


def probe(bench: Bench, one: Session, row: Row) -> Result:
    """Measure a probe: from a function without a driver to a disk or other
    device."""
    control = one.function.control
    one.load()
    by_device = snapshot.settled(control) if control else None
    nothing = driver.GuestState(driver.DriverState(), 0)
    before = Snapshot(nothing, by_device, bench.histograms.read())
    began = time.monotonic()
    one.probe()
    seconds = time.monotonic() - began
    after = _take(bench, one)
    return row_result(row, one, before, after, Outcome(1, 0, 0.0, 0, 0),
                      Traffic(seconds=seconds, idle_per_s=bench.idle_per_s))
