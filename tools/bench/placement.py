# SPDX-License-Identifier: GPL-2.0
"""The CPUs of the guest and of a device process.

A trapping access goes from the vCPU to the device process, to QEMU's receiving
thread and back to the vCPU; only one of them runs at a time. On one CPU that is
three context switches. On two CPUs of an emulated machine each step also wakes
a sleeping CPU, which takes four times as long. Do not pin a device that polls,
nor another process that runs beside the guest.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator
from pathlib import Path


def _place(pids: Collection[int], cpus: Collection[int]) -> None:
    for pid in pids:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            # A thread may end meanwhile.
            with contextlib.suppress(OSError):
                os.sched_setaffinity(int(thread.name), cpus)


@contextlib.contextmanager
def together(pids: Collection[int]) -> Iterator[None]:
    """Pins all threads of these processes to one CPU."""
    allowed = os.sched_getaffinity(0)
    _place(pids, {min(allowed)})
    try:
        yield
    finally:
        _place(pids, allowed)
