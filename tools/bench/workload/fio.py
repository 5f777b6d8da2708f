# SPDX-License-Identifier: GPL-2.0
"""fio's command lines and results.

Each block of the data to read has a checksum, which fio verifies. Writes go to
blocks without checksums, so that the verifying pass finds a lost write.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab import fio
from lab.image import FIO_VERIFY

from ..row import BATCH
from .interface import Outcome

BLOCK_SIZE = 4096
# Nothing may access the disk except the requested operations: no invalidation
# of caches, no preallocation.
COMMON = (
    "fio", "--output-format=json", "--direct=1", "--thread",
    "--invalidate=0", "--fallocate=none", "--end_fsync=0",
    "--lat_percentiles=1", *FIO_VERIFY,
)


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

    def arguments(self, verify_only: bool = False) -> list[str]:
        """The options of this job; with @verify_only it reads back its
        writes."""
        # Submit all at once and wait for all: then the counts show how driver
        # and device batch, not which of them is faster.
        batch = self.depth if self.depth > 1 and self.submit == BATCH else 0
        argv = [f"--name={self.name}", *fio.load(
                    self.rw, BLOCK_SIZE, self.depth, batch=batch,
                    engine="io_uring" if self.polled else "libaio",
                    polled=self.polled),
                f"--filename={self.file}", f"--offset={self.offset}",
                f"--size={self.size}", f"--number_ios={self.ops}"]
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


def _percentile(side: Mapping[str, Any], which: str) -> int:
    found = side["lat_ns"].get("percentile", {})
    return int(found.get(which, 0))


def parse_all(text: str, rw: str) -> list[Outcome]:
    """fio's results for each job."""
    which = "write" if "write" in rw else "read"
    sides = [job[which] for job in fio.jobs(text)]
    return [Outcome(int(side["total_ios"]), int(side["runtime"]),
                    float(side["iops"]), _percentile(side, "50.000000"),
                    _percentile(side, "99.000000")) for side in sides]
