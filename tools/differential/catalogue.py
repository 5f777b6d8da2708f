# SPDX-License-Identifier: GPL-2.0
"""The workloads with names."""

from __future__ import annotations

from pathlib import Path

from .backends import BAD_DISCARD, BAD_READ, BAD_WRITE
from .workload import Fio, Workload, fio, loop

SCRIPTS = Path(__file__).resolve().parent / "workloads"


def _script(name: str) -> str:
    return (SCRIPTS / f"{name}.sh").read_text()


START = "schedule none\nfragment\n"


def _full(kind: str) -> Fio:
    """Concurrent requests, each of which fills a small ring."""
    return Fio(kind, block="256k", depth=32, jobs=2, size_mb=128, number=300)


_PLACES = (f"BAD_READ={BAD_READ} BAD_WRITE={BAD_WRITE}"
           f" BAD_DISCARD={BAD_DISCARD}\n")

_FIO = (
    fio("read-1", Fio(size_mb=2)),
    fio("read-512", Fio(block="512", depth=16, size_mb=1)),
    fio("read-32", Fio(depth=32)),
    fio("read-256", Fio(depth=256, size_mb=16)),
    fio("read-batch-32", Fio(depth=32, batch=32)),
    fio("read-1m", Fio("read", block="1m", depth=8, size_mb=128)),
    fio("psync", Fio("randrw", engine="psync", size_mb=2)),
    fio("uring-32", Fio(engine="io_uring", depth=32)),
    fio("poll-1", Fio(engine="io_uring", poll=True, size_mb=2)),
    fio("poll-32", Fio("randrw", engine="io_uring", poll=True, depth=32)),
    fio("poll-batch-16", Fio(engine="io_uring", poll=True, depth=16,
                             batch=16)),
    fio("buffered", Fio("randwrite", engine="psync", direct=False,
                        verify=True, more=("--end_fsync=1",))),
    fio("mmap", Fio("randwrite", engine="mmap", direct=False, size_mb=16,
                    verify=True)),
    fio("verify-32", Fio("randwrite", depth=32, verify=True)),
    fio("verify-256", Fio("randwrite", depth=256, verify=True, size_mb=16)),
    fio("verify-batch-64", Fio("randwrite", depth=64, batch=64,
                               verify=True)),
    fio("verify-512", Fio("randwrite", block="512", depth=32, size_mb=1,
                          verify=True)),
    fio("verify-1m", Fio("write", block="1m", depth=32, size_mb=128,
                         verify=True)),
    fio("verify-sync", Fio("randwrite", depth=8, size_mb=2, verify=True,
                           more=("--fsync=16",))),
    fio("verify-uring", Fio("randwrite", engine="io_uring", depth=64,
                            verify=True, more=("--fixedbufs",))),
    fio("verify-odd", Fio("randwrite", block="12k", depth=32, verify=True,
                          jobs=4)),
    fio("trim", Fio("randtrim", block="64k", depth=8, size_mb=64)),
)

_RINGS = (
    Workload("full-ring", START + loop(60, _full("randread")),
             busy=True, limit=400),
    Workload("full-ring-short", START
             + loop(14, _full("randread")), busy=True),
    Workload("full-ring-write", START
             + loop(14, _full("randwrite")), busy=True),
    fio("full-ring-some", Fio(block="64k", depth=32, size_mb=128,
                              more=("--io_size=600M",)),
        before=START, after="show_requests\n"),
    fio("full-ring-mixed", Fio(depth=32, size_mb=128, block="4k",
                               more=("--bsrange=4k-256k",
                                     "--io_size=800M")),
        before=START, after="show_requests\n"),
    # Few enough that each has a tag: no later completion runs the queue for a
    # waiting request.
    fio("full-ring-few", Fio(block="256k", depth=6, size_mb=128,
                             more=("--io_size=1500M",)),
        before=START, after="show_requests\n"),
    # Each read is many requests, each fills a small ring, and fio submits
    # nothing else before all of them have ended: no other submission runs the
    # queue.
    fio("full-ring-split", Fio("read", "psync", block="2m", size_mb=128,
                               more=("--io_size=500M",)),
        before=START, after="show_requests\n"),
    # Only one request fits into a ring of 4: all others must wait.
    fio("full-ring-small", Fio(block="8k", depth=32, jobs=2, size_mb=64,
                               number=4000),
        before=START, after="show_requests\n"),
    fio("full-ring-large", Fio(block="256k", depth=32, jobs=2, size_mb=128,
                               more=("--io_size=2400M",)),
        before=START, after="show_requests\n"),
    Workload("idle-write", _script("idle_write"), busy=True, compared=True,
             data=True),
    Workload("idle-read", _script("idle_read"), busy=True),
)

_DISTURBED = tuple(
    Workload(f"with-{what}", f"disturb {what}\n"
             + Fio("randwrite", depth=32, jobs=2, size_mb=8, verify=True,
                   more=("--loops=2",)).command() + "calm\n",
             busy=True, compared=True, data=True,
             cpus=2 if what == "hotplug" else 1)
    for what in ("scheduler", "hotplug", "flush", "limits", "reader",
                 "sysfs"))

_OTHERS = (
    Workload("sysfs", _script("sysfs")),
    Workload("names", _script("names"), data=True),
    Workload("discard", _script("discard"), data=True, compared=True),
    Workload("partition", _script("partition"), data=True),
    Workload("ext4", "KIND=ext4\n" + _script("filesystem"), data=True),
    Workload("xfs", "KIND=xfs\n" + _script("filesystem"), data=True),
    Workload("btrfs", "KIND=btrfs\n" + _script("filesystem"), data=True,
             limit=300),
    Workload("swap", _script("swap"), data=True),
    Workload("dm-crypt", _script("crypt"), data=True, compared=True),
    Workload("md", _script("md"), data=True, width=2),
    Workload("errors", _PLACES + _script("errors"), needs="errors"),
)

WORKLOADS = {workload.name: workload for group in
             (_RINGS, _FIO, _DISTURBED, _OTHERS) for workload in group}
