# SPDX-License-Identifier: GPL-2.0
"""Resumes the killed build of a kernel.

Only complete files may stay, because make considers an existing file complete.
kbuild writes .NAME.cmd after the command that makes NAME has succeeded, so a
file with such a record, not older than itself, is complete. Removes also the
few files that kbuild makes without a record, except in the include folders:
their headers are written at once or renamed, and new ones would make everything
compile again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def note_of(path: Path) -> Path:
    """The file that kbuild writes when @path is complete."""
    return path.with_name(f".{path.name}.cmd")


def _is_note(path: Path) -> bool:
    return path.name.startswith(".") and path.name.endswith(".cmd")


def _noted(path: Path) -> bool:
    try:
        note = note_of(path).stat()
    except FileNotFoundError:
        return False
    return note.st_size > 0 and note.st_mtime_ns >= path.stat().st_mtime_ns


def _made(folder: Path) -> Iterator[Path]:
    """All files of a build folder, except links and those at its top: its
    configuration, and the output of the last step."""
    for name, folders, names in os.walk(folder):
        here = Path(name)
        folders[:] = [item for item in folders
                      if not (here / item).is_symlink()]
        if here != folder:
            yield from (here / item for item in names
                        if not (here / item).is_symlink())


def _tools_done(folder: Path) -> int:
    """The time when the kernel's own tools were complete: before its first
    object.

    Another makefile makes them, without records; and all objects depend on
    them.
    """
    return max((path.stat().st_mtime_ns
                for path in (folder / "kernel").glob("*.o")
                if _noted(path)), default=0)


def doubtful(folder: Path) -> list[Path]:
    """The files that may be incomplete."""
    found = []
    tools_done = _tools_done(folder)
    for path in _made(folder):
        if _is_note(path):
            if not path.stat().st_size:
                found.append(path)
        elif "include" in path.relative_to(folder).parts:
            if not path.stat().st_size and "config" not in path.parts:
                found.append(path)
        elif path.is_relative_to(folder / "tools"):
            if path.stat().st_mtime_ns > tools_done:
                found.append(path)
        elif not _noted(path):
            found.append(path)
    return found


def sweep(folder: Path) -> int:
    """Remove files that may be incomplete; their number."""
    found = doubtful(folder)
    for path in found:
        path.unlink()
    return len(found)
