# SPDX-License-Identifier: GPL-2.0
"""The rows of network interfaces, and the rungs of their ladder, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import row
from ..row import PAIRS, SINGLE, Function, Row, Rung, Setup
from ..workload.net_load import (BATCH, CRR, MAERTS, PING, RR, SEGMENTED, SEND,
                                 STREAM, TRIP, WRITES)

NET = "net"
# Datagrams at once in a burst
DEPTH = 32
# A ping through the register window costs some hundred exits: these rows do
# fewer.
TRAP_SHARE = 20
# Cheap operations: more of them, so that the time is measurable
TIMES: Mapping[str, float] = {SEND: 10, SEGMENTED: 10, BATCH: 2, CRR: 0.2,
                              STREAM: 0.5, MAERTS: 0.5}

# Models of the delay of our device
OWN_DELAYS = {"constant": "constant:5000", "varying": "lognormal:5000:0.7"}

_ECHO = ("--backend", "echo")
_SINK = ("--backend", "sink")
_STOCK_SPLIT = ("--id", "stock", "--features-off", "packed,in_order")
_MODERN = {"disable-legacy": "on"}
_LEGACY = {"disable-legacy": "off", "disable-modern": "on", "vectors": 0}


def _functions() -> tuple[Function, ...]:
    """Each with a network of its own."""
    ours: Sequence[tuple[str, tuple[str, ...]]] = (
        ("net-trap", ()),
        ("net-poll", ("--poll",)),
        ("net-map", ("--doorbell", "map")),
        ("net-stock", ("--id", "stock")),
        ("net-stock-intx", (*_STOCK_SPLIT, "--no-msix")),
        ("net-stock-no-event", (
            "--id", "stock", "--features-off", "packed,in_order,event_idx")),
        ("net-stock-split", _STOCK_SPLIT),
        ("net-stock-map", (*_STOCK_SPLIT, "--doorbell", "map")),
        *((f"net-own-{kind}-{which}", (*_STOCK_SPLIT, "--delay", model))
          for kind, model in OWN_DELAYS.items() for which in "ab"),
        *((f"net-fast-{which}", (*_STOCK_SPLIT, *_SINK, "--poll"))
          for which in "ab"),
    )
    qemus: Sequence[tuple[str, Mapping[str, object]]] = (
        ("net-qemu-legacy", _LEGACY),
        ("net-qemu-a", _MODERN), ("net-qemu-b", _MODERN),
        ("net-constant-a", {**_MODERN, "delay": "constant"}),
        ("net-constant-b", {**_MODERN, "delay": "constant"}),
        ("net-varying-a", {**_MODERN, "delay": "varying"}),
        ("net-varying-b", {**_MODERN, "delay": "varying"}),
        ("net-ne2k", {"model": "ne2k_pci"}),
        ("net-rtl8139", {"model": "rtl8139"}),
        ("net-e1000", {"model": "e1000"}),
        ("net-e1000e", {"model": "e1000e"}),
    )
    return (*(Function(name, NET, (*_ECHO, *options), number=number)
              for number, (name, options) in enumerate(ours, 1)),
            *(Function(name, NET, qemu=properties, number=number)
              for number, (name, properties) in enumerate(qemus, 101)))


FUNCTIONS = _functions()


def _setup(on: str, name: str, style: str, driver: str,
           **more: Any) -> Setup:
    return Setup(f"net-{name}", style, driver,
                 next(one for one in FUNCTIONS if one.name == f"net-{on}"),
                 **more)


def _trap(window: str, string_io: bool) -> Setup:
    return _setup(
        "trap", f"trap-{window}{'-string' if string_io else ''}",
        "trap", "vfe_trap_net", workloads=(PING,),
        parameters=(f"window={window}", f"string={int(string_io)}"),
        options={"interrupts": "intx", "window": window,
                 "string_io": string_io})


def _options(on: str, interrupts: str, ring: str,
             event_idx: bool) -> dict[str, object]:
    return {"doorbell": "map" if on.endswith("map") else "trap",
            "poll": on == "poll", "interrupts": interrupts, "ring": ring,
            "event_idx": event_idx}


_SPLIT = {"packed": 0, "in_order": 0}
_PACKED = {"packed": 1, "in_order": 1}


def _virtio(name: str, on: str, workloads: tuple[str, ...] = (PING,), *,
            interrupts: str = "msix", ring: str = "split",
            event_idx: bool = True, polled: bool = False,
            times: int = 1) -> Setup:
    """A setup of vfe_net; by default a split ring with EVENT_IDX."""
    return _setup(
        on, name, "virtio", "vfe_net", workloads=workloads, polled=polled,
        times=times, parameters=() if interrupts == "msix" else (
            f"interrupts={interrupts}",),
        options={**_options(on, interrupts, ring, event_idx),
                 "completions": "polled" if polled else "interrupt"},
        core={**(_SPLIT if ring == "split" else _PACKED),
              "event_idx": int(event_idx)})


def _kernel(name: str, on: str, workloads: tuple[str, ...] = (PING,), *,
            interrupts: str = "msix", ring: str = "split",
            event_idx: bool = True, polled: bool = False,
            times: int = 1) -> Setup:
    return _setup(
        on, name, "kernel", "virtio_net", workloads=workloads, polled=polled,
        times=times, parameters=(),
        options={**_options(on, interrupts, ring, event_idx),
                 "completions": "polled" if polled else "interrupt"})


def _record(on: str, driver: str) -> Setup:
    """A driver of the kernel for hardware that QEMU emulates."""
    return _setup(on, f"record-{on}", "kernel", driver,
                  workloads=(PING, SEND), parameters=(),
                  options={"emulated": on})


BOTH = (PING, BATCH)
ONLY_TRIP = (TRIP,)
# These rows do more operations, which cost almost nothing.
POLLED_TIMES = 5

SETUPS = (
    _trap("port", False),
    _trap("port", True),
    _trap("memory", False),
    _virtio("legacy", "qemu-legacy", interrupts="intx"),
    _kernel("kernel-legacy", "qemu-legacy", interrupts="intx"),
    _virtio("intx", "trap", interrupts="intx"),
    _kernel("kernel-intx", "stock-intx", interrupts="intx"),
    _virtio("shared", "trap", interrupts="shared"),
    _virtio("no-event", "trap", event_idx=False),
    _kernel("kernel-no-event", "stock-no-event", event_idx=False),
    _virtio("msix", "trap", (*BOTH, SEND)),
    _kernel("kernel", "stock-split", (*BOTH, SEND)),
    _virtio("packed", "trap", BOTH, ring="packed"),
    _kernel("kernel-packed", "stock", BOTH, ring="packed"),
    _virtio("polled", "trap", ONLY_TRIP, ring="packed", polled=True),
    _kernel("kernel-polled", "stock", ONLY_TRIP, ring="packed", polled=True),
    _virtio("poll", "poll", BOTH),
    _virtio("poll-polled", "poll", ONLY_TRIP, ring="packed", polled=True,
            times=POLLED_TIMES),
    _virtio("map", "map", BOTH),
    _kernel("kernel-map", "stock-map"),
    _virtio("map-polled", "map", ONLY_TRIP, ring="packed", polled=True,
            times=POLLED_TIMES),
)

# Both drivers at once, each on a function of QEMU, in the same run; on the
# others the host delays what it sends to the guest.
PAIR = (_virtio("pair-vfe", "qemu-a"), _kernel("pair-kernel", "qemu-b"))
CONSTANT = (_virtio("constant-vfe", "constant-a"),
            _kernel("constant-kernel", "constant-b"))
VARYING = (_virtio("varying-vfe", "varying-a"),
           _kernel("varying-kernel", "varying-b"))
# Both again, each on the other's function: two identical functions may differ
# by a tenth in a run.
PAIR_SWAPPED = (_virtio("pair-swapped-vfe", "qemu-b"),
                _kernel("pair-swapped-kernel", "qemu-a"))
CONSTANT_SWAPPED = (_virtio("constant-swapped-vfe", "constant-b"),
                    _kernel("constant-swapped-kernel", "constant-a"))
VARYING_SWAPPED = (_virtio("varying-swapped-vfe", "varying-b"),
                   _kernel("varying-swapped-kernel", "varying-a"))
# The device polls, and drops what the guest sends: the guest's CPU is the
# bottleneck.
FAST = (_virtio("fast-vfe", "fast-a"), _kernel("fast-kernel", "fast-b"))
# The same on our device, with delays of its own; it has no TCP
OWN = {kind: (_virtio(f"own-{kind}-vfe", f"own-{kind}-a"),
              _kernel(f"own-{kind}-kernel", f"own-{kind}-b"))
       for kind in OWN_DELAYS}
CONNECTIONS = (1, 8, 64)
PAIRED: Sequence[tuple[str, int]] = (
    (PING, 1), (SEND, 1), (SEGMENTED, 1), (STREAM, 1), (MAERTS, 1),
    *((RR, connections) for connections in CONNECTIONS), (WRITES, 1),
    (CRR, 1))
SENT: Sequence[tuple[str, int]] = ((SEND, 1), (SEGMENTED, 1))
DELAYED: Sequence[tuple[str, int]] = (
    (PING, 1), (STREAM, 1), (MAERTS, 1),
    *((RR, connections) for connections in CONNECTIONS), (WRITES, 1))
STREAMED: Sequence[tuple[str, int]] = ((STREAM, 1), (MAERTS, 1))
ANSWERED: Sequence[tuple[str, int]] = ((PING, 1), (TRIP, 1), (BATCH, DEPTH))
# A delay takes time: fewer of those that wait for each answer
DELAYED_SHARE = 0.2

RECORDS = (
    _record("ne2k", "ne2k_pci"), _record("rtl8139", "8139cp"),
    _record("e1000", "e1000"), _record("e1000e", "e1000e"),
)
WINDOWED = {STREAM, MAERTS}
# Two streams of one driver differ by more than runs of other traffic.
STREAM_PAIRS = 10
BRIEF = {PING, SEND, RR}


def _title(setup: Setup, traffic: str, at_once: int) -> str:
    return f"{setup.name}-{traffic.removeprefix('tcp-')}" + (
        f"-{at_once}" if at_once > 1 else "")


def _row(setup: Setup, traffic: str, at_once: int, ops: int,
         group: str = "", brief: bool = True, pairs: int = PAIRS) -> Row:
    return Row(setup, traffic, at_once, ops,
               SINGLE if at_once == 1 else row.BATCH, group, brief,
               _title(setup, traffic, at_once), pairs)


def _rows_of(setup: Setup, ops: int, trap_ops: int) -> list[Row]:
    count = trap_ops if setup.style == "trap" else ops * setup.times
    return [_row(setup, traffic, DEPTH if traffic == BATCH else 1,
                 max(DEPTH, int(count * TIMES.get(traffic, 1))))
            for traffic in setup.workloads]


def _pair_rows(setups: Sequence[Setup], group: str,
               cells: Sequence[tuple[str, int]], ops: float,
               share: float = 1) -> list[Row]:
    """The comparisons: each cell is two rows."""
    rows = []
    for traffic, at_once in cells:
        turns, part = (STREAM_PAIRS, 1.0) if traffic in WINDOWED else (
            PAIRS, share)
        each = int(ops * TIMES.get(traffic, 1) * part)
        rows += [_row(setup, traffic, at_once, turns * max(2 * at_once, each),
                      group, group == "net-pair" and traffic in BRIEF, turns)
                 for setup in setups]
    return rows


def all_rows(ops: int, trap_ops: int | None = None) -> list[Row]:
    """All rows, with @ops operations, fewer through the register window."""
    fewer = trap_ops or max(1, ops // TRAP_SHARE)
    return [
        *(row for setup in SETUPS for row in _rows_of(setup, ops, fewer)),
        *_pair_rows(PAIR, "net-pair", PAIRED, ops),
        *_pair_rows(PAIR_SWAPPED, "net-pair-swapped", STREAMED, ops),
        *_pair_rows(FAST, "net-fast", SENT, ops),
        *_pair_rows(CONSTANT, "net-constant", DELAYED, ops, DELAYED_SHARE),
        *_pair_rows(VARYING, "net-varying", DELAYED, ops, DELAYED_SHARE),
        *_pair_rows(CONSTANT_SWAPPED, "net-constant-swapped", STREAMED, ops),
        *_pair_rows(VARYING_SWAPPED, "net-varying-swapped", STREAMED, ops),
        *(row for kind, setups in OWN.items()
          for row in _pair_rows(setups, f"net-own-{kind}", ANSWERED, ops,
                                DELAYED_SHARE)),
        *(row for setup in RECORDS for row in _rows_of(setup, ops, fewer))]


# The ladder: one lever per rung, all on a ping, or on a datagram that the
# device sends back.
LADDER = "one ping, or datagram there and back"
_NO_WINDOW = "the kernel has no driver for the register window"
_BATCH = f"{BATCH}-{DEPTH}"

RUNGS = (
    Rung("word by word, by port", f"net-trap-port-{PING}",
         why_not=_NO_WINDOW),
    Rung("string I/O", f"net-trap-port-string-{PING}", why_not=_NO_WINDOW),
    Rung("memory", f"net-trap-memory-{PING}", why_not=_NO_WINDOW),
    Rung("virtio legacy, INTx", f"net-legacy-{PING}",
         f"net-kernel-legacy-{PING}"),
    Rung("virtio modern, INTx", f"net-intx-{PING}",
         f"net-kernel-intx-{PING}"),
    Rung("MSI-X", f"net-no-event-{PING}", f"net-kernel-no-event-{PING}"),
    Rung("EVENT_IDX", f"net-msix-{PING}", f"net-kernel-{PING}"),
    Rung("batching, depth 32", f"net-msix-{_BATCH}", f"net-kernel-{_BATCH}"),
    Rung("packed and in order, depth 32", f"net-packed-{_BATCH}",
         f"net-kernel-packed-{_BATCH}"),
    Rung("polled completions", f"net-polled-{TRIP}",
         f"net-kernel-polled-{TRIP}"),
    Rung("polling device", f"net-poll-polled-{TRIP}",
         why_not="the rows of virtio_net are on a device that does not poll"),
    Rung("mapped doorbell", f"net-map-polled-{TRIP}",
         why_not="virtio_net's row here has no busy polling"),
)
