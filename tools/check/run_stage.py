# SPDX-License-Identifier: GPL-2.0
"""Runs one stage where it is and saves its tally."""

from __future__ import annotations

import contextlib
import signal
import time
import traceback
from collections.abc import Iterator, Sequence

from lab import LabError, paths, progress, speed

from .context import Context
from .stages import Stage


class TookTooLong(Exception):
    """The stage's time is over."""


@contextlib.contextmanager
def _deadline(stage: Stage) -> Iterator[None]:
    """End the stage when its time is over."""
    began = time.monotonic()

    def handler(_signum: int, _frame: object) -> None:
        left = speed.left(began, stage.timeout)
        if left <= 0:
            raise TookTooLong
        signal.setitimer(signal.ITIMER_REAL, left)

    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, stage.limit)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def run(stage: Stage, accel: str, patterns: Sequence[str],
        whole: bool) -> int:
    """Run the stage; 0 if all was well. Log and tally are in out/check."""
    folder = paths.out() / "check"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / f"{stage.name}.log", "w", encoding="utf-8",
              buffering=1) as log:
        with progress.ticking(f"stage {stage.name}") as step:
            context = Context(log, step, accel, patterns, whole)
            context.note(f"limits of time are those of the reference machine"
                         f" times {speed.factor():g}")
            try:
                with _deadline(stage):
                    stage.run(context)
            except TookTooLong:
                context.tally.fail(stage.name, "stopped: it took over"
                                   f" {stage.limit:.0f} s, last at:"
                                   f" {step.note}")
            except LabError as error:
                context.tally.fail(stage.name, str(error))
            except Exception:  # pylint: disable=broad-except
                # a stage that breaks is a failed stage, not a broken run
                context.tally.fail(stage.name, traceback.format_exc())
    context.tally.save(folder / f"{stage.name}.json")
    return 0 if context.tally.good else 1
