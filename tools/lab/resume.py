# SPDX-License-Identifier: GPL-2.0
"""Goes on with a kernel's build that was killed, from where it was.

Only whole files may stay, as make takes a file that is there for whole. kbuild
writes .NAME.cmd when the command that makes NAME has ended well, so a file is
whole if it has such a note that is not older than itself. What kbuild makes
without a note goes too, outside the include folders: some small files. Inside
them are headers, each written at once or renamed when whole; to make all of
those anew would mean to compile everything anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def note_of(path: Path) -> Path:
    """The file that kbuild writes when @path is whole."""
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
    """All files of a build folder, but links and those at its top: its
    configuration, and what the last step makes of all the rest."""
    for name, folders, names in os.walk(folder):
        here = Path(name)
        folders[:] = [item for item in folders
                      if not (here / item).is_symlink()]
        if here != folder:
            yield from (here / item for item in names
                        if not (here / item).is_symlink())


def _tools_done(folder: Path) -> int:
    """When the kernel's own tools were whole: before its first object.

    They are made by another makefile, without notes at the end; and all
    objects would be compiled anew for a new one of them.
    """
    return max((path.stat().st_mtime_ns
                for path in (folder / "kernel").glob("*.o")
                if _noted(path)), default=0)


def doubtful(folder: Path) -> list[Path]:
    """The files that may be but half there."""
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
    """Remove what may be but half there; how many files."""
    found = doubtful(folder)
    for path in found:
        path.unlink()
    return len(found)
