# SPDX-License-Identifier: GPL-2.0
"""The device process: starts it beside QEMU, and sends commands to its
control socket."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import build, paths, progress
from .channel import Channel, Deadline
from .errors import LabError

START_S = 20


@dataclass(frozen=True)
class DeviceSpec:
    """One function: options of the device process and of QEMU."""

    name: str
    backing: Path = Path()      # of a block device, or of a host's unit 0:0
    options: Sequence[str] = ()
    device_class: str = "blk"
    root_port: bool = False
    properties: Mapping[str, object] = field(default_factory=dict)


class Device:
    """A running device process."""

    def __init__(self, spec: DeviceSpec, sockets: Path, logs: Path) -> None:
        self.spec = spec
        self.bdf = ""
        self.log = logs / f"device-{spec.name}.log"
        self.socket = sockets / f"{spec.name}.sock"
        self._control_path = sockets / f"{spec.name}.ctl"
        self._control: Channel | None = None
        self._process = self._start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def _start(self) -> subprocess.Popen[bytes]:
        spec = self.spec
        argv = [str(build.device_binary()), "--class", spec.device_class,
                "--socket", str(self.socket),
                "--control", str(self._control_path), *spec.options]
        if spec.device_class == "blk":
            argv += ["--backing", str(spec.backing)]
        if spec.device_class == "scsi" and spec.backing != Path():
            argv += ["--unit", f"0:0,file={spec.backing}"]
        with open(self.log, "wb") as sink:
            # pylint: disable-next=consider-using-with
            return subprocess.Popen(progress.owned(argv),
                                    stdin=subprocess.DEVNULL,
                                    stdout=sink, stderr=subprocess.STDOUT,
                                    start_new_session=True)

    def wait_ready(self) -> None:
        """Wait until it listens on both sockets."""
        deadline = Deadline(START_S)
        while not (_listening(self._control_path) and self.socket.exists()):
            self._watch()
            if deadline.over():
                raise LabError(f"device {self.spec.name} does not listen"
                               f" after {START_S} s{self._tail()}")
            time.sleep(0.02)

    def _tail(self) -> str:
        return (f"; its log {paths.shown(self.log)} ends:\n"
                f"{progress.last_lines(self.log)}")

    def _watch(self) -> None:
        code = self._process.poll()
        if code is not None:
            raise LabError(f"device {self.spec.name} ended with status"
                           f" {code}{self._tail()}")

    def alive(self) -> bool:
        """True while the process runs."""
        return self._process.poll() is None

    def control(self, command: str = "counters",
                timeout: float = 10) -> dict[str, Any]:
        """Send one command; the answer. LabError if it is not "ok"."""
        self._watch()
        if self._control is None:
            self._control = Channel(self._control_path,
                                    f"device {self.spec.name}", self._watch,
                                    timeout)
        try:
            self._control.send(command.encode() + b"\n")
            line = self._control.line(Deadline(timeout))
        except LabError:
            # A late answer must not count as the next command's.
            self._control.close()
            self._control = None
            raise
        answer: dict[str, Any] = json.loads(line)
        if not answer.get("ok"):
            raise LabError(f"device {self.spec.name} refuses '{command}':"
                           f" {answer.get('error', answer)}")
        return answer

    def kill(self) -> None:
        """Kill it, as a crash would end it."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Terminate it; kill it if that takes too long."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self.alive():
            progress.stop_group(self._process)


def _listening(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
