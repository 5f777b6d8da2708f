# SPDX-License-Identifier: GPL-2.0
"""Stage qemu: vfe_blk on QEMU's own virtio-blk-pci, one check per
configuration."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from lab import paths, progress

from .context import Context, tail

# Twice its usual time, since a nested machine whose kernel panics restarts.
TIMEOUT = 1100
# Of the short form: each transport and layout of a ring once, on one QEMU
SHORT = ("plain: modern", "plain: legacy", "plain: packed", "plain: intx",
         "plain: in_order", "plain: size-16")


def judge(context: Context, written: Path) -> int:
    """One check per configuration; their number."""
    document = json.loads(written.read_text())
    for entry in document["configurations"]:
        context.tally.judge(f"qemu {entry['name']}",
                            "\n".join(entry["problems"]))
    for version, reason in document["left_out"].items():
        progress.say(f"  left out: QEMU {version}: {reason}")
    return len(document["configurations"])


def run(context: Context) -> None:
    """Run it on the host: it finds its own machine with KVM."""
    written = paths.out() / "qemu.json"
    written.unlink(missing_ok=True)

    chosen = [] if context.whole else [f"--configs={name}" for name in SHORT]

    def follow(line: str) -> None:
        context.step.note = line.strip()[:60]

    code, output = context.run(
        [sys.executable, str(paths.checkout() / "tools/qemu"), *chosen],
        timeout=TIMEOUT, each_line=follow)
    found = judge(context, written) if written.exists() else 0
    # The problems of a configuration are in its own check.
    if code not in (0, 1) or not found:
        context.tally.fail("tools/qemu", f"exit code {code}, {found}"
                                         f" configurations\n{tail(output)}")
