# SPDX-License-Identifier: GPL-2.0
"""Results that outlive a nested machine, which may fall over: the bench then
runs again in another one, and goes on where this one ended."""

from __future__ import annotations

import os
import pickle
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lab import files, paths

from .result import Result
from .row import Row

NAME = "bench.pickle"
# Second tries in a run
MOST_TRIES = 6


@dataclass
class Kept:
    """What a run has measured so far.

    @results: of rows, by name
    @about: the host and the guest of a class of devices, by its name
    @lost: rows measured again, as the guest's CPU was lost
    @again: why the first try ended, of rows that get another, by name
    @tries: the number of second tries: several rows may share one
    @begun: names of the rows that are being measured
    """

    results: dict[str, Result] = field(default_factory=dict)
    about: dict[str, tuple[dict[str, Any], dict[str, Any]]] = field(
        default_factory=dict)
    lost: list[str] = field(default_factory=list)
    again: dict[str, str] = field(default_factory=dict)
    tries: int = 0
    begun: list[str] = field(default_factory=list)

    def add(self, results: Sequence[Result]) -> None:
        """Keep more results."""
        self.results.update({one.row.name: replace(
            one, again=self.again.get(one.row.name, "")) for one in results})
        self.begun = []
        self.save()

    def begin(self, rows: Sequence[Row]) -> None:
        """Remember what is measured, as the machine may fall over now."""
        self.begun = [row.name for row in rows]
        self.save()

    def try_again(self, rows: Sequence[Row], why: str) -> bool:
        """Give these rows a second try, unless this was one, or there were too
        many."""
        names = {row.name: why for row in rows}
        if self.again.keys() & names or self.tries >= MOST_TRIES:
            return False
        self.again.update(names)
        self.tries += 1
        self.begun = []
        self.save()
        return True

    def of(self, chosen: Sequence[Row]) -> list[Result]:
        """The results of these rows, as far as they were measured."""
        return [self.results[row.name] for row in chosen
                if row.name in self.results]

    def left(self, chosen: Sequence[Row]) -> list[Row]:
        """The rows that have no result yet."""
        return [row for row in chosen if row.name not in self.results]

    def save(self) -> None:
        """Write it down, before the machine may fall over."""
        folder = paths.kept()
        if folder is not None:
            files.make_whole(folder / NAME, self._write)

    def _write(self, path: Path) -> None:
        with open(path, "wb") as handle:
            pickle.dump(self, handle)
            handle.flush()
            os.fsync(handle.fileno())


def load() -> Kept:
    """What an earlier machine of this run has kept."""
    folder = paths.kept()
    path = folder / NAME if folder else Path()
    if not path.is_file():
        return Kept()
    found = pickle.loads(path.read_bytes())
    assert isinstance(found, Kept)
    return found
