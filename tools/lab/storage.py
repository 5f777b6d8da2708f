# SPDX-License-Identifier: GPL-2.0
"""Storage that a process beside QEMU serves: qemu-storage-daemon."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from . import progress
from .channel import Deadline
from .errors import LabError

PROGRAM = "qemu-storage-daemon"
NODE = "medium"
START_S = 20.0


def nbd(socket: Path, name: str) -> list[str]:
    """Options of the daemon: export the node as @name by NBD."""
    return ["--nbd-server", f"addr.type=unix,addr.path={socket}", "--export",
            f"type=nbd,id=export,node-name={NODE},name={name},writable=on"]


class StorageDaemon:
    """A running daemon with one node, NODE, and its exports."""

    def __init__(self, node: Mapping[str, object], exports: Sequence[str],
                 socket: Path) -> None:
        """Return when @socket, of an export, exists."""
        log = socket.with_suffix(".log")
        argv = [PROGRAM, "--blockdev",
                json.dumps({**node, "node-name": NODE}), *exports]
        with open(log, "wb") as sink:
            # pylint: disable-next=consider-using-with
            self._process = subprocess.Popen(
                progress.owned(argv), stdout=sink, stderr=sink,
                stdin=subprocess.DEVNULL, start_new_session=True)
        deadline = Deadline(START_S)
        while not socket.exists():
            if self._process.poll() is not None or deadline.over():
                self.stop()
                raise LabError(f"{PROGRAM} made no socket {socket}: it ended"
                               f" with {self._process.returncode} and printed"
                               f" '{progress.last_lines(log, 3)}'; see"
                               f" {PROGRAM} --help for its options")
            time.sleep(0.02)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def stop(self) -> None:
        """End it."""
        progress.stop_group(self._process, grace=2)
