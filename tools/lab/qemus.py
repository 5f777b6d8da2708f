# SPDX-License-Identifier: GPL-2.0
"""Other versions of QEMU than the rootfs's, to run guests on.

Each is unpacked with the libraries of its own suite into the state folder,
which inner code also has. Its own dynamic linker starts it, so it needs neither
configuration nor a chroot.
"""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import files, paths, progress, recipe, tree
from .errors import LabError

PROGRAM = "qemu-system-x86_64"
# Increase this when the way to make them changes.
VERSION = 1
LIBRARIES = ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu")
# The file itself: lib64 has a link to that of the root folder.
LINKERS = tuple(f"{name}/ld-linux-x86-64.so.2" for name in LIBRARIES)
FIRMWARE = ("usr/share/qemu", "usr/share/seabios")
# Files that a QEMU without a screen does not open.
UNUSED = ("usr/share/doc", "usr/share/locale", "usr/share/man",
          "usr/share/icons", "usr/libexec", "usr/lib/x86_64-linux-gnu/gconv",
          "usr/lib/x86_64-linux-gnu/perl-base", "var")


@dataclass(frozen=True)
class Qemu:
    """A QEMU: the beginning of its command line."""

    version: str
    command: tuple[str, ...]


TREES = Qemu("", (PROGRAM,))


def _folder(version: str) -> Path:
    suite = recipe.OTHER_QEMUS[version]
    text = f"{VERSION} {version} {suite}"
    key = hashlib.sha256(text.encode()).hexdigest()[:8]
    return paths.state() / "qemu" / f"{version}-{key}"


def _at(version: str, folder: Path) -> Qemu:
    found = [folder / name for name in LINKERS if (folder / name).exists()]
    if not found:
        raise LabError(f"{folder} holds no dynamic linker: remove it and run"
                       " this again")
    libraries = ":".join(str(folder / name) for name in LIBRARIES)
    command = [str(found[0]), "--library-path", libraries,
               str(folder / "usr/bin" / PROGRAM)]
    for name in FIRMWARE:
        command += ["-L", str(folder / name)]
    return Qemu(version, tuple(command))


def _mmdebstrap(suite: str, target: Path) -> list[str]:
    # No path-exclude: it would start a filter for each of 150 packages, and
    # triple the time.
    return [*tree.APART, "mmdebstrap", "--variant=extract",
            "--architectures=amd64",
            # Mirrors may be frozen at a date: their Release has run out.
            "--aptopt=Acquire::Check-Valid-Until \"false\"",
            "--aptopt=Acquire::Check-Date \"false\"",
            "--aptopt=Acquire::Languages \"none\"",
            "--aptopt=Acquire::Retries \"3\"", *tree.proxy(),
            "--include=qemu-system-x86", suite, str(target),
            f"deb {tree.mirror()} {suite} main"]


def _check(version: str, folder: Path) -> None:
    """Check that the suite has the expected version."""
    shown = subprocess.run([*_at(version, folder).command, "--version"],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           text=True, check=False).stdout
    if not shown.startswith(f"QEMU emulator version {version}."):
        raise LabError(f"QEMU {version}: {recipe.OTHER_QEMUS[version]} of"
                       f" {tree.mirror()} has another: {shown.strip()[:200]}")


def _make(version: str, folder: Path) -> None:
    log = paths.logs() / f"qemu-{version}.log"
    folder.mkdir()
    with progress.step(f"fetching QEMU {version} from {tree.mirror()}", log):
        progress.run_logged(
            _mmdebstrap(recipe.OTHER_QEMUS[version], folder), log,
            what=f"fetching QEMU {version}",
            hint="check the network and the mirror (VFE_MIRROR=URI sets"
                 " another)")
    for name in UNUSED:
        files.remove(folder / name)
    _check(version, folder)


def ensure(version: str) -> None:
    """Prepare this version for get(); LabError if that fails (outer code)."""
    folder = _folder(version)
    if folder.is_dir():
        return
    tree.need_root(f"fetching QEMU {version}")
    tree.install_host_packages()
    files.make_once(folder, lambda path: _make(version, path))


def get(version: str) -> Qemu:
    """The QEMU of a version, after ensure() (inner code)."""
    folder = _folder(version)
    if not folder.is_dir():
        raise LabError(f"QEMU {version} is not in {folder}: run `python3"
                       " tools/qemu` outside of the rootfs, which fetches"
                       " it")
    return _at(version, folder)
