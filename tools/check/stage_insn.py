# SPDX-License-Identifier: GPL-2.0
"""Stage insn: bounds on instructions per operation and memory per disk.

The bounds are in tools/insn/limits.py.
"""

from __future__ import annotations

from typing import Any

from lab import paths

from . import measured
from .context import Context

TIMEOUT = 550


def judge(context: Context, document: dict[str, Any]) -> int:
    """One check per target; their number."""
    return measured.targets(context, "insn", document)


def run(context: Context) -> None:
    """Run it; it enters the rootfs itself."""
    folder = paths.out() / "check" / "insn"
    measured.run(context, "insn", ["--quick", "--out", str(folder)],
                 folder / "insn.json", judge, timeout=TIMEOUT)
