# SPDX-License-Identifier: GPL-2.0
"""Stage differential: our drivers and the kernel's on identical functions."""

from __future__ import annotations

from differential import report
from differential.cli import KINDS, stage_cases, today
from lab import paths

from .context import Context


def run(context: Context) -> None:
    """One check per case of each class of devices."""
    results = report.Results("stage")
    day = today()
    if context.whole:
        context.note(f"with the other cases of day {day}")
    for kind in KINDS.values():
        for verdict in kind.run(stage_cases(kind, day) if context.whole
                                else kind.cases(kind.short)):
            context.note(verdict.case.name)
            context.log.write(verdict.line() + "\n")
            for turn in verdict.turns.values():
                context.log.write(f"--- {turn.driver} printed:\n"
                                  f"{turn.text}\n")
            context.tally.judge(
                f"differential {kind.name} {verdict.case.name}",
                "\n".join(verdict.problems))
            results.verdicts.append(verdict)
    results.write(paths.out())
