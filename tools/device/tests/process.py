# SPDX-License-Identifier: GPL-2.0
"""The device process under test and its control socket."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, Sequence

from .driver import SECTOR

START_TIMEOUT = 10.0
STOP_TIMEOUT = 10.0
SPLATS = ("Sanitizer", "runtime error:", "Assertion")


def binary() -> str:
    """The device to test, from the environment."""
    path = os.environ.get("VFE_DEVICE", "")
    if not path or not os.access(path, os.X_OK):
        raise RuntimeError(
            f"VFE_DEVICE='{path}' is no program: set it to a vfe-device "
            "(make -C tools/device san)")
    return path


def environment() -> dict[str, str]:
    """The environment with the sanitizers told to stop at the first find."""
    return {**os.environ,
            "ASAN_OPTIONS": "abort_on_error=0:exitcode=99:detect_leaks=1",
            "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}


def pattern(sectors: int, salt: int = 0) -> bytes:
    """Data in which each sector has its number."""
    return b"".join((n + (salt << 32)).to_bytes(8, "little") * (SECTOR // 8)
                    for n in range(sectors))


class DeviceProcess:
    """One vfe-device with its files in @folder.

    It is a block device if there is a backing file, or of @device_class.
    """

    def __init__(self, folder: Path, options: Sequence[str] = (),
                 backing: Path | None = None,
                 device_class: str = "rng") -> None:
        self.socket = folder / "device.sock"
        self.control_path = folder / "control.sock"
        self.backing = backing or folder / "backing"
        self.stderr_path = folder / "stderr"
        which = (("--class=blk", "--backing", str(backing)) if backing
                 else ("--class", device_class))
        self.argv = [binary(), *which, "--socket", str(self.socket),
                     "--control", str(self.control_path), *options]
        with self.stderr_path.open("wb") as stderr:
            self.process = subprocess.Popen(  # pylint: disable=R1732
                self.argv, stdin=subprocess.DEVNULL, stdout=stderr,
                stderr=stderr, env=environment())
        self._wait_ready()

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while not self._listening():
            if self.process.poll() is not None:
                raise RuntimeError(f"{' '.join(self.argv)} ended with "
                                   f"{self.process.returncode}: {self.log()}")
            if time.monotonic() > deadline:
                self.process.kill()
                raise RuntimeError(f"no {self.socket} after "
                                   f"{START_TIMEOUT} s: {self.log()}")
            time.sleep(0.005)

    def _listening(self) -> bool:
        """The control socket is the last to be made; a stale one is dead."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            try:
                probe.connect(str(self.control_path))
            except OSError:
                return False
        return self.socket.exists()

    def log(self) -> str:
        """The device's stderr."""
        return self.stderr_path.read_text(errors="replace")

    def control(self, line: str = "counters") -> dict[str, Any]:
        """Ask the control socket."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(5.0)
            sock.connect(str(self.control_path))
            sock.sendall(line.encode() + b"\n")
            with sock.makefile("r", encoding="utf-8") as stream:
                answer: dict[str, Any] = json.loads(stream.readline())
        return answer

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self.process.poll() is None

    def stop(self) -> str:
        """End the process; returns its problem, or ''."""
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGABRT)
                self.process.wait(STOP_TIMEOUT)
                return f"hung: not ended by SIGTERM: {self.log()}"
        log = self.log()
        if any(splat in log for splat in SPLATS):
            return f"a sanitizer spoke:\n{log}"
        if self.process.returncode not in (0, -signal.SIGTERM):
            return f"ended with {self.process.returncode}: {log}"
        return ""
