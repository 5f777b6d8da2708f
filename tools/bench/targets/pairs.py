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

# Fewer identical pairs do not show by how much they differ.
ENOUGH_PAIRS = 6
# The standard error of the median of n values that vary by 1 is this, by the
# root of n. A bound is four of them, as each run compares a hundred figures.
OF_MEDIAN, ERRORS = math.sqrt(math.pi / 2), 4

# Fields of Outcome, a value for each run
SPEED, P50, P99 = "runs", "p50s", "p99s"
METRICS = {SPEED: "operations per second", P50: "median latency",
           P99: "99th percentile of the latency"}

Rows = Mapping[str, Result]
Test = Callable[[Result], bool]


def ratio(result: Result, name: str) -> float:
    """A count per operation; infinite if nobody counted it."""
    value = result.ratio(name)
    return float("inf") if value is None else value


def failed(*results: Result | None) -> list[str]:
    """The names of those that failed."""
    return [one.row.name for one in results if one and one.error]


def target(text: str, parts: Sequence[str], reached: bool,
           broken: Sequence[str] = ()) -> Target:
    """A target of several rows.

    @parts: what was measured
    @reached: by all rows that were measured
    @broken: names of the rows that failed
    """
    if broken:
        names = ", ".join(broken)
        parts = [*parts, f"not measured: row{'s' * (len(broken) > 1)} {names}"
                 " failed"]
    return Target(text, "; ".join(parts),
                  None if broken and reached else reached)


def in_rows(rows: Rows, wanted: Sequence[tuple[str, str, Test]],
            shown: Callable[[Result], str]) -> list[Target]:
    """Each of these rows passes a test of its own, if it has run.

    @wanted: the name of a row, the text of the target, the test
    """
    return [target(text, (), True, [name]) if rows[name].error
            else Target(text, shown(rows[name]), test(rows[name]))
            for name, text, test in wanted if name in rows]


