# SPDX-License-Identifier: GPL-2.0
"""Compares the results of two turns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from lab import kernel_log

from .documented import LOG, Documented

# A pause with pending requests is a stall if it is at least this long, and at
# least this many times as long as the kernel's driver's longest one.
STALL_S, STALL_RATIO = 10, 4
WARNING = 4         # of the kernel's log levels
# Parts of a message that differ between runs: numbers and UUIDs.
NOISE = re.compile(r"0x[0-9a-f]+|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
                   r"|\b\d+\b")
RAW = re.compile(r"<(\d+)>\[ *\d+\.\d+\] ?(.*)")
# Messages unrelated to drivers, at any time in any guest, or once after boot.
IDLE = re.compile(r"callbacks suppressed|clocksource"
                  r"|hrtimer: interrupt took|sched_clock|TSC"
                  r"|perf: interrupt took|workqueue: .* hogged CPU"
                  r"|random: |process '.*' started|rcu_.*expedited"
                  r"|CONFIG_IMA_DISABLE_HTABLE"
                  r"|the capability attribute has been deprecated")


@dataclass(frozen=True)
class Subject:
    """A driver of ours, and the kernel's for the same devices."""

    ours: str
    theirs: str
    documented: Sequence[Documented] = ()


@dataclass
class Turn:
    """One driver's run of a workload."""

    driver: str
    verdict: str = "ended"      # "ended", "hang", "late", "lost", "no disk"
    status: str = "0"
    gap: int = 0
    seconds: float = 0.0
    outcomes: dict[str, str] = field(default_factory=dict)
    text: str = ""              # its other output
    log: list[str] = field(default_factory=list)    # warnings of the kernel
    foreign: str = ""           # what ended it, if that was not our driver

    @property
    def usable(self) -> bool:
        """Whether the guest can run another turn."""
        return self.verdict in ("ended", "no disk")


def parse_watch(driver: str, text: str) -> Turn:
    """The output of watch.sh."""
    turn = Turn(driver, verdict="lost", text="")
    rest = []
    for line in text.splitlines():
        word, _, value = line.partition(" ")
        if word == "verdict" and turn.verdict == "lost":
            turn.verdict, _, turn.status = value.partition(" ")
        elif word == "gap" and value.isdigit():
            turn.gap = int(value)
        elif word == "outcome":
            key, _, said = value.partition("=")
            turn.outcomes[key] = said
        else:
            rest.append(line)
    turn.text = "\n".join(rest)
    return turn


def complaints(raw: str, names: Sequence[str],
               functions: Sequence[str]) -> list[str]:
    """Lines of `dmesg -r` at warning or above, without names."""
    found = []
    for line in raw.splitlines():
        match = RAW.match(line)
        if not match or int(match[1]) & 7 > WARNING:
            continue
        text = match[2]
        if not IDLE.search(text):
            found.append(plain(text, names, functions))
    return found


def plain(text: str, names: Sequence[str], functions: Sequence[str]) -> str:
    """A text without names of disks or interfaces, and of functions."""
    for index, one in enumerate(names):
        text = re.sub(rf"\b{re.escape(one)}(?:p?(\d+))?\b",
                      lambda match, place=index:    # type: ignore[misc]
                      f"NAME{place or ''}" + (f".{match[1]}" if match[1]
                                              else ""), text)
    for name in functions:
        text = text.replace(name, "FUNCTION")
    return re.sub(r"\bvirtio\d+\b", "FUNCTION", text)


def _log(ours: Turn, theirs: Turn,
         allowed: Sequence[Documented]) -> list[str]:
    """Kernel messages that only our driver's turn has."""
    known = {NOISE.sub("N", line) for line in theirs.log}
    fresh, seen = [], set()
    for line in ours.log:
        key = NOISE.sub("N", line)
        if key not in known and key not in seen and not any(
                item.covers(LOG, line, "", ours.outcomes, theirs.outcomes)
                for item in allowed):
            seen.add(key)
            fresh.append(line)
    found = [f"the kernel says: {line}" for line in fresh[:12]]
    complaint = kernel_log.find("\n".join(theirs.log))
    if complaint and not kernel_log.find("\n".join(ours.log)):
        found = [*found, f"({theirs.driver} has a warning, too: {complaint})"] \
            if found else []
    return found


def _outcomes(ours: Turn, theirs: Turn,
              allowed: Sequence[Documented]) -> list[str]:
    found = []
    for key in sorted({*ours.outcomes, *theirs.outcomes}):
        one, other = (turn.outcomes.get(key, "(nothing)")
                      for turn in (ours, theirs))
        if one != other and not any(
                item.covers(key, one, other, ours.outcomes, theirs.outcomes)
                for item in allowed):
            found.append(f"{key}: {ours.driver} {one},"
                         f" {theirs.driver} {other}")
    return found


def differences(ours: Turn, theirs: Turn,
                allowed: Sequence[Documented] = ()) -> list[str]:
    """All differences that count as a problem of our driver."""
    if "late" in (ours.verdict, theirs.verdict) and ours.gap < STALL_S \
            and {ours.verdict, theirs.verdict} <= {"late", "ended"}:
        return _log(ours, theirs, allowed)  # slow, but without a stall
    if (ours.verdict, ours.status) == ("ended", "0") and (
            theirs.verdict == "hang" or theirs.foreign):
        return _log(ours, theirs, allowed)  # only the kernel's: a note
    if ours.verdict != theirs.verdict:
        return [f"{ours.driver}: {ours.verdict} {ours.status}".rstrip()
                + f"; {theirs.driver}: {theirs.verdict} {theirs.status}",
                *_log(ours, theirs, allowed)]
    if ours.verdict in ("hang", "late", "lost"):
        return []       # both: no problem of our driver
    found = []
    if ours.status != theirs.status:
        found.append(f"status of the script: {ours.driver} {ours.status},"
                     f" {theirs.driver} {theirs.status}")
    if ours.gap >= max(STALL_S, STALL_RATIO * theirs.gap):
        found.append(f"no completion for {ours.gap} s, with {theirs.driver}"
                     f" for {theirs.gap} s")
    return [*found, *_outcomes(ours, theirs, allowed),
            *_log(ours, theirs, allowed)]
