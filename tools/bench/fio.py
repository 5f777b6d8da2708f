# SPDX-License-Identifier: GPL-2.0
"""fio's command lines, and what it says it did.

What is read was laid out by fio with a checksum in each block, so that a
random read verifies all it gets. Where it writes no such block was before, so
that a write that got lost leaves one without a checksum behind, and the pass
that follows finds it.
"""

from __future__ import annotations

import json
import shlex
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab.errors import LabError
from lab.image import FIO_VERIFY

from .rows import BATCH, BLOCK_SIZE

# No look-up of the kernel's caches, no state files, no layout: nothing that
# accesses the disk apart from the requested operations.
COMMON = (
    "fio", "--output-format=json", "--direct=1", f"--bs={BLOCK_SIZE}",
    "--thread", "--invalidate=0", "--fallocate=none", "--end_fsync=0",
    "--lat_percentiles=1", *FIO_VERIFY,
)


class FioError(LabError):
    """fio failed, found wrong data, or said something unexpected."""


@dataclass(frozen=True)
class Job:
    """A run of fio."""

    name: str
    file: str
    size: int
    rw: str
    depth: int
    ops: int
    offset: int = 0
    submit: str = BATCH
    polled: bool = False

    def _engine(self) -> list[str]:
        return (["--ioengine=io_uring", "--hipri"] if self.polled
                else ["--ioengine=libaio"])

    def arguments(self, verify_only: bool = False) -> list[str]:
        """This job's own; with @verify_only it reads back what the same job
        wrote."""
        argv = [f"--name={self.name}", *self._engine(),
                f"--filename={self.file}",
                f"--offset={self.offset}", f"--size={self.size}",
                f"--rw={self.rw}",
                f"--iodepth={self.depth}", f"--number_ios={self.ops}"]
        if self.depth > 1 and self.submit == BATCH:
            # All at once and all back: what is counted is how driver and
            # device batch, not who of them happened to be the faster.
            argv += [f"--iodepth_batch_submit={self.depth}",
                     f"--iodepth_batch_complete_min={self.depth}"]
        if verify_only:
            argv.append("--verify_only")
        elif "write" in self.rw:
            argv.append("--do_verify=0")
        return argv


def command(jobs: Sequence[Job], verify_only: bool = False) -> str:
    """A command line for the guest's shell: one job after the other."""
    argv = list(COMMON)
    for job in jobs:
        argv += job.arguments(verify_only)
        if len(jobs) > 1:
            argv.append("--stonewall")
    return shlex.join(argv)


@dataclass(frozen=True)
class Outcome:
    """What fio says about a run: the count is exact, the rest observed."""

    ios: int
    runtime_ms: int
    iops: float
    lat_ns_p50: int
    lat_ns_p99: int
    runs: tuple[float, ...] = ()    # operations a second of each of several


def _percentile(side: Mapping[str, Any], which: str) -> int:
    found = side["lat_ns"].get("percentile", {})
    return int(found.get(which, 0))


def _outcome(job: Mapping[str, Any], rw: str, said: str) -> Outcome:
    if job["error"]:
        raise FioError(f"fio failed with error {job['error']}: {said}")
    side = job["write" if "write" in rw else "read"]
    return Outcome(int(side["total_ios"]), int(side["runtime"]),
                   float(side["iops"]), _percentile(side, "50.000000"),
                   _percentile(side, "99.000000"))


def parse_all(text: str, rw: str) -> list[Outcome]:
    """fio's JSON, job by job; FioError when there is none, or an error in
    it."""
    start = text.find("{")
    said = text[:max(start, 0)].strip()[-300:]
    try:
        data, _ = json.JSONDecoder().raw_decode(text[max(start, 0):])
        return [_outcome(job, rw, said) for job in data["jobs"]]
    except (ValueError, LookupError, TypeError):
        raise FioError("fio gave no result: "
                       + text.strip()[-300:]) from None


def parse(text: str, rw: str) -> Outcome:
    """That of a single job."""
    found = parse_all(text, rw)
    if len(found) != 1:
        raise FioError(f"fio gave {len(found)} results, not 1")
    return found[0]


def together(outcomes: Sequence[Outcome]) -> Outcome:
    """Several runs as one: sums, and the median of what was observed."""
    return Outcome(
        sum(one.ios for one in outcomes),
        sum(one.runtime_ms for one in outcomes),
        statistics.median(one.iops for one in outcomes),
        int(statistics.median(one.lat_ns_p50 for one in outcomes)),
        int(statistics.median(one.lat_ns_p99 for one in outcomes)),
        tuple(one.iops for one in outcomes))
