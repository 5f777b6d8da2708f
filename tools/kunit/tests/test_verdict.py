# SPDX-License-Identifier: GPL-2.0
"""A good log is accepted, and all kinds of problems are found."""

from __future__ import annotations

import unittest

from kunit import suites, verdict
from kunit.boot import Outcome
from kunit.suites import Suite
from lab import paths

from . import samples

REGS = Suite("regs")


def kinds(outcome: Outcome) -> list[str]:
    """Problems in a boot that should have run one suite."""
    result = verdict.judge(outcome, [REGS])
    return [failure.kind for failure in result.every_failure]


def run(*cases: str, inside: str = "", after: str = "") -> Outcome:
    """A boot with one suite."""
    return samples.boot(samples.section(
        REGS.module, samples.suite("vfe-regs", *cases, inside=inside,
                                   after=after)))


class Cases(unittest.TestCase):
    """What cases say."""

    def test_good(self) -> None:
        result = verdict.judge(run("ok", "ok", "skip"), [REGS])
        self.assertEqual(result.every_failure, [])
        self.assertEqual(result.passed, 2)
        self.assertTrue(result.good)
        self.assertEqual(result.cases[2].reason, "no device")

    def test_failed_case(self) -> None:
        result = verdict.judge(run("ok", "not ok"), [REGS])
        self.assertEqual([item.kind for item in result.every_failure],
                         ["case"])
        self.assertEqual(result.every_failure[0].name, "vfe-regs.case2")

    def test_the_first_line_tells_what_was_expected(self) -> None:
        text = ("    # case1: EXPECTATION FAILED at kunit/a_test.c:5\n"
                "    Expected ret == 0, but\n        ret == -12 (0xfff4)")
        result = verdict.judge(run("not ok", inside=text), [REGS])
        self.assertEqual(
            result.every_failure[0].text.splitlines()[0],
            "failed: # case1: EXPECTATION FAILED at kunit/a_test.c:5"
            " Expected ret == 0, but ret == -12 (0xfff4)")

    def test_driver_messages_between(self) -> None:
        self.assertEqual(kinds(run(
            "ok", inside="vfe_blk 0001:00:00.0: no good: use another")), [])

    def test_skipped_without_a_reason(self) -> None:
        lines = samples.suite("vfe-regs", "ok", "skip")
        lines = [line.replace("SKIP no device", "SKIP") for line in lines]
        self.assertEqual(kinds(samples.boot(samples.section(
            REGS.module, lines))), ["case"])

    def test_all_skipped(self) -> None:
        self.assertEqual(kinds(run("skip")), ["empty"])

    def test_fewer_than_planned(self) -> None:
        lines = samples.suite("vfe-regs", "ok", "ok")
        del lines[-3]
        self.assertIn(kinds(samples.boot(samples.section(
            REGS.module, lines))), (["case"], ["ktap"]))

    def test_suite_fails_as_a_whole(self) -> None:
        lines = samples.suite("vfe-regs", "ok")
        lines[-1] = lines[-1].replace("ok", "not ok")
        self.assertEqual(kinds(samples.boot(samples.section(
            REGS.module, lines))), ["ktap"])

    def test_duties(self) -> None:
        result = verdict.judge(run(
            "ok", inside="    # case1: duty B01 | 2.1.1 | shows steps"),
            [REGS])
        duty = result.cases[0].duties[0]
        self.assertEqual((duty.ident, duty.section, duty.words),
                         ("B01", "2.1.1", "shows steps"))


class Boots(unittest.TestCase):
    """Other problems of a boot, except those that the proof seeds."""

    def good(self) -> list[str]:
        """A section without problems."""
        return samples.section(REGS.module,
                               samples.suite("vfe-regs", "ok"))

    def test_driver_refused(self) -> None:
        self.assertEqual(kinds(samples.boot(
            samples.section("vfe", [], "REFUSED"), self.good())), ["load"])

    def test_wrong_parameter_taken(self) -> None:
        self.assertEqual(kinds(samples.boot(
            ["@@TAKEN vfe_blk queues=4096"], self.good())), ["load"])

    def test_does_not_unload(self) -> None:
        self.assertEqual(kinds(samples.boot(
            self.good(), ["@@UNLOAD vfe_blk", "@@STAYS vfe_blk"])),
            ["load"])

    def test_suite_left_out(self) -> None:
        self.assertEqual(kinds(samples.boot()), ["empty"])


