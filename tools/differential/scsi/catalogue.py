# SPDX-License-Identifier: GPL-2.0
"""The workloads of SCSI hosts: those of disks, and those that only SCSI
has."""

from __future__ import annotations

import re

from ..catalogue import SCRIPTS
from ..catalogue import WORKLOADS as DISKS
from ..workload import Workload
from .configs import DEVICE

# Of the disks' ones, the long loops that look for hangs of small rings without
# a batch; the shorter ones stay.
CUT = ("full-ring", "full-ring-large")


def _script(name: str) -> str:
    return (SCRIPTS / "scsi" / f"{name}.sh").read_text()


def _under(name: str, *, needs: str = "", limit: int = 300,
           script: str = "under", title: str = "") -> Workload:
    """I/O while the host does something."""
    return Workload(title or name, "MEANWHILE=1\n" + _script(script),
                    data=True, host=name, needs=needs, limit=limit)


def walk(seed: int, host: bool = False) -> Workload:
    """Random steps of a user under I/O, from a seed; the host may have its
    own."""
    return Workload("-".join(filter(None, ("walk", "host" if host else "",
                                           str(seed)))),
                    f"SEED={seed}\nMEANWHILE={'1' if host else ''}\n"
                    + _script("walk"), data=True, limit=400,
                    host=f"walk-{seed}" if host else "")


_OWN = (
    Workload("scsi-sysfs", _script("sysfs")),
    Workload("counted", _script("counted"), counted=True),
    Workload("tools", _script("tools"), data=True),
    Workload("conformance", "TESTS=SCSI\n" + _script("conformance"),
             data=True, limit=900),
    Workload("rescan", _script("rescan"), data=True, units=2, limit=300),
    Workload("units", _script("units"), data=True, units=2, compared=True,
             limit=300),
    Workload("reset", _script("reset"), data=True),
    Workload("late", "MEANWHILE=\n" + _script("late"), needs="null-late",
             busy=True),
    _under("plug", limit=400),
    _under("crowd"),
    _under("resize"),
    _under("reset", title="reset-unit", needs=DEVICE),
    _under("stall", script="late", needs=DEVICE),
    walk(1),
    walk(1, host=True),
)


class _Workloads(dict[str, Workload]):
    """By name, and any walk by its seed."""

    def __missing__(self, name: str) -> Workload:
        found = re.fullmatch(r"walk-(host-)?(\d+)", name)
        if not found:
            raise KeyError(name)
        return walk(int(found[2]), bool(found[1]))


WORKLOADS = _Workloads(
    {**{name: one for name, one in DISKS.items() if name not in CUT},
     **{one.name: one for one in _OWN}})
