# SPDX-License-Identifier: GPL-2.0
"""A case: a configuration, a mode and a workload; both drivers run it."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lab import LabError, progress

from . import configs
from .catalogue import WORKLOADS
from .compare import OURS, THEIRS, Turn, differences
from .configs import Config, Mode
from .documented import DOCUMENTED
from .session import Session, report_guest
from .workload import Workload


@dataclass(frozen=True)
class Case:
    """A workload in a configuration and a mode."""

    config: Config
    mode: Mode
    workload: Workload

    @property
    def name(self) -> str:
        """CONFIGURATION/MODE/WORKLOAD."""
        return f"{self.config.name}/{self.mode.name}/{self.workload.name}"


@dataclass
class CaseResult:
    """The result of a case."""

    case: Case
    turns: dict[str, Turn]
    problems: list[str]
    notes: list[str] = field(default_factory=list)

    def line(self) -> str:
        """The result in one line."""
        ours, theirs = self.turns[OURS], self.turns[THEIRS]
        word = "DIFFERS" if self.problems else "same"
        return (f"{word:7} {self.case.name}: vfe_blk {ours.seconds:.1f} s,"
                f" virtio_blk {theirs.seconds:.1f} s"
                + "".join(f"\n    note: {note}" for note in self.notes)
                + "".join(f"\n    {problem}" for problem in self.problems))


def fits(config: Config, workload: Workload) -> bool:
    """Whether the workload makes sense in the configuration."""
    if workload.needs:
        return config.backend == workload.needs
    if config.backend == "errors":
        return False    # its errors would fail other workloads
    return (config.cpus >= workload.cpus and config.width >= workload.width
            and (config.keeps_data or not workload.data))


def parse(text: str) -> Case:
    """The case with a name; LabError if there is none."""
    parts = text.split("/")
    if len(parts) == 2:
        parts.insert(1, "default")
    try:
        config, mode, workload = parts
        case = Case(configs.by_name(config), configs.mode_by_name(mode),
                    WORKLOADS[workload])
    except (ValueError, KeyError) as error:
        raise LabError(f"no case {text}: --list names configurations, modes"
                       " and workloads", 2) from error
    if not fits(case.config, case.workload):
        raise LabError(f"{text}: this workload needs another backend, more"
                       " CPUs or more disks than the configuration has;"
                       " --list names others", 2)
    return case


def select(patterns: Sequence[str], among: Sequence[Case]) -> list[Case]:
    """The cases of a list that match, and any others given by name."""
    chosen: list[Case] = []
    for pattern in patterns:
        found = [case for case in among
                 if fnmatch.fnmatchcase(case.name, pattern)
                 or pattern in (case.config.name, case.workload.name)]
        chosen += found or [parse(pattern)]
    return chosen


class Guests:
    """The guest of the cases; a new one if it is no longer usable."""

    def __init__(self, name: str = "differential",
                 make: Callable[[Sequence[Config], str], Session] = Session,
                 ) -> None:
        self._name = name
        self._make = make
        self._session: Session | None = None
        self._configs: tuple[Config, ...] = ()
        self.booted = 0

    def plan(self, wanted: Sequence[Config]) -> None:
        """Use these configurations for later guests."""
        unique = tuple(dict.fromkeys(wanted))
        if unique != self._configs:
            self.close()
        self._configs = unique

    def get(self) -> Session:
        """The guest, booted."""
        if self._session is None:
            session = self._make(self._configs, self._name)
            report_guest(session)
            with progress.step("booting"):
                session.start()
            self._session = session
            self.booted += 1
        return self._session

    def discard(self) -> None:
        """Kill it: its state is unreliable."""
        session, self._session = self._session, None
        if session is not None:
            session.close(force=True)

    def close(self) -> None:
        """Power off."""
        session, self._session = self._session, None
        if session is not None:
            session.close(force=False)


def run(guests: Guests, case: Case, swap: bool) -> CaseResult:
    """Run both drivers, by turns.

    @swap: vfe_blk runs first, and the drivers swap functions
    """
    turns: dict[str, Turn] = {}
    media: list[str] = []
    order = (OURS, THEIRS) if swap else (THEIRS, OURS)
    booted = 0
    for driver in order:
        session = guests.get()
        side = int(swap == (driver == OURS))
        turns[driver] = session.turn(driver, case.config, side, case.mode,
                                     case.workload)
        if not turns[driver].usable:
            guests.discard()
        if driver == order[0]:
            booted = guests.booted
        elif turns[driver].usable and booted == guests.booted and \
                case.workload.compared and case.config.keeps_data:
            media = session.media(case.config)
    return verdict_of(case, turns, media)


def verdict_of(case: Case, turns: dict[str, Turn],
               media: list[str]) -> CaseResult:
    """The differences of our driver, and anomalies of both drivers."""
    ours, theirs = turns[OURS], turns[THEIRS]
    allowed = [item for item in DOCUMENTED
               if item.applies(case.config.properties)]
    verdict = CaseResult(case, turns,
                         differences(ours, theirs, allowed) + media)
    if ours.verdict == theirs.verdict != "ended":
        verdict.notes.append(f"both drivers: {ours.verdict} {ours.status}")
    elif theirs.verdict == "hang":
        verdict.notes.append(f"virtio_blk hangs: {theirs.status}")
    elif "late" in (ours.verdict, theirs.verdict):
        verdict.notes.append(f"too slow to compare: vfe_blk {ours.verdict},"
                             f" virtio_blk {theirs.verdict}")
    elif theirs.outcomes.get("fio", "0") != "0" and case.workload.data:
        verdict.notes.append("fio fails with both drivers, so this case tests"
                             f" nothing: {theirs.text[-300:]}")
    elif theirs.status != "0":
        verdict.notes.append(f"virtio_blk's script ended with"
                             f" {theirs.status}: {theirs.text[-300:]}")
    return verdict
