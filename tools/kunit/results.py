# SPDX-License-Identifier: GPL-2.0
"""The results of a run in out/kunit/, for people and for later stages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lab import build, files, paths, testkernel

from .ktap import Case, Duty
from .suites import Suite
from .verdict import Failure, Verdict

NAME = "results.json"


def folder() -> Path:
    """The folder for results."""
    path = paths.out() / "kunit"
    path.mkdir(parents=True, exist_ok=True)
    return path


def sources_key(kernel: Path) -> str:
    """A hash of all inputs of a result."""
    root = paths.checkout()
    inputs = [path for name in ("drivers", "include", "kunit", "tools/kunit")
              for path in sorted((root / name).rglob("*"))
              if path.is_file() and (build.is_source(path)
                                     or path.suffix in (".py", ".sh"))]
    return files.digest([kernel.name, testkernel.__file__,
                         *(str(path.relative_to(root)) for path in inputs),
                         *inputs])


def save(verdict: Verdict, key: str) -> None:
    """Write out/kunit/results.json."""
    (folder() / NAME).write_text(json.dumps({
        "key": key,
        "suites": [result.suite.subject for result in verdict.suites],
        "passed": verdict.passed,
        "failed": len(verdict.every_failure),
        "seconds": round(verdict.seconds, 1),
        "cases": [{"suite": case.suite, "name": case.name,
                   "status": case.status, "reason": case.reason,
                   "duties": [[duty.ident, duty.section, duty.words]
                              for duty in case.duties]}
                  for case in verdict.cases],
        "failures": [[failure.kind, failure.name, failure.text]
                     for failure in verdict.every_failure],
    }, indent=1) + "\n")


def _load() -> dict[str, Any] | None:
    try:
        data = json.loads((folder() / NAME).read_text())
    except (OSError, ValueError):
        return None
    return data if isinstance(data, dict) else None


def reuse(key: str, suites: Sequence[Suite],
          ) -> tuple[list[Case], list[Failure]] | None:
    """The cases and failures of a run of just these sources and suites."""
    data = _load()
    if data is None or data.get("key") != key or \
            data["suites"] != [suite.subject for suite in suites]:
        return None
    cases = [Case(item["suite"], item["name"], item["status"],
                  reason=item["reason"],
                  duties=[Duty(*duty) for duty in item["duties"]])
             for item in data["cases"]]
    return cases, [Failure(*item) for item in data["failures"]]
