# SPDX-License-Identifier: GPL-2.0
"""Computes the result of a row from the counts before and after it."""

from __future__ import annotations

from dataclasses import replace

from count import device, driver, kvm, witness
from count.counts import CountError, Testimony
from count.snapshot import Snapshot

from . import workload
from .result import Polling, ProbeCost, Result, Traffic, blind_reasons
from .row import PROBE, Row
from .session import Session
from .workload.interface import Outcome, Requests

PACKED_BIT, EVENT_IDX_BIT = 34, 29
KICKS = ("notify", "legacy_queue_notify")


def _mapped_registers(row: Row, one: Session,
                      state: driver.DriverState | None) -> frozenset[str]:
    expected = row.setup.mapped_windows
    if state and state.mapped != expected:
        raise CountError(
            "the driver considers these windows mapped:"
            f" {', '.join(sorted(state.mapped)) or 'none'}; expected:"
            f" {', '.join(sorted(expected)) or 'none'}")
    return one.names.registers_in(expected)


def _negotiated(row: Row, features: int | None) -> None:
    """Both drivers must have negotiated the features of the row."""
    if features is None:
        return
    options = row.setup.options
    for name, bit, wanted in (
            ("RING_PACKED", PACKED_BIT, options["ring"] == "packed"),
            ("EVENT_IDX", EVENT_IDX_BIT, bool(options["event_idx"]))):
        if bool(features >> bit & 1) != wanted:
            raise CountError(f"{name} {'was not' if wanted else 'was'}"
                             " negotiated, which this row must"
                             f" {'have' if wanted else 'do without'}: see"
                             f" features={features:#x} and the options of"
                             " its function in tools/bench/rows")


class _Window:
    """The counts of a row before and after."""

    def __init__(self, row: Row, one: Session, before: Snapshot,
                 after: Snapshot) -> None:
        self.row = row
        self.one = one
        self.before = before
        self.after = after
        self.layer = workload.of(row.setup.function).layer
        self.asked = workload.of(row.setup.function).requests(
            row.setup, after.guest.above, before.guest.above,
            self._handled())
        self.unseen = _mapped_registers(row, one, after.guest.driver)
        _negotiated(row, after.guest.features)
        self.says = self._witnesses()

    def _handled(self) -> int:
        """Interrupts that the driver counted; else the kernel's count."""
        after, before = self.after.guest, self.before.guest
        if after.driver and before.driver:
            return after.driver.interrupts - before.driver.interrupts
        return after.interrupts - before.interrupts

    def _driver(self) -> Testimony | None:
        after, before = self.after.guest.driver, self.before.guest.driver
        if after and before:
            return driver.testimony(after, before)
        if self.row.setup.style != "kernel":
            raise CountError("the driver has no counters in sysfs (vfe/ of"
                             " the function): is it one of this checkout's"
                             " modules?")
        return None

    def _witnesses(self) -> dict[str, Testimony | None]:
        by_driver = self._driver()
        by_device = None
        if self.after.by_device and self.before.by_device:
            by_device = device.testimony(
                self.after.by_device, self.before.by_device,
                unseen=self.unseen,
                sees_exits=not self.string_input(by_driver))
        by_kvm = kvm.testimony(self.after.by_kvm, self.before.by_kvm,
                               self.one.names, self.unseen)
        return {"driver": by_driver, "kvm": by_kvm, "device": by_device}

    def string_input(self, said: Testimony | None) -> bool:
        """Were there exits for more than one word each?"""
        options = self.row.setup.options
        return bool(options.get("string_io")
                    and options.get("window") == "port"
                    and said and said.count(("port_data", "read")))

    def polling(self) -> Polling | None:
        """The cost of adaptive polling, in rows that use it."""
        after, before = self.after.guest.driver, self.before.guest.driver
        if self.row.setup.options.get("completions") != "adaptive" or \
                not (after and before):
            return None
        return Polling(after.polls - before.polls,
                       after.polls_found - before.polls_found,
                       after.polls_ns - before.polls_ns)

    def operations(self) -> dict[str, int]:
        """The number of requests by each counter; all must be equal."""
        found = {self.layer: self.asked.count}
        if self.after.by_device and self.before.by_device:
            served = workload.of(self.row.setup.function).served
            found["device"] = (served(self.after.by_device.requests)
                               - served(self.before.by_device.requests))
        after, before = self.after.guest.driver, self.before.guest.driver
        if after and before:
            found["driver"] = after.operations - before.operations
        return found

    def kicks(self) -> int | None:
        """The number of kicks; None if no witness counted them. For the
        register window: writes of the command register."""
        said = self.says["driver"]
        if self.row.setup.style == "trap" and said:
            window = self.row.setup.options["window"]
            return said.count((f"{window}_command", "write")) or 0
        after, before = self.after.guest.driver, self.before.guest.driver
        if after and before:
            return after.kicks - before.kicks
        if self.row.setup.mapped_windows:
            return None
        if self.after.by_device and self.before.by_device:
            return self.after.by_device.kicks - self.before.by_device.kicks
        said = self.says["kvm"]
        if said is None or not any(map(self.one.names.has, KICKS)):
            return None
        return sum(said.count((name, "write")) or 0 for name in KICKS)


def _notes(asked: Requests, operations: int,
           outcome: Outcome) -> tuple[str, ...]:
    if operations == outcome.ios:
        return asked.notes
    return (f"the workload made {outcome.ios} of {operations} requests:"
            f" {asked.kinds} in total", *asked.notes)


def row_result(row: Row, one: Session, before: Snapshot, after: Snapshot,
               outcome: Outcome, traffic: Traffic) -> Result:
    """The row's result.

    @traffic: with the counts of the vCPUs
    """
    window = _Window(row, one, before, after)
    # Only KVM counts the kernel's driver on QEMU's device.
    alone = (window.says["driver"] is None and window.says["device"] is None)
    verdict = witness.compare(window.says, window.asked.cost,
                              1 if alone else 2)
    counts = window.operations()
    operations = workload.of(row.setup.function).operations(window.asked,
                                                            outcome)
    traffic = replace(
        traffic, ops=1 if row.rw == PROBE else operations,
        kicks=window.kicks(),
        interrupts=after.guest.interrupts - before.guest.interrupts)
    blind = blind_reasons(
        driver_blind=window.says["driver"] is None,
        device_blind=window.says["device"] is None,
        mapped=bool(row.setup.mapped_windows),
        string_input=window.string_input(window.says["driver"]))
    notes: tuple[str, ...] = ()
    if row.rw != PROBE:
        notes = _notes(window.asked, operations, outcome)
    polling = window.polling()
    if polling:
        notes += (f"adaptive polling took {polling.cpu_ns / operations:.0f}"
                  f" ns of CPU time per operation; {polling.found} of"
                  f" {polling.looks} busy-waits found a completion",)
    all_exits = traffic.all_exits
    if all_exits is not None and all_exits < (verdict.device_exits or 0):
        notes += ("the vCPU had fewer exits than the device accesses that"
                  " caused exits: KVM continued a string instruction without"
                  " entering the guest",)
    verdict = witness.also_operations(verdict, counts)
    return Result(row, verdict, traffic, outcome, blind, notes,
                  probe=ProbeCost.of(verdict) if row.rw == PROBE else None,
                  polling=polling)
