# SPDX-License-Identifier: GPL-2.0
"""Two drivers by turns: the order, and what their ratios come to.

What a machine does meanwhile falls on both then, and only neighbours in time
are compared.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


def order(turns: int) -> list[int]:
    """Which of two runs comes next, for this many pairs: each is first in
    every other pair."""
    return [index for turn in range(turns)
            for index in ((0, 1), (1, 0))[turn % 2]]


@dataclass(frozen=True)
class Figure:
    """The median of several values, and how far they lie apart."""

    value: float
    lowest: float
    highest: float

    @property
    def spread(self) -> float:
        """Of the median: 0.01 is one percent."""
        return (self.highest - self.lowest) / self.value if self.value else 0.0


def figure(values: Iterable[float]) -> Figure:
    """Of at least one value."""
    every = list(values)
    return Figure(statistics.median(every), min(every), max(every))


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Figure:
    """Of runs that were neighbours."""
    return figure(one / other for one, other in zip(ours, theirs,
                                                    strict=True))
