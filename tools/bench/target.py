# SPDX-License-Identifier: GPL-2.0
"""A target that the project set itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A target and how the measured row stands to it."""

    text: str
    measured: str
    reached: bool

    def __str__(self) -> str:
        word = "reached" if self.reached else "MISSED "
        return f"{word}  {self.text}: {self.measured}"
