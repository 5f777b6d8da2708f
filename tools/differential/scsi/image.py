# SPDX-License-Identifier: GPL-2.0
"""Additional contents of the guest: those of disks, and SCSI commands."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from lab import extras
from lab.initramfs import More, libraries_of

from .. import image

EXTRAS = "scsi"         # of extras.PACKAGES
PROGRAMS = (
    "sg_inq", "sg_luns", "sg_readcap", "sg_vpd", "sg_unmap", "sg_write_same",
    "sg_reset", "sg_test_rwbuf", "sg_turs", "sg_persist", "sg_verify",
    "sg_modes", "sg_logs", "sg_requests", "sg_opcodes", "sg_sync", "sg_start",
    "sg_compare_and_write", "sg_dd", "sg_raw", "sg_get_lba_status", "sg_read",
    "iscsi-test-cu",
)


def _files() -> list[tuple[str, Path]]:
    """The programs and what they are linked with, each to its own place."""
    folder = extras.get(EXTRAS)
    found = {}
    for name in PROGRAMS:
        program = folder / "usr/bin" / name
        found[f"usr/bin/{name}"] = program
        for library in map(Path, libraries_of(program,
                                           folder / extras.LIBRARIES)):
            place = library.relative_to(folder if library.is_relative_to(
                folder) else "/")
            found[str(place)] = library
    return sorted(found.items())


def more() -> More:
    """The guest of the cases of SCSI hosts."""
    base = image.more()
    scripts = ((f"{image.PLACE}/scsi.sh", image.HERE / "guest" / "scsi.sh"),
               *_files())
    return dataclasses.replace(base, kind="differential-scsi",
                               modules=(*base.modules, "sd_mod", "sg"),
                               scripts=(*base.scripts, *scripts))
