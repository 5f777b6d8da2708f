# SPDX-License-Identifier: GPL-2.0
"""Traffic in the background of a disturbance: streams whose every byte is
checked."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from .ends import BLOCK, BOUND_S, DUT, OTHER, PEER, Task, connected
from .say import becomes, outcome

# Progress: this many bytes more. After a link was down, TCP waits for its
# timer: up to 32 s were seen with virtio_net.
STEP, STEP_S = 64 << 10, 2 * BOUND_S

# Waits for the end of a stream, as long as it moves
WAITS = 5


class Stream:
    """A connection that sends until it is stopped."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.seen = 0
        self._over = threading.Event()
        self._one, self._other = connected(source, OTHER[source])
        for end in (self._one, self._other):
            end.settimeout(STEP_S)
        self._sender = Task(self._send)
        self._receiver = Task(self._receive)

    def _send(self) -> str:
        sent = 0
        with self._one:
            while not self._over.is_set():
                sent += self._one.send(BLOCK[sent % len(BLOCK):])
        return "sent"

    def _receive(self) -> str:
        with self._other:
            while piece := self._other.recv(1 << 17):
                start = self.seen % len(BLOCK)
                wanted = BLOCK[start:start + len(piece)]
                while len(wanted) < len(piece):
                    wanted += BLOCK[:len(piece) - len(wanted)]
                if piece != wanted:
                    return f"other bytes after {self.seen}"
                self.seen += len(piece)
        return "whole"

    def moves(self) -> str:
        """Wait for progress."""
        start = self.seen
        if becomes(lambda: self.seen > start + STEP
                   or not self._receiver.is_alive(), STEP_S):
            return "moves" if self.seen > start else self.end()
        return f"stands still after {start} bytes"

    def end(self) -> str:
        """Stop it: "whole", or what is wrong. What is in the sender's queue
        can take long: TCP may have cut it for an MTU of 68."""
        self._over.set()
        for _ in range(WAITS):
            before = self.seen
            got = self._receiver.text()
            if not self._receiver.is_alive() or self.seen == before:
                break
        sent = self._sender.text()
        return got if sent == "sent" else f"{sent}, {got}"

    def abandon(self) -> None:
        """Its ends are gone: no answer will come."""
        self._over.set()
        for one in (self._one, self._other):
            one.close()


class Load:
    """A stream each way."""

    def __init__(self) -> None:
        self._streams = [Stream(source) for source in (DUT, PEER)]

    def moves(self, key: str) -> None:
        """Both make progress, as outcomes."""
        for one in self._streams:
            outcome(f"{key}.from-{one.source}", one.moves())

    def end(self, key: str) -> None:
        """All data came, as outcomes."""
        for one in self._streams:
            outcome(f"{key}.from-{one.source}", one.end())


@contextmanager
def load(name: str = "") -> Iterator[Load]:
    """Streams both ways, during a disturbance.

    @name: in front of the outcomes' names
    """
    streams = Load()
    streams.moves(f"{name}start")
    yield streams
    streams.moves(f"{name}after")
    streams.end(f"{name}stream")


def pause(seconds: float) -> None:
    """Let the streams run."""
    time.sleep(seconds)
