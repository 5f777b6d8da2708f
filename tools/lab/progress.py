# SPDX-License-Identifier: GPL-2.0
"""Progress with elapsed time, and commands whose output goes to a log."""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from . import paths
from .errors import LabError

TICK_S = 10.0
# A command without a limit is stuck after this time without progress. The
# longest pause of a build, on a machine a tenth as fast, is a quarter of this.
STUCK_S = 900.0
LOOK_S = 5.0
FOLDER_S = 60.0
# A nested run continues the clock of the run that started it.
_START_VARIABLE = "VFE_STARTED"


def _started() -> float:
    given = os.environ.get(_START_VARIABLE)
    if given is None:
        given = str(time.time())
        os.environ[_START_VARIABLE] = given
    return float(given)


_START = _started()


def elapsed() -> float:
    """Seconds since the outermost command started."""
    return max(0.0, time.time() - _START)


def say(text: str) -> None:
    """Print one line with the elapsed seconds before it."""
    print(f"[{elapsed():5.0f} s] {text}", flush=True)


def last_lines(path: Path, count: int = 12) -> str:
    """The last lines of a log, for an error message."""
    try:
        text = path.read_bytes()[-20000:].decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.replace("\r", "").splitlines()[-count:])


def _last_line(path: Path) -> str:
    lines = last_lines(path, 1).strip()
    return lines[:60]


class Step:
    """A running step; its next progress line shows `note`."""

    def __init__(self, text: str, log: Path | None) -> None:
        self.text = text
        self.log = log
        self.note = ""
        self.began = time.monotonic()
        self._over = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    def seconds(self) -> float:
        """Seconds since the step began."""
        return time.monotonic() - self.began

    def start(self) -> None:
        """Print progress lines."""
        self._ticker.start()

    def stop(self) -> None:
        """End the progress lines."""
        self._over.set()
        self._ticker.join()

    def _tick(self) -> None:
        while not self._over.wait(TICK_S):
            note = self.note or (_last_line(self.log) if self.log else "")
            tail = f": {note}" if note else ""
            say(f"  {self.text}, {self.seconds():.0f} s so far{tail}")


@contextlib.contextmanager
def ticking(text: str, log: Path | None = None) -> Iterator[Step]:
    """A step with a line every ten seconds, but none at its start."""
    current = Step(text, log)
    current.start()
    try:
        yield current
    finally:
        current.stop()


@contextlib.contextmanager
def step(text: str, log: Path | None = None) -> Iterator[Step]:
    """A step with a line at its start, every ten seconds, and at its end."""
    say(f"{text} ...")
    with ticking(text, log) as current:
        yield current
    say(f"{text}: done in {current.seconds():.1f} s")


@contextlib.contextmanager
def terminate_as_interrupt() -> Iterator[None]:
    """Make SIGTERM end a run like Ctrl-C, with clean-up.

    Also enable SIGINT, which a shell ignores in background processes and their
    children.
    """
    def handler(_signum: int, _frame: object) -> None:
        raise KeyboardInterrupt
    previous = {signum: signal.signal(signum, handler)
                for signum in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for signum, before in previous.items():
            signal.signal(signum, before)


def guarded(argv: Sequence[str]) -> list[str]:
    """A command line whose process is killed when its parent ends."""
    guard = (["setpriv", "--pdeathsig", "KILL"]
             if shutil.which("setpriv") else [])
    return [*guard, *argv]


def owned(argv: Sequence[str]) -> list[str]:
    """A command line whose process must not outlive this one.

    In the rootfs the PID namespace ensures that, without another program, whose
    start takes time under emulation.
    """
    return list(argv) if paths.tree() == Path("/") else guarded(argv)


def stop_group(process: subprocess.Popen[Any], grace: float = 5) -> None:
    """End a process that leads its own session, and its children."""
    for signum in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signum)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace)
            return


class Pulse:
    """Detects progress of a command: its log grows, or files of its folder
    do."""

    def __init__(self, log: Path, folder: Path | None) -> None:
        self._log = log
        self._folder = folder
        self._size = -1
        self._moved = time.monotonic()
        self._looked = time.time()

    def still_for(self) -> float:
        """Seconds without progress."""
        size = self._log.stat().st_size
        if size != self._size:
            self._size = size
            self._moved, self._looked = time.monotonic(), time.time()
        seconds = time.monotonic() - self._moved
        # It takes some time to scan the folder of a kernel.
        if seconds > FOLDER_S and self._folder and self._grows(self._folder):
            self._moved, self._looked = time.monotonic(), time.time()
            return 0.0
        return seconds

    def _grows(self, folder: Path) -> bool:
        for name, _, names in os.walk(folder):
            for item in names:
                with contextlib.suppress(OSError):
                    if os.lstat(os.path.join(name, item)).st_mtime > \
                            self._looked:
                        return True
        return False


def _attend(process: subprocess.Popen[bytes], pulse: Pulse,
            timeout: float | None) -> str:
    """Wait for a process; "" if it ended, else why to kill it."""
    end = time.monotonic() + timeout if timeout is not None else math.inf
    while True:
        try:
            process.wait(max(0.0, min(LOOK_S, end - time.monotonic())))
            return ""
        except subprocess.TimeoutExpired:
            if time.monotonic() >= end:
                return f"took over {timeout:.0f} s"
            if pulse.still_for() > STUCK_S:
                return f"printed and made nothing for {STUCK_S:.0f} s"


def run_logged(argv: Sequence[str], log: Path, *, what: str, hint: str,
               env: Mapping[str, str] | None = None, cwd: Path | None = None,
               timeout: float | None = None,
               folder: Path | None = None) -> None:
    """Run a command with its output in a log; LabError if it fails.

    It may run as long as its log or @folder shows progress; at most @timeout,
    if given.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "wb") as sink:
        with subprocess.Popen(guarded(argv), stdin=subprocess.DEVNULL,
                              stdout=sink, stderr=subprocess.STDOUT,
                              env=env, cwd=cwd,
                              start_new_session=True) as process:
            try:
                why = _attend(process, Pulse(log, folder), timeout)
            finally:
                if process.poll() is None:
                    stop_group(process)
            if not why and process.returncode:
                why = f"exit {process.returncode}"
    if not why:
        return
    sys.stderr.write(last_lines(log, 20) + "\n")
    raise LabError(f"{what} failed ({why}): {hint}; the log is"
                   f" {paths.shown(log)}")
