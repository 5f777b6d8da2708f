# SPDX-License-Identifier: GPL-2.0
"""Targets of the rows of disks.

Some rows have an absolute target; others are compared with the kernel's driver
in the same run.
"""

from __future__ import annotations

from collections.abc import Sequence

from count.target import Target

from ..result import Result
from ..row import BATCH, Setup
from ..rows.blk import COALESCED, PAIR
from .pairs import (ENOUGH_OPS, Cell, Rows, Test, cells, failed, fast_enough,
                    in_every, in_rows, ratio, target)

# largest number of all exits per polled operation on a polling device
ALL_EXITS = 0.25


def at_least_1000(result: Result) -> bool:
    """A thousand exits an operation."""
    return result.exits is not None and result.exits >= 1000


def only_kicks(result: Result) -> bool:
    """One exit per operation: the kick."""
    return _per_op(result) == {("notify", "write"): 1.0}


def kick_and_isr(result: Result) -> bool:
    """Two: the kick, and a read of the ISR status."""
    return _per_op(result) == {("notify", "write"): 1.0,
                               ("isr_status", "read"): 1.0}


def none(result: Result) -> bool:
    """No exit."""
    return result.exits == 0


def next_to_nothing(result: Result) -> bool:
    """No exit, and few of any kind."""
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
     at_least_1000),
    ("trap-memory-d1-randread", "at least 1000 exits per read, by memory",
     at_least_1000),
    ("virtio-msix-d1-randread", "1 exit per read, the kick (MSI-X)",
     only_kicks),
    ("virtio-intx-d1-randread", "1 kick and 1 access to ISR per read (INTx)",
     kick_and_isr),
    ("virtio-poll-d1-randread", "no exit, polling device", none),
    ("virtio-poll-d32-randread", "no exit, polling device, depth 32", none),
    ("virtio-map-d1-randread", "no exit, mapped doorbell", none),
    ("virtio-map-d32-randread", "no exit, mapped doorbell, depth 32", none),
    ("virtio-poll-polled-d1-randread", "no exit and under 0.25 of all exits,"
     " polled completions, polling device", next_to_nothing),
    ("virtio-poll-polled-d32-randread", "the same, depth 32",
     next_to_nothing),
)


def shown(result: Result) -> str:
    """What a row measured."""
    if result.exits is None:
        return "not counted"
    every = result.ratio("all_exits")
    text = f"{result.exits:.4f} exits/op"
    return text if every is None else f"{text}, {every:.2f} of all exits"


OURS, KERNELS = (setup.name for setup in PAIR)
# If requests come one by one, the numbers of kicks and interrupts, and the
# speed, depend on whether the guest or the device is faster. Both drivers do
# the same there; only a ratio larger than this is significant.
CHANCE = 1.15
COALESCED_SPEED = 1.3
ADAPTIVE, PLAIN = "qemu-adaptive", "qemu-kernel"
PROBE_OURS, PROBE_KERNELS = "probe-vfe", "probe-kernel"
QUEUE_ACCESSES, FEATURE_ACCESSES = 14, 8


def _fewer_exits(rows: Rows) -> list[Target]:
    ours = rows.get("virtio-msix-d32-randread")
    kernel = rows.get("kernel-d32-randread")
    if ours is None or kernel is None:
        return []
    reached = (ours.exits is not None and kernel.exits is not None
               and ours.exits <= kernel.exits)
    text = "at depth 32 no more exits than the kernel's virtio_blk"
    broken = failed(ours, kernel)
    if broken:
        return [target(text, (), True, broken)]
    figures = [f"{one.exits:.4f} exits/op" if one.exits is not None
               else "not counted" for one in (ours, kernel)]
    return [Target(text, f"{figures[0]}, the kernel's {figures[1]}", reached)]


