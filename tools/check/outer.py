# SPDX-License-Identifier: GPL-2.0
"""Runs the stages one after the other and prints a line for each."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from lab import LabError, chroot, files, machine, paths, progress

from . import inner, tally
from .stages import STAGES, Stage

CHECK = ["python3", "/vfe/tools/check", "--here"]
GRACE_S = 60.0


def folder() -> Path:
    """Where logs and results of the stages go."""
    path = paths.out() / "check"
    path.mkdir(parents=True, exist_ok=True)
    return path


def _start(stage: Stage, patterns: Sequence[str]) -> int:
    """Run a stage where it belongs; its exit code."""
    argv = [*CHECK, stage.name, *(f"--tests={item}" for item in patterns)]
    timeout = stage.timeout + GRACE_S
    if stage.place == "outside":
        return inner.run(stage, "kvm", patterns)
    if stage.place == "guest":
        return machine.run_anywhere(argv, timeout=timeout)
    return chroot.run(argv, timeout=timeout)


def _result(stage: Stage, patterns: Sequence[str]) -> tally.Tally:
    saved = folder() / f"{stage.name}.json"
    saved.unlink(missing_ok=True)
    try:
        code = _start(stage, patterns)
        problem = f"the stage ended with {code} and left no result"
    except LabError as error:
        code, problem = 1, str(error)
    try:
        result = tally.load(saved)
    except (OSError, ValueError):
        result = tally.Tally()
        result.fail(stage.name, problem)
    if not result.passed and not result.failures:
        result.fail(stage.name, "no test ran")
    elif code and not result.failures:
        result.fail(stage.name, f"ended with {code} though nothing failed")
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
    """Run the stages of these names, all if there are none."""
    chosen = [stage for stage in STAGES if not names or stage.name in names]
    os.umask(0o022)
    with files.sole_run(paths.state(), "guest"):
        return _run_stages(chosen, patterns)


def _run_stages(chosen: Sequence[Stage], patterns: Sequence[str]) -> int:
    passed = failed = 0
    lines = []
    machine.prepare()
    for stage in chosen:
        began = time.monotonic()
        progress.say(f"stage {stage.name}: {stage.text}")
        result = _result(stage, patterns)
        seconds = time.monotonic() - began
        _show(stage, result, seconds)
        passed += result.passed
        failed += result.failed
        lines.append(f"{stage.name:11} {'ok' if result.good else 'FAILED':6}"
                     f" {result.passed:5} passed {result.failed:4} failed"
                     f" {seconds:6.0f} s")
    print("\n" + "\n".join(lines))
    print(f"\n{passed} passed, {failed} failed", flush=True)
    return 1 if failed or not passed else 0
