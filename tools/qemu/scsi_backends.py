# SPDX-License-Identifier: GPL-2.0
"""Units of the machine that measures: the kernel's target for vhost-scsi, and
those of scsi_debug."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from lab import LabError
from lab.channel import Deadline

from .scsi_configs import DEBUG, VHOST

CONFIGFS = Path("/sys/kernel/config")
TARGET = CONFIGFS / "target"
PAGES = 1024            # of a unit
DEBUG_MB = 16
DEBUG_UNITS = 4
READY_S = 30
_DEBUG = Path("/sys/bus/pseudo/drivers/scsi_debug")


def _run(*argv: str) -> str:
    """Run a command; what it says if it fails."""
    done = subprocess.run(argv, check=False, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    return f"{' '.join(argv)}: {done.stdout.strip()}" if done.returncode \
        else ""


def missing(helper: str) -> str:
    """Why this machine has no such helper; empty if it has."""
    if helper == VHOST:
        said = _run("modprobe", "-a", "target_core_mod", "vhost_scsi")
        if said or not os.access("/dev/vhost-scsi", os.W_OK):
            return f"no /dev/vhost-scsi here: {said}"
        if _run("mountpoint", "-q", str(CONFIGFS)):
            _run("mount", "-t", "configfs", "configfs", str(CONFIGFS))
        return "" if TARGET.is_dir() else f"no {TARGET} here"
    if helper == DEBUG:
        # By default the units of all hosts have the same memory.
        return _run("modprobe", "scsi_debug", f"dev_size_mb={DEBUG_MB}",
                    f"add_host={DEBUG_UNITS}", "per_host_store=1") or \
            _run("modprobe", "-a", "sd_mod", "sg")
    return ""


def names(number: int) -> tuple[str, str]:
    """Of a target's port, and of its initiator."""
    return f"naa.60014053{number:08x}", f"naa.60014054{number:08x}"


@contextlib.contextmanager
def target(number: int) -> Iterator[str]:
    """A target with a unit in memory; the name of its port, for vhost-scsi."""
    port, initiator = names(number)
    storage = TARGET / "core" / "rd_mcp_0" / f"vfe{number}"
    fabric = TARGET / "vhost" / port
    group = fabric / "tpgt_1"
    unit = group / "lun" / "lun_0"
    with contextlib.ExitStack() as stack:
        try:
            for folder in (storage.parent, storage, fabric, group, unit):
                if not folder.is_dir():
                    folder.mkdir(parents=True)
                    stack.callback(_remove, folder)
                if folder == storage:
                    (storage / "control").write_text(f"rd_pages={PAGES}")
                    (storage / "enable").write_text("1")
            (group / "nexus").write_text(initiator)
            stack.callback((group / "nexus").write_text, "NULL")
            link = unit / "unit"
            link.symlink_to(storage)
            stack.callback(link.unlink)
        except OSError as error:
            raise LabError(f"no target for vhost-scsi: {error}") from error
        yield port


def _remove(folder: Path) -> None:
    """Another guest may still use a common one."""
    with contextlib.suppress(OSError):
        folder.rmdir()


def debug_unit(number: int, kind: str) -> str:
    """The device node of a unit of scsi_debug.

    @kind: "block" or "scsi_generic"
    """
    deadline = Deadline(READY_S)
    while True:
        found = sorted(_DEBUG.glob(f"adapter{number}/host*/target*/*:*/"
                                   f"{kind}/*"))
        nodes = [Path("/dev") / one.name for one in found]
        if nodes and nodes[0].exists():
            return str(nodes[0])
        if deadline.over():
            raise LabError(f"scsi_debug has no unit {number} with a {kind}:"
                           f" {found}")
        time.sleep(0.1)
