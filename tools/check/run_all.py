# SPDX-License-Identifier: GPL-2.0
"""Runs stages side by side, prints a line for each, and adds up.

A stage that passed over the same inputs is not run again.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lab import chroot, files, machine, paths, progress, speed, tree

from . import passed_cache, run_stage, scheduler, setup, tally
from .stages import LINT, Stage

CHECK = ["python3", "/vfe/tools/check", "--here"]


@dataclass(frozen=True)
class Wish:
    """What the user wants of a run."""

    patterns: Sequence[str] = ()    # names of tests; all if there are none;
    #                                 to lint: of files
    whole: bool = False             # the long form of each stage
    fresh: bool = False             # of stages that passed before, too

    def words(self) -> list[str]:
        """It, on the command line of one stage."""
        return [*(f"--tests={item}" for item in self.patterns),
                *(["--whole"] if self.whole else [])]


def folder() -> Path:
    """Where logs and results of the stages go."""
    path = paths.out() / "check"
    path.mkdir(parents=True, exist_ok=True)
    return path


def start(stage: Stage, wish: Wish) -> int:
    """Run a stage where it belongs; its exit code."""
    speed.remember()
    # Without a limit: the stage ends itself, else the scheduler does.
    argv = [*CHECK, stage.name, *wish.words()]
    if stage.place == "outside":
        return run_stage.run(stage, "kvm", wish.patterns, wish.whole)
    if stage.place == "guest":
        return machine.run_anywhere(argv, timeout=None)
    return chroot.run(argv, timeout=None)


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


def again(stage: Stage, failure: tally.Failure, whole: bool) -> str:
    """The command that repeats a failure alone.

    @whole: the failure was in the long form
    """
    if stage.name == LINT:
        return "make lint"
    words = f"--only {stage.name}"
    if stage.by_test and "::" in failure.name:
        words += f" --tests {failure.name.split('::')[-1]}"
    return f'make {"check-all" if whole else "check"} ARGS="{words}"'


def _show(stage: Stage, result: tally.Tally, seconds: float) -> None:
    for failure in result.failures:
        print(f"--- FAILED {failure.name}")
        for line in failure.text.splitlines():
            print(f"    {line}")
    word = "ok" if result.good else "FAILED"
    progress.say(f"stage {stage.name}: {word}, {result.passed} passed,"
                 f" {result.failed} failed, {seconds:.0f} s"
                 f" (out/check/{stage.name}.log)")


def _row(name: str, word: str, result: tally.Tally, seconds: float,
         processor: float) -> str:
    return (f"{name:12} {word:6} {result.passed:5} passed"
            f" {result.failed:4} failed {seconds:6.0f} s"
            f" {processor:6.0f} s of a processor")


@dataclass
class Run:
    """The results of a run."""

    wish: Wish
    every: tally.Tally = field(default_factory=tally.Tally)
    before: int = 0         # checks that passed over the same inputs before
    processor: float = 0.0  # seconds of it that the stages took
    rows: list[str] = field(default_factory=list)
    repeat: list[str] = field(default_factory=list)
    # the files that passes leave, by stage and whether in the long form; named
    # by the inputs from before the run, as a user may edit them meanwhile
    passes: dict[tuple[str, bool], Path] = field(default_factory=dict)

    def lacks(self, stage: Stage, name: str, problem: str) -> None:
        """The stage cannot run without what is named."""
        self.every.fail(stage.name, f"no {name}: {problem}")
        self.repeat.append(again(stage, self.every.failures[-1],
                                 self.wish.whole))

    def passed_before(self, stage: Stage) -> bool:
        """Whether the stage need not run; it has its row then."""
        if self.wish.patterns:
            return False
        short = passed_cache.of([stage.name,
                                 *passed_cache.files_in(*stage.inputs)])
        whole = short.with_name(f"{short.name}-whole")
        self.passes[stage.name, False] = short
        self.passes[stage.name, True] = whole
        if self.wish.fresh:
            return False
        known = passed_cache.count_of(self.passes[stage.name, self.wish.whole])
        if known:
            self.before += known
            self.rows.append(f"{stage.name:12} same   {known:5} passed"
                             " before over the same inputs")
        return known > 0

    def ended(self, ended: scheduler.Ended) -> None:
        """A stage is over."""
        stage, result = ended.stage, _result(ended)
        _show(stage, result, ended.seconds)
        self.every.passed += result.passed
        self.every.failures += result.failures
        self.repeat += [again(stage, item, self.wish.whole)
                        for item in result.failures]
        self.rows.append(_row(stage.name, "ok" if result.good else "FAILED",
                              result, ended.seconds, ended.processor))
        self.processor += ended.processor
        if not result.good or self.wish.patterns:
            return
        passed_cache.remember(self.passes[stage.name, False], result.passed)
        if self.wish.whole:
            passed_cache.remember(self.passes[stage.name, True],
                                  result.passed)

    def show(self) -> None:
        """Print the table, and each failure again below it: the end of the
        output is what most readers see."""
        print("\n" + "\n".join(self.rows))
        print(_row("in all", "FAILED" if self.every.failures else "ok",
                   self.every, progress.elapsed(), self.processor))
        print("".join(f"\n{failure.line}" for failure in self.every.failures))
        if self.repeat:
            print("to repeat it alone:")
            print("".join(f"  {line}\n" for line in dict.fromkeys(
                self.repeat)))
        if self.before:
            print(f"{self.before} passed before over the same inputs"
                  " (--fresh runs them again)")
        print(f"{self.every.passed} passed, {self.every.failed} failed",
              flush=True)


def run(chosen: Sequence[Stage], wish: Wish) -> int:
    """Run these stages; 0 if none failed."""
    os.umask(0o022)
    with files.sole_run(paths.state(), "guest"):
        return _run_stages(chosen, wish)


def _run_stages(chosen: Sequence[Stage], wish: Wish) -> int:
    this = Run(wish)
    progress.say(f"time limits are {speed.remember():g} times those of the"
                 " reference machine")
    chosen = [stage for stage in chosen if not this.passed_before(stage)]
    tree.ensure()
    lacking = setup.have(name for stage in chosen
                         for name in stage.set_up(wish.whole))
    for stage in chosen:
        _saved(stage).unlink(missing_ok=True)
        for name in lacking.keys() & stage.set_up(wish.whole):
            this.lacks(stage, name, lacking[name])
    chosen = [stage for stage in chosen if not lacking.keys()
              & stage.set_up(wish.whole)]
    run_by = scheduler.Scheduler(os.cpu_count() or 1, wish.words())
    with contextlib.closing(run_by.run(chosen)) as over:
        for ended in over:
            this.ended(ended)
    this.show()
    return 1 if this.every.failures else 0
