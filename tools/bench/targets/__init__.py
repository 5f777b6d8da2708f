# SPDX-License-Identifier: GPL-2.0
"""Targets of the rows: a module for each class of devices."""

from __future__ import annotations

from collections.abc import Sequence

from count.target import Target

from ..result import Result
from . import blk, net, scsi

CLASSES = (blk, net, scsi)


def check(results: Sequence[Result]) -> list[Target]:
    """The targets whose rows have run."""
    by_name = {result.row.name: result for result in results}
    return [target for one in CLASSES for target in one.targets(by_name)]
