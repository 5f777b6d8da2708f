# SPDX-License-Identifier: GPL-2.0
"""The traffic: command lines, and what they print.

Each has a fixed number of operations. Some are of ping and netperf, others of
netload, which the lab compiles.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from count.device import Control
from lab.errors import LabError
from lab.peers import PORT, Network

from .interface import Outcome

DISCARD_PORT, ECHO_PORT = 9, 7
ANSWERED = 4096         # datagrams from a source to an answer, the most

PING_BYTES = 56
SMALL = 18              # bytes of a datagram that fills the shortest frame
SEGMENT, SEGMENTS = 1000, 32    # of a datagram that the device segments
POLL_US = 200_000       # busy polling of a socket
WRITTEN = 200           # bytes of a request in two parts
STREAM_BYTES = 65536    # of an operation of a TCP stream
PIECE = 16384           # an operation of STREAMS

PING, SEND, SEGMENTED, TRIP, BATCH = (
    "ping", "udp", "udp-gso", "udp-trip", "udp-batch")
TAKE = "udp-take"       # from the device's back end, which is a source
RR, CRR, STREAM, MAERTS = "tcp-rr", "tcp-crr", "tcp-stream", "tcp-maerts"
WRITES = "tcp-writes"   # each request in two small parts, without delay
STREAMS = "tcp-streams"     # from the guest, on several connections at once


@dataclass(frozen=True)
class Job:
    """A run of traffic."""

    kind: str
    network: Network
    ops: int
    at_once: int = 1        # datagrams or connections
    polled: bool = False
    control: Control | None = None  # of the device


def _netload(mode: str, address: str, port: int, count: int, size: int,
             extra: int) -> str:
    return f"netload {mode} {address} {port} {count} {size} {extra}"


def _ping(job: Job) -> str:
    # Adaptive: the next one when the answer is there.
    return (f"ping -A -q -n -c {job.ops} -s {PING_BYTES} -W 20"
            f" {job.network.peer}")


def _take(job: Job) -> str:
    # The source sends to the address that it got a packet from.
    return ("{ sleep 0.2; ping -q -c 1 -W 20 %s >/tmp/ping; } & %s && wait" % (
        job.network.peer, _netload("take", job.network.guest, DISCARD_PORT,
                                   job.ops, 1, ANSWERED)))


@contextlib.contextmanager
def source(job: Job) -> Iterator[None]:
    """Meanwhile the device sends, as fast as there are buffers, if this traffic
    needs that."""
    if job.kind != TAKE:
        yield
        return
    assert job.control is not None
    job.control("source start")
    try:
        yield
    finally:
        job.control("source stop")


def _netperf(test: str, length: int) -> Callable[[Job], str]:
    def run(job: Job) -> str:
        return (f"netperf -H {job.network.peer} -4 -P 0 -t {test}"
                f" -l -{job.ops * length} -- -k ELAPSED_TIME,P50_LATENCY,"
                "P99_LATENCY")
    return run


_COMMANDS: Mapping[str, Callable[[Job], str]] = {
    PING: _ping,
    SEND: lambda job: _netload("send", job.network.nobody, DISCARD_PORT,
                               job.ops, SMALL, 1),
    SEGMENTED: lambda job: _netload("send", job.network.nobody, DISCARD_PORT,
                                    job.ops, SEGMENT, SEGMENTS),
    TRIP: lambda job: _netload("trip", job.network.peer, ECHO_PORT, job.ops,
                               SMALL, POLL_US if job.polled else 0),
    BATCH: lambda job: _netload("batch", job.network.peer, ECHO_PORT, job.ops,
                                SMALL, job.at_once),
    TAKE: _take,
    RR: lambda job: _netload("turns", job.network.peer, PORT, job.ops,
                             1, job.at_once),
    WRITES: lambda job: _netload("writes", job.network.peer, PORT, job.ops,
                                 WRITTEN, job.at_once),
    STREAMS: lambda job: _netload("streams", job.network.peer, PORT, job.ops,
                                  PIECE, job.at_once),
    CRR: _netperf("TCP_CRR", 1),
    STREAM: _netperf("TCP_STREAM", STREAM_BYTES),
    MAERTS: _netperf("TCP_MAERTS", STREAM_BYTES),
}
KINDS = tuple(_COMMANDS)


def command(job: Job) -> str:
    """A command line for the guest's shell."""
    return _COMMANDS[job.kind](job)


def parse(job: Job, text: str) -> Outcome:
    """The outcome of a command; LabError if it did not do all operations."""
    found = (_parse_ping if job.kind == PING else
             _parse_netperf if job.kind in (CRR, STREAM, MAERTS) else
             _parse_netload)(text)
    if found is None:
        raise LabError(f"{job.kind} printed no result, but"
                       f" '{text.strip()[-400:]}'")
    done, seconds, p50, p99 = found
    if done not in (job.ops, None):
        raise LabError(f"{job.kind}: {done} of {job.ops} operations")
    return Outcome(job.ops, int(seconds * 1000),
                   job.ops / seconds if seconds else 0.0, p50, p99,
                   least=job.kind == TAKE)


# operations (None: not printed), seconds, and latencies in ns
Found = tuple[int | None, float, int, int]


def _parse_ping(text: str) -> Found | None:
    """Without percentiles: the mean stands for the median, the longest for the
    last percentile."""
    counts = re.search(r"(\d+) packets transmitted, (\d+) received.*"
                       r" time (\d+)ms", text)
    times = re.search(r"rtt \S+ = [\d.]+/([\d.]+)/([\d.]+)/", text)
    if counts is None:
        return None
    mean, longest = (times.groups() if times else ("0", "0"))
    return (int(counts[2]), int(counts[3]) / 1000,
            int(float(mean) * 1e6), int(float(longest) * 1e6))


def _parse_netperf(text: str) -> Found | None:
    values = dict(re.findall(r"^(\w+)=(\S+)$", text, re.M))
    if "ELAPSED_TIME" not in values:
        return None
    # -1 of a stream; microseconds
    p50, p99 = (max(0, int(float(values.get(name, "0")) * 1000))
                for name in ("P50_LATENCY", "P99_LATENCY"))
    return None, float(values["ELAPSED_TIME"]), p50, p99


def _parse_netload(text: str) -> Found | None:
    words = re.search(r"ops (\d+) ns (\d+) p50 (\d+) p99 (\d+)", text)
    if words is None:
        return None
    done, ns, p50, p99 = map(int, words.groups())
    return done, ns / 1e9, p50, p99
