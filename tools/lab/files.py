# SPDX-License-Identifier: GPL-2.0
"""Copies that write only changed files, and hashes that name results."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from . import progress


def digest(parts: Iterable[bytes | str | Path]) -> str:
    """A name for a result: the hash of its inputs."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            part = part.read_bytes()
        elif isinstance(part, str):
            part = part.encode()
        total.update(len(part).to_bytes(8, "little"))
        total.update(part)
    return total.hexdigest()[:16]


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold a lock file, so that two runs do not make the same result."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="ascii") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def sole_run(folder: Path, kind: str) -> Iterator[None]:
    """Wait to be the only run of a kind, and remove the remains of killed ones.

    Such a run has its temporary files in folders named KIND-*.
    """
    path = folder / f"{kind}.lock"
    folder.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="ascii") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with progress.step(f"another run holds {path}: waiting"):
                fcntl.flock(handle, fcntl.LOCK_EX)
        for stale in folder.glob(f"{kind}-*"):
            remove(stale)
        yield


def make_whole(target: Path, make: Callable[[Path], object]) -> None:
    """Make a file or folder under a temporary name, then rename it: it is
    complete or absent."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for stale in target.parent.glob(f".{target.name}.*"):
        remove(stale)
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
    try:
        make(temporary)
        if target.is_dir():
            remove(target)
        temporary.replace(target)
    finally:
        remove(temporary)


def make_once(target: Path, make: Callable[[Path], object]) -> None:
    """Make a folder unless it is there; one run makes it, others wait."""
    with lock(target.parent / "lock"):
        if not target.is_dir():
            make_whole(target, make)


def write_json(target: Path, document: Any) -> Path:
    """Write a tool's results, whole or not at all; the file."""
    text = json.dumps(document, indent=1) + "\n"
    make_whole(target, lambda path: path.write_text(text, encoding="utf-8"))
    return target


def remove(path: Path) -> None:
    """Remove a file or a folder, if it exists."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def remove_old(folder: Path, pattern: str, keep: int) -> None:
    """Remove all but the latest few: another run may be using one."""
    found = sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime)
    for path in found[:-keep]:
        remove(path)


def _update(source: Path, target: Path) -> bool:
    data = source.read_bytes()
    if target.is_file() and target.read_bytes() == data:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    os.chmod(target, source.stat().st_mode & 0o777)
    return True


def mirror_sources(source: Path, target: Path, folders: Iterable[str],
                   wanted: Callable[[Path], bool]) -> bool:
    """Bring a copy of some folders up to date; True if anything changed.

    Compares contents, not times, so that make rebuilds only changed files.
    Removes deleted sources, but keeps built files.
    """
    changed = False
    for folder in folders:
        names = {path.relative_to(source)
                 for path in sorted((source / folder).rglob("*"))
                 if path.is_file() and wanted(path)}
        for name in sorted(names):
            changed |= _update(source / name, target / name)
        for path in sorted((target / folder).rglob("*")):
            name = path.relative_to(target)
            if path.is_file() and wanted(path) and name not in names:
                path.unlink()
                changed = True
    return changed


def keep_first(path: Path) -> None:
    """Keep the log of a first attempt as X-first.log."""
    with suppress(FileNotFoundError):
        path.replace(path.with_stem(f"{path.stem}-first"))
