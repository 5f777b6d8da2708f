# SPDX-License-Identifier: GPL-2.0
"""A target that the project set itself."""

from __future__ import annotations

from dataclasses import dataclass

# With fewer operations, what depends on time says nothing, and fio's own
# start is most of all exits.
ENOUGH_OPS = 1000


@dataclass(frozen=True)
class Target:
    """A target and how the measured row stands to it."""

    text: str
    measured: str
    reached: bool

    def __str__(self) -> str:
        word = "reached" if self.reached else "MISSED "
        return f"{word}  {self.text}: {self.measured}"
