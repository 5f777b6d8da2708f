# SPDX-License-Identifier: GPL-2.0
"""Measures one row: three counts of exactly the window in which fio runs.

The guest waits for its agent whenever counts are read, so that they all are
of the same moment.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from lab import progress

from . import device, driver, formula, kvm, vcpu, witness
from .counts import CountError, Testimony
from .fio import Outcome
from .result import Result, Traffic, blind_reasons
from .rows import Row
from .session import Session

SETTLE_S = 0.1
SETTLE_TRIES = 100
MOMENT_TRIES = 10


@dataclass(frozen=True)
class Moment:
    """All counts, while the guest waits."""

    guest: driver.GuestState
    by_device: device.DeviceState
    by_kvm: kvm.Snapshot
    all_exits: int
    when: float


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


def _settled(session: Session) -> device.DeviceState:
    """The device's count once no access is on its way to it any more.

    QEMU does not wait for the device when the guest writes: the last write
    may still be in the socket when the guest has gone on.
    """
    last = device.read(session.device.control)
    for _ in range(SETTLE_TRIES):
        time.sleep(SETTLE_S)
        now = device.read(session.device.control)
        if now == last:
            return now
        last = now
    raise CountError("the device's count does not come to rest though the"
                     " guest does nothing")


class RowMeasurement:
    """One row on a setup that is ready."""

    def __init__(self, bench: Bench, session: Session, row: Row) -> None:
        self._bench = bench
        self._session = session
        self._row = row
        self._qmp = session.guest.qmp

    def _moment(self) -> tuple[driver.GuestState, device.DeviceState,
                               kvm.Snapshot]:
        """All counts of one moment.

        The guest waits, but its kernel may still have something to write.
        What the device counted before the guest is asked it must still have
        counted afterwards, or the counts are of different moments.
        """
        session = self._session
        before = _settled(session)
        for _ in range(MOMENT_TRIES):
            seen = self._bench.histograms.snapshot()
            guest = driver.read(session.run, session.device.bdf, session.disk)
            after = _settled(session)
            if after == before:
                return guest, after, seen
            before = after
        raise CountError("the guest does not stop using the disk")

    def _before(self) -> Moment:
        counts = self._moment()
        return Moment(*counts, vcpu.exits(self._qmp), time.monotonic())

    def _after(self) -> Moment:
        when, all_exits = time.monotonic(), vcpu.exits(self._qmp)
        return Moment(*self._moment(), all_exits, when)

    def run(self) -> Result:
        """Measure, then verify."""
        session, row = self._session, self._row
        job = session.job(row)
        session.prepare(row)
        before = self._before()
        outcome = session.run_fio(job)
        after = self._after()
        session.verify(row, job)
        result = self._judge(before, after, outcome)
        progress.say(f"  {row.name}: fio took {outcome.runtime_ms} ms")
        return result

    def _mapped_registers(self, state: driver.DriverState | None,
                          ) -> frozenset[str]:
        mapped = state.mapped if state else frozenset()
        expected = self._row.setup.mapped_windows
        if state and mapped != expected:
            raise CountError(
                "the driver takes these windows for mapped:"
                f" {', '.join(sorted(mapped)) or 'none'}; this row wants:"
                f" {', '.join(sorted(expected)) or 'none'}")
        return self._session.names.registers_in(mapped)

    def _witnesses(self, before: Moment, after: Moment,
                   ) -> dict[str, Testimony | None]:
        names = self._session.names
        unseen = self._mapped_registers(after.guest.driver)
        says: dict[str, Testimony | None] = {"driver": None}
        if after.guest.driver and before.guest.driver:
            says["driver"] = driver.testimony(after.guest.driver,
                                              before.guest.driver)
        elif self._row.setup.style != "kernel":
            raise CountError("the driver shows no counters (vfe/ in sysfs)")
        says["kvm"] = kvm.testimony(after.by_kvm, before.by_kvm, names,
                                    unseen)
        says["device"] = device.testimony(
            after.by_device, before.by_device, unseen=unseen,
            sees_exits=not self._string_input(says["driver"]))
        return says

    def _string_input(self, said: Testimony | None) -> bool:
        """Were there exits that brought more than one word?"""
        options = self._row.setup.options
        return bool(options.get("string_io")
                    and options.get("window") == "port"
                    and said and said.count(("port_data", "read")))

    def _formula(self, done: driver.BlockState) -> formula.Cost | None:
        options = self._row.setup.options
        if self._row.setup.style != "trap":
            return None
        return formula.predict(done, self._bench.cost,
                               window=str(options["window"]),
                               string_io=bool(options["string_io"]))

    def _judge(self, before: Moment, after: Moment,
               outcome: Outcome) -> Result:
        done = after.guest.block - before.guest.block
        says = self._witnesses(before, after)
        verdict = witness.compare(says, self._formula(done))
        operations = _operations(before, after)
        blind = blind_reasons(
            driver_blind=says["driver"] is None,
            mapped=bool(self._row.setup.mapped_windows),
            string_input=self._string_input(says["driver"]))
        traffic = Traffic(
            ops=operations["device"], kicks=self._kicks(before, after, says),
            interrupts=after.guest.interrupts - before.guest.interrupts,
            all_exits=after.all_exits - before.all_exits,
            seconds=after.when - before.when,
            idle_per_s=self._bench.idle_per_s)
        notes = self._notes(done, outcome, operations["device"])
        if traffic.all_exits < (verdict.device_exits or 0):
            notes += ("fewer exits of the vCPU than trips to the device: KVM's"
                      " emulator went on with a string instruction without"
                      " going back to the guest",)
        return Result(self._row, witness.also_operations(verdict, operations),
                      traffic, outcome, blind, notes)

    def _kicks(self, before: Moment, after: Moment,
               says: Mapping[str, Testimony | None]) -> int:
        """How often the driver rang. The register window has no doorbell:
        there it is the command register."""
        if self._row.setup.style == "trap" and says["driver"]:
            window = self._row.setup.options["window"]
            return says["driver"].count((f"{window}_command", "write")) or 0
        if after.guest.driver and before.guest.driver:
            return after.guest.driver.kicks - before.guest.driver.kicks
        return after.by_device.kicks - before.by_device.kicks

    def _notes(self, done: driver.BlockState, outcome: Outcome,
               operations: int) -> tuple[str, ...]:
        notes = []
        if operations != outcome.ios:
            notes.append(f"fio made {outcome.ios} requests of"
                         f" {operations}: {done.reads} reads, {done.writes}"
                         f" writes, {done.flushes} flushes in all")
        if done.merges:
            notes.append(f"{done.merges} requests were merged")
        return tuple(notes)


def _operations(before: Moment, after: Moment) -> dict[str, int]:
    """Requests by whoever counts them; these must be one number too."""
    counts = {"block layer": (after.guest.block - before.guest.block).requests,
              "device": (after.by_device.operations
                         - before.by_device.operations)}
    if after.guest.driver and before.guest.driver:
        counts["driver"] = (after.guest.driver.operations
                            - before.guest.driver.operations)
    return counts
