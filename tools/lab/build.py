# SPDX-License-Identifier: GPL-2.0
"""Builds modules and the device from copies of the sources (inner code).

The checkout is never written to: each build has a copy in the state folder,
brought up to date by content so that make rebuilds only what changed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from . import files, paths, progress, recipe
from .errors import LabError

MODULES = ("vfe", "vfe_blk", "vfe_net", "vfe_rng", "vfe_scsi", "vfe_trap",
           "vfe_trap_blk", "vfe_trap_net", "vfe_trap_scsi")
STAMP = "built"
BUILT_FOR = "kernel"
UNDER_WAY = "under-way"
_KEPT = (".c", ".h", ".S", ".lds")


def headers(kernel: str) -> Path:
    """The folder of Debian's headers of a kernel series."""
    found = sorted((paths.tree() / "usr/src").glob(
        f"linux-headers-{kernel}.*-amd64"))
    if not found:
        have = ", ".join(recipe.KERNEL_SUITES)
        raise LabError(f"no headers of kernel {kernel} in the rootfs: use one"
                       f" of {have}")
    return found[-1]


def release(kernel: str = recipe.BOOT_KERNEL) -> str:
    """The release of a kernel series of the rootfs."""
    return headers(kernel).name.removeprefix("linux-headers-")


def is_source(path: Path) -> bool:
    """Is this a source, and not the output of a build?"""
    if path.name.endswith(".mod.c"):
        return False
    return path.suffix in _KEPT or path.name in ("Kbuild", "Makefile")


def _copy_top(source: Path, target: Path) -> bool:
    changed = False
    for name in ("Kbuild", "Makefile"):
        if (source / name).is_file():
            data = (source / name).read_bytes()
            copy = target / name
            if not copy.is_file() or copy.read_bytes() != data:
                copy.write_bytes(data)
                changed = True
    return changed


def _jobs() -> str:
    return f"-j{max(1, os.cpu_count() or 1)}"


def modules(kernel: str = recipe.BOOT_KERNEL,
            flags: Sequence[str] = ()) -> Path:
    """Build the modules for a kernel; the folder that holds the .ko files.

    `flags` are arguments of make: ("W=1", "C=2"). The output of make is in the
    log logs/modules-<kernel>.log.
    """
    kdir = headers(kernel)
    folder = paths.state() / "build" / f"modules-{kernel}"
    log = paths.logs() / f"modules-{kernel}.log"
    made_by = " ".join([kdir.name, *flags])
    with files.lock(folder.with_suffix(".lock")):
        drop_interrupted(folder)
        drop_other(folder, kdir)
        if _up_to_date(folder, made_by):
            return folder / "ko"
        argv = ["make", _jobs(), "-C", str(kdir), f"M={folder}", *flags,
                "modules"]
        with progress.step(f"building the modules for {kernel}", log), \
                building(folder):
            progress.run_logged(argv, log, what="building the modules",
                                hint="fix the error that make shows above",
                                folder=folder)
        result = _collect(folder)
        (folder / STAMP).write_text(made_by)
        return result


def drop_interrupted(folder: Path) -> None:
    """Start over after a killed make, which may have left half an object file:
    make would consider that file complete."""
    if (folder / UNDER_WAY).exists():
        files.remove(folder)


def drop_other(folder: Path, kernel: Path) -> None:
    """Start over for another kernel: make compares the paths and times of its
    headers, and takes objects of another configuration for up to date."""
    note = folder / BUILT_FOR
    if not note.is_file() or note.read_text() != kernel.name:
        files.remove(folder)
        folder.mkdir(parents=True)
        note.write_text(kernel.name)


def drop_moved(objects: Path) -> None:
    """Remove objects whose source has moved: make's notes of it (.d files)
    name the old path, and make would stop there."""
    for note in objects.glob("*.d"):
        source = note.read_text().replace("\\\n", " ").split()[1]
        if not Path(source).exists():
            note.with_suffix(".o").unlink(missing_ok=True)
            note.unlink()


@contextmanager
def building(folder: Path) -> Iterator[None]:
    """Mark the folder while make runs; a make that fails has ended, too."""
    mark = folder / UNDER_WAY
    mark.touch()
    try:
        yield
    except LabError:
        mark.unlink()
        raise
    mark.unlink()


def _up_to_date(folder: Path, made_by: str) -> bool:
    """Bring the copy of the sources up to date; True if all is built.

    The stamp is absent during copy and build, so an interrupted one does not
    count as complete.
    """
    stamp = folder / STAMP
    before = stamp.read_text() if stamp.is_file() else None
    stamp.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    changed = files.mirror_sources(paths.checkout(), folder,
                                   ("drivers", "include"), is_source)
    changed |= _copy_top(paths.checkout(), folder)
    if changed or before != made_by:
        return False
    stamp.write_text(made_by)
    return True


def _collect(folder: Path) -> Path:
    result = folder / "ko"
    result.mkdir(exist_ok=True)
    built = {path.name: path for path in folder.rglob("*.ko")
             if path.parent != result}
    for stale in result.glob("*.ko"):
        if stale.name not in built:
            stale.unlink()
    for name, path in built.items():
        target = result / name
        if not target.is_file() or \
                target.read_bytes() != path.read_bytes():
            shutil.copyfile(path, target)
    return result


def device() -> Path:
    """Build the device process; the path of the static vfe-device."""
    folder = paths.state() / "build" / "device"
    objects = folder / "out"
    log = paths.logs() / "device.log"
    with files.lock(folder.with_suffix(".lock")):
        drop_interrupted(folder)
        objects.mkdir(parents=True, exist_ok=True)
        files.mirror_sources(paths.checkout(), folder,
                             ("tools/device", "include"), is_source)
        drop_moved(objects)
        argv = ["make", _jobs(), "-C", str(folder / "tools/device"),
                f"O={objects}"]
        with progress.step("building the device", log), building(folder):
            progress.run_logged(argv, log, what="building the device",
                                hint="fix the error that make shows above",
                                folder=folder)
        binary = objects / "vfe-device"
        if not binary.is_file():
            raise LabError("make in tools/device made no vfe-device: see"
                           f" {paths.shown(log)}")
        return binary


def device_binary() -> Path:
    """The latest build of the device process."""
    binary = paths.state() / "build/device/out/vfe-device"
    if not binary.is_file():
        raise LabError(f"the device is not built, as there is no {binary}:"
                       " run `python3 tools/lab prepare`")
    return binary
