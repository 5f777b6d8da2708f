# SPDX-License-Identifier: GPL-2.0
"""Checks that passed on the same input are not run again.

The cache has the hashes of inputs that passed; it never caches failures. The
rootfs's recipe stands for the versions of compilers and checkers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from lab import files, paths, progress, recipe

from . import sources
from .context import Context


def of(parts: Iterable[str | Path]) -> Path:
    """The cache file for a pass with these inputs."""
    folder = paths.state() / "check-passed"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / files.digest([recipe.key(), *parts])


def files_in(*folders: str) -> list[str | Path]:
    """Names and contents of the sources in folders of the checkout."""
    here = paths.checkout()
    found = [path for name in folders
             for path in ([here / name] if (here / name).is_file()
                          else sources.all_files(here / name))]
    return [*(str(path.relative_to(here)) for path in found), *found]


def count_of(passed: Path) -> int:
    """How many checks passed; 0 if none is remembered."""
    try:
        return int(passed.read_text())
    except (OSError, ValueError):
        return 0


def remember(passed: Path, count: int) -> None:
    """Store the number of checks that passed."""
    files.make_whole(passed, lambda path: _write(path, str(count)))


def once(context: Context, what: str, parts: Iterable[str | Path],
         check: Callable[[], None]) -> None:
    """Run @check, or count its passes again if it passed before."""
    passed = of(parts)
    known = count_of(passed)
    if known:
        text = f"{what}: passed before over the same bytes"
        context.log.write(text + "\n")
        progress.say(text)
        context.tally.passed += known
        return
    before, failed = context.tally.passed, context.tally.failed
    check()
    count = context.tally.passed - before
    if count and context.tally.failed == failed:
        remember(passed, count)


def _write(path: Path, text: str) -> None:
    path.write_text(text)
