# SPDX-License-Identifier: GPL-2.0
"""A class of devices: its cases by name, and the run of a list."""

from __future__ import annotations

import fnmatch
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lab import LabError

from .case import Case, CaseResult, Guests, fits, run as run_case
from .configs import Config, Mode
from .session import GuestSession
from .workload import Workload

# Workloads with a larger limit, in seconds, are in no tier
LONG_S = 600


@dataclass(frozen=True)
class Kind:
    """What the runner knows of a class of devices.

    The lists have lines "CONFIGURATION[/MODE]: WORKLOAD ...".
    """

    name: str
    configs: Sequence[Config]
    modes: Sequence[Mode]
    workloads: Mapping[str, Workload]
    session: Callable[[Sequence[Config], str], GuestSession]
    # a random episode of the soak: its generator, and how many cases
    episode: Callable[[random.Random], list[Case]]
    every: str              # list of all cases
    stage: str              # of `make check-all`, and each day some others
    short: str              # of `make check`
    most_configs: int = 8   # in a guest: each function slows every boot
    rotating: int = 0       # how many others a day

    def parse(self, text: str) -> Case:
        """The case with a name; LabError if there is none."""
        parts = text.split("/")
        if len(parts) == 2:
            parts.insert(1, "default")
        try:
            config, mode, workload = parts
            case = Case({one.name: one for one in self.configs}[config],
                        {one.name: one for one in self.modes}[mode],
                        self.workloads[workload])
        except (ValueError, KeyError) as error:
            raise LabError(f"no case {text}: --list names configurations,"
                           " modes and workloads", 2) from error
        if not fits(case.config, case.workload):
            raise LabError(f"{text}: this workload needs another backend,"
                           " more CPUs or more disks than the configuration"
                           " has; --list names others", 2)
        return case

    def cases(self, text: str) -> tuple[Case, ...]:
        """The cases of a list."""
        found = []
        for line in text.splitlines():
            where, _, workloads = line.partition(": ")
            found += [self.parse(f"{where}/{workload}")
                      for workload in workloads.split()]
        return tuple(found)

    def rotation(self, day: int) -> tuple[Case, ...]:
        """Those of the other cases whose turn it is, evenly from the whole
        list, but none of the long ones."""
        fixed = {case.name for case in self.cases(self.stage)}
        rest = [case for case in self.cases(self.every)
                if case.name not in fixed and case.workload.limit <= LONG_S]
        if not self.rotating:
            return ()
        step = -(-len(rest) // self.rotating)
        return tuple(rest[day % step::step])

    def select(self, patterns: Sequence[str]) -> list[Case]:
        """The cases of the list that match, and any others by name."""
        chosen: list[Case] = []
        for pattern in patterns:
            found = [case for case in self.cases(self.every)
                     if fnmatch.fnmatchcase(case.name, pattern)
                     or pattern in (case.config.name, case.workload.name)]
            chosen += found or [self.parse(pattern)]
        return chosen

    def groups(self, cases: Sequence[Case]) -> list[list[Case]]:
        """Group cases by guest: same number of processors, same IOMMU, not
        too many functions."""
        found: list[list[Case]] = []
        for machine in sorted({(case.config.cpus, case.config.iommu)
                               for case in cases}):
            kinds: list[list[Case]] = [[]]
            here = [case for case in cases if machine == (
                case.config.cpus, case.config.iommu)]
            # Group the cases of a mode: each mode loads the module again.
            for case in sorted(here,
                               key=lambda one: one.mode.name != "default"):
                configs = {one.config for one in kinds[-1]} | {case.config}
                if len(configs) > self.most_configs:
                    kinds.append([])
                kinds[-1].append(case)
            found += kinds
        return found

    def guests(self, name: str = "differential") -> Guests:
        """The guests of a run."""
        return Guests(name, self.session)

    def run(self, cases: Sequence[Case],
            repeat: int = 1) -> Iterator[CaseResult]:
        """Run the cases, grouped by guest."""
        guests = self.guests()
        try:
            for group in self.groups(cases):
                guests.plan([case.config for case in group])
                for number, case in enumerate(group * repeat):
                    yield run_case(guests, case, swap=bool(number % 2))
        finally:
            guests.discard()
