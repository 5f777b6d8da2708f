# SPDX-License-Identifier: GPL-2.0
"""The ladder: from a thousand exits to none, one lever per rung, as data.

Each rung is a row of the table on one workload (4 KiB reads at random), and
beside it the kernel's own driver where it can run that configuration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .result import Result


@dataclass(frozen=True)
class Rung:
    """A lever, the row that pulls it, and the kernel's."""

    lever: str
    row: str
    kernel: str = ""
    why_not: str = ""       # the kernel's driver cannot do this


_NO_WINDOW = "the kernel has no driver for the register window"
_NO_POLL_QUEUE = "virtio_blk takes no poll queue when the guest has one CPU"

RUNGS = (
    Rung("word by word, by port", "trap-port-d1-randread",
         why_not=_NO_WINDOW),
    Rung("string I/O", "trap-port-string-d1-randread", why_not=_NO_WINDOW),
    Rung("memory", "trap-memory-d1-randread", why_not=_NO_WINDOW),
    Rung("virtio legacy, INTx", "virtio-legacy-d1-randread",
         "kernel-legacy-d1-randread"),
    Rung("virtio modern, INTx", "virtio-intx-d1-randread",
         "kernel-intx-d1-randread"),
    Rung("MSI-X", "virtio-no-event-d1-randread",
         "kernel-no-event-d1-randread"),
    Rung("EVENT_IDX", "virtio-msix-d1-randread", "kernel-d1-randread"),
    Rung("batching, depth 32", "virtio-msix-d32-randread",
         "kernel-d32-randread"),
    Rung("packed and in order, depth 32", "virtio-packed-d32-randread",
         "kernel-packed-d32-randread"),
    Rung("coalesced interrupts, depth 32", "virtio-coalesced-d32-randread",
         why_not="virtio_blk has no such setting"),
    Rung("polled completions", "virtio-polled-d1-randread",
         why_not=_NO_POLL_QUEUE),
    Rung("polling device", "virtio-poll-polled-d1-randread",
         why_not=_NO_POLL_QUEUE),
    Rung("mapped doorbell", "virtio-map-polled-d1-randread",
         why_not=_NO_POLL_QUEUE),
)


@dataclass(frozen=True)
class Step:
    """A rung with what was measured."""

    rung: Rung
    ours: Result
    kernel: Result | None


def steps(results: Sequence[Result]) -> list[Step]:
    """The rungs whose rows were run."""
    by_name = {result.row.name: result for result in results}
    return [Step(rung, by_name[rung.row], by_name.get(rung.kernel))
            for rung in RUNGS if rung.row in by_name]


def _figures(result: Result) -> dict[str, Any]:
    def rounded(value: float | None) -> float | None:
        return None if value is None else round(value, 4)
    return {"row": result.row.name, "device": result.row.setup.device,
            "exits": rounded(result.exits),
            "interrupts": rounded(result.ratio("interrupts")),
            "all_exits": rounded(result.ratio("all_exits"))}


def as_json(results: Sequence[Result]) -> list[dict[str, Any]]:
    """The ladder as bench.json has it: figures for each operation."""
    found = []
    for step in steps(results):
        entry: dict[str, Any] = {"lever": step.rung.lever,
                                 **_figures(step.ours), "kernel": None}
        if step.kernel:
            entry["kernel"] = _figures(step.kernel)
        elif step.rung.why_not:
            entry["kernel_cannot"] = step.rung.why_not
        found.append(entry)
    return found
