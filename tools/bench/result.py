# SPDX-License-Identifier: GPL-2.0
"""A measured row: raw counts, and ratios derived from them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from count.witness import NAMES, Verdict

from . import workload
from .row import Row
from .workload.interface import Outcome


# With fewer operations, the exits of fio's start may dominate.
FEW_OPS = 100


@dataclass(frozen=True)
class Traffic:
    """Measurements other than accesses, between the same two readings."""

    ops: int = 0            # requests that the driver completed
    kicks: int | None = 0   # number of its kicks, if known
    interrupts: int = 0     # that the guest took
    # all exits of the guest's vCPUs; None if two drivers ran
    all_exits: int | None = None
    seconds: float = 0.0    # seconds between the readings of all_exits
    idle_per_s: float = 0.0     # all exits per second of the idle guest
    # exits of fio's start and end: those of a run of one operation, less the
    # idle ones
    start_exits: float = 0.0


@dataclass(frozen=True)
class Polling:
    """The cost and the result of busy-waiting for completions."""

    looks: int
    found: int
    cpu_ns: int

    def as_json(self, ops: int) -> dict[str, Any]:
        """The fields of bench.json."""
        return {"looks": self.looks, "found": self.found,
                "cpu_ns": self.cpu_ns,
                "cpu_ns_per_op": round(self.cpu_ns / ops, 1) if ops else None}


# The purpose of a register in a probe; the first match counts.
CLASSES = (("io", r"(legacy_queue_)?notify|(legacy_)?isr_status"),
           ("queues", r"(legacy_)?queue_.*"),
           ("features", r"(legacy_)?(device|driver)_features?(_select)?"),
           ("status", r"(legacy_)?device_status"),
           ("config", r"(legacy_)?(device_config|config_generation)"),
           ("other", r".*"))


@dataclass(frozen=True)
class ProbeCost:
    """Accesses of a probe by purpose, those of I/O separately."""

    accesses: Mapping[str, int]
    queues: int             # number of queues set up

    @classmethod
    def of(cls, verdict: Verdict) -> ProbeCost:
        """By KVM's counts, since KVM sees all accesses."""
        found = {name: 0 for name, _ in CLASSES}
        enabled = 0
        for (register, direction), said in verdict.registers.items():
            count = said["kvm"] or 0
            name = next(name for name, pattern in CLASSES
                        if re.fullmatch(pattern, register))
            found[name] += count
            if (register, direction) == ("queue_enable", "write"):
                enabled += count
        return cls(found, enabled)

    @property
    def total(self) -> int:
        """All accesses except those of I/O."""
        return sum(self.accesses.values()) - self.accesses["io"]

    @property
    def per_queue(self) -> float | None:
        """Accesses that set up queues, per queue."""
        return self.accesses["queues"] / self.queues if self.queues else None

    def as_json(self) -> dict[str, Any]:
        """The fields of bench.json."""
        return {"accesses": dict(self.accesses), "total": self.total,
                "queues": self.queues, "per_queue": self.per_queue}


