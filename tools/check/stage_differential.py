# SPDX-License-Identifier: GPL-2.0
"""Stage differential: vfe_blk and virtio_blk on identical functions."""

from __future__ import annotations

from differential import plan, report
from lab import paths

from .context import Context


def run(context: Context) -> None:
    """One check per case; those of differential/plan.py for this stage."""
    results = report.Results("stage")
    for verdict in plan.run(plan.STAGE if context.whole else plan.SHORT):
        context.note(verdict.case.name)
        context.log.write(verdict.line() + "\n")
        for turn in verdict.turns.values():
            context.log.write(f"--- {turn.driver} printed:\n{turn.text}\n")
        context.tally.judge(f"differential {verdict.case.name}",
                            "\n".join(verdict.problems))
        results.verdicts.append(verdict)
    results.write(paths.out())
