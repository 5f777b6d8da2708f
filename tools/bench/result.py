# SPDX-License-Identifier: GPL-2.0
"""A measured row: raw counts first, ratios derived from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .fio import Outcome
from .rows import BLOCK_SIZE, Row
from .witness import NAMES, Verdict


@dataclass(frozen=True)
class Traffic:
    """What went on beside the accesses. Each count is of the same window."""

    ops: int                # requests that the driver completed
    kicks: int              # times that it rang for the device
    interrupts: int         # that the guest took
    all_exits: int          # of the guest's vCPUs, whatever for
    seconds: float          # length of the window of all_exits
    idle_per_s: float       # all exits a second of a guest that waits


@dataclass(frozen=True)
class Result:
    """A row with all that was counted, or with the reason why not."""

    row: Row
    verdict: Verdict | None = None
    traffic: Traffic | None = None
    outcome: Outcome | None = None
    blind: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    error: str = ""

    @property
    def agree(self) -> bool:
        """Was the row measured, and did no witness contradict another?"""
        return (not self.error and self.verdict is not None
                and self.verdict.agree)

    @property
    def ops(self) -> int:
        """Operations of the window."""
        return self.traffic.ops if self.traffic else 0

    def exits_by(self, witness: str) -> float | None:
        """Exits for each operation by one witness."""
        if self.verdict is None or not self.ops:
            return None
        count = self.verdict.exits[witness]
        return None if count is None else count / self.ops

    @property
    def exits(self) -> float | None:
        """Exits for each operation, by whoever could see them."""
        if self.verdict is None or not self.ops:
            return None
        count = self.verdict.device_exits
        return None if count is None else count / self.ops

    def ratio(self, name: str) -> float | None:
        """Another count of Traffic for each operation."""
        if self.traffic is None or not self.ops:
            return None
        if name == "all_exits":
            return self._all_exits(self.traffic) / self.ops
        return float(getattr(self.traffic, name)) / self.ops

    @staticmethod
    def _all_exits(traffic: Traffic) -> float:
        idle = traffic.seconds * traffic.idle_per_s
        return max(0.0, traffic.all_exits - idle)

    def as_json(self) -> dict[str, Any]:
        """The row as bench.json has it."""
        setup = self.row.setup
        job: dict[str, Any] = {
            "name": self.row.name, "class": "blk", "style": setup.style,
            "driver": setup.driver, "device": "vfe",
            "options": dict(setup.options),
            "workload": {"rw": self.row.rw, "bs": BLOCK_SIZE,
                         "iodepth": self.row.depth},
            "ops": self.ops,
        }
        job.update(self._counts())
        job["agree"] = self.agree
        job["blind"] = dict(self.blind)
        job["notes"] = list(self.notes)
        if self.error:
            job["error"] = self.error
        return job

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
            "window_s": round(traffic.seconds, 3),
            "per_op": {"exits": _rounded(self.exits),
                       "kicks": _rounded(self.ratio("kicks")),
                       "interrupts": _rounded(self.ratio("interrupts")),
                       "all_exits": _rounded(self.ratio("all_exits"))},
            "observed": {"iops": round(outcome.iops, 1),
                         "lat_ns_p50": outcome.lat_ns_p50,
                         "lat_ns_p99": outcome.lat_ns_p99,
                         "ios": outcome.ios},
            "differences": list(verdict.differences),
        }
        if verdict.formula:
            counts["formula"] = {"exits": verdict.formula.exits,
                                 "accesses": verdict.formula.accesses}
        return counts


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def blind_reasons(driver_blind: bool, mapped: bool, string_input: bool,
                  ) -> dict[str, str]:
    """Why a witness's count is null, by witness; only those that are."""
    reasons: dict[str, list[str]] = {name: [] for name in NAMES}
    if driver_blind:
        reasons["driver"].append("the kernel's own driver does not count")
    if mapped:
        reasons["kvm"].append(
            "accesses to a mapped window do not trap: of them it sees only"
            " that there was no exit")
        reasons["device"].append(
            "of the rings of a mapped doorbell between two looks it sees only"
            " the last: no count of accesses")
    if string_input:
        reasons["device"].append(
            "QEMU hands it a string of words one by one: it sees accesses,"
            " not exits")
    return {name: "; ".join(why) for name, why in reasons.items() if why}
