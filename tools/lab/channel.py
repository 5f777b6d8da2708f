# SPDX-License-Identifier: GPL-2.0
"""Unix stream sockets with a deadline on every wait."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable
from pathlib import Path

from . import speed
from .errors import LabError, Silence

SLICE_S = 0.5


class Deadline:
    """A time at which a wait must end, later on a slow machine."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._began = time.monotonic()

    def left(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, speed.left(self._began, self.seconds))

    def over(self) -> bool:
        """True when it has passed."""
        return self.left() <= 0


class Channel:
    """A connection whose reads end at a deadline or when `watch` raises.

    `watch` is called at least twice a second while waiting: the owner of the
    peer raises there when the peer has died.
    """

    def __init__(self, path: Path, what: str, watch: Callable[[], None],
                 timeout: float = 20) -> None:
        self.what = what
        self._watch = watch
        self._buffer = b""
        self._socket = self._connect(path, Deadline(timeout))

    def _connect(self, path: Path, deadline: Deadline) -> socket.socket:
        while True:
            self._watch()
            peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                peer.connect(str(path))
                return peer
            except OSError as error:
                peer.close()
                if deadline.over():
                    raise LabError(f"{self.what}: no answer on {path} within"
                                   f" {speed.scaled(deadline.seconds):.0f}"
                                   f" s: {error.strerror}; see its log for"
                                   " the reason") from error
            time.sleep(0.02)

    def send(self, data: bytes) -> None:
        """Send all of it."""
        try:
            self._socket.settimeout(30)
            self._socket.sendall(data)
        except OSError as error:
            self._watch()
            raise LabError(f"{self.what}: sending {len(data)} bytes failed:"
                           f" {error}; see its log for the reason") from error

    def _more(self, deadline: Deadline) -> None:
        while True:
            wait = min(SLICE_S, deadline.left())
            ready, _, _ = select.select([self._socket], [], [], wait)
            if ready:
                break
            self._watch()
            if deadline.over():
                raise Silence(
                    f"{self.what}: no answer within"
                    f" {speed.scaled(deadline.seconds):.0f} s")
        try:
            data = self._socket.recv(65536)
        except OSError:
            data = b""      # treat it as closed
        if not data:
            time.sleep(0.1)     # a dead process may not be reaped yet
            self._watch()
            raise LabError(f"{self.what}: the other side closed the"
                           " connection: see its log for the reason")
        self._buffer += data

    def line(self, deadline: Deadline) -> bytes:
        """The next line, without its end."""
        while b"\n" not in self._buffer:
            self._more(deadline)
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def exactly(self, count: int, deadline: Deadline) -> bytes:
        """The next `count` bytes."""
        while len(self._buffer) < count:
            self._more(deadline)
        data = self._buffer[:count]
        self._buffer = self._buffer[count:]
        return data

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()
