# SPDX-License-Identifier: GPL-2.0
"""The suites of kunit/, and the order that they run in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab import LabError

FOLDER = "kunit"
ENDING = "_test.c"
# What every suite stands on, in the order that it loads.
DRIVERS = ("vfe", "vfe_blk", "vfe_rng", "vfe_trap_blk")
MOCK = "vfe_mock"


@dataclass(frozen=True)
class Suite:
    """A file kunit/SUBJECT_test.c."""

    subject: str

    @property
    def module(self) -> str:
        """The module that it is built as."""
        return f"vfe_{self.subject}_test"


def find(checkout: Path) -> list[Suite]:
    """All suites, by subject."""
    found = [Suite(path.name.removesuffix(ENDING))
             for path in (checkout / FOLDER).glob(f"*{ENDING}")]
    return sorted(found, key=lambda suite: suite.subject)


def share(chosen: Sequence[Suite], parts: int) -> list[list[Suite]]:
    """Shared out, in order and always alike: a run can be repeated."""
    count = max(1, min(parts, len(chosen)))
    return [list(chosen[number::count]) for number in range(count)]


def choose(found: Sequence[Suite], subjects: Sequence[str]) -> list[Suite]:
    """Those of some subjects, all if none is named."""
    known = {suite.subject for suite in found}
    unknown = sorted(set(subjects) - known)
    if unknown:
        raise LabError(f"no suite {', '.join(unknown)}: there are"
                       f" {', '.join(sorted(known)) or 'none'}", 2)
    return [suite for suite in found
            if not subjects or suite.subject in subjects]
