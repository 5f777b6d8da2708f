# SPDX-License-Identifier: GPL-2.0
"""Stage bench: a short run of the bench, with a check per row and per
target."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from lab import paths

from .context import Context, tail

TIMEOUT = 850
# Of the short form: a row for each way to notify and to be notified
SHORT = ("trap-port-d1-randread", "trap-memory-string-d1-randwrite",
         "virtio-legacy-d1-randread", "virtio-intx-d1-randread",
         "virtio-msix-d1-randread", "virtio-msix-d32-randwrite",
         "virtio-packed-d32-randread", "virtio-poll-d1-randread",
         "virtio-poll-polled-d1-randread", "virtio-map-d1-randwrite",
         "pair-*-d1-randread")


def _problem(job: dict[str, Any]) -> str:
    if job.get("agree"):
        return ""
    if job.get("error"):
        return str(job["error"])
    return "the witnesses differ: " + "; ".join(job["differences"])


def judge(context: Context, written: Path) -> int:
    """One check per row and per target; the number of rows."""
    document = json.loads(written.read_text())
    for job in document["jobs"]:
        context.tally.judge(f"bench row {job['name']}", _problem(job))
    for target in document["targets"]:
        context.tally.judge(f"bench target: {target['target']}",
                            "" if target["reached"] else target["measured"])
    return len(document["jobs"])


def run(context: Context) -> None:
    """Run it on the host: it finds its own machine with KVM."""
    folder = paths.out() / "check" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    written = folder / "bench.json"
    written.unlink(missing_ok=True)

    rows_of = [] if context.whole else [f"--rows={name}" for name in SHORT]

    def follow(line: str) -> None:
        context.step.note = line.strip()[:60]

    code, output = context.run(
        [sys.executable, str(paths.checkout() / "tools/bench"), "--quick",
         *rows_of, "--out", str(folder)], timeout=TIMEOUT, each_line=follow)
    rows = judge(context, written) if written.exists() else 0
    problem = f"exit code {code}, {rows} rows\n{tail(output)}"
    context.tally.judge("bench --quick",
                        "" if code == 0 and rows else problem)
