# SPDX-License-Identifier: GPL-2.0
"""The expected cost of SCSI commands through the register window.

The formula and its constants are in drivers/trap/scsi/cost.h. No witness uses
them, so they are an independent check of the counts. The number of requests
comes from the guest's block layer; the disk driver makes a command with a CDB
of ten bytes of each.

    READ of n bytes     START + CDB + COUNT + STATUS + n / WORD
    WRITE of n bytes    START + CDB + COUNT + n / WORD + STATUS
    SYNCHRONIZE CACHE   START + CDB + STATUS

All of these trap. Only string input from ports has fewer exits than accesses:
KVM reads ahead for it, CHUNK bytes per exit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from count.blk import BlockState
from count.witness import Cost
from lab.errors import LabError

SECTOR = 512
CDB = 10        # bytes: READ(10), WRITE(10), SYNCHRONIZE CACHE(10)
HEADER = "drivers/trap/scsi/cost.h"
NEEDED = ("START", "COUNT", "STATUS", "WORD", "CHUNK")
_DEFINE = re.compile(r"^#define\s+VFE_TRAP_SCSI_COST_([A-Z]+)\s+(\d+)", re.M)


class FormulaError(LabError):
    """The formula's constants are unreadable."""


def constants(text: str) -> dict[str, int]:
    """Parse the formula's constants in the text of cost.h."""
    found = {name: int(value) for name, value in _DEFINE.findall(text)}
    missing = [name for name in NEEDED if name not in found]
    if missing:
        raise FormulaError(f"{HEADER} does not define VFE_TRAP_SCSI_COST_"
                           + ", VFE_TRAP_SCSI_COST_".join(missing))
    return found


def read_constants(checkout: Path) -> dict[str, int]:
    """Read the formula's constants of a checkout."""
    return constants((checkout / HEADER).read_text(encoding="utf-8"))


def predict(done: BlockState, cost: Mapping[str, int], *, window: str,
            string_io: bool) -> Cost:
    """The cost of these requests.

    String input is predicted for data that lies on CHUNK boundaries, as whole
    blocks of 4 KiB do.
    """
    each = cost["START"] + -(-CDB // cost["WORD"]) + cost["STATUS"]
    fixed = (done.requests * each
             + (done.reads + done.writes) * cost["COUNT"])
    read = done.sectors_read * SECTOR
    written = done.sectors_written * SECTOR
    accesses = fixed + (read + written) // cost["WORD"]
    if not (string_io and window == "port"):
        return Cost(accesses, accesses)
    return Cost(accesses, fixed + read // cost["CHUNK"]
                + written // cost["WORD"])
