# SPDX-License-Identifier: GPL-2.0
"""What the witnesses count: accesses by register and direction, and exits."""

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
    """What was added to each counter; those that stood still are left out."""
    result = {}
    for key in after.keys() | before.keys():
        delta = after.get(key, 0) - before.get(key, 0)
        if delta < 0:
            raise CountError(f"the count of {key[0]} ({key[1]}) ran backwards"
                             f" by {-delta}: was it reset?")
        if delta:
            result[key] = delta
    return result


@dataclass(frozen=True)
class Testimony:
    """What one witness says about a window of time.

    @accesses: by register and direction, those that it can see
    @exits: None where it cannot tell
    @unseen: registers in which it sees nothing, or too little
    """

    accesses: Mapping[Key, int] = field(default_factory=dict)
    exits: int | None = None
    unseen: frozenset[str] = frozenset()

    @property
    def total(self) -> int | None:
        """All accesses, None if some are out of its sight."""
        return None if self.unseen else sum(self.accesses.values())

    def count(self, key: Key) -> int | None:
        """Accesses to one register, None if out of its sight."""
        return None if key[0] in self.unseen else self.accesses.get(key, 0)

    def renamed(self, names: Mapping[str, str]) -> Testimony:
        """The same with some registers under other names."""
        accesses: dict[Key, int] = {}
        for (name, direction), count in self.accesses.items():
            key = (names.get(name, name), direction)
            accesses[key] = accesses.get(key, 0) + count
        return Testimony(accesses, self.exits, self.unseen)
