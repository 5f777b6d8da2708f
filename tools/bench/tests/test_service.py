# SPDX-License-Identifier: GPL-2.0
"""Service times: losses and noise."""

from __future__ import annotations

import dataclasses
import unittest

from bench.service import cells, rig, spread, table
from bench.service.cells import Cell
from bench.service.spread import IOPS, P50, P99, Figures, Lane, Round


def lane(ratios: list[tuple[float, float]], *, model: str = "lognormal",
         depth: int = 8, load: str = cells.SINGLE) -> Lane:
    """A lane with rounds of these ratios: ours, and the kernel's own."""
    rounds = [Round(Figures(1000, 100, 200),
                    Figures(1000 * ours, 100 / ours, 200 / ours),
                    Figures(1000 * again, 100 / again, 200 / again))
              for ours, again in ratios]
    return Lane(Cell(cells.VFE, model, load, depth), "all", rounds)


class Spread(unittest.TestCase):
    """spread.ratios()"""

    def ratio(self, *lanes: Lane, of: int = 0,
                metric: str = IOPS) -> spread.Ratio:
        """Of one lane among these."""
        return spread.ratios(lanes)[of][metric]

    def test_loss_beyond_the_spread(self) -> None:
        found = self.ratio(lane([(.8, 1.02), (.79, .97), (.9, 1.0)]))
        self.assertAlmostEqual(found.value, .8)
        self.assertAlmostEqual(found.spread, 1 / .97 - 1)
        self.assertTrue(found.lost(IOPS))
        self.assertFalse(found.won(IOPS))

    def test_noise_is_no_loss(self) -> None:
        found = self.ratio(lane([(.8, 1.3), (.79, .97), (.9, 1.0)]))
        self.assertFalse(found.lost(IOPS))

    def test_latency_is_the_other_way_round(self) -> None:
        worse = self.ratio(lane([(.8, 1.0)] * 3), metric=P50)
        better = self.ratio(lane([(1.25, 1.0)] * 3), metric=P99)
        self.assertTrue(worse.lost(P50) and not worse.won(P50))
        self.assertTrue(better.won(P99) and not better.lost(P99))

    def test_pairs_of_other_models_count(self) -> None:
        quiet = lane([(.9, 1.0)] * 3)
        loud = lane([(1.0, 1.2)] * 3, model="bimodal")
        self.assertTrue(self.ratio(quiet).lost(IOPS))
        self.assertFalse(self.ratio(quiet, loud).lost(IOPS))

    def test_pairs_of_other_depths_count_if_they_are_few(self) -> None:
        few, many = lane([(.9, 1.0)] * 3), lane([(.9, 1.0)] * 6)
        loud = lane([(1.0, 1.2)] * 3, depth=32)
        self.assertFalse(self.ratio(few, loud).lost(IOPS))
        self.assertTrue(self.ratio(many, loud).lost(IOPS))

    def test_pairs_of_another_class_do_not_count(self) -> None:
        quiet, loud = lane([(.9, 1.0)] * 3), lane([(1.0, 1.2)] * 3)
        loud.cell = dataclasses.replace(loud.cell, kind=cells.SCSI)
        self.assertTrue(self.ratio(quiet, loud).lost(IOPS))


class Classes(unittest.TestCase):
    """Disks and SCSI hosts."""

    def test_the_same_cells(self) -> None:
        for quick in (False, True):
            every = cells.every(quick)
            disks, units = ([one for one in every if one.kind == kind]
                            for kind in cells.KINDS)
            self.assertEqual([f"scsi-{one.name}" for one in disks],
                             [one.name for one in units])

    def test_functions(self) -> None:
        for kind in cells.KINDS:
            found = rig.KINDS[kind]
            argv = " ".join(found.function("node", rig.SLOTS[rig.OURS]))
            self.assertIn("drive=node", argv)
            self.assertEqual([found.driver(role) for role in rig.ROLES],
                             [f"virtio_{kind}", f"vfe_{kind}",
                              f"virtio_{kind}"])

    def test_both_in_the_table(self) -> None:
        other = lane([(.9, 1.0)] * 3)
        other.cell = dataclasses.replace(other.cell, kind=cells.SCSI)
        lanes = [lane([(.9, 1.0)] * 3), other]
        text = table.render(lanes, spread.ratios(lanes), {}, [])
        for kind in cells.KINDS:
            self.assertIn(f"vfe_{kind} / virtio_{kind} on", text)
