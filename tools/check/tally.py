# SPDX-License-Identifier: GPL-2.0
"""What a stage counts: checks passed, and failures with what they said."""

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
        """It in one line."""
        what = next(filter(None, map(str.strip, self.text.splitlines())), "")
        return f"FAILED {self.name}: {what}"


@dataclass
class Tally:
    """The result of a stage."""

    passed: int = 0
    failures: list[Failure] = field(default_factory=list)

    @property
    def failed(self) -> int:
        """How many checks failed."""
        return len(self.failures)

    @property
    def good(self) -> bool:
        """Nothing failed, and something ran."""
        return not self.failures and self.passed > 0

    def fail(self, name: str, text: str) -> None:
        """A check failed."""
        self.failures.append(Failure(name, text))

    def judge(self, name: str, problem: str) -> bool:
        """A check passed if there is no problem."""
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
    """What a stage saved; OSError or ValueError if it saved nothing whole."""
    data = json.loads(path.read_text())
    return Tally(data["passed"],
                 [Failure(name, text) for name, text in data["failures"]])
