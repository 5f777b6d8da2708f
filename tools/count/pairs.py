# SPDX-License-Identifier: GPL-2.0
"""Runs of drivers by turns: their order, and their ratios.

Other load of the machine affects all of them, since only adjacent runs are
compared.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


def order(turns: int, drivers: int = 2) -> list[int]:
    """The order of the drivers, 0 and 1, for this many pairs: each is first in
    every other pair. A third one is adjacent to the second, as the first is."""
    return [index for turn in range(turns)
            for index in range(drivers)[::-1 if turn % 2 else 1]]


@dataclass(frozen=True)
class Figure:
    """The median of several values, and their range."""

    value: float
    lowest: float
    highest: float

    @property
    def spread(self) -> float:
        """The range relative to the median: 0.01 is one percent."""
        return (self.highest - self.lowest) / self.value if self.value else 0.0


def figure(values: Iterable[float]) -> Figure:
    """The figure of at least one value."""
    every = list(values)
    return Figure(statistics.median(every), min(every), max(every))


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Figure:
    """The ratios of adjacent runs."""
    return figure(one / other for one, other in zip(ours, theirs,
                                                    strict=True))
