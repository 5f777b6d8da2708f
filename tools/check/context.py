# SPDX-License-Identifier: GPL-2.0
"""The environment of a stage: its tally, its log, and commands with time
limits."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from lab import progress, speed

from .tally import Tally

SHOWN_LINES = 40
UNLIMITED = 86400.0


def tail(text: str, lines: int = SHOWN_LINES) -> str:
    """The last lines of a text."""
    return "\n".join(text.rstrip().splitlines()[-lines:])


class Context:
    """One run of a stage."""

    def __init__(self, log: IO[str], step: progress.Step, accel: str,
                 patterns: Sequence[str] = (), whole: bool = True) -> None:
        """@whole: the long form, as the largest tier has it."""
        self.log = log
        self.step = step
        self.accel = accel
        self.patterns = tuple(patterns)
        self.whole = whole
        self.tally = Tally()

    def note(self, text: str) -> None:
        """Set the text of the next progress line."""
        self.step.note = text
        self.log.write(f"=== {time.strftime('%H:%M:%S')} {text}\n")
        self.log.flush()

    def run(self, argv: Sequence[str], *, timeout: float = UNLIMITED,
            cwd: Path | None = None, env: Mapping[str, str] | None = None,
            each_line: Callable[[str], None] | None = None,
            whole: bool = False) -> tuple[int, str]:
        """Run a command, its output into the log; exit code and output.

        A command that takes too long is killed with its children: -SIGALRM.
        By default only the limit of the stage ends it.
        With @whole its output enters the log in one piece, for parallel
        commands.
        """
        title = f"$ {' '.join(argv)}\n"
        if not whole:
            self.log.write(title)
        with subprocess.Popen(argv, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, text=True, cwd=cwd,
                              stderr=subprocess.STDOUT, errors="replace",
                              env={**os.environ, **(env or {})},
                              start_new_session=True) as process:
            watchdog = Watchdog(process, timeout)
            lines = []
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    lines.append(line)
                    if not whole:
                        self.log.write(line)
                    if each_line:
                        each_line(line)
                code = process.wait()
            except BaseException:
                # In its own session it does not receive Ctrl-C.
                watchdog.stop()
                progress.stop_group(process)
                raise
            if watchdog.stop():
                code = -signal.SIGALRM
                lines.append("stopped: it took over"
                             f" {speed.scaled(timeout):.0f} s\n")
        if whole:
            self.log.write(title + "".join(lines))
        self.log.flush()
        return code, "".join(lines)


class Watchdog(threading.Thread):
    """Kills a process group that runs too long."""

    def __init__(self, process: subprocess.Popen[str],
                 timeout: float) -> None:
        super().__init__(daemon=True)
        self._process = process
        self._timeout = timeout
        self._began = time.monotonic()
        self._over = threading.Event()
        self._fired = False
        self.start()

    def run(self) -> None:
        left = speed.scaled(self._timeout)
        while not self._over.wait(left):
            left = speed.left(self._began, self._timeout)
            if left <= 0:
                self._fired = True
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)
                return

    def stop(self) -> bool:
        """Stop it; whether it killed the group."""
        self._over.set()
        self.join()
        return self._fired
