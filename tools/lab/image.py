# SPDX-License-Identifier: GPL-2.0
"""Makes the disk image of the tests: ext4 with real files (inner code)."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import files, paths, progress

IMAGE_MB = 128
FIO_MB = 32
FIO_FILE = "fio.dat"
FIO_BLOCK = 4096
# To be written over: its blocks are there, and hold nothing that verifies.
WRITE_MB = 16
WRITE_FILE = "write.dat"
WRITE_FILL = b"\xa5"
# Real files: of many sizes, and in every tree. About 10 MB.
CONTENTS = ("/usr/lib/x86_64-linux-gnu/perl-base", "/usr/share/misc",
            "/usr/share/perl5")
VERSION = 2
KEPT = 2

# fio arguments under which every block of FIO_FILE verifies.
FIO_VERIFY = ("--verify=crc32c", f"--verify_interval={FIO_BLOCK}",
              "--verify_fatal=1", "--verify_state_save=0")


@dataclass(frozen=True)
class Image:
    """A disk image and what is known of its contents."""

    path: Path
    manifest: Path      # `sha256sum -c` in the mount point checks all files
    fio_file: str = FIO_FILE
    fio_verify: tuple[str, ...] = FIO_VERIFY


def _lay_out(folder: Path) -> None:
    """A file whose every block carries a header that fio can verify."""
    subprocess.run(["fio", "--name=lay-out", "--minimal",
                    f"--filename={folder / FIO_FILE}", "--rw=write",
                    f"--bs={FIO_BLOCK}", f"--size={FIO_MB}M",
                    "--ioengine=psync", "--do_verify=0", *FIO_VERIFY],
                   check=True, stdout=subprocess.DEVNULL, cwd=folder)
    (folder / WRITE_FILE).write_bytes(WRITE_FILL * (WRITE_MB << 20))


def _manifest(folder: Path) -> str:
    lines = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and \
                path.name not in (FIO_FILE, WRITE_FILE):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            lines.append(f"{digest}  {path.relative_to(folder)}\n")
    return "".join(lines)


def _make(target: Path) -> None:
    contents = target / "contents"
    for source in CONTENTS:
        shutil.copytree(source, contents / Path(source).name, symlinks=True)
    _lay_out(contents)
    (target / "manifest").write_text(_manifest(contents))
    disk = target / "disk.img"
    with open(disk, "wb") as handle:
        handle.truncate(IMAGE_MB << 20)
    # Laid out at once and not by the guest: a lazy initialisation there
    # would be disk traffic in the background of a measurement. An orphan file
    # would be read at each mount: 128 KiB, a word at a time by some drivers.
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-b", "4096", "-F", "-E",
                    "lazy_itable_init=0,lazy_journal_init=0,root_owner=0:0",
                    "-O", "^orphan_file", "-L", "vfe", "-d", str(contents),
                    str(disk)], check=True)
    files.remove(contents)


def base() -> Image:
    """The cached image; never to be written to: see copy()."""
    key = files.digest([str(VERSION), str(IMAGE_MB), str(FIO_MB),
                        str(WRITE_MB), *CONTENTS])
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
