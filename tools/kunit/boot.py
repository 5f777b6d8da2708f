# SPDX-License-Identifier: GPL-2.0
"""Packs modules into an initramfs and boots a UML kernel on it (inner code).
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab import paths, progress

HERE = Path(__file__).resolve().parent
BUSYBOX = Path("usr/bin/busybox")
APPLETS = ("sh", "cat", "sed", "find", "mkdir", "mount", "umount", "insmod",
           "rmmod", "sleep", "poweroff")
MEMORY = "512M"
POLL_S = 0.05
# Sleeping takes no time, and the terminal is the log's, not the kernel's.
ARGUMENTS = (f"mem={MEMORY}", "time-travel", "con0=null,fd:1", "con=null",
             "ssl=null", "console=tty0", "loglevel=8", "kunit.enable=1",
             "panic=-1", "gcov_persist=1", "uml_dir=/tmp/uml")


@dataclass(frozen=True)
class Outcome:
    """What became of a boot."""

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
    """Write an initramfs with modules, and files that tell init what to do.
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
    """The kernel and its processes, which are processes of ours."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def _wait(process: subprocess.Popen[bytes], timeout: float,
          look: Callable[[], None]) -> str:
    deadline = time.monotonic() + timeout
    while process.poll() is None:
        if time.monotonic() > deadline:
            return f"stopped: it did not power off within {timeout:.0f} s"
        look()
        time.sleep(POLL_S)
    return ""


def run(kernel: Path, archive: Path, log: Path, timeout: float,
        look: Callable[[str], None] = lambda line: None,
        arguments: Sequence[str] = ()) -> Outcome:
    """Boot; bounded. @look is shown the last line now and then."""
    began = time.monotonic()
    # a kernel that panics dumps core
    argv = ["prlimit", "--core=0", str(kernel / "linux"), *ARGUMENTS,
            *arguments, f"initrd={archive}"]

    def last() -> None:
        look(progress.last_lines(log, 1))

    with open(log, "wb") as sink, \
            subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=sink,
                             stderr=subprocess.STDOUT,
                             start_new_session=True,
                             env={**os.environ, "TMPDIR": "/tmp"}) as process:
        try:
            problem = _wait(process, timeout, last)
        finally:
            _kill(process)
    return Outcome(log.read_text(errors="replace"), problem,
                   time.monotonic() - began)
