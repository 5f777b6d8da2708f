# SPDX-License-Identifier: GPL-2.0
"""Tables for a person, and patterns from one."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Sequence


def line(cells: Iterable[object], widths: Sequence[int],
         left: int = 1) -> str:
    """A line of a table: the first @left cells begin at the left edge of
    their columns, the others end at the right one."""
    parts = [str(cell).ljust(width) if index < left else
             str(cell).rjust(width) for index, (cell, width) in
             enumerate(zip(cells, widths, strict=True))]
    return " ".join(parts).rstrip()


def select(names: Sequence[str], patterns: Sequence[str]) -> list[str]:
    """The names that patterns choose; all of them without a pattern.

    A pattern chooses the name that it is, else the names that match it as the
    shell's patterns do, or contain it.
    """
    if not patterns:
        return list(names)
    return [name for name in names if any(
        pattern == name or pattern not in names and (
            pattern in name or fnmatch.fnmatchcase(name, pattern))
        for pattern in patterns)]
