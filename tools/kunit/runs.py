# SPDX-License-Identifier: GPL-2.0
"""One run: the kernel, the modules, a boot, a verdict (inner code)."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from lab import LabError, paths, progress, testkernel

from . import boot, duties, modules, results, suites, verdict

CONFIG = Path("kunit/configs/um.config")
BOOT_TIMEOUT = 120.0


def kernel() -> Path:
    """The UML kernel, built once."""
    return testkernel.build("um", "um", paths.checkout() / CONFIG)


def load_order(built: dict[str, Path], chosen: Sequence[suites.Suite],
               ) -> list[Path]:
    """Drivers, mock, suites; LabError if make left one out."""
    names = [*suites.DRIVERS, *([suites.MOCK] if suites.MOCK in built
                                else []),
             *(suite.module for suite in chosen)]
    missing = [name for name in names if name not in built]
    if missing:
        raise LabError(f"make built no {', '.join(missing)}: see its Kbuild")
    return [built[name] for name in names]


def boot_and_judge(way: modules.Way, built: dict[str, Path],
                   chosen: Sequence[suites.Suite], log: Path,
                   timeout: float = BOOT_TIMEOUT) -> verdict.Verdict:
    """Boot the modules and judge the log."""
    with tempfile.TemporaryDirectory() as name:
        archive = Path(name) / "initramfs"
        boot.pack(archive, load_order(built, chosen))
        with progress.step(f"booting {len(chosen)} suites ({way.name})"
                           ) as step:
            def look(line: str) -> None:
                step.note = line[:60]

            outcome = boot.run(way.kernel, archive, log, timeout, look)
    return verdict.judge(outcome, chosen)


def _execute(subjects: Sequence[str]) -> verdict.Verdict:
    """Build, boot, judge, and save the result."""
    chosen = suites.choose(suites.find(paths.checkout()), subjects)
    if not chosen:
        raise LabError("kunit/ has no suite")
    way = modules.Way("um", kernel())
    key = results.sources_key(way.kernel)
    result = boot_and_judge(way, modules.make(way, chosen), chosen,
                            results.folder() / "kernel.log")
    results.save(result, key)
    return result


def run(subjects: Sequence[str]) -> int:
    """`make kunit`: all suites or some; 0 if all is well."""
    result = _execute(subjects)
    verdict.show(result)
    print(f"\n{result.passed} passed, {len(result.every_failure)} failed",
          flush=True)
    return 0 if result.good else 1


def conformance() -> tuple[list[duties.Row], list[str]]:
    """The table of duties, from what ran, and what is wrong with it."""
    entries = duties.read(paths.checkout() / duties.FILE)
    every = suites.find(paths.checkout())
    ran = results.reuse(results.sources_key(kernel()), every)
    if ran is None:
        result = _execute([])
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
