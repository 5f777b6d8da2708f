# SPDX-License-Identifier: GPL-2.0
"""The rows of disks, and the rungs of their ladder, as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..row import (BATCH, PAIRS, PROBE, SINGLE, TRAP_SHARE, Function, Row,
                   Rung, Setup)

BLK = "blk"
WORKLOADS = ("randread", "randwrite")
READ, WRITE = WORKLOADS

# These rows do more operations. Their operations cost almost nothing, so that
# fio's start would dominate the counts.
POLLED_TIMES = 5
# The operations of each run of a pair, as a share of the usual number: more for
# batches, which are fast, so that the time is measurable.
PAIR_SHARE = {SINGLE: 0.5, BATCH: 1.0}

_STOCK_SPLIT = ("--id", "stock", "--features-off", "packed,in_order")
_MODERN = {"disable-legacy": "on", "num-queues": 2}
_LEGACY = {"disable-legacy": "off", "disable-modern": "on", "vectors": 0,
           "num-queues": 1}

FUNCTIONS = (
    Function("trap", BLK),
    Function("poll", BLK, ("--poll",)),
    Function("map", BLK, ("--doorbell", "map")),
    Function("stock", BLK, ("--id", "stock")),
    Function("stock-intx", BLK, (*_STOCK_SPLIT, "--no-msix")),
    Function("stock-no-event", BLK, (
        "--id", "stock", "--features-off", "packed,in_order,event_idx")),
    Function("stock-split", BLK, _STOCK_SPLIT),
    Function("stock-map", BLK, (*_STOCK_SPLIT, "--doorbell", "map")),
    Function("qemu-legacy", BLK, qemu=_LEGACY),
    Function("qemu-a", BLK, qemu=_MODERN),
    Function("qemu-b", BLK, qemu=_MODERN),
)


def _setup(on: str, name: str, style: str, driver: str,
           **more: Any) -> Setup:
    return Setup(name, style, driver,
                 next(one for one in FUNCTIONS if one.name == on), **more)


def _trap(window: str, string_io: bool) -> Setup:
    return _setup(
        "trap", f"trap-{window}{'-string' if string_io else ''}",
        "trap", "vfe_trap_blk", workloads=WORKLOADS,
        parameters=(f"window={window}", f"string={int(string_io)}"),
        options={"interrupts": "intx", "window": window,
                 "string_io": string_io})


def _options(on: str, interrupts: str, ring: str) -> dict[str, object]:
    return {"doorbell": "map" if on.endswith("map") else "trap",
            "poll": on == "poll", "interrupts": interrupts, "ring": ring}


_SPLIT = {"packed": 0, "in_order": 0}
_PACKED = {"packed": 1, "in_order": 1}
_DEFAULT = {"packed": 1, "in_order": 1, "event_idx": 1}


def _virtio(name: str, on: str, depths: tuple[int, ...] = (1,), *,
            interrupts: str = "msix", ring: str = "split",
            event_idx: bool = True, coalesce: int = 0,
            adaptive: int = 0, polled: bool = False,
            workloads: tuple[str, ...] = WORKLOADS,
            times: int = 1) -> Setup:
    """A setup of vfe_blk; by default a split ring with EVENT_IDX.

    @coalesce, @adaptive: microseconds
    """
    kind = ("polled" if polled else "adaptive" if adaptive
            else "coalesced" if coalesce else "interrupt")
    parameters = [f"interrupts={interrupts}", f"poll_queues={int(polled)}",
                  f"adaptive_poll={adaptive}", f"coalesce_usecs={coalesce}"]
    core = {**_DEFAULT, **(_SPLIT if ring == "split" else _PACKED),
            "event_idx": int(event_idx)}
    return _setup(
        on, name, "virtio", "vfe_blk", parameters=tuple(parameters),
        options={**_options(on, interrupts, ring), "event_idx": event_idx,
                 "completions": kind},
        core=core, depths=depths, workloads=workloads, polled=polled,
        times=times)


def _kernel(name: str, on: str, depths: tuple[int, ...] = (1,), *,
            interrupts: str = "msix", ring: str = "split",
            event_idx: bool = True,
            workloads: tuple[str, ...] = WORKLOADS) -> Setup:
    return _setup(
        on, name, "kernel", "virtio_blk", parameters=(), depths=depths,
        workloads=workloads,
        options={**_options(on, interrupts, ring), "event_idx": event_idx,
                 "completions": "interrupt"})


# Long enough for a device under nested emulation to answer.
ADAPTIVE_US = 10000
# Enough for several operations under nested emulation
COALESCE_US = 4000
ONLY_READ = (READ,)

SETUPS = (
    _trap("port", False),
    _trap("port", True),
    _trap("memory", False),
    _trap("memory", True),
    _virtio("virtio-legacy", "qemu-legacy", interrupts="intx",
            workloads=ONLY_READ),
    _kernel("kernel-legacy", "qemu-legacy", interrupts="intx",
            workloads=ONLY_READ),
    _virtio("virtio-intx", "trap", interrupts="intx"),
    _kernel("kernel-intx", "stock-intx", interrupts="intx",
            workloads=ONLY_READ),
    _virtio("virtio-no-event", "trap", event_idx=False, workloads=ONLY_READ),
    _kernel("kernel-no-event", "stock-no-event", event_idx=False,
            workloads=ONLY_READ),
    _virtio("virtio-msix", "trap", (1, 32)),
    _kernel("kernel", "stock-split", (1, 32)),
    _virtio("virtio-packed", "trap", (1, 32), ring="packed",
            workloads=ONLY_READ),
    _kernel("kernel-packed", "stock", (32,), ring="packed",
            workloads=ONLY_READ),
    _virtio("virtio-coalesced", "trap", (32,), ring="packed",
            coalesce=COALESCE_US, workloads=ONLY_READ),
    _virtio("virtio-polled", "trap", ring="packed", polled=True,
            workloads=ONLY_READ),
    _virtio("virtio-poll", "poll", (1, 32)),
    _virtio("virtio-poll-polled", "poll", (1, 32), ring="packed",
            polled=True, workloads=ONLY_READ, times=POLLED_TIMES),
    _virtio("virtio-map", "map", (1, 32)),
    _virtio("virtio-map-polled", "map", ring="packed", polled=True,
            workloads=ONLY_READ),
    _kernel("kernel-map", "stock-map", workloads=ONLY_READ),
    _virtio("qemu-adaptive", "qemu-a", adaptive=ADAPTIVE_US),
    _kernel("qemu-kernel", "qemu-b"),
)

# Both drivers at once, each on a function of QEMU, in the same run.
PAIR = (
    _virtio("pair-vfe", "qemu-a"),
    _kernel("pair-kernel", "qemu-b"),
)
PAIR_DEPTHS = (1, 8, 32)
# The same with settings for a guest whose CPU is the bottleneck
COALESCED = (
    _virtio("timer-vfe", "qemu-a", coalesce=COALESCE_US),
    _kernel("timer-kernel", "qemu-b"),
)
COALESCED_DEPTH = 32
PROBES = (
    _virtio("probe-vfe", "stock-split"),
    _kernel("probe-kernel", "stock-split"),
)


# The ladder: one lever per rung, all on the same workload.
LADDER = "one read of 4 KiB"
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


def rows_of(setup: Setup, ops: int, trap_ops: int) -> list[Row]:
    """The rows of one setup."""
    count = trap_ops if setup.style == "trap" else ops * setup.times
    return [Row(setup, rw, depth, count,
                brief=setup.style == "trap" or rw != WRITE)
            for depth in setup.depths for rw in setup.workloads]


def cell_rows(setups: Sequence[Setup], group: str, depth: int, submit: str,
              ops: int) -> list[Row]:
    """The rows of a group, compared at one depth."""
    wanted = int(ops * PAIR_SHARE[submit])
    each = max(wanted, 2 * depth) // depth * depth
    brief = group == "pair" and (depth == 1 or submit == SINGLE)
    return [Row(setup, rw, depth, each * PAIRS, submit, group, brief)
            for rw in WORKLOADS for setup in setups]


def pair_rows(ops: int) -> list[Row]:
    """The comparisons: each cell is two rows."""
    rows = []
    for depth in PAIR_DEPTHS:
        for submit in (SINGLE, BATCH) if depth > 1 else (SINGLE,):
            rows += cell_rows(PAIR, "pair", depth, submit, ops)
    return rows + cell_rows(COALESCED, "timer", COALESCED_DEPTH, SINGLE,
                            ops)


def all_rows(ops: int, trap_ops: int | None = None) -> list[Row]:
    """All rows, with @ops operations, fewer through the register window."""
    fewer = trap_ops or max(1, ops // TRAP_SHARE)
    rows = [row for setup in SETUPS for row in rows_of(setup, ops, fewer)]
    return rows + pair_rows(ops) + [Row(setup, PROBE, 0, 1)
                                    for setup in PROBES]
