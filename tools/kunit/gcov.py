# SPDX-License-Identifier: GPL-2.0
"""Reads gcov's output for the drivers' objects (inner code)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab import LabError


@dataclass
class Line:
    """A line with code, summed over all objects."""

    function: str
    count: int = 0
    branches: list[int] = field(default_factory=list)

    def add(self, count: int, branches: list[int]) -> None:
        """Add another copy of the line: an inlined one, or of another
        object."""
        self.count += count
        if len(branches) > len(self.branches):
            self.branches += [0] * (len(branches) - len(self.branches))
        for number, taken in enumerate(branches):
            self.branches[number] += taken

    @property
    def untaken(self) -> int:
        """Branches that were never taken on a line that ran."""
        return self.branches.count(0) if self.count else 0


@dataclass
class Source:
    """A source file's lines by number."""

    name: str
    lines: dict[int, Line] = field(default_factory=dict)

    @property
    def ran(self) -> int:
        """Lines that ran."""
        return sum(line.count > 0 for line in self.lines.values())

    @property
    def branches(self) -> int:
        """The number of branches."""
        return sum(len(line.branches) for line in self.lines.values())

    @property
    def taken(self) -> int:
        """The number of branches that were taken."""
        return sum(1 for line in self.lines.values()
                   for count in line.branches if count)


def merge(documents: Iterable[dict[str, Any]], root: Path,
          folders: Iterable[str]) -> dict[str, Source]:
    """Sources below some folders of @root, from gcov's JSON."""
    wanted = tuple(folders)
    found: dict[str, Source] = {}
    for document in documents:
        base = Path(document["current_working_directory"])
        for item in document["files"]:
            path = base / item["file"]
            if not path.is_relative_to(root):
                continue
            name = str(path.relative_to(root))
            if name.startswith(wanted):
                _add(found.setdefault(name, Source(name)), item["lines"])
    return found


def _add(source: Source, lines: Iterable[dict[str, Any]]) -> None:
    for item in lines:
        line = source.lines.setdefault(
            item["line_number"], Line(item.get("function_name", "")))
        line.add(item["count"],
                 [branch["count"] for branch in item["branches"]])


def _documents(objects: Iterable[Path]) -> Iterator[dict[str, Any]]:
    for path in objects:
        done = subprocess.run(
            ["gcov", "--branch-probabilities", "--json-format", "--stdout",
             "--object-directory", str(path.parent), path.name],
            cwd=path.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, check=False)
        if done.returncode or not done.stdout.startswith("{"):
            raise LabError(f"gcov cannot read {path}:"
                           f" {done.stderr.strip() or 'it says nothing'}")
        for line in done.stdout.splitlines():
            yield json.loads(line)


def _beside(counts: Path, notes: Iterable[Path]) -> list[Path]:
    """The objects' notes beside the counts of a kernel, where gcov looks.

    A kernel names an object by its whole path, below @counts. One without
    counts did not run; gcov takes it for that.
    """
    found = [counts / path.relative_to("/") for path in notes]
    if not any(path.with_suffix(".gcda").exists() for path in found):
        raise LabError(f"a kernel under test left no counts in {counts}")
    for path in found:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(Path("/") / path.relative_to(counts))
    return found


def notes_in(root: Path, folders: Iterable[str]) -> list[Path]:
    """The notes of the objects below some folders of a build.

    Those of a source that has moved stay there, and do not count.
    """
    return [path for folder in folders
            for path in sorted((root / folder).rglob("*.gcno"))
            if path.with_suffix(".c").exists()
            and not path.name.endswith(".mod.gcno")]


def read(root: Path, folders: Iterable[str], every: Iterable[Path],
         ) -> dict[str, Source]:
    """The coverage of objects below some folders of a build, summed over
    the kernels that ran them, whose counts are in a folder each."""
    wanted = list(folders)
    notes = notes_in(root, wanted)
    return merge(_documents(path for counts in every
                            for path in _beside(counts, notes)),
                 root, wanted)
