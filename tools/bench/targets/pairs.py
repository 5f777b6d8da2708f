# SPDX-License-Identifier: GPL-2.0
"""Two drivers by turns on identical functions: what they are compared by."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence

from count import pairs
from count.target import Target

from ..result import Result

# With fewer operations, results that depend on time mean nothing, and the
# start of the workload causes most exits.
ENOUGH_OPS = 1000

Rows = Mapping[str, Result]


def ratio(result: Result, name: str) -> float:
    """A count per operation; infinite if nobody counted it."""
    value = result.ratio(name)
    return float("inf") if value is None else value


class Cell:
    """Both drivers on one workload, on the same kind of device."""

    def __init__(self, name: str, ours: Result, kernel: Result) -> None:
        self.name = name
        self.ours = ours
        self.kernel = kernel

    @property
    def measured(self) -> bool:
        """Were both measured?"""
        return not (self.ours.error or self.kernel.error)

    @property
    def enough(self) -> bool:
        """Are there enough operations for results that depend on time?"""
        return self.ours.row.ops >= ENOUGH_OPS

    def both(self, *names: str) -> tuple[float, float]:
        """The sum of these counts per operation: ours, the kernel's."""
        ours, kernel = (sum(ratio(one, name) for name in names)
                        for one in (self.ours, self.kernel))
        return ours, kernel

    @property
    def speed(self) -> float:
        """The ratio of our operations per second to the kernel's: the median of
        the pairs."""
        if not (self.ours.outcome and self.kernel.outcome):
            return 0.0
        return pairs.ratios(self.ours.outcome.runs,
                            self.kernel.outcome.runs).value


def cells(rows: Rows, ours: str, kernels: str) -> list[Cell]:
    """The measured cells of a pair of setups."""
    found = []
    for name, result in rows.items():
        cell = name.removeprefix(f"{ours}-")
        partner = rows.get(f"{kernels}-{cell}")
        if cell != name and partner:
            found.append(Cell(cell, result, partner))
    return found


def _named(found: Sequence[Cell]) -> dict[str, list[Cell]]:
    """Cells with the same name are on swapped functions: they count as one."""
    names: dict[str, list[Cell]] = {}
    for cell in found:
        names.setdefault(cell.name, []).append(cell)
    return names


def _mean(values: Sequence[float]) -> float:
    """The geometric mean; 0 if a row failed."""
    return math.pow(math.prod(values), 1 / len(values))


def in_every(found: Sequence[Cell], text: str,
             figures: Callable[[Cell], tuple[float, float]],
             most: float = 1.0) -> list[Target]:
    """In each cell the first figure is at most @most of the second; of cells
    with the same name, in sum."""
    if not found:
        return []
    missed, means = [], []
    for name, same in _named(found).items():
        both = [figures(cell) for cell in same]
        sums = [math.fsum(one) for one in zip(*both)]
        means.append(sums[0] / sums[1] if sums[1] else float(sums[0] > 0))
        # no division, which may round
        above = sums[0] > sums[1] * most
        if above or not all(cell.measured for cell in same):
            missed.append(f"{name} " + " and ".join(
                f"{ours:.4f} against {kernel:.4f}" for ours, kernel in both))
    shown = f"{len(means)} cells, at most {max(means):.2f} of the kernel's"
    return [Target(text, "; ".join([shown, *missed]), not missed)]


def fast_enough(found: Sequence[Cell], least: float,
                what: str = "") -> list[Target]:
    """In each cell the median of the pairs is at least @least; of cells with
    the same name, their geometric mean."""
    if not found:
        return []
    means = {name: _mean([cell.speed for cell in same])
             for name, same in _named(found).items()}
    slower = [f"{name} {speed:.2f}" for name, speed in means.items()
              if speed < least]
    middle = statistics.median(means.values())
    shown = f"{len(means)} cells, median {middle:.2f} of the kernel's"
    return [Target(f"{what}operations per second at least {least:.2f} of the"
                   " kernel's in every cell (median of the pairs)",
                   "; ".join([shown, *slower]), not slower)]
