# SPDX-License-Identifier: GPL-2.0
"""fio's command lines, and what it says it did.

The file that is read was laid out by fio with a checksum in each block, so
that a random read verifies all it gets. The file that is written holds no
such block before, so that a write that got lost leaves one without a checksum
behind, and the pass that follows finds it.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.image import FIO_VERIFY

from .rows import BLOCK_SIZE

# No look-up of the kernel's caches, no state files, no layout: nothing that
# would touch the disk beside the operations that were asked for.
COMMON = (
    "fio", "--output-format=json", "--direct=1", "--ioengine=libaio",
    f"--bs={BLOCK_SIZE}", "--thread", "--invalidate=0", "--fallocate=none",
    "--end_fsync=0", "--lat_percentiles=1", *FIO_VERIFY,
)


class FioError(Exception):
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

    def command(self, verify_only: bool = False) -> str:
        """A command line for the guest's shell; with @verify_only one that
        reads back what the same job wrote."""
        argv = [*COMMON, f"--name={self.name}", f"--filename={self.file}",
                f"--offset={self.offset}", f"--size={self.size}",
                f"--rw={self.rw}",
                f"--iodepth={self.depth}", f"--number_ios={self.ops}"]
        if self.depth > 1:
            # All at once and all back: what is counted is how driver and
            # device batch, not who of them happened to be the faster.
            argv += [f"--iodepth_batch_submit={self.depth}",
                     f"--iodepth_batch_complete_min={self.depth}"]
        if verify_only:
            argv.append("--verify_only")
        elif "write" in self.rw:
            argv.append("--do_verify=0")
        return shlex.join(argv)


@dataclass(frozen=True)
class Outcome:
    """What fio says about a run: the count is exact, the rest observed."""

    ios: int
    runtime_ms: int
    iops: float
    lat_ns_p50: int
    lat_ns_p99: int


def _percentile(side: Mapping[str, Any], which: str) -> int:
    found = side["lat_ns"].get("percentile", {})
    return int(found.get(which, 0))


def parse(text: str, rw: str) -> Outcome:
    """fio's JSON; FioError when there is none, or an error in it."""
    start = text.find("{")
    try:
        data, _ = json.JSONDecoder().raw_decode(text[max(start, 0):])
        job = data["jobs"][0]
    except (ValueError, LookupError, TypeError):
        job = None
    if job is None:
        raise FioError("fio gave no result: " + text.strip()[-300:])
    if job["error"]:
        raise FioError(f"fio failed with error {job['error']}: "
                       + text[:start].strip()[-300:])
    side = job["write" if "write" in rw else "read"]
    return Outcome(int(side["total_ios"]), int(side["runtime"]),
                   float(side["iops"]), _percentile(side, "50.000000"),
                   _percentile(side, "99.000000"))
