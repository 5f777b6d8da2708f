# SPDX-License-Identifier: GPL-2.0
"""Kernel headers for building modules with clang (inner code).

Debian's headers were prepared with gcc, and record that. So prepare the sources
of the same kernel again, with clang and with Debian's configuration.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from . import build, files, paths, progress, recipe, testkernel

# Increase this when the way to make the folder changes.
VERSION = 1
STAMP = "prepared"
KEPT = 2
# Disabled: options that need keys, certificates or a compiler that the rootfs
# lacks, and that do not affect modules.
WITHOUT = ("MODULE_SIG", "SECURITY_LOCKDOWN_LSM", "KEXEC_SIG", "IMA",
           "INTEGRITY", "SYSTEM_TRUSTED_KEYRING", "SECONDARY_TRUSTED_KEYRING",
           "DEBUG_INFO_BTF", "RUST")


def _key(source: Path) -> str:
    compiler = subprocess.run(["clang", "--version"], stdout=subprocess.PIPE,
                              text=True, check=True).stdout.splitlines()[0]
    return files.digest([str(VERSION), *WITHOUT, compiler,
                         source / ".version-of-package",
                         build.headers(recipe.BOOT_KERNEL) / ".config"])


def _prepare(source: Path, folder: Path) -> None:
    debian = build.headers(recipe.BOOT_KERNEL)
    log = paths.logs() / "clang.log"
    make = ["make", f"-j{os.cpu_count() or 1}", "-C", str(source),
            f"O={folder}", "CC=clang"]
    folder.mkdir(parents=True)
    shutil.copyfile(debian / ".config", folder / ".config")
    off = [word for name in WITHOUT for word in ("-d", name)]
    subprocess.run([source / "scripts/config", "--file", folder / ".config",
                    *off], check=True)
    with progress.step("preparing the kernel's sources for clang", log):
        for target in ("olddefconfig", "modules_prepare"):
            progress.run_logged([*make, target], log, folder=folder,
                                what=f"make {target} with clang",
                                hint="fix the error that make shows above")
    shutil.copyfile(debian / "Module.symvers", folder / "Module.symvers")
    (folder / STAMP).touch()


def headers() -> Path:
    """A folder for `make -C FOLDER CC=clang M=...`, made now if needed."""
    source = testkernel.source()
    parent = paths.state() / "kernels"
    folder = parent / f"clang-{_key(source)}"
    with files.lock(parent / "clang.lock"):
        if not (folder / STAMP).is_file():
            files.remove(folder)
            files.remove_old(parent, f"clang-{'[0-9a-f]' * 16}", KEPT)
            _prepare(source, folder)
        os.utime(folder)        # keep those used last
    return folder
