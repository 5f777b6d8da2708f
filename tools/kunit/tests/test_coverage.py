# SPDX-License-Identifier: GPL-2.0
"""Coverage: copies of a line are summed, gaps found, reasons checked."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path
from typing import Any

from kunit import coverage, gcov
from lab import LabError

FILE = "drivers/core/a.c"
TEXT = ["int a(void)", "{", "\tif (x)", "\t\treturn 1;", "\treturn 0;", "}"]


def document(*lines: tuple[int, int, list[int]], name: str = FILE,
             ) -> dict[str, Any]:
    """gcov's JSON of one object: number, count, branches of each line."""
    return {"current_working_directory": "/build", "files": [{
        "file": name, "lines": [
            {"line_number": number, "count": count, "function_name": "a",
             "branches": [{"count": taken} for taken in branches]}
            for number, count, branches in lines]}]}


def sources(*documents: dict[str, Any]) -> dict[str, gcov.Source]:
    """The parsed results."""
    return gcov.merge(documents, Path("/build"), coverage.FOLDERS)


class Reading(unittest.TestCase):
    """gcov's JSON."""

    def test_copies_are_summed(self) -> None:
        found = sources(document((3, 2, [2, 0]), (4, 0, [])),
                        document((3, 1, [0, 1])))
        line = found[FILE].lines[3]
        self.assertEqual((line.count, line.branches), (3, [2, 1]))
        self.assertEqual(found[FILE].ran, 1)

    def test_a_kernel_without_counts(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            root, counts = Path(name) / "build", Path(name) / "counts-1"
            (root / "drivers/core").mkdir(parents=True)
            for file in ("a.c", "a.gcno"):
                (root / "drivers/core" / file).touch()
            counts.mkdir()
            with self.assertRaisesRegex(LabError, "counts-1"):
                gcov.read(root, coverage.FOLDERS, [counts])

    def test_notes_of_moved_sources_do_not_count(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            for file in ("a.c", "a.gcno", "moved.gcno"):
                (root / file).touch()
            self.assertEqual(gcov.notes_in(root, ["."]), [root / "a.gcno"])

    def test_other_files_do_not_count(self) -> None:
        found = sources(
            document((1, 0, [0]), name="/usr/src/include/linux/list.h"),
            document((1, 0, [0]), name="kunit/mock/bus.c"))
        self.assertEqual(found, {})


class Judging(unittest.TestCase):
    """Gaps, reasons and thresholds."""

    def judge(self, found: dict[str, gcov.Source], reasons: str = "",
              ) -> coverage.Coverage:
        """Check with a file of reasons with this text."""
        with tempfile.NamedTemporaryFile("w") as handle:
            handle.write(reasons)
            handle.flush()
            read = coverage.read_reasons(Path(handle.name))
        return coverage.judge(found, read, lambda name: TEXT)

    def half(self) -> dict[str, gcov.Source]:
        """A file with a line that never ran."""
        return sources(document((3, 1, [0, 1]), (4, 0, []), (5, 1, [])))

    def test_all_ran(self) -> None:
        result = self.judge(sources(document((3, 1, [1, 1]), (4, 1, []))))
        self.assertEqual(result.gaps, [])
        self.assertEqual(coverage.problems(result), [])

    def test_nothing_is_a_problem(self) -> None:
        self.assertTrue(coverage.problems(self.judge({})))

    def test_gaps(self) -> None:
        result = self.judge(self.half())
        self.assertEqual([(gap.number, gap.branches) for gap in result.gaps],
                         [(3, 1), (4, 0)])
        text = "\n".join(coverage.problems(result))
        self.assertIn("66.7 % of lines", text)
        self.assertIn("50.0 % of branches", text)
        self.assertIn(f"{FILE}:4: return 1;", text)

    def test_reasons_by_text_and_function(self) -> None:
        for what in ('"return 1"', "a()"):
            result = self.judge(self.half(), f"{FILE} {what} -- why\n")
            self.assertEqual(result.gaps[-1].why, "why")
            self.assertNotIn("neither run nor explained",
                             "\n".join(coverage.problems(result)))

    def test_reasons_do_not_raise_percentages(self) -> None:
        result = self.judge(self.half(), f"{FILE} a() -- why\n")
        self.assertLess(result.percent()[0], 70)

    def test_stale_reason(self) -> None:
        result = self.judge(self.half(), f'{FILE} "return 7" -- why\n')
        self.assertIn("any more", "\n".join(coverage.problems(result)))

    def test_reason_of_a_line_that_ran(self) -> None:
        result = self.judge(self.half(), f'{FILE} "if (" -- at times\n')
        self.assertNotIn("any more", "\n".join(coverage.problems(result)))

    def test_reason_without_a_reason(self) -> None:
        with self.assertRaises(LabError):
            self.judge(self.half(), f"{FILE} a()\n")
