# SPDX-License-Identifier: GPL-2.0
"""What the rows are meant to reach, judged from what was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .result import Result


@dataclass(frozen=True)
class Target:
    """A target and how the measured row stands to it."""

    text: str
    measured: str
    reached: bool

    def __str__(self) -> str:
        word = "reached" if self.reached else "MISSED "
        return f"{word}  {self.text}: {self.measured}"


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
)


def _shown(result: Result) -> str:
    return ("not measured" if result.exits is None
            else f"{result.exits:.4f} exits/op")


def _against_kernel(by_name: Mapping[str, Result]) -> list[Target]:
    ours = by_name.get("virtio-msix-d32-randread")
    kernel = by_name.get("kernel-d32-randread")
    if ours is None or kernel is None:
        return []
    reached = (ours.exits is not None and kernel.exits is not None
               and ours.exits <= kernel.exits)
    return [Target("at depth 32 no more exits than the kernel's virtio_blk",
                   f"{_shown(ours)}, the kernel's {_shown(kernel)}", reached)]


def judge(results: Sequence[Result]) -> list[Target]:
    """The targets whose rows were run."""
    by_name = {result.row.name: result for result in results}
    targets = []
    for name, text, reached in SINGLE:
        if name in by_name:
            result = by_name[name]
            targets.append(Target(text, _shown(result),
                                  not result.error and reached(result)))
    return targets + _against_kernel(by_name)
