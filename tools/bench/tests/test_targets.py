# SPDX-License-Identifier: GPL-2.0
"""Targets of rows about disks, and the ladder."""

from __future__ import annotations

import dataclasses
import unittest

from bench import rows, targets
from bench.result import ProbeCost, Result, Traffic
from bench.tests import samples
from bench.workload.interface import Outcome
from count.counts import Testimony
from count.witness import compare

EVERY = rows.all_rows(1000)


def result(name: str, *, kicks: int = 1000, interrupts: int = 1000,
           all_exits: int | None = None,
           runs: tuple[float, ...] = (100.0,) * 5) -> Result:
    """A measured row of 1000 operations."""
    key = ("notify", "write")
    verdict = compare({"kvm": Testimony({key: kicks}, kicks)}, least=1)
    traffic = Traffic(ops=1000, kicks=kicks, interrupts=interrupts,
                      all_exits=all_exits)
    return Result(samples.row(name), verdict, traffic,
                  Outcome(1000, 10, 100.0, 1, 2, runs))


def judged(*results: Result) -> list[bool | None]:
    """Which targets are reached; None if a row failed."""
    return [target.reached for target in targets.check(results)]


class Pairs(unittest.TestCase):
    """The same workload by both drivers."""

    def pair(self, cell: str, kernel: Result | None = None,
             **ours: int) -> list[bool | None]:
        """The targets of one cell."""
        return judged(result(f"pair-vfe-{cell}", **ours),    # type: ignore
                      kernel or result(f"pair-kernel-{cell}"))

    def test_one_kick_or_interrupt_more(self) -> None:
        self.assertEqual(self.pair("d1-randread", kicks=1001),
                         [False, True, True])
        self.assertEqual(self.pair("d1-randread", interrupts=1001),
                         [True, False, True])

    def test_scsi(self) -> None:
        """Likewise, on hosts."""
        for kicks, reached in ((1000, True), (1001, False)):
            ours = result("scsi-pair-vfe-d1-randread", kicks=kicks)
            kernel = result("scsi-pair-kernel-d1-randread")
            self.assertEqual(judged(ours, kernel), [reached, True, True])

    def test_coalescing_takes_half(self) -> None:
        for group, speed in (("timer", 130.0), ("scsi-timer", 100.0)):
            cell = "d32-randwrite-single"
            kernel = result(f"{group}-kernel-{cell}")
            for more, reached in ((0, True), (1, False)):
                ours = result(f"{group}-vfe-{cell}", kicks=500,
                              interrupts=500 + more, runs=(speed,) * 5)
                self.assertEqual(judged(ours, kernel), [reached, True])
            slow = result(f"{group}-vfe-{cell}", kicks=500, interrupts=500,
                          runs=(speed - 1,) * 5)
            self.assertEqual(judged(slow, kernel), [True, False])

    def test_speed_is_the_median_of_the_pairs(self) -> None:
        slow = result("pair-kernel-d1-randread",
                      runs=(116.0, 116.0, 116.0, 1.0, 1.0))
        self.assertEqual(self.pair("d1-randread", slow),
                         [True, True, False])


class Swapped(unittest.TestCase):
    """Two drivers on two functions, and on each other's."""

    def test_speed_is_the_mean_of_both(self) -> None:
        """What one arrangement gains the other may lose."""
        for swapped, reached in ((130.0, True), (105.0, False)):
            found = judged(*(result(f"net-constant-{name}-stream",
                                    runs=(speed,) * 5)
                             for name, speed in (
                                 ("vfe", 70.0), ("kernel", 100.0),
                                 ("swapped-vfe", swapped),
                                 ("swapped-kernel", 100.0))))
            self.assertEqual(found, [reached])

    def test_a_row_that_failed_has_no_speed(self) -> None:
        rows_ = [result(f"net-constant-{name}-stream", runs=(100.0,) * 5)
                 for name in ("kernel", "swapped-vfe", "swapped-kernel")]
        rows_.append(Result(samples.row("net-constant-vfe-stream"),
                            error="lost"))
        self.assertEqual(judged(*rows_), [None])

    def test_a_cell_that_failed_hides_no_other(self) -> None:
        """Slower in another cell."""
        bad = Result(samples.row("net-constant-vfe-rr"), error="lost")
        for speed, reached in ((100.0, None), (70.0, False)):
            ours, kernel = (result(f"net-constant-{name}-rr-8",
                                   runs=(each,) * 6) for name, each in (
                                       ("vfe", speed), ("kernel", 100.0)))
            found = targets.check([bad, result("net-constant-kernel-rr"),
                                   ours, kernel])[0]
            self.assertEqual(found.reached, reached)
            self.assertIn("rr-8 ", found.measured)
            self.assertIn("not measured: row net-constant-vfe-rr failed",
                          found.measured)

    def test_so_are_notifications(self) -> None:
        for swapped, reached in ((299, True), (301, False)):
            found = judged(*(result(f"net-pair-{name}-stream", kicks=kicks,
                                    interrupts=0)
                             for name, kicks in (
                                 ("vfe", 2000), ("kernel", 1000),
                                 ("swapped-vfe", swapped),
                                 ("swapped-kernel", 1000))))
            self.assertEqual(found, [reached, True])


class Probe(unittest.TestCase):
    """The cost of a probe."""

    def probed(self, name: str, queue: int, other: int = 30) -> Result:
        """A probe that set up one queue."""
        said = Testimony({
            ("queue_enable", "write"): 1, ("queue_size", "read"): queue - 1,
            ("device_feature", "read"): 8, ("notify", "write"): 99,
            ("num_queues", "read"): other}, queue + other + 107)
        verdict = compare({"kvm": said}, least=1)
        return dataclasses.replace(result(name), verdict=verdict,
                                   probe=ProbeCost.of(verdict))

    def test_targets(self) -> None:
        kernel = self.probed("probe-kernel", 20)
        self.assertEqual(judged(self.probed("probe-vfe", 14), kernel),
                         [True, True, True])
        self.assertEqual(judged(self.probed("probe-vfe", 15), kernel),
                         [False, True, True])
        self.assertEqual(judged(self.probed("probe-vfe", 14, 37), kernel),
                         [True, True, False])


class Ladder(unittest.TestCase):
    """From a thousand exits to none."""

    def test_rungs_are_rows(self) -> None:
        names = {one.name for one in EVERY}
        for rung in rows.rungs():
            self.assertIn(rung.row, names)
            if rung.kernel:
                self.assertIn(rung.kernel, names)
            self.assertNotEqual(bool(rung.kernel), bool(rung.why_not))
