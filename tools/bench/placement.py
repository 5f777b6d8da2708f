# SPDX-License-Identifier: GPL-2.0
"""Where the guest and a device process run.

An access that traps goes from the vCPU to the device process, to QEMU's
receiving thread and back to the vCPU, one after another and never two at
once. On one CPU that is three switches; on two of an emulated machine each
hop also wakes a sleeping CPU, which takes four times as long. A device that
spins, and any process that runs beside the guest, must not be restricted so.
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
    """Holds all threads of these processes on one CPU."""
    allowed = os.sched_getaffinity(0)
    _place(pids, {min(allowed)})
    try:
        yield
    finally:
        _place(pids, allowed)
