# SPDX-License-Identifier: GPL-2.0
"""The steps of init in a boot: the modules, their order and parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from lab import LabError

from .suites import DRIVERS, MOCK, Suite

# UML has no I/O ports.
PARAMETERS = {"vfe_trap_blk": ("window=memory",),
              "vfe_trap_net": ("window=memory",),
              "vfe_trap_scsi": ("window=memory",)}
# Parameters that a module must refuse.
REJECTED = {"vfe_blk": ("interrupts=none", "queues=4096", "queue_depth=24",
                        "queue_depth=1", "queue_depth=65536",
                        "poll_queues=4096", "coalesce_usecs=10001",
                        "adaptive_poll=10001"),
            "vfe_net": ("interrupts=none",),
            "vfe_scsi": ("interrupts=none", "queues=4096", "queue_depth=24",
                         "poll_queues=4096", "coalesce_usecs=10001",
                         "adaptive_poll=10001"),
            "vfe_trap_blk": ("window=none",),
            "vfe_trap_net": ("window=none",),
            "vfe_trap_scsi": ("window=none",)}
# The mock stays loaded: its region of logic_iomem cannot be removed.
UNLOADED = ("vfe_trap_scsi", "vfe_trap_net", "vfe_trap_blk", "vfe_trap",
            "vfe_scsi", "vfe_rng", "vfe_net", "vfe_blk")
# Suites that call functions of a driver, which they would keep loaded
HOLDERS = ("vfe_net_",)


def modules(built: Mapping[str, Path], chosen: Sequence[Suite]) -> list[Path]:
    """Drivers, mock, suites; LabError if make left one out."""
    names = [*DRIVERS, MOCK, *(suite.module for suite in chosen)]
    missing = [name for name in names if name not in built]
    if missing:
        raise LabError(f"make built no {', '.join(missing)}: see its Kbuild")
    return [built[name] for name in names]


def files(names: Sequence[str]) -> dict[str, str]:
    """The files for init: the modules to load, then those to unload."""
    order = []
    holders = [name for name in names if name.startswith(HOLDERS)]
    for name in names:
        order += [f"reject {name} {word}" for word in REJECTED.get(name, ())]
        order.append(" ".join(["load", name, *PARAMETERS.get(name, ())]))
    return {"order": "".join(f"{line}\n" for line in order),
            "last": "".join(f"{name}\n" for name in (*holders, *UNLOADED))}
