# SPDX-License-Identifier: GPL-2.0
"""The rows of SCSI hosts with one disk each, and the rungs of their ladder, as
data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..row import BATCH, SINGLE, TRAP_SHARE, Function, Row, Rung, Setup
from .blk import (ADAPTIVE_US, COALESCE_US, COALESCED_DEPTH, ONLY_READ,
                  POLLED_TIMES, WORKLOADS, cell_rows, rows_of)

SCSI = "scsi"
PAIR_DEPTHS = (1, 32)

_STOCK_SPLIT = ("--id", "stock", "--features-off", "packed,in_order")
_MODERN = {"disable-legacy": "on"}
_LEGACY = {"disable-legacy": "off", "disable-modern": "on", "vectors": 0}

FUNCTIONS = (
    Function("scsi-trap", SCSI),
    Function("scsi-poll", SCSI, ("--poll",)),
    Function("scsi-map", SCSI, ("--doorbell", "map")),
    Function("scsi-stock", SCSI, ("--id", "stock")),
    Function("scsi-stock-intx", SCSI, (*_STOCK_SPLIT, "--no-msix")),
    Function("scsi-stock-no-event", SCSI, (
        "--id", "stock", "--features-off", "packed,in_order,event_idx")),
    Function("scsi-stock-split", SCSI, _STOCK_SPLIT),
    Function("scsi-stock-map", SCSI, (*_STOCK_SPLIT, "--doorbell", "map")),
    Function("scsi-qemu-legacy", SCSI, qemu=_LEGACY),
    Function("scsi-qemu-a", SCSI, qemu=_MODERN),
    Function("scsi-qemu-b", SCSI, qemu=_MODERN),
    Function("scsi-lsi53c895a", SCSI, qemu={"model": "lsi53c895a"}),
    Function("scsi-am53c974", SCSI, qemu={"model": "am53c974"}),
)


def _setup(on: str, name: str, style: str, driver: str,
           **more: Any) -> Setup:
    return Setup(f"scsi-{name}", style, driver,
                 next(one for one in FUNCTIONS if one.name == f"scsi-{on}"),
                 **more)


def _trap(window: str, string_io: bool) -> Setup:
    return _setup(
        "trap", f"trap-{window}{'-string' if string_io else ''}",
        "trap", "vfe_trap_scsi", workloads=WORKLOADS,
        parameters=(f"window={window}", f"string={int(string_io)}"),
        options={"interrupts": "intx", "window": window,
                 "string_io": string_io})


def _options(on: str, interrupts: str, ring: str,
             event_idx: bool) -> dict[str, object]:
    return {"doorbell": "map" if on.endswith("map") else "trap",
            "poll": on == "poll", "interrupts": interrupts, "ring": ring,
            "event_idx": event_idx}


_RINGS: Mapping[str, Mapping[str, int]] = {
    "split": {"packed": 0, "in_order": 0},
    "packed": {"packed": 1, "in_order": 1}}


def _virtio(name: str, on: str, depths: tuple[int, ...] = (1,), *,
            interrupts: str = "msix", ring: str = "split",
            event_idx: bool = True, coalesce: int = 0, adaptive: int = 0,
            polled: bool = False, workloads: tuple[str, ...] = ONLY_READ,
            times: int = 1) -> Setup:
    """A setup of vfe_scsi; by default a split ring with EVENT_IDX.

    @coalesce, @adaptive: microseconds
    """
    kind = ("polled" if polled else "adaptive" if adaptive
            else "coalesced" if coalesce else "interrupt")
    return _setup(
        on, name, "virtio", "vfe_scsi",
        parameters=(f"interrupts={interrupts}", f"poll_queues={int(polled)}",
                    f"adaptive_poll={adaptive}", f"coalesce_usecs={coalesce}"),
        options={**_options(on, interrupts, ring, event_idx),
                 "completions": kind},
        core={**_RINGS[ring], "event_idx": int(event_idx)}, depths=depths,
        workloads=workloads, polled=polled, times=times)


def _kernel(name: str, on: str, depths: tuple[int, ...] = (1,), *,
            interrupts: str = "msix", ring: str = "split",
            event_idx: bool = True,
            workloads: tuple[str, ...] = ONLY_READ) -> Setup:
    return _setup(
        on, name, "kernel", "virtio_scsi", parameters=(), depths=depths,
        workloads=workloads,
        options={**_options(on, interrupts, ring, event_idx),
                 "completions": "interrupt"})


def _record(on: str, driver: str) -> Setup:
    """A driver of the kernel for a host that QEMU emulates."""
    return _setup(on, f"record-{on}", "kernel", driver, workloads=ONLY_READ,
                  parameters=(), options={"emulated": on})


SETUPS = (
    _trap("port", False),
    _trap("port", True),
    _trap("memory", False),
    _trap("memory", True),
    _virtio("legacy", "qemu-legacy", interrupts="intx"),
    _kernel("kernel-legacy", "qemu-legacy", interrupts="intx"),
    _virtio("intx", "trap", interrupts="intx"),
    _kernel("kernel-intx", "stock-intx", interrupts="intx"),
    _virtio("no-event", "trap", event_idx=False),
    _kernel("kernel-no-event", "stock-no-event", event_idx=False),
    _virtio("msix", "trap", (1, 32), workloads=WORKLOADS),
    _kernel("kernel", "stock-split", (1, 32), workloads=WORKLOADS),
    _virtio("packed", "trap", (1, 32), ring="packed"),
    _kernel("kernel-packed", "stock", (32,), ring="packed"),
    _virtio("coalesced", "trap", (32,), ring="packed", coalesce=COALESCE_US),
    _virtio("polled", "trap", ring="packed", polled=True),
    _virtio("poll", "poll", (1, 32)),
    _virtio("poll-polled", "poll", (1, 32), ring="packed", polled=True,
            times=POLLED_TIMES),
    _virtio("map", "map", (1, 32)),
    _virtio("map-polled", "map", ring="packed", polled=True),
    _kernel("kernel-map", "stock-map"),
    _virtio("qemu-adaptive", "qemu-a", adaptive=ADAPTIVE_US),
    _kernel("qemu-kernel", "qemu-b"),
)

# Both drivers at once, each on a function of QEMU, in the same run.
PAIR = (
    _virtio("pair-vfe", "qemu-a", workloads=WORKLOADS),
    _kernel("pair-kernel", "qemu-b", workloads=WORKLOADS),
)
# The same with a setting for a guest whose CPU is the bottleneck
COALESCED = (
    _virtio("timer-vfe", "qemu-a", coalesce=COALESCE_US),
    _kernel("timer-kernel", "qemu-b"),
)
RECORDS = (
    _record("lsi53c895a", "sym53c8xx"), _record("am53c974", "am53c974"),
)

# A short run shows that the class is counted; it uses the core of disks.
BRIEF = {"scsi-trap-port-d1-randread", "scsi-msix-d1-randread",
         "scsi-kernel-d1-randread"}

# The ladder: one lever per rung, all on the same workload.
LADDER = "one read of 4 KiB, by SCSI"
_NO_WINDOW = "the kernel has no driver for the register window"
_NO_POLL_QUEUE = "virtio_scsi takes no poll queue when the guest has one CPU"

RUNGS = (
    Rung("word by word, by port", "scsi-trap-port-d1-randread",
         why_not=_NO_WINDOW),
    Rung("string I/O", "scsi-trap-port-string-d1-randread",
         why_not=_NO_WINDOW),
    Rung("memory", "scsi-trap-memory-d1-randread", why_not=_NO_WINDOW),
    Rung("virtio legacy, INTx", "scsi-legacy-d1-randread",
         "scsi-kernel-legacy-d1-randread"),
    Rung("virtio modern, INTx", "scsi-intx-d1-randread",
         "scsi-kernel-intx-d1-randread"),
    Rung("MSI-X", "scsi-no-event-d1-randread",
         "scsi-kernel-no-event-d1-randread"),
    Rung("EVENT_IDX", "scsi-msix-d1-randread", "scsi-kernel-d1-randread"),
    Rung("batching, depth 32", "scsi-msix-d32-randread",
         "scsi-kernel-d32-randread"),
    Rung("packed and in order, depth 32", "scsi-packed-d32-randread",
         "scsi-kernel-packed-d32-randread"),
    Rung("coalesced interrupts, depth 32", "scsi-coalesced-d32-randread",
         why_not="virtio_scsi has no such setting"),
    Rung("polled completions", "scsi-polled-d1-randread",
         why_not=_NO_POLL_QUEUE),
    Rung("polling device", "scsi-poll-polled-d1-randread",
         why_not=_NO_POLL_QUEUE),
    Rung("mapped doorbell", "scsi-map-polled-d1-randread",
         why_not=_NO_POLL_QUEUE),
)


def pair_rows(ops: int) -> list[Row]:
    """The comparisons: each cell is two rows."""
    rows = []
    for depth in PAIR_DEPTHS:
        for submit in (SINGLE, BATCH) if depth > 1 else (SINGLE,):
            rows += cell_rows(PAIR, "scsi-pair", depth, submit, ops)
    return rows + cell_rows(COALESCED, "scsi-timer", COALESCED_DEPTH, SINGLE,
                            ops)


def all_rows(ops: int, trap_ops: int | None = None) -> list[Row]:
    """All rows, with @ops operations, fewer through the register window."""
    fewer = trap_ops or max(1, ops // TRAP_SHARE)
    found = [*(row for setup in SETUPS for row in rows_of(setup, ops, fewer)),
             *(row for setup in RECORDS
               for row in rows_of(setup, fewer, fewer))]
    return [*(replace(row, brief=row.name in BRIEF) for row in found),
            *pair_rows(ops)]
