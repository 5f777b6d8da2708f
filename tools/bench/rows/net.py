# SPDX-License-Identifier: GPL-2.0
"""The rows of network interfaces, and the rungs of their ladder, as data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from .. import row
from ..row import PAIRS, SINGLE, Function, Row, Rung, Setup
from ..workload.net_load import (BATCH, CRR, MAERTS, PING, RR, SEGMENTED, SEND,
                                 STREAM, STREAMS, TAKE, TRIP, WRITES)
from ..workload.net_peer import back_end

NET = "net"
# Datagrams at once in a burst
DEPTH = 32
# A ping through the register window costs some hundred exits: these rows do
# fewer.
TRAP_SHARE = 20
# Cheap operations: more of them, so that the time is measurable
TIMES: Mapping[str, float] = {SEND: 10, SEGMENTED: 10, TAKE: 3, BATCH: 2,
                              CRR: 0.2, STREAM: 0.5, MAERTS: 0.5,
                              STREAMS: 0.12}

# Models of the delay of our device
OWN_DELAYS = {"constant": "constant:5000", "varying": "lognormal:5000:0.7"}
# For how long our device keeps the buffers of what it has sent
SERVICES = {"constant": "constant:10000", "varying": "lognormal:10000:0.7"}

_ECHO = ("--backend", "echo")
_SINK = ("--backend", "sink")
_SOURCE = ("--backend", "source:64")
_STOCK_SPLIT = ("--id", "stock", "--features-off", "packed,in_order")
_MODERN = {"disable-legacy": "on"}
_LEGACY = {"disable-legacy": "off", "disable-modern": "on", "vectors": 0}


def _functions() -> tuple[Function, ...]:
    """Each with a network of its own."""
    ours: Sequence[tuple[str, tuple[str, ...]]] = (
        ("net-trap", ()),
        ("net-trap-sink", _SINK),
        ("net-poll", ("--poll",)),
        ("net-map", ("--doorbell", "map")),
        ("net-stock", ("--id", "stock")),
        ("net-stock-intx", (*_STOCK_SPLIT, "--no-msix")),
        ("net-stock-no-event", (
            "--id", "stock", "--features-off", "packed,in_order,event_idx")),
        ("net-stock-split", _STOCK_SPLIT),
        ("net-stock-map", (*_STOCK_SPLIT, "--doorbell", "map")),
        ("net-stock-poll", ("--id", "stock", "--poll")),
        *((f"net-own-{kind}-{which}", (*_STOCK_SPLIT, "--delay", model))
          for kind, model in OWN_DELAYS.items() for which in "abc"),
        *((f"net-{kind}-{which}", options) for kind, options, places in (
            ("fast", (*_STOCK_SPLIT, *_SINK, "--poll"), "ab"),
            ("split", _STOCK_SPLIT, "abc"),
            ("packed", ("--id", "stock"), "ab"),
            ("source", (*_STOCK_SPLIT, *_SOURCE), "ab")) for which in places),
    )
    tapped: Sequence[tuple[str, tuple[str, ...]]] = tuple(
        (f"net-slow-{ring}-{which}",
         (*options, "--service", SERVICES["constant"]))
        for ring, options in (("packed", ("--id", "stock")),
                              ("split", _STOCK_SPLIT)) for which in "abc")
    qemus: Sequence[tuple[str, Mapping[str, object]]] = (
        ("net-qemu-legacy", _LEGACY),
        *((f"net-qemu-{which}", _MODERN) for which in "abc"),
        *((f"net-{delay}-{which}", {**_MODERN, "delay": delay})
          for delay in ("constant", "varying") for which in "abc"),
        ("net-ne2k", {"model": "ne2k_pci"}),
        ("net-rtl8139", {"model": "rtl8139"}),
        ("net-e1000", {"model": "e1000"}),
        ("net-e1000e", {"model": "e1000e"}),
    )
    # The last of several back ends counts.
    return (*(Function(name, NET, (*_ECHO, *options), number=number)
              for number, (name, options) in enumerate(ours, 1)),
            *(Function(name, NET, (*back_end(number), *options), number=number)
              for number, (name, options) in enumerate(tapped, 81)),
            *(Function(name, NET, qemu=properties, number=number)
              for number, (name, properties) in enumerate(qemus, 101)))


FUNCTIONS = _functions()


def _setup(on: str, name: str, style: str, driver: str,
           **more: Any) -> Setup:
    return Setup(f"net-{name}", style, driver,
                 next(one for one in FUNCTIONS if one.name == f"net-{on}"),
                 **more)


def _trap(window: str, string_io: bool, on: str = "",
          workload: str = PING) -> Setup:
    return _setup(
        f"trap{on}", f"trap-{window}{'-string' if string_io else ''}{on}",
        "trap", "vfe_trap_net", workloads=(workload,),
        parameters=(f"window={window}", f"string={int(string_io)}"),
        options={"interrupts": "intx", "window": window,
                 "string_io": string_io})


def _options(on: str, interrupts: str, ring: str,
             event_idx: bool) -> dict[str, object]:
    return {"doorbell": "map" if on.endswith("map") else "trap",
            "poll": on.endswith("poll") or on.startswith("fast"),
            "interrupts": interrupts, "ring": ring,
            "event_idx": event_idx}


_SPLIT = {"packed": 0, "in_order": 0}
_PACKED = {"packed": 1, "in_order": 1}


def _virtio(name: str, on: str, workloads: tuple[str, ...] = (PING,), *,
            interrupts: str = "msix", ring: str = "split",
            event_idx: bool = True, polled: bool = False,
            **more: Any) -> Setup:
    """A setup of vfe_net; by default a split ring with EVENT_IDX."""
    return _setup(
        on, name, "virtio", "vfe_net", workloads=workloads, polled=polled,
        parameters=() if interrupts == "msix" else (
            f"interrupts={interrupts}",),
        options={**_options(on, interrupts, ring, event_idx),
                 "completions": "polled" if polled else "interrupt"},
        core={**(_SPLIT if ring == "split" else _PACKED),
              "event_idx": int(event_idx)}, **more)


def _kernel(name: str, on: str, workloads: tuple[str, ...] = (PING,), *,
            interrupts: str = "msix", ring: str = "split",
            event_idx: bool = True, polled: bool = False,
            **more: Any) -> Setup:
    return _setup(
        on, name, "kernel", "virtio_net", workloads=workloads, polled=polled,
        parameters=(),
        options={**_options(on, interrupts, ring, event_idx),
                 "completions": "polled" if polled else "interrupt"}, **more)


def _both(name: str, on: str, **more: Any) -> tuple[Setup, ...]:
    """Both drivers at once, on two identical functions."""
    return (_virtio(f"{name}-vfe", f"{on}-a", **more),
            _kernel(f"{name}-kernel", f"{on}-b", **more))


def _three(name: str, on: str, places: str = "abc",
           **more: Any) -> tuple[Setup, ...]:
    """And virtio_net on a third one: what two identical functions differ by."""
    ours, kernels, again = (f"{on}-{place}" for place in places)
    return (_virtio(f"{name}-vfe", ours, **more),
            _kernel(f"{name}-kernel", kernels, **more),
            _kernel(f"{name}-again", again, **more))


def _slow(ring: str, service: str) -> tuple[Setup, ...]:
    """On our device, which keeps the buffers of what it has sent. The times are
    the same for all three."""
    return _three(f"slow-{ring}-{service}", f"slow-{ring}", ring=ring,
                  told=(f"service {SERVICES[service]}", "seed 1"))


# Why the drivers of other hardware have two workloads
_ONLY = ("ping and datagrams only: TCP and bursts add no other register"
         " accesses, and take minutes a row through hundreds of exits a packet")


def _record(on: str, driver: str) -> Setup:
    """A driver of the kernel for hardware that QEMU emulates."""
    return _setup(on, f"record-{on}", "kernel", driver,
                  workloads=(PING, SEND), parameters=(),
                  options={"emulated": on, "workloads": _ONLY})


BOTH = (PING, BATCH)
ONLY_TRIP = (TRIP,)
# These rows do more operations, which cost almost nothing.
POLLED_TIMES = 5

WINDOWS = (("port", False), ("port", True), ("memory", False))

SETUPS = (
    *(_trap(*window) for window in WINDOWS),
    # Nothing comes back: the cost of a packet sent
    *(_trap(*window, "-sink", SEND) for window in WINDOWS),
    _virtio("legacy", "qemu-legacy", interrupts="intx"),
    _kernel("kernel-legacy", "qemu-legacy", interrupts="intx"),
    _virtio("intx", "trap", interrupts="intx"),
    _kernel("kernel-intx", "stock-intx", interrupts="intx"),
    _virtio("shared", "trap", interrupts="shared"),
    _virtio("no-event", "trap", event_idx=False),
    _kernel("kernel-no-event", "stock-no-event", event_idx=False),
    _virtio("msix", "trap", (PING, SEND)),
    _kernel("kernel", "stock-split", (PING, SEND)),
    _virtio("packed", "trap", ring="packed"),
    _kernel("kernel-packed", "stock", ring="packed"),
    _virtio("polled", "trap", ONLY_TRIP, ring="packed", polled=True),
    _kernel("kernel-polled", "stock", ONLY_TRIP, ring="packed", polled=True),
    _virtio("poll", "poll", BOTH),
    _virtio("poll-polled", "poll", ONLY_TRIP, ring="packed", polled=True,
            times=POLLED_TIMES),
    _kernel("kernel-poll-polled", "stock-poll", ONLY_TRIP, ring="packed",
            polled=True, times=POLLED_TIMES),
    _virtio("map", "map", BOTH),
    _kernel("kernel-map", "stock-map"),
    _virtio("map-polled", "map", ONLY_TRIP, ring="packed", polled=True,
            times=POLLED_TIMES),
    _kernel("kernel-map-polled", "stock-map", ONLY_TRIP, polled=True,
            times=POLLED_TIMES),
)

# Each on a function of QEMU, in the same run; on the others the host delays
# what it sends to the guest.
PAIR = _three("pair", "qemu")
CONSTANT, VARYING = (_three(delay, delay) for delay in ("constant", "varying"))
# Each driver on the other's function: two identical functions may differ by a
# tenth in a run.
PAIR_SWAPPED = _three("pair-swapped", "qemu", "bac")
CONSTANT_SWAPPED, VARYING_SWAPPED = (
    _three(f"{delay}-swapped", delay, "bac")
    for delay in ("constant", "varying"))
# The device polls, and drops what the guest sends: the guest's CPU is the
# bottleneck.
FAST = _both("fast", "fast")
# The same on our device, with delays of its own; it has no TCP
OWN = {kind: _three(f"own-{kind}", f"own-{kind}") for kind in OWN_DELAYS}
# A device that keeps what it has sent: somebody waits for its interrupts.
SLOW: Mapping[str, tuple[tuple[Setup, ...], Sequence[tuple[str, int]]]] = {
    "packed-constant": (_slow("packed", "constant"),
                        ((STREAMS, 1), (STREAMS, 8), (MAERTS, 1), (RR, 1),
                         (RR, 8))),
    "packed-varying": (_slow("packed", "varying"), ((RR, 8),)),
    "split-varying": (_slow("split", "varying"), ((STREAMS, 8),)),
}
# On our device, each run with counts of its own. Coalesced: an interrupt for
# DEPTH frames, or after a millisecond; how many datagrams share a kick then
# varies by several times between functions of one driver.
SPLIT_BATCH = _both("batch", "split")
PACKED_BATCH = _both("packed-batch", "packed", ring="packed")
COALESCED = _three("coalesced", "split", tune=(
    "-C $netdev adaptive-rx off rx-usecs 1000 rx-frames"
    f" {DEPTH} tx-usecs 1000 tx-frames {DEPTH}"))
# The device sends as fast as there are buffers.
SOURCE = _both("source", "source")
CONNECTIONS = (1, 8, 64)
PAIRED: Sequence[tuple[str, int]] = (
    (PING, 1), (SEND, 1), (SEGMENTED, 1), (STREAM, 1), (MAERTS, 1),
    (STREAMS, 8), *((RR, connections) for connections in CONNECTIONS),
    (WRITES, 1), (CRR, 1))
SENT: Sequence[tuple[str, int]] = ((SEND, 1), (SEGMENTED, 1))
DELAYED: Sequence[tuple[str, int]] = (
    (PING, 1), (STREAM, 1), (MAERTS, 1), (STREAMS, 8),
    *((RR, connections) for connections in CONNECTIONS), (WRITES, 1))
STREAMED: Sequence[tuple[str, int]] = ((STREAM, 1), (MAERTS, 1))
ANSWERED: Sequence[tuple[str, int]] = ((PING, 1), (TRIP, 1), (BATCH, DEPTH))
# A delay takes time: fewer of those that wait for each answer
DELAYED_SHARE = 0.2

RECORDS = (
    _record("ne2k", "ne2k_pci"), _record("rtl8139", "8139cp"),
    _record("e1000", "e1000"), _record("e1000e", "e1000e"),
)
WINDOWED = {STREAM, MAERTS, STREAMS}
# Enough for the spread of identical pairs; two streams of one driver differ by
# more than runs of other traffic.
REQUEST_PAIRS, STREAM_PAIRS = 6, 10
# With counts of their own there is a median run.
COUNTED_PAIRS = 7
BRIEF = {PING, SEND, RR}


def _title(setup: Setup, traffic: str, at_once: int) -> str:
    return f"{setup.name}-{traffic.removeprefix('tcp-')}" + (
        f"-{at_once}" if at_once > 1 else "")


def _row(setup: Setup, traffic: str, at_once: int, ops: int,
         **more: Any) -> Row:
    return Row(setup, traffic, at_once, ops,
               SINGLE if at_once == 1 else row.BATCH,
               title=_title(setup, traffic, at_once), **more)


def _rows_of(setup: Setup, ops: int, trap_ops: int) -> list[Row]:
    count = trap_ops if setup.style == "trap" else ops * setup.times
    # No operation is cheap on other hardware, and only its counts matter.
    times = {} if "emulated" in setup.options else TIMES
    return [_row(setup, traffic, DEPTH if traffic == BATCH else 1,
                 max(DEPTH, int(count * times.get(traffic, 1))))
            for traffic in setup.workloads]


def _pair_rows(setups: Sequence[Setup], group: str,
               cells: Sequence[tuple[str, int]], ops: float,
               share: float = 1) -> list[Row]:
    """The comparisons: a row for each setup, cell by cell."""
    rows = []
    for traffic, at_once in cells:
        turns, part = (STREAM_PAIRS, 2.0) if traffic in WINDOWED else (
            REQUEST_PAIRS, share)
        every = PAIRS * ops * TIMES.get(traffic, 1) * part
        rows += [_row(setup, traffic, at_once,
                      turns * max(2 * at_once, math.ceil(every / turns)),
                      group=group, pairs=turns,
                      brief=group == "net-pair" and traffic in BRIEF)
                 for setup in setups]
    return rows


def _counted_rows(setups: Sequence[Setup], group: str, traffic: str,
                  at_once: int, ops: int) -> list[Row]:
    """Comparisons in which each run has counts of its own."""
    each = max(2 * at_once, int(ops * TIMES.get(traffic, 1)))
    return [_row(setup, traffic, at_once, COUNTED_PAIRS * each, group=group,
                 pairs=COUNTED_PAIRS, each=True, brief=False)
            for setup in setups]


def all_rows(ops: int, trap_ops: int | None = None) -> list[Row]:
    """All rows, with @ops operations, fewer through the register window."""
    fewer = trap_ops or max(1, ops // TRAP_SHARE)
    return [
        *(row for setup in SETUPS for row in _rows_of(setup, ops, fewer)),
        # Here their functions leave no slot free: at the end they would take
        # another guest.
        *(row for name, (setups, cells) in SLOW.items()
          for row in _pair_rows(setups, f"net-slow-{name}", cells, ops,
                                DELAYED_SHARE)),
        *(row for setups, name in (
            (SPLIT_BATCH, "batch"), (PACKED_BATCH, "packed-batch"),
            (COALESCED, "coalesced")) for row in _counted_rows(
                setups, f"net-{name}", BATCH, DEPTH, ops)),
        *_counted_rows(SOURCE, "net-source", TAKE, 1, ops),
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
    Rung("batching, depth 32", f"net-batch-vfe-{_BATCH}",
         f"net-batch-kernel-{_BATCH}"),
    Rung("packed and in order, depth 32", f"net-packed-batch-vfe-{_BATCH}",
         f"net-packed-batch-kernel-{_BATCH}"),
    Rung("coalesced interrupts, depth 32", f"net-coalesced-vfe-{_BATCH}",
         f"net-coalesced-kernel-{_BATCH}"),
    Rung("polled completions", f"net-polled-{TRIP}",
         f"net-kernel-polled-{TRIP}"),
    Rung("polling device", f"net-poll-polled-{TRIP}",
         f"net-kernel-poll-polled-{TRIP}"),
    Rung("mapped doorbell", f"net-map-polled-{TRIP}",
         f"net-kernel-map-polled-{TRIP}"),
)
