# SPDX-License-Identifier: GPL-2.0
"""Compares the counts of the witnesses. They must be equal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .counts import Key, Testimony

NAMES = ("driver", "kvm", "device")

Counts = dict[str, int | None]


@dataclass(frozen=True)
class Cost:
    """A prediction of the cost of a driver's requests."""

    accesses: int
    exits: int


@dataclass(frozen=True)
class Verdict:
    """All counts, and their differences."""

    exits: Counts
    accesses: Counts
    registers: Mapping[Key, Counts]
    differences: tuple[str, ...] = ()
    formula: Cost | None = None

    @property
    def agree(self) -> bool:
        """Do all witnesses agree?"""
        return not self.differences

    @property
    def device_exits(self) -> int | None:
        """The number of exits, from any witness that could count them."""
        known = [count for count in self.exits.values() if count is not None]
        return known[0] if known else None


@dataclass
class _Comparison:
    differences: list[str] = field(default_factory=list)

    def check(self, what: str, counts: Mapping[str, int | None]) -> None:
        """All values that are not None must be equal."""
        known = {name: count for name, count in counts.items()
                 if count is not None}
        if len(set(known.values())) > 1:
            said = ", ".join(f"{name} {count}"
                             for name, count in known.items())
            self.differences.append(f"{what}: {said}")


def _all_keys(witnesses: Mapping[str, Testimony | None]) -> list[Key]:
    keys: set[Key] = set()
    for testimony in witnesses.values():
        if testimony is not None:
            keys |= testimony.accesses.keys()
    return sorted(keys)


def compare(witnesses: Mapping[str, Testimony | None],
            predicted: Cost | None = None, least: int = 2) -> Verdict:
    """Compares the counts of all witnesses.

    @witnesses: by the names in NAMES; None for an absent one
    @predicted: the result of the formula, if there is one
    @least: number of witnesses that must count the exits; 1 if only KVM can,
    with the kernel's driver on QEMU's own device
    """
    heard = {name: witnesses.get(name) for name in NAMES}
    exits: Counts = {name: said.exits if said else None
                     for name, said in heard.items()}
    accesses: Counts = {name: said.total if said else None
                        for name, said in heard.items()}
    registers: dict[Key, Counts] = {
        key: {name: said.count(key) if said else None
              for name, said in heard.items()}
        for key in _all_keys(heard)}

    comparison = _Comparison()
    formula = ({"formula": predicted.exits} if predicted else {},
               {"formula": predicted.accesses} if predicted else {})
    comparison.check("exits", {**exits, **formula[0]})
    comparison.check("accesses", {**accesses, **formula[1]})
    for (register, direction), counts in registers.items():
        comparison.check(f"{register} {direction}", counts)
    if sum(count is not None for count in exits.values()) < least:
        comparison.differences.append(
            f"exits: fewer than {least} witnesses counted them")
    return Verdict(exits, accesses, registers,
                   tuple(comparison.differences), predicted)


def also_operations(verdict: Verdict, counts: Mapping[str, int]) -> Verdict:
    """The result, with a comparison of the counts of requests added."""
    comparison = _Comparison(list(verdict.differences))
    comparison.check("operations", counts)
    return replace(verdict, differences=tuple(comparison.differences))
