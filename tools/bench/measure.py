# SPDX-License-Identifier: GPL-2.0
"""Measures rows: three counts of exactly the window in which fio runs.

The guest waits for its agent whenever counts are read, so that they all are
of the same moment.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lab import progress

from . import device, driver, fio, kvm, session, vcpu
from .counts import CountError
from .judge import judge
from .moment import Moment
from .result import Result, Traffic
from .rows import PAIRS, Row
from .session import Session

SETTLE_S = 0.1
SETTLE_TRIES = 100
MOMENT_TRIES = 10


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


def _settled(control: session.Control) -> device.DeviceState:
    """The device's count once no access is on its way to it any more.

    QEMU does not wait for the device when the guest writes: the last write
    may still be in the socket when the guest has gone on.
    """
    last = device.read(control)
    for _ in range(SETTLE_TRIES):
        time.sleep(SETTLE_S)
        now = device.read(control)
        if now == last:
            return now
        last = now
    raise CountError("the device's count does not come to rest though the"
                     " guest does nothing")


def counts(bench: Bench, one: Session) -> Moment:
    """All counts of one moment but those of the vCPUs.

    The guest waits, but its kernel may still have something to write. What
    the device counted before the guest is asked it must still have counted
    afterwards, or the counts are of different moments. A device of QEMU's own
    does not count; there, KVM sees an access before the guest goes on.
    """
    control = one.place.control
    if control is None:
        return Moment(one.counts(), None, bench.histograms.snapshot())
    before = _settled(control)
    for _ in range(MOMENT_TRIES):
        seen = bench.histograms.snapshot()
        guest = one.counts()
        after = _settled(control)
        if after == before:
            return Moment(guest, after, seen)
        before = after
    raise CountError("the guest does not stop using the disk")


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
    before = counts(bench, one)
    run = Run.of(one, job)
    outcome = run.outcome
    after = counts(bench, one)
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
    cannot be told apart then.
    """
    guest = both[0].guest
    order = [index for turn in range(PAIRS)
             for index in ((0, 1), (1, 0))[turn % 2]]
    jobs = [both[index].job(rows[index], PAIRS) for index in order]
    before = [counts(bench, one) for one in both]
    began = time.monotonic()
    outcomes = session.run_fio(guest, jobs)
    seconds = time.monotonic() - began
    after = [counts(bench, one) for one in both]
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
    control = one.place.control
    one.load()
    by_device = _settled(control) if control else None
    before = Moment(driver.GuestState(driver.DriverState(),
                                      driver.BlockState(), 0),
                    by_device, bench.histograms.snapshot())
    began = time.monotonic()
    one.probe()
    seconds = time.monotonic() - began
    after = counts(bench, one)
    return judge(row, one, before, after, fio.Outcome(1, 0, 0.0, 0, 0),
                 bench.cost, Traffic(seconds=seconds,
                                     idle_per_s=bench.idle_per_s))
