# SPDX-License-Identifier: GPL-2.0
"""Makes the disk image of the tests: ext4 with real files (inner code)."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import files, paths, progress

IMAGE_MB = 128
FIO_MB = 32
FIO_FILE = "fio.dat"
FIO_BLOCK = 4096
# Real files of many sizes, which every tree has. About 10 MB.
CONTENTS = ("/usr/lib/x86_64-linux-gnu/perl-base", "/usr/share/misc",
            "/usr/share/perl5")
VERSION = 3
KEPT = 4
# A disk without a file system, for fio: blocks that verify, then space for
# writes.
RAW_READ_MB = 32
RAW_WRITE_MB = 96

# fio arguments under which every block of FIO_FILE verifies.
FIO_VERIFY = ("--verify=crc32c", f"--verify_interval={FIO_BLOCK}",
              "--verify_fatal=1", "--verify_state_save=0")


@dataclass(frozen=True)
class Image:
    """A disk image and the known part of its contents."""

    path: Path
    manifest: Path      # `sha256sum -c` in the mount point checks all files


def _verifiable(path: Path, size_mb: int) -> None:
    """A file in which each block has a header that fio can verify."""
    subprocess.run(["fio", "--name=lay-out", "--minimal",
                    f"--filename={path}", "--rw=write",
                    f"--bs={FIO_BLOCK}", f"--size={size_mb}M",
                    "--ioengine=psync", "--do_verify=0", *FIO_VERIFY],
                   check=True, stdout=subprocess.DEVNULL, cwd=path.parent)


def _manifest(folder: Path) -> str:
    lines = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and \
                path.name != FIO_FILE:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            lines.append(f"{digest}  {path.relative_to(folder)}\n")
    return "".join(lines)


def _make(target: Path) -> None:
    contents = target / "contents"
    for source in CONTENTS:
        shutil.copytree(source, contents / Path(source).name, symlinks=True)
    _verifiable(contents / FIO_FILE, FIO_MB)
    (target / "manifest").write_text(_manifest(contents))
    disk = target / "disk.img"
    with open(disk, "wb") as handle:
        handle.truncate(IMAGE_MB << 20)
    # No lazy initialisation: in the guest it would cause disk traffic during a
    # measurement. No orphan file: each mount would read its 128 KiB, some
    # drivers word by word.
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-b", "4096", "-F", "-E",
                    "lazy_itable_init=0,lazy_journal_init=0,root_owner=0:0",
                    "-O", "^orphan_file", "-L", "vfe", "-d", str(contents),
                    str(disk)], check=True)
    files.remove(contents)


def base() -> Image:
    """The cached image. Do not write to it, see copy()."""
    key = files.digest([str(VERSION), str(IMAGE_MB), str(FIO_MB),
                        *CONTENTS])
    folder = paths.state() / "image"
    target = folder / key
    with files.lock(folder / "lock"):
        if not target.is_dir():
            with progress.step("making the disk image"):
                files.remove_old(folder, "[0-9a-f]*", KEPT)
                files.make_whole(target, _make_folder)
    return Image(target / "disk.img", target / "manifest")


def _make_folder(target: Path) -> None:
    target.mkdir()
    _make(target)


def copy(folder: Path, name: str) -> Path:
    """A private, writable, sparse copy of the image."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / name
    subprocess.run(["cp", "--sparse=always", "--reflink=auto",
                    str(base().path), str(target)], check=True)
    return target


def raw_base() -> Path:
    """The first blocks of each disk without a file system."""
    key = files.digest(["raw", str(VERSION), str(RAW_READ_MB)])
    cached = paths.state() / "image" / f"{key}.raw"
    with files.lock(cached.parent / "lock"):
        if not cached.is_file():
            with progress.step("making the disk without a file system"):
                files.make_whole(cached, lambda path: _verifiable(
                    path, RAW_READ_MB))
    return cached


def raw(folder: Path, names: Sequence[str]) -> dict[str, Path]:
    """Private, writable, sparse disks without a file system, by name."""
    folder.mkdir(parents=True, exist_ok=True)
    # Read it once: the cache may be on a slow file system.
    data = raw_base().read_bytes()
    disks = {}
    for name in names:
        disks[name] = folder / f"{name}.img"
        with open(disks[name], "wb") as handle:
            handle.write(data)
            handle.truncate((RAW_READ_MB + RAW_WRITE_MB) << 20)
    return disks