def _deviation(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """The logarithms of the ratios of adjacent runs; none if a value is 0."""
    if not (ours and theirs and all(ours) and all(theirs)):
        return []
    return [math.log(one / other)
            for one, other in zip(ours, theirs, strict=True)]


class Cell:
    """Both drivers on one workload, on the same kind of device, and perhaps the
    kernel's again."""

    def __init__(self, name: str, ours: Result, kernel: Result,
                 again: Result | None = None) -> None:
        self.name = name
        self.ours = ours
        self.kernel = kernel
        self.again = again

    @property
    def failed(self) -> list[str]:
        """The names of its rows that failed."""
        return failed(self.ours, self.kernel, self.again)

    @property
    def enough(self) -> bool:
        """Are there enough operations for results that depend on time?"""
        return self.ours.row.ops >= ENOUGH_OPS

    def both(self, *names: str) -> tuple[float, float]:
        """The sum of these counts per operation: ours, the kernel's."""
        ours, kernel = (sum(ratio(one, name) for name in names)
                        for one in (self.ours, self.kernel))
        return ours, kernel

    def ratio(self, metric: str) -> float:
        """The ratio of ours to the kernel's, the pairs' median; 0 if it is
        unknown."""
        if not (self.ours.outcome and self.kernel.outcome):
            return 0.0
        ours, theirs = (getattr(outcome, metric) for outcome in (
            self.ours.outcome, self.kernel.outcome))
        return pairs.ratios(ours, theirs).value \
            if theirs and all(theirs) else 0.0

    @property
    def speed(self) -> float:
        """The ratio of the operations per second."""
        return self.ratio(SPEED)

    def identical(self, metric: str) -> list[float]:
        """The deviations of pairs of the kernel's driver with itself."""
        if not (self.again and self.again.outcome and self.kernel.outcome):
            return []
        return _deviation(getattr(self.again.outcome, metric),
                          getattr(self.kernel.outcome, metric))


def cells(rows: Rows, ours: str, kernels: str, again: str = "") -> list[Cell]:
    """The measured cells of a comparison of setups."""
    found = []
    for name, result in rows.items():
        cell = name.removeprefix(f"{ours}-")
        partner = rows.get(f"{kernels}-{cell}")
        if cell != name and partner:
            found.append(Cell(cell, result, partner,
                              rows.get(f"{again}-{cell}")))
    return found


def _named(found: Sequence[Cell]) -> tuple[dict[str, list[Cell]], list[str]]:
    """The cells by name, and the names of the rows that failed, whose cells are
    not among them. Cells with the same name are on swapped functions: they
    count as one."""
    names: dict[str, list[Cell]] = {}
    for cell in found:
        names.setdefault(cell.name, []).append(cell)
    broken = [name for cell in found for name in cell.failed]
    return {name: same for name, same in names.items()
            if not any(cell.failed for cell in same)}, broken


def _mean(values: Sequence[float]) -> float:
    """The geometric mean; 0 if a value is unknown."""
    return math.pow(math.prod(values), 1 / len(values))


def in_every(found: Sequence[Cell], text: str,
             figures: Callable[[Cell], tuple[float, float]],
             most: float = 1.0) -> list[Target]:
    """In each cell the first figure is at most @most of the second; of cells
    with the same name, in sum."""
    if not found:
        return []
    missed, means = [], []
    names, broken = _named(found)
    for name, same in names.items():
        both = [figures(cell) for cell in same]
        sums = [math.fsum(one) for one in zip(*both)]
        means.append(sums[0] / sums[1] if sums[1] else float(sums[0] > 0))
        # no division, which may round
        if sums[0] > sums[1] * most:
            missed.append(f"{name} " + " and ".join(
                f"{ours:.4f} against {kernel:.4f}" for ours, kernel in both))
    shown = [f"{len(means)} cells, at most {max(means):.2f} of the kernel's"
             ] if means else []
    return [target(text, [*shown, *missed], not missed, broken)]


def fast_enough(found: Sequence[Cell], least: float,
                what: str = "") -> list[Target]:
    """In each cell the median of the pairs is at least @least; of cells with
    the same name, their geometric mean."""
    if not found:
        return []
    names, broken = _named(found)
    means = {name: _mean([cell.speed for cell in same])
             for name, same in names.items()}
    slower = [f"{name} {speed:.2f}" for name, speed in means.items()
              if speed < least]
    shown = [f"{len(means)} cells, median"
             f" {statistics.median(means.values()):.2f} of the kernel's"
             ] if means else []
    return [target(f"{what}operations per second at least {least:.2f} of the"
                   " kernel's in every cell (median of the pairs)",
                   [*shown, *slower], not slower, broken)]


def together(found: Sequence[Cell], what: str, chance: float) -> list[Target]:
    """Over all cells the geometric mean of the speeds is no less, except for
    chance: a loss in each of them may be less than its spread."""
    if not found:
        return []
    speeds = [cell.speed for cell in found if not cell.failed]
    broken = [name for cell in found for name in cell.failed]
    mean = _mean(speeds) if speeds else 0.0
    shown = [f"{len(speeds)} cells, {mean:.2f} of the kernel's"
             ] if speeds else []
    return [target(f"{what}, all cells together: operations per second no less,"
                   f" except for chance ({chance}; geometric mean)", shown,
                   not speeds or mean * chance >= 1, broken)]


def _variation(deviations: Sequence[float]) -> float:
    return math.sqrt(statistics.fmean(one * one for one in deviations))


def spreads(found: Sequence[Cell], metric: str) -> dict[str, float | None]:
    """By how much the median of the pairs of a cell may differ from 1 if both
    drivers are the same; None if there are too few pairs.

    A single cell has few pairs, so it counts as varying no less than all.
    """
    names = {name: [one for cell in same for one in cell.identical(metric)]
             for name, same in _named(found)[0].items()}
    every = [one for deviations in names.values() for one in deviations]
    spread: dict[str, float | None] = {}
    for name, own in names.items():
        spread[name] = None if len(own) < ENOUGH_PAIRS else math.expm1(
            ERRORS * OF_MEDIAN / math.sqrt(len(own))
            * max(_variation(own), _variation(every)))
    return spread


def never_worse(found: Sequence[Cell], what: str, metrics: Sequence[str],
                chance: float) -> list[Target]:
    """In no cell is ours worse than the kernel's by more than identical pairs
    differ; without them, than @chance."""
    return [_never_worse(found, what, metric, chance)
            for metric in metrics] if found else []


def _never_worse(found: Sequence[Cell], what: str, metric: str,
                 chance: float) -> Target:
    spread = spreads(found, metric)
    shown, missed = [], []
    names, broken = _named(found)
    for name, same in names.items():
        value = _mean([cell.ratio(metric) for cell in same])
        own = spread[name]
        bound = chance if own is None else 1 + own
        least = value if metric == SPEED else value and 1 / value
        if least * bound < 1:
            missed.append(name)
        limit = 1 / bound if metric == SPEED else bound
        why = "too few identical pairs" if own is None else f"±{own:.0%}"
        if bound > chance:
            why += f", looser than ±{chance - 1:.0%}"
        shown.append(f"{name} {value:.2f} ({why}: {limit:.2f})")
    parts = [", ".join(shown)] if shown else []
    if missed:
        parts.append(f"missed: {', '.join(missed)}")
    return target(f"{what}: {METRICS[metric]} never worse than the kernel's,"
                  " by the medians of the pairs (bound: the spread of identical"
                  " pairs)", parts, not missed, broken)
