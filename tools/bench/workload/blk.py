# SPDX-License-Identifier: GPL-2.0
"""Disks: images, fio, and the block layer's counts."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from count import blk
from count.device import Control
from count.driver import Run
from count.witness import Cost
from lab import LabError, image, initramfs, paths, pci
from lab.fio import FioError
from lab.guest import Guest

from ..row import BATCH, SINGLE, Function, Row, Setup
from . import blk_window, fio
from .fio import BLOCK_SIZE, Job
from .interface import Outcome, Regions, Requests, limit_s

VERIFY_DEPTH = 32
READ_BYTES = image.RAW_READ_MB << 20
WRITE_BYTES = image.RAW_WRITE_MB << 20

# Without merging and scheduler, the driver gets one request per request of fio.
PLAIN = """\
echo none >/sys/block/$disk/queue/scheduler
echo 2 >/sys/block/$disk/queue/nomerges
echo 0 >/sys/block/$disk/queue/read_ahead_kb"""
FIND = f"""\
disk=$(pci_disk {{bdf}}) || {{{{ echo $disk; exit 1; }}}}
{PLAIN}
echo $disk"""


def _limit_s(jobs: Sequence[Job]) -> float:
    return limit_s(sum(job.ops for job in jobs))


class Disk:
    """The disk of a driver on a function."""

    def __init__(self, tell: Run, setup: Setup, bdf: str,
                 regions: Regions, find: str = FIND) -> None:
        self._tell = tell
        self._setup = setup
        self._bdf = bdf
        self._regions = regions     # bytes written so far, by function
        self._find = find           # the script that prints its name
        self._name = ""

    def find(self) -> None:
        """Wait for the disk, and disable merging and scheduling."""
        self._name = self._tell(pci.script(
            self._find.format(bdf=self._bdf))).split()[-1]

    def above(self) -> str:
        """A command that prints the block layer's count."""
        return blk.command(self._name)

    def job(self, row: Row, part: int = 1) -> Job:
        """A measured run of fio, one of @part runs of this row."""
        file = f"/dev/{self._name}"
        ops = row.ops // part
        if "write" not in row.rw:
            return Job(row.name, file, READ_BYTES, row.rw, row.depth,
                       ops, 0, row.submit, row.setup.polled)
        return Job(row.name, file, ops * BLOCK_SIZE, row.rw, row.depth,
                   ops, self._region(ops), row.submit, row.setup.polled)

    def _region(self, ops: int) -> int:
        """The range for a job's writes: blocks that no job has written, so that
        old data cannot pass for new."""
        name = self._setup.function.name
        begin = self._regions.get(name, 0)
        self._regions[name] = begin + ops * BLOCK_SIZE
        if self._regions[name] > WRITE_BYTES:
            raise LabError(f"the rows write {self._regions[name]} bytes to"
                           f" {name}, and it has {image.RAW_WRITE_MB} MB for"
                           " that: use fewer operations (--ops)")
        return READ_BYTES + begin


def blocks_written(rows: Sequence[Row]) -> int:
    """The largest number of blocks that these rows write on one function: no
    two rows write the same blocks."""
    written = {"": 0}
    for row in rows:
        name = row.setup.function.name
        if "write" in row.rw:
            written[name] = written.get(name, 0) + row.ops
    return max(written.values())


class Blk:
    """The class of disks."""

    layer = "block layer"
    plain = True

    def contents(self) -> initramfs.More | None:
        """The guest has fio anyway."""
        return None

    def around(self, functions: Sequence[Function],
               ) -> contextlib.AbstractContextManager[None]:
        """Nothing: QEMU and the devices open the images."""
        del functions
        return contextlib.nullcontext()

    def backings(self, folder: Path,
                 functions: Sequence[Function]) -> dict[str, Path]:
        """An image for each function."""
        return image.raw(folder, [one.name for one in functions])

    def qemu_device(self, function: Function, slot: pci.Slot,
                    backing: Path) -> list[str]:
        """A virtio-blk-pci of QEMU's."""
        return [*pci.file_node(function.name, backing),
                *pci.device("virtio-blk-pci", slot, {
                    "drive": function.name, **(function.qemu or {})})]

    def too_many(self, rows: Sequence[Row]) -> str:
        """The writes must fit on the disk: each block is written once."""
        room = WRITE_BYTES // BLOCK_SIZE
        return "" if blocks_written(rows) <= room else \
            f"a disk has room for {room} writes"

    def work(self, tell: Run, setup: Setup, bdf: str, regions: Regions,
             control: Control | None) -> Disk:
        """The disk of a function."""
        del control
        return Disk(tell, setup, bdf, regions)

    def run(self, guest: Guest, jobs: Sequence[Job]) -> list[Outcome]:
        """One fio for these jobs, one after the other."""
        result = guest.run(fio.command(jobs), _limit_s(jobs), check=False)
        outcomes = fio.parse_all(result.out, jobs[0].rw)
        for job, outcome in zip(jobs, outcomes, strict=True):
            if outcome.ios != job.ops:
                raise FioError(f"fio made {outcome.ios} of {job.ops} requests"
                               f" of {job.name} in {_limit_s(jobs):.0f} s: is"
                               " the machine busy?")
        return outcomes

    def verify(self, guest: Guest, jobs: Sequence[Job]) -> None:
        """Read back and verify the writes; reads were verified at once."""
        if "write" not in jobs[0].rw:
            return
        readers = [dataclasses.replace(job, depth=VERIFY_DEPTH, submit=BATCH,
                                       polled=False) for job in jobs]
        result = guest.run(fio.command(readers, verify_only=True),
                           _limit_s(jobs), check=False)
        for job, outcome in zip(jobs, fio.parse_all(result.out, "read"),
                                strict=True):
            if outcome.ios != job.ops:
                raise FioError(f"fio read back {outcome.ios} of {job.ops}"
                               f" blocks of {job.name}: writes were lost")

    def requests(self, setup: Setup, after: str, before: str,
                 interrupts: int) -> Requests:
        """The block layer's counts; a request has one interrupt."""
        del interrupts
        done = blk.parse(after) - (blk.parse(before) if before
                                   else blk.BlockState())
        notes = (f"{done.merges} requests were merged",) if done.merges else ()
        cost = self.cost(setup, done) if setup.style == "trap" else None
        return Requests(
            done.requests, f"{done.reads} reads, {done.writes} writes,"
            f" {done.flushes} flushes", notes, cost)

    def cost(self, setup: Setup, done: blk.BlockState) -> Cost:
        """What the formula says that these requests cost."""
        return blk_window.predict(
            done, blk_window.read_constants(paths.checkout()),
            window=str(setup.options["window"]),
            string_io=bool(setup.options["string_io"]))

    def operations(self, asked: Requests, outcome: Outcome) -> int:
        """The block layer's count."""
        del outcome
        return asked.count

    def served(self, requests: Mapping[str, int]) -> int:
        """All of them."""
        return sum(requests.values())

    def describe(self, row: Row) -> dict[str, Any]:
        """fio's load."""
        return {"rw": row.rw, "bs": BLOCK_SIZE, "iodepth": row.depth,
                "submit": row.submit if row.depth > 1 else SINGLE}
