# SPDX-License-Identifier: GPL-2.0
"""The suites of kunit/, and their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from lab import LabError

FOLDER = "kunit"
ENDING = "_test.c"
# Modules that every suite needs, in their order.
DRIVERS = ("vfe", "vfe_blk", "vfe_rng", "vfe_trap_blk")
MOCK = "vfe_mock"


@dataclass(frozen=True)
class Suite:
    """A file kunit/FOLDER/SUBJECT_test.c."""

    subject: str    # "FOLDER/SUBJECT"

    @property
    def module(self) -> str:
        """The name of its module."""
        return f"vfe_{self.subject.replace('/', '_')}_test"


def find(checkout: Path) -> list[Suite]:
    """All suites, by subject."""
    root = checkout / FOLDER
    found = [Suite(str(path.relative_to(root)).removesuffix(ENDING))
             for path in root.glob(f"*/*{ENDING}")]
    return sorted(found, key=lambda suite: suite.subject)


def share(chosen: Sequence[Suite], parts: int) -> list[list[Suite]]:
    """Divide them, always in the same way, so that a run is repeatable."""
    count = max(1, min(parts, len(chosen)))
    return [list(chosen[number::count]) for number in range(count)]


def choose(found: Sequence[Suite], patterns: Sequence[str]) -> list[Suite]:
    """The suites that match a pattern or are in a folder; all without a
    pattern."""
    def matches(suite: Suite, pattern: str) -> bool:
        return fnmatch(suite.subject, pattern) or \
            suite.subject.startswith(pattern.rstrip("/") + "/")

    unknown = [pattern for pattern in patterns
               if not any(matches(suite, pattern) for suite in found)]
    if unknown:
        names = ", ".join(suite.subject for suite in found)
        raise LabError(f"no suite {', '.join(unknown)}: there are"
                       f" {names or 'none'}", 2)
    return [suite for suite in found if not patterns
            or any(matches(suite, pattern) for pattern in patterns)]
