# SPDX-License-Identifier: GPL-2.0
"""Runs a tool that measures, and tallies what it wrote."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lab import paths

from .context import Context, tail

# Tallies the tool's results; their number.
Judge = Callable[[Context, dict[str, Any]], int]


def targets(context: Context, tool: str, document: dict[str, Any]) -> int:
    """One check per target; their number."""
    for target in document["targets"]:
        context.tally.judge(f"{tool} target: {target['target']}",
                            "" if target["reached"] else target["measured"])
    return len(document["targets"])


def run(context: Context, tool: str, words: Sequence[str], written: Path,
        judge: Judge, *, timeout: float, good: Sequence[int] = (0,)) -> None:
    """Run it on the host: it finds its own machine.

    @written: its results
    @good: exit statuses that are no failure of the tool itself
    """
    written.parent.mkdir(parents=True, exist_ok=True)
    written.unlink(missing_ok=True)

    def follow(line: str) -> None:
        context.step.note = line.strip()[:60]

    code, output = context.run(
        [sys.executable, str(paths.checkout() / "tools" / tool), *words],
        timeout=timeout, each_line=follow)
    found = judge(context, json.loads(written.read_text())) \
        if written.exists() else 0
    context.tally.judge(f"tools/{tool}", "" if code in good and found else
                        f"exit code {code}, {found} results\n{tail(output)}")
