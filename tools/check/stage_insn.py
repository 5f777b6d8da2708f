# SPDX-License-Identifier: GPL-2.0
"""Stage insn: bounds on instructions per operation and memory per disk.

The bounds are in tools/insn/limits.py.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from lab import paths

from .context import Context, tail

TIMEOUT = 550


def judge(context: Context, written: Path) -> int:
    """One check per target; their number."""
    document = json.loads(written.read_text())
    for target in document["targets"]:
        context.tally.judge(f"insn {target['target']}",
                            "" if target["reached"] else target["measured"])
    return len(document["targets"])


def run(context: Context) -> None:
    """Run it on the host: it enters the tree itself."""
    folder = paths.out() / "check" / "insn"
    folder.mkdir(parents=True, exist_ok=True)
    written = folder / "insn.json"
    written.unlink(missing_ok=True)

    def follow(line: str) -> None:
        context.step.note = line.strip()[:60]

    code, output = context.run(
        [sys.executable, str(paths.checkout() / "tools/insn"), "--quick",
         "--out", str(folder)], timeout=TIMEOUT, each_line=follow)
    found = judge(context, written) if written.exists() else 0
    context.tally.judge("tools/insn --quick", "" if code == 0 and found else
                        f"exit code {code}, {found} targets\n{tail(output)}")
