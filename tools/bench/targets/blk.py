# SPDX-License-Identifier: GPL-2.0
"""Targets of the rows of disks.

Some rows have an absolute target; others are compared with the kernel's driver
in the same run.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence

from count import pairs
from count.target import Target

from ..result import Result
from ..row import BATCH
from ..rows.blk import COALESCED, PAIR

# With fewer operations, results that depend on time mean nothing, and fio's
# start causes most exits.
ENOUGH_OPS = 1000
# largest number of all exits per polled operation on a polling device
ALL_EXITS = 0.25

Test = Callable[[Result], bool]


def _at_least_1000(result: Result) -> bool:
    return result.exits is not None and result.exits >= 1000


def _only_kicks(result: Result) -> bool:
    """One exit per operation: the kick."""
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


SINGLE: Sequence[tuple[str, str, Test]] = (
    ("trap-port-d1-randread", "at least 1000 exits per read, by port",
     _at_least_1000),
    ("trap-memory-d1-randread", "at least 1000 exits per read, by memory",
     _at_least_1000),
    ("virtio-msix-d1-randread", "1 exit per read, the kick (MSI-X)",
     _only_kicks),
    ("virtio-intx-d1-randread", "1 kick and 1 access to ISR per read (INTx)",
     _kick_and_isr),
    ("virtio-poll-d1-randread", "no exit, polling device", _none),
    ("virtio-poll-d32-randread", "no exit, polling device, depth 32", _none),
    ("virtio-map-d1-randread", "no exit, mapped doorbell", _none),
    ("virtio-map-d32-randread", "no exit, mapped doorbell, depth 32", _none),
    ("virtio-poll-polled-d1-randread", "no exit and under 0.25 of all exits,"
     " polled completions, polling device", _next_to_nothing),
    ("virtio-poll-polled-d32-randread", "the same, depth 32",
     _next_to_nothing),
)


def _shown(result: Result) -> str:
    if result.exits is None:
        return "not measured"
    every = result.ratio("all_exits")
    text = f"{result.exits:.4f} exits/op"
    return text if every is None else f"{text}, {every:.2f} of all exits"


Rows = Mapping[str, Result]

OURS, KERNELS = (setup.name for setup in PAIR)
# If requests come one by one, the numbers of kicks and interrupts, and the
# speed, depend on whether the guest or the device is faster. Both drivers do
# the same there; only a ratio larger than this is significant.
CHANCE = 1.15
COALESCED_SPEED = 1.3
ADAPTIVE, PLAIN = "qemu-adaptive", "qemu-kernel"
PROBE_OURS, PROBE_KERNELS = "probe-vfe", "probe-kernel"
QUEUE_ACCESSES, FEATURE_ACCESSES = 14, 8


def _ratio(result: Result, name: str) -> float:
    value = result.ratio(name)
    return float("inf") if value is None else value


def _fewer_exits(rows: Rows) -> list[Target]:
    ours = rows.get("virtio-msix-d32-randread")
    kernel = rows.get("kernel-d32-randread")
    if ours is None or kernel is None:
        return []
    reached = (ours.exits is not None and kernel.exits is not None
               and ours.exits <= kernel.exits)
    shown = [f"{one.exits:.4f} exits/op" if one.exits is not None
             else "not measured" for one in (ours, kernel)]
    return [Target("at depth 32 no more exits than the kernel's virtio_blk",
                   f"{shown[0]}, the kernel's {shown[1]}", reached)]


class Cell:
    """Both drivers on one workload, on the same kind of device."""

    def __init__(self, ours: Result, kernel: Result) -> None:
        self.ours = ours
        self.kernel = kernel
        self.name = ours.row.name.removeprefix(f"{OURS}-")

    @property
    def measured(self) -> bool:
        """Were both measured?"""
        return not (self.ours.error or self.kernel.error)

    @property
    def enough(self) -> bool:
        """Are there enough operations for results that depend on time?"""
        return self.ours.row.ops >= ENOUGH_OPS

    def both(self, *names: str) -> tuple[float, float]:
        """The sum of these counts per operation: ours, the kernel's."""
        ours, kernel = (sum(_ratio(one, name) for name in names)
                        for one in (self.ours, self.kernel))
        return ours, kernel

    @property
    def speed(self) -> float:
        """The ratio of our operations per second to the kernel's: the median of
        the pairs."""
        if not (self.ours.outcome and self.kernel.outcome):
            return 0.0
        return pairs.ratios(self.ours.outcome.runs,
                            self.kernel.outcome.runs).value


def cells(rows: Rows, ours: str = OURS, kernels: str = KERNELS) -> list[Cell]:
    """The measured cells of a pair of setups."""
    found = []
    for name, result in rows.items():
        partner = rows.get(kernels + name.removeprefix(ours))
        if name.startswith(f"{ours}-") and partner:
            found.append(Cell(result, partner))
    return found


