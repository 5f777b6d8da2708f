# SPDX-License-Identifier: GPL-2.0
"""What the rows are meant to reach, judged from what was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from . import against
from .result import Result
from .target import ENOUGH_OPS, Target


# of the vCPU, for each operation that is polled for on a device that polls
ALL_EXITS = 0.25

Judge = Callable[[Result], bool]


def _at_least_1000(result: Result) -> bool:
    return result.exits is not None and result.exits >= 1000


def _only_kicks(result: Result) -> bool:
    """One exit an operation, and it is the kick."""
    return _per_op(result) == {("notify", "write"): 1.0}


def _kick_and_isr(result: Result) -> bool:
    return _per_op(result) == {("notify", "write"): 1.0,
                               ("isr_status", "read"): 1.0}


def _none(result: Result) -> bool:
    return result.exits == 0


def _next_to_nothing(result: Result) -> bool:
    every = result.ratio("all_exits")
    few = result.row.ops < ENOUGH_OPS
    return result.exits == 0 and every is not None and (few
                                                        or every < ALL_EXITS)


def _per_op(result: Result) -> dict[tuple[str, str], float]:
    if result.verdict is None or not result.ops:
        return {}
    return {key: (said["kvm"] or 0) / result.ops
            for key, said in result.verdict.registers.items()}


SINGLE: Sequence[tuple[str, str, Judge]] = (
    ("trap-port-d1-randread", "at least 1000 exits a read, by port",
     _at_least_1000),
    ("trap-memory-d1-randread", "at least 1000 exits a read, by memory",
     _at_least_1000),
    ("virtio-msix-d1-randread", "1 exit a read, the kick (MSI-X)",
     _only_kicks),
    ("virtio-intx-d1-randread", "1 kick and 1 ISR read a read (INTx)",
     _kick_and_isr),
    ("virtio-poll-d1-randread", "no exit, polling device", _none),
    ("virtio-poll-d32-randread", "no exit, polling device, depth 32", _none),
    ("virtio-map-d1-randread", "no exit, mapped doorbell", _none),
    ("virtio-map-d32-randread", "no exit, mapped doorbell, depth 32", _none),
    ("virtio-poll-polled-d1-randread", "no exit and under 0.25 of all,"
     " polled completions, polling device", _next_to_nothing),
    ("virtio-poll-polled-d32-randread", "the same at depth 32",
     _next_to_nothing),
)


def _shown(result: Result) -> str:
    if result.exits is None:
        return "not measured"
    every = result.ratio("all_exits")
    text = f"{result.exits:.4f} exits/op"
    return text if every is None else f"{text}, {every:.2f} of all"


def judge(results: Sequence[Result]) -> list[Target]:
    """The targets whose rows were run."""
    by_name: Mapping[str, Result] = {result.row.name: result
                                     for result in results}
    targets = []
    for name, text, reached in SINGLE:
        if name in by_name:
            result = by_name[name]
            targets.append(Target(text, _shown(result),
                                  not result.error and reached(result)))
    return targets + against.judge(by_name)