def _paired(rows: Rows) -> list[Target]:
    every = cells(rows, OURS, KERNELS)
    # At depth 1 the counts do not depend on time.
    alone = [cell for cell in every if cell.ours.row.depth == 1]
    timed = [cell for cell in every if cell.enough]
    batches = [cell for cell in timed if cell.ours.row.submit == BATCH]
    singles = [cell for cell in timed if cell not in batches + alone]

    def together(cell: Cell) -> tuple[float, float]:
        return cell.both("kicks", "interrupts")

    return [
        *in_every(alone, "on QEMU's device, depth 1: no more kicks per"
                  " operation than the kernel's driver",
                  lambda cell: cell.both("kicks")),
        *in_every(alone, "on QEMU's device, depth 1: no more interrupts",
                  lambda cell: cell.both("interrupts")),
        *in_every(batches, "on QEMU's device, batches: no more kicks and"
                  f" interrupts together, except for chance ({CHANCE})",
                  together, CHANCE),
        *in_every(singles, "on QEMU's device, one by one: the same, except"
                  f" for chance ({CHANCE})", together, CHANCE),
        *fast_enough(timed, 1 / CHANCE),
        *coalesced(rows, COALESCED, COALESCED_SPEED),
    ]


def coalesced(rows: Rows, setups: Sequence[Setup], speed: float,
              prefix: str = "") -> list[Target]:
    """The gain from coalescing.

    @setups: our driver, with the setting, and the kernel's
    @speed: least ratio of the operations per second
    """
    found = [cell for cell in cells(rows, *(one.name for one in setups))
             if cell.enough]
    return [*in_every(found, f"{prefix}coalesced, depth 32 one by one: kicks"
                      " and interrupts together at most half",
                      lambda cell: cell.both("kicks", "interrupts"), 0.5),
            *fast_enough(found, speed, f"{prefix}coalesced: ")]


def _adaptive(rows: Rows) -> list[Target]:
    found = []
    for name, ours in rows.items():
        kernel = rows.get(PLAIN + name.removeprefix(ADAPTIVE))
        if not name.startswith(f"{ADAPTIVE}-") or kernel is None or \
                ours.row.ops < ENOUGH_OPS:
            continue
        text = (f"{ours.row.rw} at depth 1, adaptive polling: at most half of"
                " all exits of the kernel's driver")
        broken = failed(ours, kernel)
        if broken:
            found.append(target(text, (), True, broken))
            continue
        figures = [ratio(one, "all_exits") for one in (ours, kernel)]
        found.append(Target(text, f"{figures[0]:.2f} against {figures[1]:.2f}",
                            figures[0] <= figures[1] / 2))
    return found


def _probe(rows: Rows) -> list[Target]:
    ours, kernel = rows.get(PROBE_OURS), rows.get(PROBE_KERNELS)
    if ours is None:
        return []
    texts = (f"{QUEUE_ACCESSES} register accesses or fewer to set up a queue",
             f"{FEATURE_ACCESSES} or fewer for features, 4 to read and 4 to"
             " write", "a probe makes no more accesses than the kernel's"
             " driver")
    if ours.probe is None or kernel and kernel.probe is None:
        broken = failed(ours, kernel)
        return [target(text, (), True, broken)
                for text in (texts if kernel else texts[:2])]
    queue, total = ours.probe.per_queue, ours.probe.total
    features = ours.probe.accesses["features"]
    found = [Target(texts[0], f"{queue}",
                    queue is not None and queue <= QUEUE_ACCESSES),
             Target(texts[1], str(features), features <= FEATURE_ACCESSES)]
    if kernel and kernel.probe:
        found.append(Target(texts[2], f"{total} against {kernel.probe.total}",
                            total <= kernel.probe.total))
    return found


def targets(results: Rows) -> list[Target]:
    """The rows that have run, by name."""
    return [*in_rows(results, SINGLE, shown), *_fewer_exits(results),
            *_paired(results), *_adaptive(results), *_probe(results)]
