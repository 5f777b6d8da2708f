# SPDX-License-Identifier: GPL-2.0
"""Packs modules into initramfs and boots UML kernels on them (inner code)."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab import paths, progress, speed

HERE = Path(__file__).resolve().parent
BUSYBOX = Path("usr/bin/busybox")
APPLETS = ("sh", "cat", "sed", "find", "mkdir", "mount", "umount", "insmod",
           "rmmod", "sleep", "poweroff")
MEMORY = "512M"
POLL_S = 0.05
# Sleeping takes no time, and the console goes to the log, not to the terminal.
# A task that waits for ever takes no time either, so the test ends before the
# time limit of the boot.
ARGUMENTS = (f"mem={MEMORY}", "time-travel", "con0=null,fd:1", "con=null",
             "ssl=null", "console=tty0", "loglevel=8", "kunit.enable=1",
             "panic=-1", "sysctl.kernel.hung_task_panic=1",
             "gcov_persist=1", "uml_dir=/tmp/uml")


@dataclass(frozen=True)
class Job:
    """The initramfs of a boot, and its log file."""

    archive: Path
    log: Path


@dataclass(frozen=True)
class Outcome:
    """The result of a boot."""

    log: str
    problem: str        # why it did not end by itself, "" if it did
    seconds: float


def _layout(root: Path) -> None:
    for name in ("bin", "proc", "sys", "dev", "tmp", "modules"):
        (root / name).mkdir(parents=True)
    shutil.copy2(paths.tree() / BUSYBOX, root / "bin/busybox")
    for name in APPLETS:
        (root / "bin" / name).symlink_to("busybox")
    shutil.copy(HERE / "init.sh", root / "init")
    (root / "init").chmod(0o755)


def pack(archive: Path, modules: Iterable[Path], files: Mapping[str, str],
         ) -> None:
    """Write an initramfs with modules, and files for init.
    """
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        _layout(root)
        for module in modules:
            shutil.copyfile(module, root / "modules" / module.name)
        for path, text in files.items():
            (root / path).write_text(text)
        names = "\n".join(sorted(str(path.relative_to(root))
                                 for path in root.rglob("*")))
        with open(archive, "wb") as out:
            subprocess.run(["cpio", "-o", "-H", "newc", "--quiet", "-R",
                            "0:0"], cwd=root, stdout=out,
                           input=names.encode(), check=True)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """The kernel and its processes, which are processes of the host."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


class _Boot:
    """A running kernel."""

    def __init__(self, kernel: Path, job: Job,
                 arguments: Sequence[str]) -> None:
        self._log = job.log
        self._began = time.monotonic()
        self._seconds = 0.0
        # a kernel that panics dumps core
        argv = ["prlimit", "--core=0", str(kernel / "linux"), *ARGUMENTS,
                *arguments, f"initrd={job.archive}"]
        with open(job.log, "wb") as sink:
            # pylint: disable-next=consider-using-with
            self._process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=sink,
                stderr=subprocess.STDOUT, start_new_session=True,
                env={**os.environ, "TMPDIR": "/tmp"})

    def ended(self) -> bool:
        """Whether it has ended."""
        if self._process.poll() is None:
            return False
        self._seconds = self._seconds or time.monotonic() - self._began
        return True

    def last_line(self) -> str:
        """The last line of its log so far."""
        return progress.last_lines(self._log, 1)

    def outcome(self, timeout: float) -> Outcome:
        """Its result, in any case."""
        problem = "" if self.ended() else \
            f"stopped: it did not power off within {timeout:.0f} s"
        return Outcome(self._log.read_text(errors="replace"), problem,
                       self._seconds or timeout)

    def stop(self) -> None:
        """Kill it, and remove its files."""
        _kill(self._process)


def run(kernel: Path, jobs: Sequence[Job], timeout: float,
        look: Callable[[str], None] = lambda line: None,
        arguments: Sequence[str] = ()) -> list[Outcome]:
    """Boot in parallel, with a time limit. Calls @look with a last line from
    time to time."""
    timeout = speed.scaled(timeout)
    deadline = time.monotonic() + timeout
    with contextlib.ExitStack() as stack:
        boots = []
        for job in jobs:
            boots.append(_Boot(kernel, job, arguments))
            stack.callback(boots[-1].stop)
        while time.monotonic() < deadline:
            waiting = [item for item in boots if not item.ended()]
            if not waiting:
                break
            look(waiting[0].last_line())
            time.sleep(POLL_S)
        return [item.outcome(timeout) for item in boots]
