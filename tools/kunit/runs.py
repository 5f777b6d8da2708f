# SPDX-License-Identifier: GPL-2.0
"""One run: the kernel, the modules, a boot, a verdict (inner code)."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from lab import LabError, files, paths, progress, testkernel

from . import (boot, coverage, duties, gcov, modules, plan, results, suites,
               verdict)

CONFIG = Path("kunit/configs/um.config")
BOOT_TIMEOUT = 400.0
EVERY_TIMEOUT = 700.0
# in the source of a suite that leaves cases out in the short form
STEPS = ("VFE_STEP(", "fail_in_turn(")


def kernel() -> Path:
    """The UML kernel, built once."""
    return testkernel.build("um", "um", paths.checkout() / CONFIG)


class Boots:
    """Modules packed for boots, so that the copy may change meanwhile."""

    def __init__(self, way: modules.Way, built: Mapping[str, Path],
                 shares: Sequence[Sequence[suites.Suite]],
                 extra: Callable[[int], Mapping[str, str]] = lambda _: {},
                 ) -> None:
        """A boot per share; @extra returns additional files for its init."""
        self._way, self._shares = way, shares
        # pylint: disable-next=consider-using-with
        self._folder = tempfile.TemporaryDirectory()
        for number, share in enumerate(shares):
            taken = plan.modules(built, share)
            boot.pack(self._archive(number), taken, plan.files(
                [module.stem for module in taken]) | dict(extra(number)))

    def _archive(self, number: int) -> Path:
        return Path(self._folder.name) / f"initramfs-{number}"

    def judge(self, log: Path, timeout: float = BOOT_TIMEOUT,
              arguments: Sequence[str] = ()) -> verdict.Verdict:
        """Boot all, once, and check the logs: @log, @log-1..."""
        jobs = [boot.Job(self._archive(number), log.with_stem(
            f"{log.stem}-{number}") if number else log)
            for number in range(len(self._shares))]
        count = sum(map(len, self._shares))
        many = f" in {len(jobs)} kernels" if len(jobs) > 1 else ""
        with self._folder, progress.step(
                f"booting {count} suites{many} ({self._way.name})") as step:
            def look(line: str) -> None:
                step.note = line[:60]

            outcomes = boot.run(self._way.kernel, jobs, timeout, look,
                                arguments)
        return verdict.together([
            verdict.judge(outcome, share)
            for outcome, share in zip(outcomes, self._shares)])


def side_by_side(chosen: Sequence[suites.Suite]) -> list[list[suites.Suite]]:
    """Divide the suites among parallel boots."""
    return suites.share(chosen, os.cpu_count() or 1)


def execute(subjects: Sequence[str]) -> verdict.Verdict:
    """Build, boot, judge, and save the result."""
    chosen = suites.choose(suites.find(paths.checkout()), subjects)
    if not chosen:
        raise LabError("kunit/ has no suite")
    way = modules.Way("um", kernel())
    key = results.sources_key(way.kernel)
    packed = Boots(way, modules.make(way, chosen), side_by_side(chosen))
    result = packed.judge(results.folder() / "kernel.log")
    results.save(result, key)
    return result


def execute_every() -> verdict.Verdict:
    """The suites that have VFE_STEP() in them, without steps."""
    root = paths.checkout()
    chosen = [suite for suite in suites.find(root)
              if any(word in suite.text(root) for word in STEPS)]
    way = modules.Way("um-every", kernel(), cflags="-DVFE_KUNIT_EVERY")
    packed = Boots(way, modules.make(way, chosen), side_by_side(chosen))
    return packed.judge(results.folder() / "kernel-every.log", EVERY_TIMEOUT)


def run(subjects: Sequence[str]) -> int:
    """`make kunit`: all suites or some; 0 if all pass."""
    result = execute(subjects)
    verdict.show(result)
    print(f"\n{result.passed} passed, {len(result.every_failure)} failed",
          flush=True)
    return 0 if result.good else 1


def conformance() -> tuple[list[duties.Row], list[str]]:
    """The table of duties, from the cases that ran, and its problems."""
    entries = duties.read(paths.checkout() / duties.FILE)
    every = suites.find(paths.checkout())
    ran = results.reuse(results.sources_key(kernel()), every)
    if ran is None:
        result = execute([])
        verdict.show(result)
        ran = result.cases, result.every_failure
    rows, problems = duties.table(entries, ran[0])
    problems += [f"{failure.name}: {failure.kind}" for failure in ran[1]
                 if failure.kind != "case"]
    text = duties.show(rows)
    (results.folder() / "conformance.txt").write_text(text + "\n")
    (results.folder() / "conformance.json").write_text(json.dumps(
        duties.as_json(rows, problems), indent=1) + "\n")
    return rows, problems


def show_conformance() -> int:
    """`make conformance`."""
    rows, problems = conformance()
    print(duties.show(rows))
    for problem in problems:
        print(f"--- FAILED {problem}")
    return 1 if problems else 0


# Checkers, inlining and macros would add branches that are not in the source.
COUNTED = ("GCOV_PROFILE=y", "KASAN_SANITIZE=n", "UBSAN_SANITIZE=n")
COUNTED_CFLAGS = "-fno-early-inlining"
COUNTED_HEADERS = ("dma.h", "counted.h")


def measure() -> tuple[verdict.Verdict, coverage.Coverage]:
    """Run all suites on drivers with coverage counters."""
    chosen = suites.find(paths.checkout())
    built = modules.make(modules.Way("um", kernel()), chosen)
    way = modules.Way("um-coverage", kernel(), flags=COUNTED,
                      cflags=COUNTED_CFLAGS, headers=COUNTED_HEADERS)
    built |= modules.make(way, ())
    counts: list[Path] = []

    def counted(number: int) -> Mapping[str, str]:
        # hostfs shows each kernel under test a folder for its own counts
        folder = way.folder.with_name(f"{way.folder.name}-counts-{number}")
        files.remove(folder)
        folder.mkdir()
        counts.append(folder)
        return {"coverage": str(folder)}

    packed = Boots(way, built, side_by_side(chosen), counted)
    result = packed.judge(results.folder() / "coverage.log")
    sources = gcov.read(way.folder, coverage.FOLDERS, counts)
    reasons = coverage.read_reasons(paths.checkout() / coverage.REASONS)
    found = coverage.judge(
        sources, reasons,
        lambda name: (paths.checkout() / name).read_text().splitlines())
    (results.folder() / "coverage.txt").write_text(
        coverage.show(found) + "\n")
    (results.folder() / "coverage.json").write_text(
        json.dumps(coverage.as_json(found), indent=1) + "\n")
    return result, found


def show_coverage() -> int:
    """`make coverage`."""
    result, found = measure()
    verdict.show(result)
    print(coverage.show(found))
    problems = coverage.problems(found)
    for problem in problems:
        print(f"--- FAILED {problem}")
    return 1 if problems or not result.good else 0
