# SPDX-License-Identifier: GPL-2.0
"""The counts of a witness: accesses by register and direction, and exits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lab.errors import LabError

# (register, "read" or "write")
Key = tuple[str, str]


class CountError(LabError):
    """An implausible count, such as one that decreased."""


def subtract(after: Mapping[Key, int], before: Mapping[Key, int],
             ) -> dict[Key, int]:
    """The increase of each counter, without zeroes."""
    result = {}
    for key in after.keys() | before.keys():
        delta = after.get(key, 0) - before.get(key, 0)
        if delta < 0:
            raise CountError(f"the count of {key[0]} ({key[1]}) decreased by"
                             f" {-delta}: let nobody reset it during a"
                             " measurement")
        if delta:
            result[key] = delta
    return result


@dataclass(frozen=True)
class Testimony:
    """The counts of one witness between two readings.

    @accesses: by register and direction, those that it can see
    @exits: None if it cannot count them
    @unseen: registers whose accesses it does not see, or not all of them
    """

    accesses: Mapping[Key, int] = field(default_factory=dict)
    exits: int | None = None
    unseen: frozenset[str] = frozenset()

    @property
    def total(self) -> int | None:
        """All accesses; None if the witness does not see some."""
        return None if self.unseen else sum(self.accesses.values())

    def count(self, key: Key) -> int | None:
        """Accesses to one register; None if it does not see them."""
        return None if key[0] in self.unseen else self.accesses.get(key, 0)

    def renamed(self, names: Mapping[str, str]) -> Testimony:
        """The same counts, with some registers renamed."""
        accesses: dict[Key, int] = {}
        for (name, direction), count in self.accesses.items():
            key = (names.get(name, name), direction)
            accesses[key] = accesses.get(key, 0) + count
        return Testimony(accesses, self.exits, self.unseen)
