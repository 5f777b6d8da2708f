# SPDX-License-Identifier: GPL-2.0
"""A case: a configuration, a mode and a workload; both drivers run it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lab import progress

from .compare import Turn, differences
from .configs import Config, Mode
from .session import GuestSession
from .workload import Workload


# In a workload's output: a fault of its own, with whatever driver
FAULT = re.compile(r"^(?:ModuleNotFound|Import|Name|Attribute|Type|Key|Index"
                   r"|Value|Assertion|Host)Error: .*", re.MULTILINE)
TRIES = 5       # of a turn that something else than our driver ended


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
        subject = self.case.config.subject
        word = "DIFFERS" if self.problems else "same"
        return (f"{word:7} {self.case.name}: " + ", ".join(
            f"{driver} {self.turns[driver].seconds:.1f} s"
            for driver in (subject.ours, subject.theirs))
                + "".join(f"\n    note: {note}" for note in self.notes)
                + "".join(f"\n    {problem}" for problem in self.problems))


def fits(config: Config, workload: Workload) -> bool:
    """Whether the workload makes sense in the configuration."""
    if workload.needs:
        return config.backend == workload.needs
    if config.backend == "errors":
        return False    # its errors would fail other workloads
    return (config.cpus >= workload.cpus
            and config.width * config.units >= workload.width
            and config.units >= workload.units
            and (config.keeps_data or not workload.data))


class Guests:
    """The guest of the cases; a new one if it is no longer usable."""

    def __init__(self, name: str,
                 make: Callable[[Sequence[Config], str], GuestSession],
                 ) -> None:
        self._name = name
        self._make = make
        self._session: GuestSession | None = None
        self._configs: tuple[Config, ...] = ()
        self.booted = 0

    def plan(self, wanted: Sequence[Config]) -> None:
        """Use these configurations for later guests."""
        unique = tuple(dict.fromkeys(wanted))
        if unique != self._configs:
            self.close()
        self._configs = unique

    def get(self) -> GuestSession:
        """The guest, booted."""
        if self._session is None:
            session = self._make(self._configs, self._name)
            names = ", ".join(config.name for config in session.configs)
            progress.say(f"guest {session.name}: {names}")
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


def _turn(guests: Guests, case: Case, driver: str, side: int,
          notes: list[str]) -> Turn:
    """A turn; another one if something else than our driver ended it. The
    kernel's own driver, for example, also drives the peers, and virtio_net
    transmits into freed queues during suspend."""
    for _ in range(TRIES):
        turn = guests.get().turn(driver, case.config, side, case.mode,
                                 case.workload)
        if not turn.usable or guests.get().spoilt_by(case.workload):
            guests.discard()
        if not turn.foreign:
            break
        notes.append(f"{driver}'s turn was repeated: {turn.foreign}:"
                     f" {turn.text}")
    return turn


def run(guests: Guests, case: Case, swap: bool) -> CaseResult:
    """Run both drivers, by turns.

    @swap: our driver runs first, and the drivers swap functions
    """
    turns: dict[str, Turn] = {}
    media: list[str] = []
    notes: list[str] = []
    subject = case.config.subject
    order = (subject.ours, subject.theirs) if swap else \
        (subject.theirs, subject.ours)
    booted = 0
    for driver in order:
        side = int(swap == (driver == subject.ours))
        turns[driver] = _turn(guests, case, driver, side, notes)
        if driver == order[0]:
            booted = guests.booted
        elif turns[driver].usable and booted == guests.booted and \
                case.workload.compared and case.config.keeps_data:
            media = guests.get().media(case.config)
    verdict = verdict_of(case, turns, media)
    verdict.notes += notes
    return verdict


def verdict_of(case: Case, turns: dict[str, Turn],
               media: list[str]) -> CaseResult:
    """The differences of our driver, and anomalies of both drivers."""
    subject = case.config.subject
    ours, theirs = turns[subject.ours], turns[subject.theirs]
    allowed = [item for item in subject.documented
               if item.applies(case.config.properties)]
    verdict = CaseResult(case, turns,
                         differences(ours, theirs, allowed) + media)
    fault = FAULT.search(theirs.text)
    if fault:
        verdict.problems.append(f"the workload has a fault: {fault[0]}")
    if ours.verdict == theirs.verdict != "ended":
        verdict.notes.append(f"both drivers: {ours.verdict} {ours.status}")
    elif theirs.verdict == "hang":
        verdict.notes.append(f"{theirs.driver} hangs: {theirs.status}")
    elif "late" in (ours.verdict, theirs.verdict):
        verdict.notes.append(f"too slow to compare: {ours.driver}"
                             f" {ours.verdict}, {theirs.driver}"
                             f" {theirs.verdict}")
    elif theirs.outcomes.get("fio", "0") != "0" and case.workload.data:
        verdict.notes.append("fio fails with both drivers, so this case tests"
                             f" nothing: {theirs.text[-300:]}")
    elif theirs.status != "0":
        verdict.notes.append(f"{theirs.driver}'s script ended with"
                             f" {theirs.status}: {theirs.text[-300:]}")
    return verdict
