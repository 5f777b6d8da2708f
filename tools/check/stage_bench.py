# SPDX-License-Identifier: GPL-2.0
"""Stage bench: a short run of the bench, with a check per row and per
target."""

from __future__ import annotations

from typing import Any

from lab import paths

from . import measured
from .context import Context

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


def judge(context: Context, document: dict[str, Any]) -> int:
    """One check per row and per target; the number of rows."""
    for job in document["jobs"]:
        context.tally.judge(f"bench row {job['name']}", _problem(job))
    measured.targets(context, "bench", document)
    return len(document["jobs"])


def run(context: Context) -> None:
    """Run the bench, in the short form with a few rows."""
    folder = paths.out() / "check" / "bench"
    rows = [] if context.whole else [f"--rows={name}" for name in SHORT]
    measured.run(context, "bench", ["--quick", *rows, "--out", str(folder)],
                 folder / "bench.json", judge, timeout=TIMEOUT)
