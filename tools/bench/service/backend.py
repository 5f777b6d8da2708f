# SPDX-License-Identifier: GPL-2.0
"""The NBD server of nbd.py as a process beside QEMU."""

from __future__ import annotations

import select
import subprocess
import sys
from pathlib import Path

from lab import LabError, progress

ANSWER_S = 10


class NbdServer:
    """A running server."""

    def __init__(self, path: Path, size_mb: int, model: str) -> None:
        self.path = path
        # pylint: disable-next=consider-using-with
        self._process = subprocess.Popen(
            progress.owned([sys.executable,
                            str(Path(__file__).with_name("nbd.py")),
                            str(path), str(size_mb), model]),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            start_new_session=True)
        self._wait()

    def _wait(self) -> None:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], ANSWER_S)
        if not ready or self._process.stdout.readline() != b"ok\n":
            self.stop()
            raise LabError(f"the NBD server on {self.path} did not answer in"
                           f" {ANSWER_S} s: see its error above")

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def tell(self, line: str) -> None:
        """Send a command; return when it has taken effect."""
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()
        self._wait()

    def node(self, name: str) -> list[str]:
        """QEMU's options for a block node with its own connection."""
        return ["-blockdev", f"driver=nbd,node-name={name},server.type=unix,"
                             f"server.path={self.path}"]

    def stop(self) -> None:
        """End it."""
        progress.stop_group(self._process)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
