# SPDX-License-Identifier: GPL-2.0
"""Independent commands, as many at a time as there are processors.

A checker that passed on the same input is not run again: see passed_cache.py.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from . import passed_cache
from .context import Context, tail


def exit_code(code: int, output: str) -> str:
    """The default judge: the exit code must be 0."""
    return f"exit code {code}\n{tail(output)}" if code else ""


@dataclass(frozen=True)
class Job:
    """A command that is one check."""

    name: str
    argv: Sequence[str]
    cwd: Path
    inputs: Sequence[Path]      # all files that its outcome depends on
    judge: Callable[[int, str], str] = exit_code
    timeout: float = 240


def _problem(context: Context, job: Job) -> str:
    passed = passed_cache.of([*job.argv, *map(str, job.inputs), *job.inputs])
    if passed.exists():
        context.log.write(f"{job.name}: passed before over the same bytes\n")
        return ""
    code, output = context.run(job.argv, timeout=job.timeout, cwd=job.cwd,
                               whole=True)
    problem = job.judge(code, output)
    if not problem:
        passed.touch()
    return problem


def run(context: Context, jobs: Iterable[Job]) -> None:
    """Run all; one check each."""
    todo = list(jobs)

    def one(job: Job) -> tuple[Job, str]:
        context.step.note = job.name
        return job, _problem(context, job)

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for job, problem in pool.map(one, todo):
            context.tally.judge(job.name, problem)
