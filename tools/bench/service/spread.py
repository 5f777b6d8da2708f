# SPDX-License-Identifier: GPL-2.0
"""Distinguishes losses from noise.

Each round of a cell is three runs: the kernel's driver, ours on a second
function, the kernel's on a third. That makes two ratios: ours to the kernel's,
and the kernel's to itself, which should be 1. The deviation of such identical
pairs from 1 is the spread.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .cells import Cell

IOPS, P50, P99 = METRICS = ("iops", "p50", "p99")
# The resolution of fio's latencies is 1/64.
RESOLUTION = {IOPS: 0.0, P50: 1 / 64, P99: 1 / 64}
ENOUGH_PAIRS = 6


@dataclass(frozen=True)
class Figures:
    """fio's results for one job: latencies in microseconds."""

    iops: float
    p50: float
    p99: float


@dataclass(frozen=True)
class Round:
    """Three adjacent runs: the kernel's driver, ours, the kernel's again."""

    kernel: Figures
    ours: Figures
    again: Figures


@dataclass
class Lane:
    """A line of the table: one job of a cell, in all its rounds."""

    cell: Cell
    name: str
    rounds: list[Round] = field(default_factory=list)

    def pairs(self, metric: str) -> list[float]:
        """Ours to the kernel's, one ratio per round."""
        return [getattr(one.ours, metric) / getattr(one.kernel, metric)
                for one in self.rounds]

    def identical(self, metric: str) -> list[float]:
        """The kernel's to itself, one ratio per round."""
        return [getattr(one.again, metric) / getattr(one.kernel, metric)
                for one in self.rounds]


@dataclass(frozen=True)
class Ratio:
    """A figure of a lane."""

    value: float        # median of the pairs
    spread: float       # the deviation of identical pairs: 0.05 is 5 %

    def _bound(self) -> float:
        return 1 + self.spread

    def lost(self, metric: str) -> bool:
        """Is ours worse, by more than the spread?"""
        if metric == IOPS:
            return self.value * self._bound() < 1
        return self.value > self._bound()

    def won(self, metric: str) -> bool:
        """Is ours better, by more than the spread?"""
        if metric == IOPS:
            return self.value > self._bound()
        return self.value * self._bound() < 1


def _off(ratio: float) -> float:
    return math.exp(abs(math.log(ratio))) - 1


def _keys(lane: Lane) -> tuple[tuple[object, ...], tuple[object, ...]]:
    """Lanes that differ in the model only, and those that differ in the
    depth, too."""
    cell = lane.cell
    near = (cell.kind, cell.device, cell.load, lane.name, cell.depth)
    return near, near[:-1]


def spreads(lanes: Sequence[Lane], metric: str) -> list[float]:
    """For each lane the largest deviation of an identical pair.

    A single cell has too few pairs, so those of similar cells count, too.
    """
    off: dict[tuple[object, ...], list[float]] = {}
    for lane in lanes:
        for key in _keys(lane):
            off.setdefault(key, []).extend(
                _off(ratio) for ratio in lane.identical(metric))
    found = []
    for lane in lanes:
        near, far = _keys(lane)
        pairs = off[near] if len(off[near]) >= ENOUGH_PAIRS else off[far]
        found.append(max(*pairs, RESOLUTION[metric], 0.0))
    return found


def ratios(lanes: Sequence[Lane]) -> list[Mapping[str, Ratio]]:
    """The results of each lane, by metric."""
    spread = {metric: spreads(lanes, metric) for metric in METRICS}
    return [{metric: Ratio(statistics.median(lane.pairs(metric)),
                             spread[metric][index])
             for metric in METRICS} for index, lane in enumerate(lanes)]


def losses(found: Mapping[str, Ratio]) -> list[str]:
    """The metrics in which a lane lost."""
    return [metric for metric, ratio in found.items()
            if ratio.lost(metric)]
