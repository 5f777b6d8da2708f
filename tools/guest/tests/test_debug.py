# SPDX-License-Identifier: GPL-2.0
"""What the stage debug takes for a driver's race, what it watches, and how it
loads and judges the suites in the guest.
"""

from __future__ import annotations

import unittest

from guest.debug import insmod, kernels
from kunit.boot import Outcome
from kunit.suites import Suite, find
from kunit.tests import samples
from lab import kernel_log, paths

REGS, GONE = Suite("regs"), Suite("gone")

RACE = ("=" * 60 + "\nBUG: KCSAN: data-race in {0} / {1}\n\nwrite to 0xffff of"
        " 4 bytes by task 1 on cpu 0:\n {0}+0x1/0x2\n{2}\n" + "=" * 60)
BELOW = " vfe_blk_complete+0xd9/0x1e0 [vfe_blk]\n"


class Races(unittest.TestCase):
    """A race is ours unless it is known not to be."""

    def ours(self, one: str, other: str, below: str = "") -> bool:
        """Is a report left in the log?"""
        log, others = kernel_log.without_races_of_others(
            RACE.format(one, other, below))
        found = kernel_log.find(log) != ""
        self.assertEqual(len(others), 0 if found else 1)
        return found

    def test_of_a_driver(self) -> None:
        self.assertTrue(self.ours("vfe_get [vfe]", "blk_mq_end_request"))

    def test_of_the_kernel(self) -> None:
        self.assertFalse(self.ours("tick_sched_do_timer", "update_rq_clock"))

    def test_known_below_a_driver(self) -> None:
        self.assertFalse(self.ours("__submit_bio", "blk_mq_end_request",
                                   BELOW))
        self.assertFalse(self.ours("blk_mq_end_request", "__submit_bio",
                                   BELOW))
        self.assertTrue(self.ours("__submit_bio", "vfe_blk_irq [vfe_blk]",
                                  BELOW))

    def test_report_between_two_of_the_kernel(self) -> None:
        race = RACE.format("tick_sched_do_timer", "update_rq_clock", "")
        log, others = kernel_log.without_races_of_others(
            f"{race}\nBUG: scheduling while atomic: fio/1\n{race}\n")
        self.assertEqual(len(others), 2)
        self.assertIn("scheduling while atomic", kernel_log.find(log))


def kinds(outcome: Outcome, *suites: Suite) -> list[str]:
    """What is found wrong in a log."""
    result = insmod.judge(outcome, suites or [REGS])
    return [failure.kind for failure in result.every_failure]


def loaded(after: str, *cases: str) -> Outcome:
    """The log of a guest that loaded one suite."""
    return samples.boot(samples.section(REGS.module, samples.suite(
        "vfe-regs", *(cases or ("ok",)), after=after)))


class Judge(unittest.TestCase):
    """As strict as `make kunit`, except for the kernel's own races."""

    def test_case_that_fails(self) -> None:
        self.assertEqual(kinds(loaded("", "not ok")), ["case"])

    def test_race_of_a_driver(self) -> None:
        report = RACE.format("vfe_get [vfe]", "blk_mq_end_request", "")
        self.assertEqual(kinds(loaded(report)), ["BUG"])

    def test_race_of_the_kernel(self) -> None:
        report = RACE.format("tick_sched_do_timer", "update_rq_clock", "")
        self.assertEqual(kinds(loaded(report)), [])

    def test_guest_that_hangs(self) -> None:
        hung = samples.boot(samples.section(
            REGS.module, samples.suite("vfe-regs", "ok")[:-1], ""),
            end=False, problem="no answer within 240 s")
        self.assertIn("boot", kinds(hung))


class Order(unittest.TestCase):
    """What the guest loads."""

    def test_mock_is_told_its_memory(self) -> None:
        lines = insmod.order([insmod.MOCK_IO, "vfe", "vfe_mock",
                              REGS.module])["order"].splitlines()
        self.assertEqual(lines, [
            f"load {insmod.MOCK_IO}", "load vfe",
            f"load vfe_mock base={kernels.MOCK_BASE:#x}",
            f"load {REGS.module}"])

    def test_each_runs_or_has_a_reason(self) -> None:
        subjects = {suite.subject for suite in insmod.chosen()}
        self.assertEqual(subjects, set(insmod.RUN))
        self.assertEqual(subjects & set(insmod.REASONS), set())
        every = {suite.subject for suite in find(paths.checkout())}
        self.assertEqual(every - subjects, set(insmod.left_out()))
        for reason in insmod.left_out().values():
            self.assertGreater(len(reason), 10)