@dataclass(frozen=True)
class Result:
    """A row with all counts, or with the reason why it failed."""

    row: Row
    verdict: Verdict | None = None
    traffic: Traffic | None = None
    outcome: Outcome | None = None
    blind: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    error: str = ""
    probe: ProbeCost | None = None      # only of a probe row
    # all runs, if each has counts of its own: the row is the median one
    turns: tuple[Result, ...] = ()
    polling: Polling | None = None      # only of a row with adaptive polling
    again: str = ""     # why the first try ended, of a second one

    @property
    def agree(self) -> bool:
        """Was the row measured, and do all witnesses agree?"""
        return (not self.error and self.verdict is not None
                and self.verdict.agree
                and all(turn.agree for turn in self.turns))

    @property
    def differences(self) -> tuple[str, ...]:
        """Between the witnesses, in any run."""
        if self.turns:
            return tuple(dict.fromkeys(
                one for turn in self.turns for one in turn.differences))
        return self.verdict.differences if self.verdict else ()

    @property
    def ops(self) -> int:
        """Number of operations."""
        return self.traffic.ops if self.traffic else 0

    def exits_by(self, witness: str) -> float | None:
        """Exits per operation, by one witness."""
        if self.verdict is None or not self.ops:
            return None
        count = self.verdict.exits[witness]
        return None if count is None else count / self.ops

    @property
    def exits(self) -> float | None:
        """Exits per operation, from any witness that could count them."""
        if self.verdict is None or not self.ops:
            return None
        count = self.verdict.device_exits
        return None if count is None else count / self.ops

    def ratio(self, name: str) -> float | None:
        """Another count of Traffic, per operation."""
        if self.traffic is None or not self.ops:
            return None
        if name == "all_exits":
            return self._all_exits(self.traffic)
        count: int | None = getattr(self.traffic, name)
        return None if count is None else count / self.ops

    def _all_exits(self, traffic: Traffic) -> float | None:
        if traffic.all_exits is None:
            return None
        if self.ops < 2:
            return None     # only the operation that measures the start
        idle = traffic.seconds * traffic.idle_per_s
        exits = traffic.all_exits - idle - traffic.start_exits
        if self.ops < FEW_OPS and exits < traffic.start_exits:
            return None     # less than the variation of the start
        return max(0.0, exits) / (self.ops - 1)

    def as_json(self) -> dict[str, Any]:
        """The row as bench.json has it."""
        setup = self.row.setup
        job: dict[str, Any] = {
            "name": self.row.name, "class": setup.function.device_class,
            "style": setup.style,
            "driver": setup.driver, "device": setup.device,
            "options": dict(setup.options),
            "workload": workload.of(setup.function).describe(self.row),
            "ops": self.ops,
        }
        job.update(self._counts())
        job["agree"] = self.agree
        job["blind"] = dict(self.blind)
        job["notes"] = list(self.notes)
        if self.probe:
            job["probe"] = self.probe.as_json()
        if self.turns:
            job["turns"] = [turn.per_op() for turn in self.turns]
        if self.polling:
            job["polling"] = self.polling.as_json(self.ops)
        if self.again:
            job["first_try"] = self.again
        if self.error:
            job["error"] = self.error
        return job

    def per_op(self) -> dict[str, float | None]:
        """The counts per operation."""
        return {"exits": _rounded(self.exits),
                **{name: _rounded(self.ratio(name)) for name in
                   ("kicks", "interrupts", "all_exits")}}

    def _counts(self) -> dict[str, Any]:
        if not (self.verdict and self.traffic and self.outcome):
            return dict.fromkeys(
                ("exits", "accesses", "registers", "kicks", "interrupts",
                 "all_exits", "idle_exits_per_s", "per_op", "observed"))
        verdict, traffic, outcome = self.verdict, self.traffic, self.outcome
        counts: dict[str, Any] = {
            "exits": dict(verdict.exits), "accesses": dict(verdict.accesses),
            "registers": [{"name": name, "dir": direction, **said}
                          for (name, direction), said
                          in verdict.registers.items()],
            "kicks": traffic.kicks, "interrupts": traffic.interrupts,
            "all_exits": traffic.all_exits,
            "idle_exits_per_s": round(traffic.idle_per_s, 1),
            "start_exits": round(traffic.start_exits, 1),
            "window_s": round(traffic.seconds, 3),
            "per_op": self.per_op(),
            "observed": {"iops": round(outcome.iops, 1),
                         "lat_ns_p50": outcome.lat_ns_p50,
                         "lat_ns_p99": outcome.lat_ns_p99,
                         "ios": outcome.ios},
            "differences": list(self.differences),
        }
        if outcome.runs:
            counts["observed"].update(
                runs_iops=[round(iops, 1) for iops in outcome.runs],
                runs_lat_ns_p50=list(outcome.p50s),
                runs_lat_ns_p99=list(outcome.p99s))
        if verdict.formula:
            counts["formula"] = {"exits": verdict.formula.exits,
                                 "accesses": verdict.formula.accesses}
        return counts


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def blind_reasons(*, driver_blind: bool, device_blind: bool, mapped: bool,
                  string_input: bool) -> dict[str, str]:
    """The reasons for null counts, by witness."""
    reasons: dict[str, list[str]] = {name: [] for name in NAMES}
    if driver_blind:
        reasons["driver"].append("the kernel's driver does not count")
    if device_blind:
        reasons["device"].append("QEMU's own device does not count")
    if mapped:
        reasons["kvm"].append(
            "accesses to a mapped window do not trap: KVM sees only that"
            " there was no exit")
        reasons["device"].append(
            "of several kicks to a mapped doorbell between two polls the"
            " device sees only the last: it cannot count accesses")
    if string_input:
        reasons["device"].append(
            "QEMU passes the words of a string one by one: the device sees"
            " accesses, not exits")
    return {name: "; ".join(why) for name, why in reasons.items() if why}
