# SPDX-License-Identifier: GPL-2.0
"""Runs the stages in parallel, prints a line for each, and adds up."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from lab import chroot, files, machine, paths, progress, speed

from . import run_stage, scheduler, setup, tally
from .stages import STAGES, Stage

CHECK = ["python3", "/vfe/tools/check", "--here"]
GRACE_S = 60.0


def folder() -> Path:
    """The folder for logs and results of the stages."""
    path = paths.out() / "check"
    path.mkdir(parents=True, exist_ok=True)
    return path


def start(stage: Stage, patterns: Sequence[str]) -> int:
    """Run a stage in its place; its exit code."""
    speed.remember()
    argv = [*CHECK, stage.name, *(f"--tests={item}" for item in patterns)]
    timeout = stage.timeout + GRACE_S
    if stage.place == "outside":
        return run_stage.run(stage, "kvm", patterns)
    if stage.place == "guest":
        return machine.run_anywhere(argv, timeout=timeout)
    return chroot.run(argv, timeout=timeout)


def _saved(stage: Stage) -> Path:
    return folder() / f"{stage.name}.json"


def _result(ended: scheduler.Ended) -> tally.Tally:
    stage = ended.stage
    try:
        result = tally.load(_saved(stage))
    except (OSError, ValueError):
        result = tally.Tally()
        result.fail(stage.name, f"the stage ended with {ended.code} and left"
                    f" no result\n{ended.last}")
    if not result.passed and not result.failures:
        result.fail(stage.name, "no test ran")
    elif ended.code and not result.failures:
        result.fail(stage.name,
                    f"ended with {ended.code} though nothing failed")
    return result


def _show(stage: Stage, result: tally.Tally, seconds: float) -> None:
    for failure in result.failures:
        print(f"--- FAILED {failure.name}")
        for line in failure.text.splitlines():
            print(f"    {line}")
    word = "ok" if result.good else "FAILED"
    progress.say(f"stage {stage.name}: {word}, {result.passed} passed,"
                 f" {result.failed} failed, {seconds:.0f} s"
                 f" (out/check/{stage.name}.log)")


def run(names: Sequence[str], patterns: Sequence[str]) -> int:
    """Run the stages with these names, or all without names."""
    chosen = [stage for stage in STAGES if not names or stage.name in names]
    os.umask(0o022)
    with files.sole_run(paths.state(), "guest"):
        return _run_stages(chosen, patterns)


def _row(name: str, result: tally.Tally, seconds: float) -> str:
    return (f"{name:11} {'ok' if result.good else 'FAILED':6}"
            f" {result.passed:5} passed {result.failed:4} failed"
            f" {seconds:6.0f} s")


def _run_stages(chosen: Sequence[Stage], patterns: Sequence[str]) -> int:
    every, rows = tally.Tally(), {}
    progress.say("this machine: limits of time are those of the reference"
                 f" machine times {speed.remember():g}")
    machine.prepare()
    lacking = setup.have(name for stage in chosen for name in stage.needs)
    for stage in chosen:
        _saved(stage).unlink(missing_ok=True)
        for name in lacking.keys() & set(stage.needs):
            every.fail(stage.name, f"no {name}: {lacking[name]}")
    chosen = [stage for stage in chosen if not lacking.keys()
              & set(stage.needs)]
    run_by = scheduler.Scheduler(os.cpu_count() or 1, patterns)
    with contextlib.closing(run_by.run(chosen)) as over:
        for ended in over:
            result = _result(ended)
            _show(ended.stage, result, ended.seconds)
            every.passed += result.passed
            every.failures += result.failures
            rows[ended.stage.name] = _row(ended.stage.name, result,
                                          ended.seconds)
    print("\n" + "\n".join(rows[stage.name] for stage in chosen))
    print(_row("in all", every, progress.elapsed()))
    # once more, for a reader who sees only the end of the output
    print("".join(f"\n{failure.line}" for failure in every.failures))
    print(f"{every.passed} passed, {every.failed} failed", flush=True)
    return 0 if every.good else 1
