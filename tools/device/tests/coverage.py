# SPDX-License-Identifier: GPL-2.0
"""Lines of the device that its tests run, and those that they never do.

    make -C tools/device O=DIR cov
    cd tools/device && python3 -m tests.coverage DIR

runs the unit tests and all suites (or with more arguments only those suites)
against a build with gcov, then prints a table and the lines never run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROGRAMS = ("ring_test-cov", "server_test-cov")


@dataclass
class Source:
    """The coverage of one source."""

    runs: dict[int, int] = field(default_factory=dict)

    @property
    def missed(self) -> list[int]:
        """The lines never run."""
        return sorted(line for line, count in self.runs.items() if not count)

    def ranges(self) -> str:
        """The same, in words."""
        found: list[list[int]] = []
        for line in self.missed:
            if found and line == found[-1][1] + 1:
                found[-1][1] = line
            else:
                found.append([line, line])
        return " ".join(f"{first}-{last}" if last > first else str(first)
                        for first, last in found)


def run_tests(folder: Path, suites: list[str]) -> None:
    """Everything that counts; a failure is only said."""
    for program in PROGRAMS:
        code = subprocess.run([folder / program], check=False,
                              stdout=subprocess.DEVNULL).returncode
        print(f"{program}: exit code {code}", flush=True)
    command = [sys.executable, "-m", "unittest"]
    command += ([f"tests.{name}" for name in suites] if suites else
                ["discover", "-s", "tests", "-t", "."])
    subprocess.run(command, check=False, cwd=HERE.parent, env={
        **os.environ, "VFE_DEVICE": str(folder / "vfe-device-cov")})


def read(folder: Path) -> dict[str, Source]:
    """gcov's results for the sources of the device."""
    sources: dict[str, Source] = {}
    for data in sorted(folder.rglob("*.cov.gcda")):
        text = subprocess.run(
            ["gcov", "--json-format", "--stdout", data.name], check=True,
            cwd=data.parent, stdout=subprocess.PIPE, text=True).stdout
        for item in json.loads(text.splitlines()[0])["files"]:
            path = Path(item["file"])
            if path.parent.resolve() == HERE or path.suffix != ".c":
                continue
            source = sources.setdefault(
                f"{path.parent.name}/{path.name}", Source())
            for line in item["lines"]:
                number = line["line_number"]
                source.runs[number] = (source.runs.get(number, 0)
                                       + line["count"])
    return sources


def report(sources: dict[str, Source]) -> None:
    """The table."""
    all_lines = all_missed = 0
    for name, source in sorted(sources.items()):
        total, missed = len(source.runs), len(source.missed)
        all_lines += total
        all_missed += missed
        print(f"{name:24} {total:5} lines {100 - 100 * missed / total:6.1f} %"
              f"  {source.ranges()}".rstrip())
    print(f"{'all':24} {all_lines:5} lines"
          f" {100 - 100 * all_missed / max(1, all_lines):6.1f} %")


def main(argv: list[str]) -> int:
    """Run, read, report."""
    if not argv:
        print(__doc__)
        return 2
    folder = Path(argv[0]).resolve()
    for stale in folder.rglob("*.gcda"):
        stale.unlink()
    run_tests(folder, argv[1:])
    report(read(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
