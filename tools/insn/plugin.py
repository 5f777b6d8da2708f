# SPDX-License-Identifier: GPL-2.0
"""Builds the TCG plugin and communicates with it (inner code)."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lab import files, paths
from lab.channel import Channel, Deadline
from lab.errors import LabError

SOURCES = Path(__file__).resolve().parent / "plugin"
FLAGS = ("-std=gnu11", "-O2", "-g", "-Wall", "-Wextra", "-Werror",
         "-Wshadow", "-Wstrict-prototypes", "-fvisibility=hidden",
         "-D_GNU_SOURCE")
ANSWER_S = 60
KEPT = 2
LOST, USER = "lost", "user"


def build() -> Path:
    """The plugin as a shared object, compiled if the sources changed."""
    sources = sorted(SOURCES.glob("*.[ch]"))
    folder = paths.state() / "insn"
    target = folder / f"insn-{files.digest([*FLAGS, *sources])}.so"
    with files.lock(folder / "lock"):
        if not target.is_file():
            files.remove_old(folder, "insn-*.so", KEPT)
            files.make_whole(target, lambda path: _compile(path, sources))
    return target


def _compile(target: Path, sources: list[Path]) -> None:
    done = subprocess.run(
        ["gcc", *FLAGS, "-shared", "-fPIC", "-pthread", "-o", str(target),
         *(str(path) for path in sources if path.suffix == ".c")],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False)
    if done.returncode:
        raise LabError(f"building the plugin failed:\n{done.stdout}")


@dataclass(frozen=True)
class Counts:
    """Instructions executed since the guest began, by address of block."""

    own: Mapping[int, int]
    for_driver: Mapping[int, int]   # as a helper of the driver
    user: int
    lost: int       # in blocks for which the plugin had no space

    def __sub__(self, before: Counts) -> Counts:
        return Counts(_less(self.own, before.own),
                      _less(self.for_driver, before.for_driver),
                      self.user - before.user, self.lost - before.lost)


def _less(after: Mapping[int, int], before: Mapping[int, int],
          ) -> dict[int, int]:
    return {key: value - before.get(key, 0) for key, value in after.items()
            if value != before.get(key, 0)}


def parse(text: str) -> Counts:
    """Parse the plugin's output; ValueError if invalid."""
    own: dict[int, int] = {}
    for_driver: dict[int, int] = {}
    special = {}
    for line in text.splitlines():
        name, mine, helped = line.split()
        if name in (LOST, USER):
            special[name] = int(mine) + int(helped)
            continue
        address = int(name, 16)
        if int(mine):
            own[address] = int(mine)
        if int(helped):
            for_driver[address] = int(helped)
    if special.keys() != {LOST, USER}:
        raise ValueError("the plugin's counts have no end")
    return Counts(own, for_driver, special[USER], special[LOST])


class Plugin:
    """The plugin in a running guest, whose QEMU has arguments()."""

    def __init__(self, folder: Path, library: Path) -> None:
        self._folder = folder
        self._library = library
        self._channel: Channel | None = None

    def arguments(self) -> list[str]:
        """For QEMU's command line."""
        return ["-plugin", f"{self._library},sock={self._folder}/insn"]

    def _ask(self, line: str) -> int:
        if self._channel is None:
            self._channel = Channel(self._folder / "insn", "the plugin",
                                    lambda: None)
        self._channel.send(f"{line}\n".encode())
        answer = self._channel.line(Deadline(ANSWER_S)).decode().split()
        if answer[:1] != ["ok"]:
            raise LabError(f"the plugin refused '{line}' with"
                           f" '{' '.join(answer)}': see QEMU's log")
        return int(answer[1])

    def classify(self, table: str) -> None:
        """Load the owners of addresses: see plugin/blocks.h."""
        path = self._folder / "kinds"
        path.write_text(table)
        if self._ask(f"classify {path}") != len(table.splitlines()):
            raise LabError(f"the plugin read fewer ranges of {path} than its"
                           f" {len(table.splitlines())} lines: see QEMU's"
                           " log")

    def counts(self, stopped: Callable[[], None],
               going: Callable[[], None]) -> Counts:
        """Read the counts, with the guest stopped."""
        path = self._folder / "counts"
        stopped()
        try:
            self._ask(f"dump {path}")
        finally:
            going()
        try:
            return parse(path.read_text())
        except ValueError as error:
            raise LabError(f"the plugin's counts cannot be read: {error}"
                           ) from error

    def close(self) -> None:
        """Close the socket."""
        if self._channel is not None:
            self._channel.close()
        self._channel = None
