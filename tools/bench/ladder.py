# SPDX-License-Identifier: GPL-2.0
"""The ladder: from a thousand exits to none, one lever per rung.

Each rung is a row of the table on the same workload, next to the row of the
kernel's driver if it supports that configuration. The rungs are in rows/.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .result import Result
from .row import Rung


@dataclass(frozen=True)
class Step:
    """A rung with its results."""

    rung: Rung
    ours: Result
    kernel: Result | None


def steps(rungs: Sequence[Rung], results: Sequence[Result]) -> list[Step]:
    """The rungs whose rows have run."""
    by_name = {result.row.name: result for result in results}
    return [Step(rung, by_name[rung.row], by_name.get(rung.kernel))
            for rung in rungs if rung.row in by_name]


def _figures(result: Result) -> dict[str, Any]:
    def rounded(value: float | None) -> float | None:
        return None if value is None else round(value, 4)
    return {"row": result.row.name,
            "class": result.row.setup.function.device_class,
            "device": result.row.setup.device,
            "exits": rounded(result.exits),
            "interrupts": rounded(result.ratio("interrupts")),
            "all_exits": rounded(result.ratio("all_exits"))}


def as_json(ladder: Sequence[Step]) -> list[dict[str, Any]]:
    """The ladder in bench.json: figures per operation."""
    found = []
    for step in ladder:
        entry: dict[str, Any] = {"lever": step.rung.lever,
                                 **_figures(step.ours), "kernel": None}
        if step.kernel:
            entry["kernel"] = _figures(step.kernel)
        elif step.rung.why_not:
            entry["kernel_cannot"] = step.rung.why_not
        found.append(entry)
    return found
