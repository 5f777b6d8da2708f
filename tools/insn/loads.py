# SPDX-License-Identifier: GPL-2.0
"""The workloads: fio's options, and the place of its buffers.

The positions of the user's pages determine the number of segments of a request.
So the buffers are in files made once: all runs of both drivers use the same
pages. In `scattered` no two pages are adjacent; `contiguous` is one huge page.

At depth 1 the number of instructions depends on whether the completion comes
before or after the guest goes to sleep, which is random without latency. So
there the device has a latency with which the guest always sleeps, as with a
real one.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace

from lab import fio

# enough for the sequential reads of the longest run
DISK_BYTES = 8 << 30
BASE_OPS = 64
PAGE = 4096
LATENCY_NS = 1_000_000
BUFFER_PAGES = 320
SCATTERED = "mmapshared:/buffers/scattered"
CONTIGUOUS = "mmaphuge:/huge/contiguous"

# Two files that grow by one page in turn, so that adjacent pages belong to
# different files.
PREPARE = f"""\
mkdir -p /buffers /huge || exit 1
mount -t tmpfs -o size=64M,huge=never tmpfs /buffers || exit 1
exec 3>/buffers/scattered 4>/buffers/between
for ((i = 0; i < {BUFFER_PAGES}; i++)); do
    printf %4096d 0 >&3 && printf %4096d 0 >&4 || exit 1
done
exec 3>&- 4>&-
echo 2 >/proc/sys/vm/nr_hugepages
mount -t hugetlbfs -o pagesize=2M hugetlbfs /huge || exit 1
read -r n </proc/sys/vm/nr_hugepages
[ "$n" = 2 ]"""


@dataclass(frozen=True)
class Load:
    """A workload."""

    name: str
    text: str
    rw: str
    block: int
    depth: int
    ops: int
    batch: bool = False
    memory: str = SCATTERED
    segments: int = 1       # of a request, as the buffers' pages lie
    kernels: int = 0        # with the kernel's driver, where they are others
    slow: bool = False      # on the device that takes LATENCY_NS
    kind: str = "blk"       # of functions.py

    def command(self, disk: str, ops: int) -> str:
        """Shell command: fio with this many operations."""
        return shlex.join([
            "fio", "--output-format=json", f"--name={self.name}",
            f"--filename=/dev/{disk}", "--direct=1", "--thread",
            "--invalidate=0", "--fallocate=none", f"--iomem={self.memory}",
            f"--number_ios={ops}", *fio.load(
                self.rw, self.block, self.depth,
                batch=self.depth if self.batch else 0)])


_DISKS = (
    Load("d1", "4 KiB random reads, depth 1", "randread", 4096, 1, 3136,
         slow=True),
    Load("d1-write", "4 KiB random writes, depth 1", "randwrite", 4096, 1,
         3136, slow=True),
    Load("d32-batch", "4 KiB random reads, depth 32 in batches", "randread",
         4096, 32, 4160, batch=True),
    Load("d32-single", "4 KiB random reads, depth 32 one by one", "randread",
         4096, 32, 4160),
    Load("seq-32", "128 KiB sequential reads, depth 8, 32 segments", "read",
         131072, 8, 1088, segments=32),
    Load("seq-1", "128 KiB sequential reads, depth 8, one segment", "read",
         131072, 8, 1088, memory=CONTIGUOUS),
)
# virtio_scsi has the SCSI core's largest segment, 64 KiB.
LOADS = (*_DISKS, *(replace(load, name=f"scsi-{load.name}", kind="scsi",
                            text=f"{load.text}, SCSI",
                            kernels=2 * (load.memory == CONTIGUOUS))
                    for load in _DISKS))


def operations(text: str) -> int:
    """The number of fio's operations."""
    return sum(int(job[side]["total_ios"]) for job in fio.jobs(text)
               for side in ("read", "write"))
