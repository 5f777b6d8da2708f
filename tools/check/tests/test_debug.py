# SPDX-License-Identifier: GPL-2.0
"""What the stage debug takes for a driver's race, and what it watches."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from check.debug import kernels
from check.guest import splats

RACE = ("=" * 60 + "\nBUG: KCSAN: data-race in {0} / {1}\n\nwrite to 0xffff of"
        " 4 bytes by task 1 on cpu 0:\n {0}+0x1/0x2\n{2}\n" + "=" * 60)
BELOW = " vfe_blk_complete+0xd9/0x1e0 [vfe_blk]\n"


class Races(unittest.TestCase):
    """A race is ours unless it is known not to be."""

    def ours(self, one: str, other: str, below: str = "") -> bool:
        """Is a report left in the log?"""
        log, others = splats.without_races_of_others(
            RACE.format(one, other, below))
        found = splats.find(log) != ""
        self.assertEqual(len(others), 0 if found else 1)
        return found

    def test_of_a_driver(self) -> None:
        self.assertTrue(self.ours("vfe_get [vfe]", "blk_mq_end_request"))

    def test_of_the_kernel(self) -> None:
        self.assertFalse(self.ours("tick_sched_do_timer", "update_rq_clock"))

    def test_of_the_kernel_below_a_driver(self) -> None:
        self.assertTrue(self.ours("bio_endio", "blk_mq_end_request", BELOW))

    def test_known_below_a_driver(self) -> None:
        self.assertFalse(self.ours("__submit_bio", "blk_mq_end_request",
                                   BELOW))
        self.assertFalse(self.ours("blk_mq_end_request", "__submit_bio",
                                   BELOW))
        self.assertTrue(self.ours("__submit_bio", "vfe_blk_done [vfe_blk]",
                                  BELOW))

    def test_report_between_two_of_the_kernel(self) -> None:
        race = RACE.format("tick_sched_do_timer", "update_rq_clock", "")
        log, others = splats.without_races_of_others(
            f"{race}\nBUG: scheduling while atomic: fio/1\n{race}\n")
        self.assertEqual(len(others), 2)
        self.assertIn("scheduling while atomic", splats.find(log))


class Watched(unittest.TestCase):
    """What KCSAN looks at."""

    def test_words(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            for path in ("a/x.c", "a/y.c", "a/y.h", "b/z.c"):
                (Path(name) / path).parent.mkdir(exist_ok=True)
                (Path(name) / path).touch()
            self.assertEqual(
                kernels.watched(Path(name), ["a"]),
                ["KCSAN_SANITIZE=n", "KCSAN_SANITIZE_x.o=y",
                 "KCSAN_SANITIZE_y.o=y"])
