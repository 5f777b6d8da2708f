# SPDX-License-Identifier: GPL-2.0
"""Rounds of all cells, and more rounds of cells that appear lost."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from lab import LabError, progress
from lab.errors import one_line

from . import spread
from .cells import Cell
from .spread import Figures, Lane, Round
from .rig import AGAIN, KERNEL, OURS, Rig

MORE_ROUNDS = 4
# The orders of the roles in successive rounds: each role is first in some, and
# virtio_blk runs before and after vfe_blk.
ORDERS = ((KERNEL, OURS, AGAIN), (AGAIN, OURS, KERNEL), (OURS, KERNEL, AGAIN),
          (AGAIN, KERNEL, OURS))


def figures(read: Mapping[str, Any]) -> Figures:
    """Parse fio's results for a job's reads."""
    percentile = read["lat_ns"].get("percentile", {})
    found = Figures(float(read["iops"]), percentile.get("50.000000", 0) / 1e3,
                    percentile.get("99.000000", 0) / 1e3)
    if min(found.iops, found.p50, found.p99) <= 0:
        raise LabError(f"fio made no read in its time, as it reports {read}:"
                       " measure with longer runs (RUN_MS in"
                       " service/command.py)")
    return found


class Measurement:
    """The lanes measured so far."""

    def __init__(self, rig: Rig, cells: Sequence[Cell], millis: int) -> None:
        self._rig = rig
        self._cells = cells
        self._millis = millis
        self._lanes = {cell: [Lane(cell, job.lane) for job in cell.jobs()]
                       for cell in cells}
        self.errors: dict[Cell, str] = {}

    @property
    def lanes(self) -> list[Lane]:
        """The lanes with results."""
        return [lane for cell in self._cells if cell not in self.errors
                for lane in self._lanes[cell] if lane.rounds]

    def _round(self, cell: Cell, number: int) -> None:
        self._rig.late()    # of a cell that failed
        reads = {}
        for role in ORDERS[number % len(ORDERS)]:
            # All three have the same service times.
            self._rig.set_service(cell, role, number)
            reads[role] = self._rig.fio(cell, role,
                                        self._millis * cell.patience)
        late = self._rig.late()
        if late:
            raise LabError(f"a kick or an interrupt was lost: {late[0]}")
        for index, lane in enumerate(self._lanes[cell]):
            lane.rounds.append(Round(*(figures(reads[role][index])
                                       for role in (KERNEL, OURS, AGAIN))))

    def _try_round(self, cell: Cell, number: int) -> None:
        if cell in self.errors:
            return
        try:
            self._round(cell, number)
        except LabError as error:
            self.errors[cell] = one_line(error)
            progress.say(f"  {cell.name} FAILED: {self.errors[cell]}")
            self._rig.guest.run("true", 10)     # raises if the guest ended

    def rounds(self, count: int, until: float) -> None:
        """This many rounds of each cell: the first in any case, the others
        until @until."""
        for number in range(count):
            with progress.step(f"round {number + 1} of {count},"
                               f" {len(self._cells)} cells"):
                for cell in self._cells:
                    if number and time.monotonic() > until:
                        return
                    self._try_round(cell, number)

    def suspects(self) -> list[Cell]:
        """Cells with a lane that appears lost."""
        lanes = self.lanes
        found = {lane.cell for lane, found in
                 zip(lanes, spread.ratios(lanes), strict=True)
                 if spread.losses(found)}
        return [cell for cell in self._cells if cell in found]

    def more_rounds(self, first: int, until: float) -> None:
        """Repeat cells that appear lost, with longer runs."""
        cells = self.suspects()
        if not cells:
            return
        with progress.step(f"repeating {len(cells)} cells that seem lost"):
            for number in range(first, first + MORE_ROUNDS):
                for cell in cells:
                    if time.monotonic() > until:
                        return
                    self._try_round(cell, number)
