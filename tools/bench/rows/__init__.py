# SPDX-License-Identifier: GPL-2.0
"""The rows of the table: a module for each class of devices."""

from __future__ import annotations

from collections.abc import Sequence

from ..row import Function, Row, Rung
from . import blk, net, scsi

CLASSES = (blk, net, scsi)


def all_rows(ops: int, trap_ops: int | None = None) -> list[Row]:
    """All rows, with @ops operations, fewer through the register window."""
    return [row for one in CLASSES for row in one.all_rows(ops, trap_ops)]


def functions() -> list[Function]:
    """All functions of the rows."""
    return [function for one in CLASSES for function in one.FUNCTIONS]


def rungs() -> list[Rung]:
    """All rungs of the ladders."""
    return [rung for one in CLASSES for rung in one.RUNGS]


def ladders() -> list[tuple[str, Sequence[Rung]]]:
    """The ladder of each class: its operation, and its rungs."""
    return [(one.LADDER, one.RUNGS) for one in CLASSES]
