# SPDX-License-Identifier: GPL-2.0
"""Parallel stages: which may run together, and the output about them."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import unittest
from collections.abc import Iterator, Sequence
from unittest import mock

from check import scheduler
from check.stages import STAGES, Stage


def stage(name: str, after: Sequence[str] = (), uses: str = "",
          timeout: float = 10) -> Stage:
    """One that does nothing."""
    return Stage(name, "does nothing", lambda context: None, timeout,
                 after=after, uses=uses)


class Ready(unittest.TestCase):
    """The stage that may start next."""

    def name(self, waiting: Sequence[Stage], *running: Stage) -> str:
        """The name of the stage to start; "" for none."""
        found = scheduler.ready(waiting, running)
        return found.name if found else ""

    def test_after_another(self) -> None:
        late = stage("late", after=["a"])
        self.assertEqual(self.name([late], stage("a")), "")
        self.assertEqual(self.name([late, stage("a")]), "a")
        self.assertEqual(self.name([late, stage("b")], stage("a")), "b")
        self.assertEqual(self.name([late], stage("b")), "late")

    def test_uses_the_same(self) -> None:
        one, two = stage("a", uses="x"), stage("b", uses="x")
        self.assertEqual(self.name([one], two), "")
        self.assertEqual(self.name([one, stage("c")], two), "c")
        self.assertEqual(self.name([one], stage("c", uses="y")), "a")

    def test_every_stage_runs(self) -> None:
        """No stage depends on itself or on a missing one."""
        waiting = list(STAGES)
        while waiting:
            found = scheduler.ready(waiting, [])
            assert found is not None
            waiting.remove(found)
        names = {item.name for item in STAGES}
        self.assertLessEqual({name for item in STAGES for name in item.after},
                             names)


@contextlib.contextmanager
def program(text: str) -> Iterator[io.StringIO]:
    """Stages are this Python program, with the name as argument."""
    def argv(given: Sequence[str]) -> list[str]:
        return [sys.executable, "-c", text, given[3]]
    with mock.patch("lab.progress.guarded", argv), \
            contextlib.redirect_stdout(io.StringIO()) as out:
        yield out


class Running(unittest.TestCase):
    """Real processes."""

    def run_all(self, count: int, *stages: Stage) -> dict[str, scheduler.Ended]:
        """All stages that have ended, by name."""
        return {ended.stage.name: ended
                for ended in scheduler.Scheduler(count, []).run(stages)}

    def test_codes_and_lines(self) -> None:
        with program("import sys; print('I am', sys.argv[1]);"
                     "print('no end', end='');"
                     "sys.exit(sys.argv[1] == 'b')") as out:
            ended = self.run_all(2, stage("a"), stage("b"))
        self.assertEqual((ended["a"].code, ended["b"].code), (0, 1))
        self.assertIn("I am b\nno end", ended["b"].last)
        self.assertIn("a: I am a\n", out.getvalue())
        self.assertIn("b: no end\n", out.getvalue())

    def test_one_after_the_other(self) -> None:
        with program("import time; time.sleep(0.1)"):
            ended = self.run_all(1, stage("a"), stage("b"))
        self.assertEqual(list(ended), ["a", "b"])

    def test_interrupted(self) -> None:
        """The running ones get a signal, and none is left."""
        pids: list[int] = []

        def start(stages: Sequence[Stage]) -> None:
            run_by = scheduler.Scheduler(2, [])
            for _ in run_by.run(stages):
                # pylint: disable-next=protected-access
                pids.extend(item.process.pid for item in run_by._running)
                raise KeyboardInterrupt

        with program("import sys, time; time.sleep(60 * (sys.argv[1] == 'b'))"
                     ), self.assertRaises(KeyboardInterrupt):
            start([stage("a"), stage("b")])
        self.assertEqual(len(pids), 1)
        with self.assertRaises(ProcessLookupError):
            os.kill(pids[0], 0)

    def test_deaf(self) -> None:
        """A stage that ignores the signal is killed."""
        with program("import signal, time; print('up', flush=True);"
                     "signal.signal(signal.SIGINT, signal.SIG_IGN);"
                     "time.sleep(60)"), \
                mock.patch("check.scheduler.PATIENCE_S", 0), \
                mock.patch("check.scheduler.TIDY_S", 0.5):
            ended = self.run_all(1, stage("a", timeout=0.5))
        self.assertEqual(ended["a"].code, -signal.SIGKILL)
        self.assertIn("did not end itself", ended["a"].last)
