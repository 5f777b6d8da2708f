# SPDX-License-Identifier: GPL-2.0
"""The CPUs of the guest and of a device process.

A trapping access goes from the vCPU to the device process, to QEMU's receiving
thread and back to the vCPU; only one of them runs at a time. On one CPU that is
three context switches. On two CPUs of an emulated machine each step also wakes
a sleeping CPU, which takes four times as long. Do not pin a device that polls,
nor another process that runs beside the guest.

A TCP stream has two speeds, for any driver. With the vCPU on a CPU of its own
it has the faster one (`--apart`). Probable cause of the other: on the vCPU's
CPU, QEMU's main loop serves each kick before the vCPU goes on, and the next
packet needs a kick again. Off by default, since the guests of most users have
no CPU of their own either.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from count.vcpu import Qmp


def _threads(pids: Iterable[int]) -> Iterator[int]:
    for pid in pids:
        # A process may end meanwhile.
        with contextlib.suppress(OSError):
            for thread in Path(f"/proc/{pid}/task").iterdir():
                yield int(thread.name)


def _parents() -> dict[int, int]:
    """The parent of each process."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        # A process may end meanwhile; its name may have any characters.
        with contextlib.suppress(OSError):
            text = stat.read_text(encoding="ascii", errors="replace")
            found[int(stat.parent.name)] = int(
                text.rpartition(")")[2].split()[1])
    return found


def _descendants(pid: int) -> Iterator[int]:
    """A process and all that it started."""
    parents = _parents()
    for one in parents:
        ancestor = one
        while ancestor not in (pid, 0):
            ancestor = parents.get(ancestor, 0)
        if ancestor == pid:
            yield one


def _pin(threads: Iterable[int], cpus: Collection[int]) -> None:
    for thread in threads:
        with contextlib.suppress(OSError):
            os.sched_setaffinity(thread, cpus)


@contextlib.contextmanager
def together(pids: Collection[int]) -> Iterator[None]:
    """Pins all threads of these processes to one CPU."""
    allowed = os.sched_getaffinity(0)
    _pin(_threads(pids), {min(allowed)})
    try:
        yield
    finally:
        _pin(_threads(pids), allowed)


@contextlib.contextmanager
def apart(qmp: Qmp) -> Iterator[None]:
    """Pins the guest's vCPUs to one CPU, and all else that the bench started to
    the others; on a machine with one CPU, nothing."""
    allowed = os.sched_getaffinity(0)
    first = min(allowed)
    vcpus = [int(one["thread-id"]) for one in qmp("query-cpus-fast")]
    if len(allowed) > 1:
        _pin(_threads(_descendants(os.getpid())), allowed - {first})
        _pin(vcpus, {first})
    try:
        yield
    finally:
        _pin(_threads(_descendants(os.getpid())), allowed)
