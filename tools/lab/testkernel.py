# SPDX-License-Identifier: GPL-2.0
"""Builds kernels to test with from Debian's linux-source (inner code).

A kernel has a fragment of a configuration: options that it does not name are
disabled, and all its lines must be in the resulting configuration. A kernel is
kept under a hash of its inputs, so it is built once.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from . import build as builds
from . import files, paths, progress, recipe, resume
from .errors import LabError

# Increase this when the way to build kernels changes.
VERSION = 1
STAMP = "built"
CONFIGURED = "configured"
KEPT = 2
# The files to make. A guest boots the ELF kernel, which saves the compression
# of bzImage.
TARGETS = {"um": ("all",), "x86_64": ("vmlinux", "modules")}
_SETTING = re.compile(r"(CONFIG_\w+)=|# (CONFIG_\w+) is not set$")


def source() -> Path:
    """The kernel's sources in the rootfs, read-only."""
    return paths.tree() / f"usr/src/linux-source-{recipe.BOOT_KERNEL}"


def _key(arch: str, fragment: Path, words: Sequence[str]) -> str:
    compiler = subprocess.run(["gcc", "--version"], stdout=subprocess.PIPE,
                              text=True, check=True).stdout.splitlines()[0]
    return files.digest([str(VERSION), arch, *words, compiler,
                         source() / ".version-of-package", fragment])


def lost(fragment: str, config: str) -> list[str]:
    """The lines of a fragment that a configuration lacks."""
    have = {}
    for line in config.splitlines():
        match = _SETTING.match(line)
        if match:
            have[match.group(1) or match.group(2)] = line
    found = []
    for line in fragment.splitlines():
        match = _SETTING.match(line)
        if not match:
            continue
        name = match.group(1) or match.group(2)
        default = f"# {name} is not set"
        if have.get(name, default) != line.rstrip():
            found.append(f"{line.rstrip()} (is: {have.get(name, default)})")
    return found


def make_argv(folder: Path, arch: str, *words: str) -> list[str]:
    """Run make in a kernel's build folder, with one job per processor."""
    return ["make", f"-j{os.cpu_count() or 1}", "-C", str(folder),
            f"ARCH={arch}", *words]


def configure(folder: Path, arch: str, fragments: Sequence[Path],
              log: Path) -> None:
    """Make the build folder and its .config; LabError names lost lines."""
    folder.mkdir(parents=True)
    wanted = "".join(path.read_text() for path in fragments)
    together = folder / "fragment"
    together.write_text(wanted)
    progress.run_logged(
        ["make", "-C", str(source()), f"O={folder}", f"ARCH={arch}",
         f"KCONFIG_ALLCONFIG={together}", "allnoconfig"], log,
        what=f"configuring {folder.name}",
        hint="fix the error that make shows above")
    missing = lost(wanted, (folder / ".config").read_text())
    if missing:
        names = " and ".join(path.name for path in fragments)
        raise LabError(f"the kernel's Kconfig does not take {names} as it"
                       " is: " + "; ".join(missing))


def _compile(folder: Path, arch: str, words: Sequence[str],
             log: Path) -> None:
    mark = folder / builds.UNDER_WAY
    if mark.exists():
        count = resume.sweep(folder)
        progress.say(f"going on with {folder.name}, which was interrupted:"
                     f" {count} files may be half there and are made anew")
    # The mark stays while make runs, and if make is killed.
    mark.touch()
    progress.run_logged(
        make_argv(folder, arch, *TARGETS[arch], *words), log,
        what=f"building the kernel {folder.name}",
        hint="fix the error that make shows above", folder=folder)
    mark.unlink()


def _make(folder: Path, arch: str, fragment: Path,
          words: Sequence[str]) -> None:
    log = paths.logs() / f"kernel-{folder.name}.log"
    with progress.step(f"building the kernel {folder.name} (ARCH={arch})",
                       log):
        resumed = (folder / CONFIGURED).is_file()
        if not resumed:
            _begin(folder, arch, fragment, log)
        try:
            _compile(folder, arch, words, log)
        except LabError as error:
            if not resumed:
                raise
            progress.say(f"{error}\n... once more, from its first file")
            _begin(folder, arch, fragment, log)
            _compile(folder, arch, words, log)
    (folder / STAMP).touch()


def _begin(folder: Path, arch: str, fragment: Path, log: Path) -> None:
    files.remove(folder)
    configure(folder, arch, [fragment], log)
    (folder / CONFIGURED).touch()


def build(name: str, arch: str, fragment: Path,
          words: Sequence[str] = ()) -> Path:
    """The build folder of a kernel; builds it if necessary.

    The words are for make while it builds the kernel itself, not a module.

    It holds vmlinux (ARCH=um: linux, too), Module.symvers and all that
    `make -C FOLDER ARCH=... M=...` needs to build modules for it.
    """
    parent = paths.state() / "kernels"
    folder = parent / f"{name}-{_key(arch, fragment, words)}"
    with files.lock(parent / f"{name}.lock"):
        if not (folder / STAMP).is_file():
            files.remove_old(parent, f"{name}-{'[0-9a-f]' * 16}", KEPT)
            _make(folder, arch, fragment, words)
        os.utime(folder)        # keep those used last
    return folder
