# SPDX-License-Identifier: GPL-2.0
"""The table of duties: complete, and without claims about cases that did not
run."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from kunit import duties
from kunit.ktap import Case, Duty
from lab import LabError, paths

ENTRIES = (duties.Entry("B01", "2.1.1", "M", ""),
           duties.Entry("P01", "2.8.11", "M", "not implemented"))


def case(status: str, ident: str = "B01", section: str = "2.1.1") -> Case:
    """A case that tests one duty."""
    return Case("vfe-irq", "name", status,
                duties=[Duty(ident, section, "words")])


class Table(unittest.TestCase):
    """Rows, and their problems."""

    def problems(self, *cases: Case) -> list[str]:
        """The problems of a table of two duties."""
        return duties.table(ENTRIES, cases)[1]

    def test_good(self) -> None:
        rows, problems = duties.table(ENTRIES, [case("passed")])
        self.assertEqual(problems, [])
        self.assertEqual([row.result for row in rows],
                         ["passed", duties.UNTESTED])
        self.assertEqual(rows[0].words, "words")

    def test_no_test(self) -> None:
        self.assertEqual(self.problems(), ["B01 (2.1.1): no test"])

    def test_skipped_is_not_shown(self) -> None:
        self.assertEqual(len(self.problems(case("skipped"))), 1)

    def test_one_of_two_fails(self) -> None:
        self.assertEqual(self.problems(case("passed"), case("failed")),
                         ["B01 (2.1.1): failed"])

    def test_unknown_id(self) -> None:
        self.assertEqual(len(self.problems(case("passed"),
                                           case("passed", "B99"))), 1)

    def test_other_section(self) -> None:
        self.assertEqual(len(self.problems(case("passed", "B01", "2.2"))),
                         1)

    def test_text_has_every_row(self) -> None:
        rows, _ = duties.table(ENTRIES, [case("passed")])
        text = duties.show(rows)
        self.assertIn("vfe-irq.name", text)
        self.assertIn("not implemented", text)


class File(unittest.TestCase):
    """The file of duties."""

    def setUp(self) -> None:
        self.good = (paths.checkout() / duties.FILE).read_text()

    def read(self, text: str) -> list[duties.Entry]:
        """Read a file of this text."""
        with tempfile.NamedTemporaryFile("w") as handle:
            handle.write(text)
            handle.flush()
            return duties.read(Path(handle.name))

    def test_complete(self) -> None:
        self.assertEqual(len(self.read(self.good)),
                         sum(duties.RANGES.values()))

    def test_an_id_left_out(self) -> None:
        with self.assertRaisesRegex(LabError, "B09"):
            self.read(self.good.replace("B09 ", "# "))

    def test_an_id_twice(self) -> None:
        with self.assertRaises(LabError):
            self.read(self.good + "B01 2.1.1 M\n")

    def test_no_reason(self) -> None:
        text = self.good.replace("B01 2.1.1 M\n", "B01 2.1.1 M --\n")
        self.assertNotEqual(text, self.good)
        with self.assertRaises(LabError):
            self.read(text)
