# SPDX-License-Identifier: GPL-2.0
"""Measures rows: three counts of exactly the window in which fio runs."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from count import blk, driver, kvm, snapshot, vcpu
from count.snapshot import Snapshot
from lab import progress

from . import fio, session
from .judge import judge
from .result import Result, Traffic
from .rows import PAIRS, Row
from .session import Session


@dataclass(frozen=True)
class Bench:
    """What stays the same from row to row."""

    histograms: kvm.Histograms
    cost: Mapping[str, int]
    idle_per_s: float


def idle_rate(qmp: vcpu.Qmp, seconds: float) -> float:
    """All exits a second of the guest while it waits."""
    before, began = vcpu.exits(qmp), time.monotonic()
    time.sleep(seconds)
    after, ended = vcpu.exits(qmp), time.monotonic()
    return (after - before) / (ended - began)


def _take(bench: Bench, one: Session) -> Snapshot:
    return snapshot.take(one.counts, one.function.control, bench.histograms)


@dataclass(frozen=True)
class Run:
    """A run of fio, with all exits of the vCPUs meanwhile."""

    outcome: fio.Outcome
    exits: int
    seconds: float

    @classmethod
    def of(cls, one: Session, job: fio.Job) -> Run:
        """Runs it."""
        began, before = time.monotonic(), vcpu.exits(one.guest.qmp)
        outcome = session.run_fio(one.guest, [job])[0]
        ended, after = time.monotonic(), vcpu.exits(one.guest.qmp)
        return cls(outcome, after - before, ended - began)


def single(bench: Bench, one: Session, row: Row) -> Result:
    """A row on a setup that is ready: measure, then verify."""
    # Of one operation: what fio's own start and end take.
    start = Run.of(one, one.job(row, row.ops))
    job = one.job(row)
    before = _take(bench, one)
    run = Run.of(one, job)
    outcome = run.outcome
    after = _take(bench, one)
    session.verify(one.guest, [job])
    progress.say(f"  {row.name}: fio took {outcome.runtime_ms} ms")
    return judge(row, one, before, after, outcome, bench.cost, Traffic(
        all_exits=run.exits, seconds=run.seconds, idle_per_s=bench.idle_per_s,
        start_exits=start.exits - start.seconds * bench.idle_per_s))


def pair(bench: Bench, both: Sequence[Session],
         rows: Sequence[Row]) -> list[Result]:
    """The rows of a comparison, on setups that are bound side by side.

    One fio makes the runs of both by turns, each of them first in every other
    pair, so that what the machine does meanwhile falls on both. All exits
    cannot be attributed to one function then.
    """
    guest = both[0].guest
    order = [index for turn in range(PAIRS)
             for index in ((0, 1), (1, 0))[turn % 2]]
    jobs = [both[index].job(rows[index], PAIRS) for index in order]
    before = [_take(bench, one) for one in both]
    began = time.monotonic()
    outcomes = session.run_fio(guest, jobs)
    seconds = time.monotonic() - began
    after = [_take(bench, one) for one in both]
    session.verify(guest, jobs)
    results = []
    for index, (one, row) in enumerate(zip(both, rows)):
        results.append(judge(
            row, one, before[index], after[index],
            fio.together([outcome for whose, outcome in zip(order, outcomes)
                          if whose == index]), bench.cost,
            Traffic(seconds=seconds, idle_per_s=bench.idle_per_s)))
    return results


def probe(bench: Bench, one: Session, row: Row) -> Result:
    """What it takes to find the disk: from a function without a driver to
    the disk, and what is read of it on the way."""
    control = one.function.control
    one.load()
    by_device = snapshot.settled(control) if control else None
    nothing = driver.GuestState(driver.DriverState(), 0, above=blk.NOTHING)
    before = Snapshot(nothing, by_device, bench.histograms.read())
    began = time.monotonic()
    one.probe()
    seconds = time.monotonic() - began
    after = _take(bench, one)
    return judge(row, one, before, after, fio.Outcome(1, 0, 0.0, 0, 0),
                 bench.cost, Traffic(seconds=seconds,
                                     idle_per_s=bench.idle_per_s))
