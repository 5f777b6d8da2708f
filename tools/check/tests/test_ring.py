# SPDX-License-Identifier: GPL-2.0
"""Parts of the ring stage: seeded bugs, and callgrind's output."""

from __future__ import annotations

import unittest

from check import ring_cost, ring_mutants
from lab import LabError, paths


def dump(add: int, leave_out: str = "") -> str:
    """The parsed part of callgrind's output; 10 rounds."""
    counts = {"empty": 50, "add": 50 + 10 * add, "kick": 70,
              "suppressed": 80, "get": 90}
    return "".join(f"part: 1\ndesc: Trigger: Client Request: {case} {op}\n"
                   f"\nevents: Ir\nsummary: {count}\n\ntotals: {count}\n"
                   for case in ring_cost.CASES
                   for op, count in counts.items() if op != leave_out)


class Cost(unittest.TestCase):
    """Parsing and checking counts."""

    def test_counts_are_less_what_counting_costs(self) -> None:
        row = ring_cost.read(dump(7), 10)["chain-event"]
        self.assertEqual(
            [row[op] for op in ring_cost.OPERATIONS], [7, 2, 3, 4])
        self.assertEqual((row["total"], row["total_suppressed"]), (13, 14))

    def test_a_count_that_is_missing_is_an_error(self) -> None:
        with self.assertRaises(LabError):
            ring_cost.read(dump(7, leave_out="get"), 10)

    def test_more_than_the_kernel_is_named(self) -> None:
        ours, theirs = (ring_cost.read(dump(add), 10) for add in (8, 7))
        better = ring_cost.Table({"vfe": theirs, "kernel": ours,
                                  "uncounted": theirs})
        worse = ring_cost.Table({"vfe": ours, "kernel": theirs,
                                 "uncounted": theirs})
        self.assertEqual(better.over_kernel(), [])
        self.assertEqual(len(worse.over_kernel()),
                         len(ring_cost.CASES) * len(ring_cost.SUMS))
        self.assertAlmostEqual(worse.counters("one", "total"), 100 / 13)
        self.assertEqual(better.over_budget(), [])
        self.assertEqual(len(worse.over_budget()),
                         len(ring_cost.CASES) * len(ring_cost.SUMS))


class Mutants(unittest.TestCase):
    """The list of seeded bugs."""

    def test_each_fits_the_source_and_changes_it(self) -> None:
        folder = paths.checkout() / "drivers/core"
        for mutant in ring_mutants.MUTANTS:
            text = (folder / mutant.source).read_text()
            with self.subTest(f"{mutant.source}: {mutant.name}"):
                self.assertNotEqual(mutant.apply(text), text)
