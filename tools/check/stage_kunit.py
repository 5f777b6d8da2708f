# SPDX-License-Identifier: GPL-2.0
"""Stages of KUnit: the suites, conformance, coverage, and seeded bugs."""

from __future__ import annotations

from kunit import coverage, proof, runs, stage
from kunit.verdict import Verdict

from . import passed_cache
from .context import Context

# Inputs of the longer stages
SOURCES = ("drivers", "include", "kunit", "tools/kunit", "tools/lab")


def _tally(context: Context, result: Verdict) -> None:
    """One check per case, and a failure for any other problem."""
    context.tally.passed += result.passed
    for failure in result.every_failure:
        context.tally.fail(f"{failure.name} ({failure.kind})", failure.text)


def run(context: Context) -> None:
    """All suites under the kernel's checkers; in the long form again those
    that leave cases out in the short one, with all of them."""
    context.note("the suites")
    _tally(context, runs.execute([]))
    if context.whole:
        context.note("the suites, every allocation and register access")
        _tally(context, runs.execute_every())


def run_conformance(context: Context) -> None:
    """One check per duty."""
    context.note("the table of duties")
    rows, problems = runs.conformance()
    context.tally.passed += sum(row.result == "passed" for row in rows)
    for problem in problems:
        context.tally.fail("conformance", problem)


def run_coverage(context: Context) -> None:
    """The thresholds, and that each excluded line has a reason."""
    context.note("the suites, counting what runs")
    result, found = runs.measure()
    _tally(context, result)
    for folder in coverage.FOLDERS:
        lines, branches = found.percent(folder)
        context.note(f"{folder}: {lines:.1f} % of lines,"
                     f" {branches:.1f} % of branches")
    context.tally.judge("coverage", "\n".join(coverage.problems(found)))


def run_proof(context: Context) -> None:
    """One check per seeded bug: the suites must find it."""
    def check() -> None:
        for name, problem in proof.run():
            context.tally.judge(name, problem)

    passed_cache.once(context, "proof",
                      ["proof", *passed_cache.files_in(*SOURCES)], check)


def run_staged(context: Context) -> None:
    """One check: the suites pass with the kernel's own tool."""
    def check() -> None:
        context.note("kunit.py run on the staged tree")
        context.tally.judge("kunit.py run --kunitconfig",
                            "\n".join(stage.prove()))

    passed_cache.once(context, "staged",
                      ["staged", *passed_cache.files_in(*SOURCES)], check)
