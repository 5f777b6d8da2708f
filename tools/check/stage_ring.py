# SPDX-License-Identifier: GPL-2.0
"""Stages ring and mutants: the core's rings in user space (tools/ring)."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

from lab import LabError, build, files, paths, progress

from . import jobs, ring_cost, ring_mutants
from .context import Context, tail

FOLDERS = ("tools/ring", "drivers/core", "include")
FUZZ_SECONDS = 5
WHOLE_FUZZ_SECONDS = 120    # in the long form
MAKE_TIMEOUT = 240

# targets of the Makefile that are built together and run one by one
BUILDS = ("ring_test", "race_test", "order_test", "fuzz",
          "race_test-no-wmb", "race_test-no-rmb", "order_test-no-mb")
RUNS = (
    ("race", "two threads under ThreadSanitizer"),
    ("order", "no notification is lost in any order of stores"),
    ("proof-wmb", "ThreadSanitizer reports a ring without dma_wmb()"),
    ("proof-rmb", "ThreadSanitizer reports a ring without dma_rmb()"),
    ("proof-mb", "notifications are lost without virt_mb() and mb()"),
    ("replay", "the fuzzer's kept inputs, and those of bugs"),
)


def root() -> Path:
    """The folder with the copy of the sources and the builds."""
    return paths.state() / "build" / "check-ring"


def is_input(path: Path) -> bool:
    """Is this a file that the programs are built from, or read?"""
    return build.is_source(path) or path.suffix == ".hex"


def bugs() -> Path:
    """Inputs that once broke something, each under a name that says what."""
    return paths.checkout() / "tools/ring/bugs"


def results() -> Path:
    """The folder for crashing inputs and the table of instructions."""
    folder = paths.out() / "ring"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Ring:
    """One run of the stage."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.folder = root() / "tools/ring"
        self.out = root() / "out"

    def make(self, target: str, *arguments: str) -> tuple[int, str]:
        """Run make in the copy of the sources."""
        return self.context.run(
            ["make", "--no-print-directory", f"-j{os.cpu_count() or 1}", "-C",
             str(self.folder), f"O={self.out}", target, *arguments],
            timeout=MAKE_TIMEOUT)

    def judge(self, name: str, problem: str, began: float) -> bool:
        """Report a check, with its time, in the log and on the terminal."""
        seconds = time.monotonic() - began
        progress.say(f"ring: {name}: {'FAILED' if problem else 'ok'},"
                     f" {seconds:.1f} s")
        self.context.log.write(f"=== {name}: {seconds:.1f} s\n")
        return self.context.tally.judge(name, problem)

    def copy(self) -> None:
        """Bring the copy of the sources up to date."""
        build.drop_interrupted(root())
        root().mkdir(parents=True, exist_ok=True)
        files.mirror_sources(paths.checkout(), root(), FOLDERS,
                             is_input)

    def build(self) -> bool:
        """Build all programs; whether that succeeded."""
        began = time.monotonic()
        self.context.note("building")
        with build.building(root()):
            code, output = self.make(str(self.out / BUILDS[0]),
                                     *(str(self.out / name)
                                       for name in BUILDS[1:]))
        return self.judge("build of the ring's tests",
                          jobs.exit_code(code, output), began)

    def units(self) -> None:
        """The unit and random tests, one check each."""
        began = time.monotonic()
        self.context.note("unit and random tests")
        code, output = self.make("check")
        passed = re.findall(r"^ok \d+ - (.*)$", output, re.MULTILINE)
        failed = re.findall(r"((?:^#.*\n)*)^not ok \d+ - (.*)$", output,
                            re.MULTILINE)
        for name in passed:
            self.context.tally.judge(name, "")
        for why, name in failed:
            self.context.tally.fail(name, why)
        problem = ""
        if code and not failed:
            problem = jobs.exit_code(code, output)
        elif f"1..{len(passed) + len(failed)}\n" not in output or not passed:
            problem = f"its plan is not what ran\n{tail(output)}"
        self.judge("unit and random tests ran to their end",
                   problem or "\n".join(name for _, name in failed), began)

    def runs(self) -> None:
        """Programs with one check each."""
        for target, name in RUNS:
            began = time.monotonic()
            self.context.note(name)
            code, output = self.make(target, f"BUGS={bugs()}")
            self.judge(name, jobs.exit_code(code, output), began)

    def fuzz(self) -> None:
        """Run the fuzzer for a limited time; its corpus grows in the cache."""
        began = time.monotonic()
        seconds = WHOLE_FUZZ_SECONDS if self.context.whole else FUZZ_SECONDS
        name = f"fuzzing the device's side for {seconds} s"
        self.context.note(name)
        code, output = self.make(
            "fuzz", f"SECONDS={seconds}", f"FOUND={results()}/",
            f"GROWN={paths.state() / 'ring-corpus'}", f"BUGS={bugs()}")
        ran = re.search(r"stat::number_of_executed_units: (\d+)", output)
        problem = jobs.exit_code(code, output)
        found = re.search(r"Test unit written to (\S+)", output)
        if found:
            problem += (f"\nto run it again: python3 tools/lab exec"
                        f" {self.out / 'fuzz'} {found.group(1)}"
                        f"\n({found.group(1)} is out/ring/"
                        f"{Path(found.group(1)).name}; once it is understood,"
                        " keep it in tools/ring/bugs)")
        elif not problem and not (ran and int(ran.group(1))):
            problem = f"it ran nothing\n{tail(output)}"
        self.judge(name, problem, began)

    def mutants(self) -> None:
        """Seeded bugs: the unit and random tests must find each."""
        began = time.monotonic()
        self.context.note("seeded bugs")
        failed = self.context.tally.failed
        inputs = [path for folder in FOLDERS
                  for path in sorted((root() / folder).rglob("*"))
                  if path.is_file() and is_input(path)]
        todo = []
        for number, mutant in enumerate(ring_mutants.MUTANTS):
            folder = root() / "mutants" / str(number)
            folder.mkdir(parents=True, exist_ok=True)
            source = folder / mutant.source
            text = (root() / "drivers/core" / mutant.source).read_text()
            try:
                source.write_text(mutant.apply(text))
            except ValueError as error:
                self.context.tally.fail(f"seeded: {mutant.name}", str(error))
                continue
            targets = ["killed"] + ["fuzz-killed"] * mutant.fuzzed
            todo += [jobs.Job(
                f"seeded: {mutant.name} ({target})",
                ["make", "--no-print-directory", "-C", str(self.folder),
                 f"O={self.out}", f"MUTANT={source}", target],
                root(), [*inputs, source])
                for target in targets]
        jobs.run(self.context, todo)
        new = self.context.tally.failed - failed
        self.judge("every seeded bug is found",
                   f"{new} were not" if new else "", began)

    def cost(self) -> None:
        """Instructions per operation, ours and the kernel's, in one table."""
        began = time.monotonic()
        name = "instructions per operation, counted by callgrind"
        self.context.note(name)
        code, output = self.make("cost")
        problem = jobs.exit_code(code, output)
        table = None
        if not problem:
            try:
                table = self._count()
            except LabError as error:
                problem = str(error)
        if table:
            print(table.text(), flush=True)
            self.context.log.write(table.text() + "\n")
            table.save(results() / "instructions.json")
        self.judge(name, problem, began)
        if table:
            self.context.tally.judge(
                "no more instructions than the kernel's ring",
                "\n".join(table.over_kernel()))
            self.context.tally.judge(
                "counters cost 1 % of add, kick and get at most",
                "\n".join(table.over_budget()))

    def _count(self) -> ring_cost.Table:
        counts = {}
        for name, program in ring_cost.PROGRAMS.items():
            dump = self.out / f"{program}.callgrind"
            dump.unlink(missing_ok=True)
            code, output = self.context.run(
                ring_cost.argv(self.out / program, dump), timeout=60)
            rounds = re.search(r"^rounds (\d+)$", output, re.MULTILINE)
            if code or not rounds or not dump.is_file():
                raise LabError(f"{program} under callgrind: exit code {code}"
                               f"\n{tail(output)}")
            counts[name] = ring_cost.read(dump.read_text(),
                                          int(rounds.group(1)))
        return ring_cost.Table(counts)


def run(context: Context) -> None:
    """Everything but the seeded bugs."""
    ring = Ring(context)
    ring.copy()
    if not ring.build():
        return
    ring.units()
    ring.runs()
    ring.cost()
    ring.fuzz()


def run_mutants(context: Context) -> None:
    """The seeded bugs: they test the tests."""
    ring = Ring(context)
    ring.copy()
    if ring.build():
        ring.mutants()
