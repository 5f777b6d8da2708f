# SPDX-License-Identifier: GPL-2.0
"""Stage qemu: vfe_blk on QEMU's own virtio-blk-pci, one check per
configuration."""

from __future__ import annotations

from typing import Any

from lab import paths, progress

from . import measured
from .context import Context

# Twice its usual time, since a nested machine whose kernel panics restarts.
TIMEOUT = 1100
# Of the short form: each transport and layout of a ring once, on one QEMU
SHORT = ("plain: modern", "plain: legacy", "plain: packed", "plain: intx",
         "plain: in_order", "plain: size-16")


def judge(context: Context, document: dict[str, Any]) -> int:
    """One check per configuration; their number."""
    for entry in document["configurations"]:
        context.tally.judge(f"qemu {entry['name']}",
                            "\n".join(entry["problems"]))
    for version, reason in document["left_out"].items():
        progress.say(f"  left out: QEMU {version}: {reason}")
    return len(document["configurations"])


def run(context: Context) -> None:
    """Run it, in the short form with a few configurations."""
    chosen = [] if context.whole else [f"--configs={name}" for name in SHORT]
    # The problems of a configuration, status 1, are in its own check.
    measured.run(context, "qemu", chosen, paths.out() / "qemu.json", judge,
                 timeout=TIMEOUT, good=(0, 1))
