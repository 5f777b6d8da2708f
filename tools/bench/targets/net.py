# SPDX-License-Identifier: GPL-2.0
"""Targets of the rows of network interfaces.

Most compare vfe_net with virtio_net: on our device in rows of their own, on
QEMU's in pairs of runs by turns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from count.target import Target

from ..result import Result
from ..row import Setup
from ..rows.net import (COALESCED, CONSTANT, CONSTANT_SWAPPED, DEPTH, FAST, OWN,
                        PACKED_BATCH, PAIR, PAIR_SWAPPED, SLOW, SPLIT_BATCH,
                        VARYING, VARYING_SWAPPED)
from ..workload.net_load import (BATCH, CRR, MAERTS, PING, RR, SEGMENTED, SEND,
                                 STREAM, STREAMS, TRIP, WRITES)
from .pairs import (P50, P99, SPEED, Cell, Rows, cells, fast_enough, in_every,
                    in_rows, never_worse, together)

# Counts that only the time decides: the same, except for chance. They are sums
# of all runs, so identical pairs are too few to show a spread.
CHANCE = 1.15
# On a busy machine two pings in a hundred share a kick or an interrupt.
SHARED = 1.02
HALF = 0.5
ONE_WAY, REQUESTS = (STREAM, MAERTS, STREAMS), (RR, WRITES, CRR)
# Those with a latency of each operation
EVERY = (SPEED, P50, P99)


def _only_kicks(result: Result) -> bool:
    """One exit per ping, the kick of its request; on a busy machine a ping
    may follow before the answer, and share its kick."""
    return result.exits is not None and result.exits <= 1 and \
        result.exits == result.ratio("kicks")


def _none(result: Result) -> bool:
    return result.exits == 0


def _nothing(result: Result) -> bool:
    interrupts = result.ratio("interrupts")
    return result.exits == 0 and interrupts is not None and interrupts < 0.01


SINGLE: Sequence[tuple[str, str, Callable[[Result], bool]]] = (
    (f"net-msix-{PING}", "at most 1 exit per ping, the kick (MSI-X)",
     _only_kicks),
    (f"net-poll-{PING}", "no exit per ping, polling device", _none),
    (f"net-poll-{BATCH}-{DEPTH}", f"no exit, polling device, {DEPTH} at once",
     _none),
    (f"net-map-{PING}", "no exit per ping, mapped doorbell", _none),
    (f"net-map-{BATCH}-{DEPTH}", f"no exit, mapped doorbell, {DEPTH} at once",
     _none),
    (f"net-poll-polled-{TRIP}", "no exit and no interrupt per datagram, busy"
     " polling, polling device", _nothing),
    (f"net-map-polled-{TRIP}", "the same, mapped doorbell", _nothing),
)


def _shown(result: Result) -> str:
    if result.exits is None:
        return "not counted"
    interrupts = result.ratio("interrupts")
    text = f"{result.exits:.4f} exits/op"
    return text if interrupts is None else f"{text}, {interrupts:.4f} interr."


def _of(found: Sequence[Cell], *traffic: str) -> list[Cell]:
    return [cell for cell in found if cell.ours.row.rw in traffic]


def _notified(cell: Cell) -> tuple[float, float]:
    return cell.both("kicks", "interrupts")


def _notified_by_either(cell: Cell) -> tuple[float, float]:
    """The kernel's larger count of two functions: TCP on a busy machine makes
    them differ by a third."""
    ours, kernel = _notified(cell)
    if cell.again:
        kernel = max(kernel, Cell(cell.name, cell.again, cell.again).both(
            "kicks", "interrupts")[0])
    return ours, kernel


def _paired(rows: Rows) -> list[Target]:
    every = _cells(rows, PAIR, PAIR_SWAPPED)
    timed = [cell for cell in every if cell.enough]
    return [
        *in_every(_of(every, PING), "on QEMU's device: no more kicks per ping"
                  " (2 % may be shared)", lambda cell: cell.both("kicks"),
                  SHARED),
        *in_every(_of(every, PING), "on QEMU's device: at most half of the"
                  " interrupts per ping (2 % may be shared)",
                  lambda cell: cell.both("interrupts"), SHARED * HALF),
        # Half is for a device that polls, which needs no kick (_fast()). QEMU
        # asks for one whenever it has emptied the ring, of either driver: only
        # the interrupts are the driver's choice.
        *in_every(_of(timed, SEND), "UDP stream of small packets, bound by"
                  " the device: kicks and interrupts per packet no more,"
                  f" except for chance ({CHANCE})", _notified, CHANCE),
        *never_worse(_of(timed, SEND, SEGMENTED), "UDP, bound by the device",
                     (SPEED,), CHANCE),
        *in_every(_of(timed, *ONE_WAY, *REQUESTS), "TCP: kicks and interrupts"
                  f" no more, except for chance ({CHANCE})", _notified, CHANCE),
        *_timed(timed, "without delay"),
    ]


def _timed(timed: Sequence[Cell], name: str) -> list[Target]:
    """Speed, and latency where an operation has one."""
    return [*never_worse(_of(timed, *ONE_WAY), f"TCP streams, {name}",
                         (SPEED,), CHANCE),
            *never_worse(_of(timed, PING, *REQUESTS), "requests by TCP, pings,"
                         f" {name}", EVERY, CHANCE)]


def _fast(rows: Rows) -> list[Target]:
    every = _cells(rows, FAST)
    timed = [cell for cell in every if cell.enough]
    text = "UDP stream of small packets, bound by the guest: "
    return [
        *in_every(_of(timed, SEND), f"{text}kicks and interrupts per packet"
                  " at most half", _notified, HALF),
        *fast_enough(_of(timed, SEND), 1.0, text),
        *fast_enough(_of(timed, SEGMENTED), 1 / CHANCE,
                     "UDP by GSO, bound by the guest: "),
    ]


def _delayed(rows: Rows) -> list[Target]:
    found = []
    for name, setups in (("constant", (CONSTANT, CONSTANT_SWAPPED)),
                         ("varying", (VARYING, VARYING_SWAPPED))):
        found += _timed([cell for cell in _cells(rows, *setups)
                         if cell.enough], f"{name} delay")
    for name, setups_ in OWN.items():
        found += never_worse([cell for cell in _cells(rows, setups_)
                              if cell.enough],
                             f"our device, {name} delay", EVERY, CHANCE)
    return found


def _no_more_than_either(found: Sequence[Cell], what: str) -> list[Target]:
    return in_every(found, f"{what}: kicks and interrupts no more than in the"
                    " worse of the kernel's functions, except for chance"
                    f" ({CHANCE})", _notified_by_either, CHANCE)


def _slow(rows: Rows) -> list[Target]:
    """On a device that keeps what it has sent."""
    found, every = [], []
    for name, (setups, _) in SLOW.items():
        timed = [cell for cell in _cells(rows, setups) if cell.enough]
        every += timed
        what = f"our device, {name.replace('-', ' ring, ')} service"
        found += _no_more_than_either(timed, f"{what}, TCP")
        found += _timed(timed, what)
    return found + together(every, "our device, service times", CHANCE)


def _counted(rows: Rows) -> list[Target]:
    """Of runs with counts of their own."""
    found = []
    for name, setups in (("", SPLIT_BATCH), ("packed, ", PACKED_BATCH)):
        timed = [cell for cell in _cells(rows, setups) if cell.enough]
        found += in_every(timed, f"our device, {name}{DEPTH} at once: kicks and"
                          " interrupts no more (medians of the runs)",
                          _notified)
    timed = [cell for cell in _cells(rows, COALESCED) if cell.enough]
    return found + _no_more_than_either(
        timed, f"our device, coalesced, {DEPTH} at once (medians of the runs)")


def _cells(rows: Rows, *comparisons: Sequence[Setup]) -> list[Cell]:
    """The measured cells of these comparisons: ours, the kernel's, again."""
    return [cell for setups in comparisons
            for cell in cells(rows, *(one.name for one in setups))]


def targets(results: Rows) -> list[Target]:
    """The rows that have run, by name."""
    return [*in_rows(results, SINGLE, _shown), *_paired(results),
            *_fast(results), *_delayed(results), *_slow(results),
            *_counted(results)]
