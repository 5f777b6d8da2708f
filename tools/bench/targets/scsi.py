# SPDX-License-Identifier: GPL-2.0
"""Targets of the rows of SCSI hosts, as those of disks."""

from __future__ import annotations

from collections.abc import Sequence

from count.target import Target

from ..rows.scsi import COALESCED, PAIR
from .blk import (CHANCE, at_least_1000, coalesced, kick_and_isr,
                  next_to_nothing, none, only_kicks, shown)
from .pairs import (Cell, Rows, Test, cells, fast_enough, in_every, in_rows)

SINGLE: Sequence[tuple[str, str, Test]] = (
    ("scsi-trap-port-d1-randread", "SCSI: at least 1000 exits per read, by"
     " port", at_least_1000),
    ("scsi-trap-memory-d1-randread", "SCSI: at least 1000 exits per read, by"
     " memory", at_least_1000),
    ("scsi-msix-d1-randread", "SCSI: 1 exit per read, the kick (MSI-X)",
     only_kicks),
    ("scsi-intx-d1-randread", "SCSI: 1 kick and 1 access to ISR per read"
     " (INTx)", kick_and_isr),
    ("scsi-poll-d1-randread", "SCSI: no exit, polling device", none),
    ("scsi-map-d1-randread", "SCSI: no exit, mapped doorbell", none),
    ("scsi-poll-polled-d1-randread", "SCSI: no exit and under 0.25 of all"
     " exits, polled completions, polling device", next_to_nothing),
)
OURS, KERNELS = (setup.name for setup in PAIR)
COALESCED_SPEED = 1.0


def _together(cell: Cell) -> tuple[float, float]:
    return cell.both("kicks", "interrupts")


def targets(results: Rows) -> list[Target]:
    """The rows that have run, by name."""
    every = cells(results, OURS, KERNELS)
    # At depth 1 the counts do not depend on time.
    alone = [cell for cell in every if cell.ours.row.depth == 1]
    timed = [cell for cell in every if cell.enough]
    deep = [cell for cell in timed if cell not in alone]
    return [
        *in_rows(results, SINGLE, shown),
        *in_every(alone, "SCSI on QEMU's device, depth 1: no more kicks per"
                  " operation than the kernel's driver",
                  lambda cell: cell.both("kicks")),
        *in_every(alone, "SCSI on QEMU's device, depth 1: no more interrupts",
                  lambda cell: cell.both("interrupts")),
        *in_every(deep, "SCSI on QEMU's device, depth 32: no more kicks and"
                  f" interrupts together, except for chance ({CHANCE})",
                  _together, CHANCE),
        *fast_enough(timed, 1 / CHANCE, "SCSI: "),
        *coalesced(results, COALESCED, COALESCED_SPEED, "SCSI, "),
    ]
