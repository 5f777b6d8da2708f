# SPDX-License-Identifier: GPL-2.0
"""The tally of a stage: the number of passed checks, and the failures with
their texts."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Failure:
    """One failed check."""

    name: str
    text: str

    @property
    def line(self) -> str:
        """The failure in one line."""
        what = next(filter(None, map(str.strip, self.text.splitlines())), "")
        return f"FAILED {self.name}: {what}"


@dataclass
class Tally:
    """The result of a stage."""

    passed: int = 0
    failures: list[Failure] = field(default_factory=list)

    @property
    def failed(self) -> int:
        """The number of failed checks."""
        return len(self.failures)

    @property
    def good(self) -> bool:
        """No check failed, and at least one ran."""
        return not self.failures and self.passed > 0

    def fail(self, name: str, text: str) -> None:
        """Add a failed check."""
        self.failures.append(Failure(name, text))

    def judge(self, name: str, problem: str) -> bool:
        """Add a check, which passed if there is no problem."""
        if problem:
            self.fail(name, problem)
        else:
            self.passed += 1
        return not problem

    def save(self, path: Path) -> None:
        """Write it for the process that started the stage."""
        path.write_text(json.dumps({
            "passed": self.passed,
            "failures": [[item.name, item.text] for item in self.failures],
        }))


def load(path: Path) -> Tally:
    """Load a saved tally; OSError or ValueError if it is missing or
    incomplete."""
    data = json.loads(path.read_text())
    return Tally(data["passed"],
                 [Failure(name, text) for name, text in data["failures"]])
