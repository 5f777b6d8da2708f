# SPDX-License-Identifier: GPL-2.0
"""checkpatch --strict, with exceptions by file and type, each with a reason.

checkpatch itself can disable a type only everywhere. checkpatch-exceptions has
patterns, types and reasons; an exception without a file is a failure.
"""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from pathlib import Path

EXCEPTIONS = Path(__file__).resolve().parent / "checkpatch-exceptions"
FINDING = re.compile(r"^(\S+?):\d+: \w+:(\w+): ")
# At the first word in CamelCase it looks for others in a tree of git, and keeps
# them in a file: the rootfs has no git, and the checkout is read-only there.
NOISE = re.compile(r"^sh: \d+: git: not found$"
                   r"|: Can't write '\.checkpatch-camelcase\.")


@dataclass(frozen=True)
class Waiver:
    """A type of finding that is acceptable in some files."""

    pattern: str
    kind: str
    reason: str

    def covers(self, name: str, kind: str) -> bool:
        """Whether it covers such a finding in such a file."""
        return kind == self.kind and fnmatch.fnmatch(name, self.pattern)


def waivers(path: Path = EXCEPTIONS) -> list[Waiver]:
    """The exceptions; ValueError for one without a reason."""
    found = []
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            pattern, kind, reason = line.split(None, 2)
            found.append(Waiver(pattern, kind, reason))
    return found


class Judge:
    """Applies the exceptions to terse output."""

    def __init__(self, exceptions: list[Waiver]) -> None:
        self.exceptions = exceptions

    def findings(self, code: int, output: str) -> str:
        """The part of checkpatch's output for one file without exceptions."""
        left = [line for line in output.splitlines()
                if line.strip() and not NOISE.search(line)
                and not self._excused(line)]
        if not left and code not in (0, 1):
            left = [f"exit code {code}"]
        return "\n".join(left)

    def _excused(self, line: str) -> bool:
        match = FINDING.match(line)
        if not match:
            return False
        return any(waiver.covers(match.group(1), match.group(2))
                   for waiver in self.exceptions)

    def stale(self, names: list[str]) -> str:
        """Exceptions without a file."""
        return "\n".join(
            f"no file {item.pattern} (exception for {item.kind})"
            for item in self.exceptions
            if not any(fnmatch.fnmatch(name, item.pattern)
                       for name in names))
