# SPDX-License-Identifier: GPL-2.0
"""The table of service times: cells, ratios, what is a loss."""

from __future__ import annotations

import json
import unittest

from bench.service import cells, measure, spread, table
from bench.service.cells import Cell
from bench.service.spread import IOPS, P50, P99, Figures, Lane, Round
from lab import LabError


def lane(ratios: list[tuple[float, float]], *, model: str = "lognormal",
         depth: int = 8, load: str = cells.SINGLE) -> Lane:
    """A lane with rounds of these ratios: ours, and the kernel's own."""
    rounds = [Round(Figures(1000, 100, 200),
                    Figures(1000 * ours, 100 / ours, 200 / ours),
                    Figures(1000 * again, 100 / again, 200 / again))
              for ours, again in ratios]
    return Lane(Cell(cells.VFE, model, load, depth), "all", rounds)


class Cells(unittest.TestCase):
    """What is measured."""

    def test_names(self) -> None:
        for quick in (False, True):
            names = [cell.name for cell in cells.every(quick)]
            self.assertEqual(len(names), len(set(names)))
        full = cells.every()
        self.assertLess(set(cells.every(quick=True)), set(full))
        self.assertEqual({cell.depth for cell in full}, {1, 4, 8, 32})
        self.assertEqual({cell.model for cell in full}, set(cells.MODELS))
        self.assertEqual({cell.load for cell in full}, set(cells.LOADS))

    def test_jobs(self) -> None:
        for cell in cells.every():
            lanes = [job.lane for job in cell.jobs()]
            self.assertEqual(len(lanes), len(set(lanes)))
            words = " ".join(cell.jobs()[0].arguments)
            if cell.load == cells.BESIDE:
                self.assertIn("psync", words)
            else:
                self.assertIn(f"--iodepth={cell.depth}", words)

    def test_select(self) -> None:
        full = cells.every()
        self.assertEqual(cells.select(full, []), full)
        found = cells.select(full, ["bimodal-8", "vfe-constant-1-single"])
        self.assertEqual({cell.name for cell in found if cell.depth == 1},
                         {"vfe-constant-1-single"})
        self.assertEqual(len(found), 6)
        self.assertEqual(cells.select(full, ["nothing"]), [])


class Spread(unittest.TestCase):
    """spread.verdicts()"""

    def verdict(self, *lanes: Lane, of: int = 0,
                metric: str = IOPS) -> spread.Verdict:
        """Of one lane among these."""
        return spread.verdicts(lanes)[of][metric]

    def test_loss_beyond_the_spread(self) -> None:
        found = self.verdict(lane([(.8, 1.02), (.79, .97), (.9, 1.0)]))
        self.assertAlmostEqual(found.ratio, .8)
        self.assertAlmostEqual(found.spread, 1 / .97 - 1)
        self.assertTrue(found.lost(IOPS))
        self.assertFalse(found.won(IOPS))

    def test_noise_is_no_loss(self) -> None:
        found = self.verdict(lane([(.8, 1.3), (.79, .97), (.9, 1.0)]))
        self.assertFalse(found.lost(IOPS))

    def test_one_bad_round_is_no_loss(self) -> None:
        found = self.verdict(lane([(.3, 1.01), (1.0, .99), (1.01, 1.0)]))
        self.assertAlmostEqual(found.ratio, 1.0)
        self.assertFalse(found.lost(IOPS))

    def test_latency_is_the_other_way_round(self) -> None:
        worse = self.verdict(lane([(.8, 1.0)] * 3), metric=P50)
        better = self.verdict(lane([(1.25, 1.0)] * 3), metric=P99)
        self.assertTrue(worse.lost(P50) and not worse.won(P50))
        self.assertTrue(better.won(P99) and not better.lost(P99))

    def test_resolution_of_latencies(self) -> None:
        found = self.verdict(lane([(1 / 1.015, 1.0)] * 3), metric=P50)
        self.assertFalse(found.lost(P50))

    def test_pairs_of_other_models_count(self) -> None:
        quiet = lane([(.9, 1.0)] * 3)
        loud = lane([(1.0, 1.2)] * 3, model="bimodal")
        self.assertTrue(self.verdict(quiet).lost(IOPS))
        self.assertFalse(self.verdict(quiet, loud).lost(IOPS))

    def test_pairs_of_other_depths_count_if_they_are_few(self) -> None:
        few, many = lane([(.9, 1.0)] * 3), lane([(.9, 1.0)] * 6)
        loud = lane([(1.0, 1.2)] * 3, depth=32)
        self.assertFalse(self.verdict(few, loud).lost(IOPS))
        self.assertTrue(self.verdict(many, loud).lost(IOPS))

    def test_other_loads_do_not_count(self) -> None:
        loud = lane([(1.0, 1.2)] * 3, load=cells.THINK)
        self.assertTrue(self.verdict(lane([(.9, 1.0)] * 3), loud).lost(IOPS))


class Output(unittest.TestCase):
    """The table and the document."""

    def setUp(self) -> None:
        self.lanes = [lane([(.8, 1.0)] * 3), lane([(1.2, 1.0)] * 3, depth=4)]
        self.verdicts = spread.verdicts(self.lanes)
        self.failed = {Cell(cells.NBD, "constant", cells.BATCH, 4): "broke"}

    def test_table(self) -> None:
        text = table.render(self.lanes, self.verdicts, self.failed, ["a note"])
        self.assertIn("2 lanes, 3 figures worse", text)
        self.assertIn("vfe-lognormal-8-single all: iops", text)
        self.assertNotIn("vfe-lognormal-4-single all: iops", text)
        self.assertIn("nbd-constant-4-batch failed: broke", text)
        self.assertIn("a note", text)
        self.assertRegex(text, r"0\.80 \(  0\.0 %\)-")
        self.assertRegex(text, r"1\.20 \(  0\.0 %\)\+")

    def test_nothing_measured(self) -> None:
        text = table.render([], spread.verdicts([]), self.failed, [])
        self.assertIn("0 lanes, 0 figures worse", text)

    def test_document(self) -> None:
        found = table.document(self.lanes, self.verdicts, self.failed,
                               {"quick": True})
        again = json.loads(json.dumps(found))
        self.assertEqual(again["schema"], table.SCHEMA)
        self.assertEqual([one["iops"]["lost"] for one in again["lanes"]],
                         [True, False])
        self.assertEqual(len(again["lanes"][0]["rounds"]), 3)
        self.assertEqual(again["errors"], {"nbd-constant-4-batch": "broke"})


class FromFio(unittest.TestCase):
    """measure.figures()"""

    def test_figures(self) -> None:
        found = measure.figures({"iops": 12.5, "lat_ns": {"percentile": {
            "50.000000": 4000, "99.000000": 9000}}})
        self.assertEqual(found, Figures(12.5, 4.0, 9.0))

    def test_no_read(self) -> None:
        with self.assertRaises(LabError):
            measure.figures({"iops": 0, "lat_ns": {}})
