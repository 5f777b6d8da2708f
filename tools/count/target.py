# SPDX-License-Identifier: GPL-2.0
"""A target that the project set itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Target:
    """A target, what was measured, and whether that reaches it; None if the
    measurement failed."""

    text: str
    measured: str
    reached: bool | None

    def __str__(self) -> str:
        word = {True: "reached", False: "MISSED ", None: "FAILED "}[
            self.reached]
        return f"{word}  {self.text}: {self.measured}"

    def as_json(self) -> dict[str, Any]:
        """The fields of the tools' JSON results."""
        return {"target": self.text, "measured": self.measured,
                "reached": self.reached}
