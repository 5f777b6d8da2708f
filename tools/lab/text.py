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


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Does a pattern of the shell match the name, or is it part of it? All
    names match if there is no pattern."""
    return not patterns or any(
        pattern in name or fnmatch.fnmatchcase(name, pattern)
        for pattern in patterns)
