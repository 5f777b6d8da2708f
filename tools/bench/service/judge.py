# SPDX-License-Identifier: GPL-2.0
"""What is a loss and what is noise.

Each round of a cell is three runs: virtio_blk, vfe_blk on a second function,
virtio_blk on a third. Two pairs follow: ours by the kernel's, and the
kernel's by itself, which ought to be 1. How far such identical pairs are off
is the spread.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .cells import Cell

IOPS, P50, P99 = METRICS = ("iops", "p50", "p99")


@dataclass(frozen=True)
class Figures:
    """What a run of fio says of one job: latencies in microseconds."""

    iops: float
    p50: float
    p99: float


@dataclass(frozen=True)
class Round:
    """Three runs, next to each other in time."""

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
        """Ours by the kernel's, a ratio a round."""
        return [getattr(one.ours, metric) / getattr(one.kernel, metric)
                for one in self.rounds]

    def identical(self, metric: str) -> list[float]:
        """The kernel's by itself, a ratio a round."""
        return [getattr(one.again, metric) / getattr(one.kernel, metric)
                for one in self.rounds]


@dataclass(frozen=True)
class Verdict:
    """A figure of a lane."""

    ratio: float        # median of the pairs
    spread: float       # how far off an identical pair was: 0.05 is 5 %

    def _bound(self) -> float:
        return 1 + self.spread

    def lost(self, metric: str) -> bool:
        """Is ours the worse, beyond the spread?"""
        if metric == IOPS:
            return self.ratio * self._bound() < 1
        return self.ratio > self._bound()

    def won(self, metric: str) -> bool:
        """Is ours the better, beyond the spread?"""
        if metric == IOPS:
            return self.ratio > self._bound()
        return self.ratio * self._bound() < 1


def _off(ratio: float) -> float:
    return math.exp(abs(math.log(ratio))) - 1


def _alike(lane: Lane) -> tuple[str, str, int, str]:
    cell = lane.cell
    return cell.device, cell.load, cell.depth, lane.name


def spreads(lanes: Iterable[Lane], metric: str,
            ) -> dict[tuple[str, str, int, str], float]:
    """The largest deviation of an identical pair, for lanes that differ only
    in the model: a single cell has too few pairs to tell."""
    found: dict[tuple[str, str, int, str], float] = {}
    for lane in lanes:
        off = max(_off(ratio) for ratio in lane.identical(metric))
        key = _alike(lane)
        found[key] = max(found.get(key, 0.0), off)
    return found


def judge(lanes: Sequence[Lane]) -> list[Mapping[str, Verdict]]:
    """For each lane a verdict a metric."""
    by_metric = {metric: spreads(lanes, metric) for metric in METRICS}
    return [{metric: Verdict(statistics.median(lane.pairs(metric)),
                             by_metric[metric][_alike(lane)])
             for metric in METRICS} for lane in lanes]


def losses(verdicts: Mapping[str, Verdict]) -> list[str]:
    """The metrics in which a lane lost."""
    return [metric for metric, verdict in verdicts.items()
            if verdict.lost(metric)]
