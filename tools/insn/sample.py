# SPDX-License-Identifier: GPL-2.0
"""From counts by address to what an operation costs, and to medians."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from count.pairs import Figure, figure, ratios

from . import owners
from .plugin import Counts
from .symbols import Function, Symbols


@dataclass(frozen=True)
class Sample:
    """Instructions of one operation in one run."""

    kernel: float       # all that is not user code
    user: float
    parts: Mapping[str, float]      # the driver's own part by kind
    functions: Mapping[Function, float]     # all of the kernel's
    helping: Mapping[Function, float]       # of helpers, for the driver

    @property
    def own(self) -> float:
        """The driver's own part."""
        return sum(self.parts.values())


def sample(symbols: Symbols, run: Counts, base: Counts, ops: int) -> Sample:
    """What each of @ops operations cost: a run less one of few operations."""
    if ops < 1:
        raise ValueError("a run must be longer than the one taken off")
    functions: dict[Function, float] = defaultdict(float)
    helping: dict[Function, float] = defaultdict(float)
    parts = {kind: 0.0 for kind in owners.KINDS}
    for counts, sign in ((run, 1 / ops), (base, -1 / ops)):
        for address, count in counts.own.items():
            function = symbols.find(address)
            functions[function] += sign * count
            if owners.kind(function) == owners.DRIVER:
                parts[owners.DRIVER] += sign * count
        for address, count in counts.for_driver.items():
            function = symbols.find(address)
            functions[function] += sign * count
            helping[function] += sign * count
            kind = owners.kind(function)
            # a trampoline between the driver and what it calls
            parts[owners.DRIVER if kind == owners.PASS else kind] += \
                sign * count
    return Sample(sum(functions.values()), (run.user - base.user) / ops,
                  parts, functions, helping)


@dataclass(frozen=True)
class Cost:
    """A driver under a workload."""

    samples: Sequence[Sample]
    segments: float | None = None   # of a request, as blk-mq saw it
    interrupts: float | None = None  # for an operation
    scheduler: str = ""

    @property
    def kernel(self) -> Figure:
        """Instructions of the whole kernel."""
        return figure(one.kernel for one in self.samples)

    @property
    def own(self) -> Figure:
        """Those of the driver's own part."""
        return figure(one.own for one in self.samples)

    @property
    def user(self) -> Figure:
        """Those of user code: fio's."""
        return figure(one.user for one in self.samples)

    @property
    def parts(self) -> dict[str, float]:
        """The own part by kind."""
        return {kind: figure(one.parts[kind] for one in self.samples).value
                for kind in owners.KINDS}

    def ranked(self, helping: bool = False) -> list[tuple[float, Function]]:
        """Functions, the dearest first; with @helping only helpers, and only
        what they did for the driver."""
        tables = [one.helping if helping else one.functions
                  for one in self.samples]
        names = {function for table in tables for function in table}
        found = [(figure(table.get(name, 0.0) for table in tables).value, name)
                 for name in names]
        return sorted(found, key=lambda one: (-one[0], one[1].name))


def ratio(ours: Cost, kernels: Cost, name: str) -> Figure:
    """Ours for one of the kernel's, in pairs of runs that were neighbours."""
    return ratios(*([getattr(one, name) for one in cost.samples]
                    for cost in (ours, kernels)))
