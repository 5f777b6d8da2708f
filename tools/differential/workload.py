# SPDX-License-Identifier: GPL-2.0
"""A workload, and one that runs fio."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from lab.fio import load

LIMIT_S = 150


@dataclass(frozen=True)
class Workload:
    """A script for the guest; lib.sh has its functions."""

    name: str
    script: str
    busy: bool = False      # all of it is I/O: a pause is a stall
    compared: bool = False  # the final medium is the same for both drivers
    data: bool = False      # it needs a medium that keeps data
    needs: str = ""         # a backend, where only that one makes sense
    host: str = ""          # of session.py: what the host does meanwhile
    counted: bool = False   # fixed commands: the device's counts are the same
    cpus: int = 1
    width: int = 1          # disks, of one function or of several
    units: int = 1          # disks of one function
    limit: int = LIMIT_S


@dataclass(frozen=True)
class Fio:
    """One run of fio."""

    rw: str = "randread"
    engine: str = "libaio"
    block: str = "4k"
    depth: int = 1
    size_mb: int = 8        # of each job's own part of the disk
    jobs: int = 1
    number: int = 0         # operations per job; 0: its whole part
    batch: int = 0          # requests per submission, and per wait
    poll: bool = False
    verify: bool = False
    seed: int = 1
    direct: bool = True
    more: Sequence[str] = ()

    def arguments(self) -> list[str]:
        """Arguments of fio."""
        argv = ["--name=j", "--filename=$D", *load(
                    self.rw, self.block, self.depth, engine=self.engine,
                    batch=self.batch, polled=self.poll),
                f"--size={self.size_mb}M",
                f"--direct={int(self.direct)}", f"--randseed={self.seed}"]
        if self.jobs > 1:
            # Separate parts: the last block of a part may cross its end.
            argv += [f"--numjobs={self.jobs}",
                     f"--offset_increment={self.size_mb + 1}M"]
        # fio's threads share the buffer for a pattern of offsets.
        if self.jobs == 1 or not self.verify:
            argv.append("--thread")
        if self.number:
            argv.append(f"--number_ios={self.number}")
        if self.verify:
            argv += ["--verify=pattern", "--verify_fatal=1",
                     f"--verify_pattern=0x{self.seed & 0xffffffff:08x}%o",
                     "--verify_state_save=0"]
        return [*argv, *self.more]

    def command(self, key: str = "fio") -> str:
        """A line of a workload's script."""
        words = [item if item == "--filename=$D" else shlex.quote(item)
                 for item in self.arguments()]
        return f"run_fio {key} {' '.join(words)}\n"


def fio(name: str, job: Fio, before: str = "", after: str = "") -> Workload:
    """A workload that is one run of fio."""
    writes = job.rw not in ("read", "randread")
    return Workload(name, before + job.command() + after, busy=True,
                    compared=writes and job.verify, data=job.verify)


def loop(rounds: int, job: Fio) -> str:
    """The same run repeatedly, until the first failure."""
    return (f"for round in {{1..{rounds}}}; do\n"
            f"{job.command()}[ $? = 0 ] || break\ndone\n")
