# SPDX-License-Identifier: GPL-2.0
"""Stages bench, qemu and insn: tools that measure, and check themselves.

Each finds its own machine and writes a file, which becomes the tally.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lab import paths, progress

from .context import Context, tail

# In the short form of bench: a row for most ways to notify and to be notified;
# other stages of the tier count the others
BENCH = ("trap-port-d1-randread", "virtio-intx-d1-randread",
         "virtio-msix-d1-randread", "virtio-msix-d32-randwrite",
         "virtio-poll-polled-d1-randread", "virtio-map-d1-randwrite",
         "pair-*-d1-randread",
         "net-intx-ping", "net-msix-ping", "net-poll-polled-udp-trip",
         "net-pair-*-ping")
# In its long form besides: comparisons with virtio_net, with enough operations
# to judge times
COMPARED = ("net-pair-", "net-fast-", "net-constant-", "net-varying-",
            "net-own-", "net-slow-", "net-batch-", "net-packed-batch-",
            "net-coalesced-")
# of qemu: each transport and layout of a ring once, and a back end other than
# a tap, on one QEMU
QEMU = ("plain: modern", "plain: legacy", "plain: packed", "plain: intx",
        "plain: in_order", "plain: size-16", "net: modern", "net: legacy",
        "net: packed", "net: stream", "scsi: modern", "scsi: legacy")


def _run(context: Context, tool: str, words: Sequence[str], written: Path,
         results: str, good: Sequence[int] = (0,)) -> dict[str, Any]:
    """Run a tool on the host; what it wrote, with a list of @results.

    @good: exit statuses that are no failure of the tool itself
    """
    written.parent.mkdir(parents=True, exist_ok=True)
    written.unlink(missing_ok=True)

    def follow(line: str) -> None:
        context.step.note = line.strip()[:60]

    code, output = context.run(
        [sys.executable, str(paths.checkout() / "tools" / tool), *words],
        each_line=follow)
    found: dict[str, Any] = {results: []}
    if written.exists():
        found = json.loads(written.read_text())
    context.tally.judge(
        f"tools/{tool}", "" if code in good and found[results] else
        f"exit code {code}, {len(found[results])} results\n{tail(output)}")
    return found


def _targets(context: Context, tool: str, document: dict[str, Any]) -> None:
    for target in document.get("targets", ()):
        context.tally.judge(f"{tool} target: {target['target']}",
                            "" if target["reached"] else target["measured"])


def _row_problem(row: dict[str, Any]) -> str:
    if row.get("agree"):
        return ""
    return str(row.get("error") or "the witnesses differ: "
               + "; ".join(row["differences"]))


def bench(context: Context) -> None:
    """A check per row and per target."""
    _bench(context, "bench", ["--quick", *(
        [] if context.whole else [f"--rows={name}" for name in BENCH])])
    if context.whole:
        _bench(context, "bench-compared",
               [f"--rows={name}" for name in COMPARED])


def _bench(context: Context, name: str, words: Sequence[str]) -> None:
    folder = paths.out() / "check" / name
    found = _run(context, "bench", [*words, "--out", str(folder)],
                 folder / "bench.json", "jobs")
    for row in found["jobs"]:
        context.tally.judge(f"{name} row {row['name']}", _row_problem(row))
    _targets(context, name, found)


def qemu(context: Context) -> None:
    """A check per configuration."""
    chosen = [] if context.whole else [f"--configs={name}" for name in QEMU]
    # The problems of a configuration, status 1, are in its own check.
    found = _run(context, "qemu", chosen, paths.out() / "qemu.json",
                 "configurations", (0, 1))
    for entry in found["configurations"]:
        context.tally.judge(f"qemu {entry['name']}",
                            "\n".join(entry["problems"]))
    for name, reason in found.get("left_out", {}).items():
        progress.say(f"  left out: {name}: {reason}")


def insn(context: Context) -> None:
    """A check per target; the bounds are in tools/insn/limits.py."""
    folder = paths.out() / "check" / "insn"
    _targets(context, "insn", _run(
        context, "insn", ["--quick", "--out", str(folder)],
        folder / "insn.json", "targets"))