def _in_every(found: list[Cell], text: str,
              figures: Callable[[Cell], tuple[float, float]],
              most: float = 1.0) -> list[Target]:
    """In each cell the first figure is at most @most of the second."""
    if not found:
        return []
    missed = []
    for cell in found:
        ours, kernel = figures(cell)
        if not cell.measured or ours > kernel * most:
            missed.append(f"{cell.name} {ours:.4f} against {kernel:.4f}")
    worst = max((ours / kernel if kernel else float(ours > 0) for ours, kernel
                 in map(figures, found)))
    shown = f"{len(found)} cells, at most {worst:.2f} of the kernel's"
    return [Target(text, "; ".join([shown, *missed]), not missed)]


def _paired(rows: Rows) -> list[Target]:
    every = cells(rows)
    # At depth 1 the counts do not depend on time.
    alone = [cell for cell in every if cell.ours.row.depth == 1]
    timed = [cell for cell in every if cell.enough]
    batches = [cell for cell in timed if cell.ours.row.submit == BATCH]
    singles = [cell for cell in timed if cell not in batches + alone]

    def together(cell: Cell) -> tuple[float, float]:
        return cell.both("kicks", "interrupts")

    return [
        *_in_every(alone, "on QEMU's device, depth 1: no more kicks per"
                   " operation than the kernel's driver",
                   lambda cell: cell.both("kicks")),
        *_in_every(alone, "on QEMU's device, depth 1: no more interrupts",
                   lambda cell: cell.both("interrupts")),
        *_in_every(batches, "on QEMU's device, batches: no more kicks and"
                   f" interrupts together, except for chance ({CHANCE})",
                   together, CHANCE),
        *_in_every(singles, "on QEMU's device, one by one: the same, except"
                   f" for chance ({CHANCE})", together, CHANCE),
        *_speed(timed, 1 / CHANCE),
        *_coalesced(rows),
    ]


def _coalesced(rows: Rows) -> list[Target]:
    """The gain from coalescing."""
    found = [cell for cell in
             cells(rows, *(setup.name for setup in COALESCED)) if cell.enough]
    return [*_in_every(found, "coalesced, depth 32 one by one: kicks and"
                       " interrupts together at most half",
                       lambda cell: cell.both("kicks", "interrupts"), 0.5),
            *_speed(found, COALESCED_SPEED, "coalesced: ")]


def _speed(found: list[Cell], least: float, what: str = "") -> list[Target]:
    if not found:
        return []
    slower = [f"{cell.name} {cell.speed:.2f}" for cell in found
              if cell.speed < least]
    middle = statistics.median(cell.speed for cell in found)
    shown = f"{len(found)} cells, median {middle:.2f} of the kernel's"
    return [Target(f"{what}operations per second at least {least:.2f} of the"
                   " kernel's in every cell (median of five pairs)",
                   "; ".join([shown, *slower]), not slower)]


def _adaptive(rows: Rows) -> list[Target]:
    found = []
    for name, ours in rows.items():
        kernel = rows.get(PLAIN + name.removeprefix(ADAPTIVE))
        if not name.startswith(f"{ADAPTIVE}-") or kernel is None or \
                ours.row.ops < ENOUGH_OPS:
            continue
        figures = [_ratio(one, "all_exits") for one in (ours, kernel)]
        found.append(Target(
            f"{ours.row.rw} at depth 1, adaptive polling: at most half of all"
            " exits of the kernel's driver",
            f"{figures[0]:.2f} against {figures[1]:.2f}",
            not ours.error and figures[0] <= figures[1] / 2))
    return found


def _probe(rows: Rows) -> list[Target]:
    ours, kernel = rows.get(PROBE_OURS), rows.get(PROBE_KERNELS)
    if ours is None or ours.probe is None:
        return []
    queue, total = ours.probe.per_queue, ours.probe.total
    features = ours.probe.accesses["features"]
    found = [
        Target(f"{QUEUE_ACCESSES} register accesses or fewer to set up a"
               " queue", f"{queue}",
               queue is not None and queue <= QUEUE_ACCESSES),
        Target(f"{FEATURE_ACCESSES} or fewer for features, 4 to read and 4 to"
               " write", str(features), features <= FEATURE_ACCESSES)]
    if kernel and kernel.probe:
        found.append(Target(
            "a probe makes no more accesses than the kernel's driver",
            f"{total} against {kernel.probe.total}",
            total <= kernel.probe.total))
    return found


def targets(results: Rows) -> list[Target]:
    """The rows that have run, by name."""
    own = [Target(text, _shown(results[name]),
                  not results[name].error and reached(results[name]))
           for name, text, reached in SINGLE if name in results]
    return [*own, *_fewer_exits(results), *_paired(results),
            *_adaptive(results), *_probe(results)]
