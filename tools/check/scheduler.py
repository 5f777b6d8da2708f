# SPDX-License-Identifier: GPL-2.0
"""Runs stages in parallel, one per processor.

Each is a process of its own. Its lines appear at once, with its name. It starts
after the stages that it depends on, and not while another stage with the same
resource runs.
"""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab import progress, speed

from .stages import Stage

MAIN = Path(__file__).resolve().parent
# A stage ends itself at its limit; after this time the scheduler kills it.
PATIENCE_S = 300.0
TIDY_S = 60.0
POLL_S = 0.2
KEPT_LINES = 20
_CLOCK = re.compile(r"^\[ *\d+ s\] ")


def label(name: str, line: str) -> str:
    """A line of a stage, with its name."""
    match = _CLOCK.match(line)
    clock = match.group(0) if match else ""
    rest = line[len(clock):]
    if rest.strip().startswith((f"stage {name}", f"{name}:")):
        return line
    return f"{clock}{name}: {rest}"


def ready(waiting: Sequence[Stage], running: Sequence[Stage],
          ) -> Stage | None:
    """The stage to start next; None if it must wait for a running one."""
    unfinished = {stage.name for stage in (*waiting, *running)}
    used = {stage.uses for stage in running if stage.uses}
    for stage in waiting:
        if stage.uses not in used and not unfinished & set(stage.after):
            return stage
    return None


@dataclass(frozen=True)
class Ended:
    """A finished stage."""

    stage: Stage
    code: int
    seconds: float
    processor: float    # seconds of processor time
    last: str       # its last lines


def _processor() -> float:
    """Processor time of all descendants that somebody has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class _Process:
    """A running stage, and a thread that prints its lines."""

    def __init__(self, stage: Stage, words: Sequence[str]) -> None:
        self.stage = stage
        self._began = time.monotonic()
        self._processor = 0.0
        self._last: deque[str] = deque(maxlen=KEPT_LINES)
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen(
            progress.guarded([sys.executable, str(MAIN), "--start",
                              stage.name, *words]),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True, text=True,
            errors="replace")
        self._printer = threading.Thread(target=self._print, daemon=True)
        self._printer.start()

    def _print(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._last.append(line.rstrip())
            # one write, as other stages print, too
            print(f"{label(self.stage.name, self._last[-1])}\n", end="",
                  flush=True)

    def over(self) -> bool:
        """Whether it has ended; terminates it if it is far too late."""
        # It measures the machine itself, and may get a larger factor.
        late = self._began + self.stage.timeout * speed.MOST + PATIENCE_S
        before = _processor()
        if self.process.poll() is None and time.monotonic() > late:
            self._last.append("stopped: it did not end itself in time")
            self.tell()
            self.finish()
        self._processor = _processor() - before
        return self.process.returncode is not None

    def ended(self) -> Ended:
        """Its result."""
        self._printer.join(TIDY_S)
        return Ended(self.stage, self.process.wait(),
                     time.monotonic() - self._began, self._processor,
                     "\n".join(self._last))

    def tell(self, signum: int = signal.SIGINT) -> None:
        """Send SIGINT to its process group, like a terminal's Ctrl-C."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signum)

    def finish(self) -> None:
        """Wait for it to clean up after SIGTERM, then kill it."""
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(TIDY_S)
        finally:
            self.tell(signal.SIGKILL)
            self.process.wait()


class Scheduler:
    """Running stages, up to a number at a time."""

    def __init__(self, count: int, words: Sequence[str]) -> None:
        """@words: for the command line of each."""
        self._count = count
        self._words = words
        self._running: list[_Process] = []

    def _fill(self, waiting: list[Stage]) -> None:
        while len(self._running) < self._count:
            stage = ready(waiting, [item.stage for item in self._running])
            if stage is None:
                return
            waiting.remove(stage)
            progress.say(f"stage {stage.name}: {stage.text}")
            self._running.append(_Process(stage, self._words))

    def _collect(self) -> Iterator[Ended]:
        for process in [item for item in self._running if item.over()]:
            self._running.remove(process)
            yield process.ended()

    def run(self, stages: Sequence[Stage]) -> Generator[Ended, None, None]:
        """Run all; yields each when it has finished."""
        waiting = list(stages)
        try:
            while waiting or self._running:
                self._fill(waiting)
                time.sleep(POLL_S)
                yield from self._collect()
        finally:
            for process in self._running:
                process.tell()
            for process in self._running:
                process.finish()