class Together(unittest.TestCase):
    """Parallel boots: a problem of one is a problem of all."""

    def judge(self, *outcomes: Outcome) -> verdict.Verdict:
        """Boots that should have run one suite each."""
        names = ("regs", "ring", "irq")
        return verdict.together([
            verdict.judge(outcome, [Suite(name)])
            for name, outcome in zip(names, outcomes)])

    def boot(self, name: str) -> Outcome:
        """One without problems."""
        return samples.boot(samples.section(
            Suite(name).module, samples.suite(f"vfe-{name}", "ok")))

    def test_good(self) -> None:
        result = self.judge(self.boot("regs"), self.boot("ring"),
                            self.boot("irq"))
        self.assertTrue(result.good)
        self.assertEqual(result.passed, 3)
        self.assertEqual([item.suite.subject for item in result.suites],
                         ["irq", "regs", "ring"])

    def test_one_never_boots(self) -> None:
        result = self.judge(self.boot("regs"),
                            samples.boot(begin=False, end=False))
        self.assertEqual([item.kind for item in result.every_failure],
                         ["empty", "boot"])

    def test_one_runs_the_suite_of_another(self) -> None:
        result = self.judge(self.boot("regs"), self.boot("regs"))
        self.assertEqual([item.name for item in result.every_failure],
                         [Suite("ring").module])

    def test_no_suite_is_left_out(self) -> None:
        every = [Suite(f"s{number}") for number in range(7)]
        for parts in range(1, 10):
            found = suites.share(every, parts)
            self.assertEqual(len(found), min(parts, 7))
            self.assertEqual(sorted(
                suite.subject for share in found for suite in share),
                [suite.subject for suite in every])


class Sources(unittest.TestCase):
    """Which suites test a file."""

    def chosen(self, *names: str) -> list[str]:
        """Of the suites of this tree."""
        return suites.for_sources(suites.find(paths.checkout()), names)

    def test_named_like_the_file(self) -> None:
        self.assertEqual(self.chosen("drivers/core/config.c"),
                         ["core/config"])
        self.assertEqual(self.chosen("drivers/core/queue_reset.c"),
                         ["blk/queue_reset", "core/queue_reset"])

    def test_by_its_subject(self) -> None:
        self.assertIn("ring/split", self.chosen("drivers/core/packed.c"))
        self.assertIn("blk/mapping", self.chosen("drivers/blk/path_dma.c"))
        self.assertEqual(self.chosen("kunit/core/irq_test.c"), ["core/irq"])

    def test_what_many_use(self) -> None:
        every = suites.find(paths.checkout())
        self.assertEqual(len(self.chosen("include/vfe/device.h")),
                         len(every))
        self.assertEqual(self.chosen("README.md"), [])

    def test_every_driver_source_has_one(self) -> None:
        root = paths.checkout()
        for path in (root / "drivers").rglob("*.c"):
            name = str(path.relative_to(root))
            self.assertNotEqual(self.chosen(name), [], name)


class Reports(unittest.TestCase):
    """The output of the kernel's checkers."""

    SAMPLES = (
        ("BUG: KASAN: slab-use-after-free in vfe_destroy+0x1/0x2", "KASAN"),
        ("WARNING: possible circular locking dependency detected",
         "lockdep"),
        ("WARNING: inconsistent lock state", "lockdep"),
        ("BUG: sleeping function called from invalid context", "lockdep"),
        ("INFO: trying to register non-static key.", "lockdep"),
        ("[ BUG: Invalid wait context ]", "lockdep"),
        ("Disabling lock debugging due to kernel taint", "lockdep"),
        ("UBSAN: shift-out-of-bounds in drivers/core/regs.c:1:2", "UBSAN"),
        ("DMA-API: vfe_blk 0001:00:00.0: device driver has pending",
         "DMA-API"),
        ("kmemleak: unreferenced object 0x60 (size 96):", "kmemleak"),
        ("kmemleak: Kernel memory leak detector disabled", "kmemleak"),
        ("ODEBUG: free active (active state 0) object", "debugobjects"),
        ("list_del corruption, 0x60->next is NULL", "list"),
        ("refcount_t: underflow; use-after-free.", "refcount"),
        ("INFO: task kunit_try_catch:9 blocked for more than 1 seconds",
         "hung"),
        ("rcu: INFO: rcu_sched self-detected stall on CPU", "hung"),
        ("** 12 printk messages dropped **", "lost"),
        ("Kernel panic - not syncing: Segfault with no mm", "panic"),
        ("kernel BUG at mm/slub.c:1!", "BUG"),
        ("WARNING: CPU: 0 PID: 1 at drivers/core/regs.c:1", "WARNING"),
        ("Call Trace:", "trace"),
    )

    def test_each_in_a_case(self) -> None:
        for line, kind in self.SAMPLES:
            with self.subTest(line=line):
                self.assertEqual(kinds(run("ok", inside=line)), [kind])

    def test_each_after_the_suites(self) -> None:
        for line, kind in self.SAMPLES:
            with self.subTest(line=line):
                self.assertEqual(kinds(samples.boot(samples.section(
                    REGS.module, samples.suite("vfe-regs", "ok")), [line])),
                    [kind])

    def test_one_report_is_one_failure(self) -> None:
        self.assertEqual(kinds(run(
            "ok", inside="WARNING: CPU: 0 PID: 1 at x.c:1\nModules:\n"
            "Call Trace:\n <TASK>")), ["WARNING"])

    def test_before_the_marker(self) -> None:
        self.assertEqual(kinds(run("ok")), [])

    def test_words_of_a_test(self) -> None:
        self.assertEqual(kinds(run(
            "ok", inside="    # case1: no WARNING: as it should be")), [])
