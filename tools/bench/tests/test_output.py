# SPDX-License-Identifier: GPL-2.0
"""bench.json and the printed table."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import re
import unittest

from bench import cli, rows, table, targets
from bench.result import Result
from bench.tests import samples
from count.target import Target

# The names that others rely on; later versions add to them.
JOB = {"name": str, "class": str, "style": str, "driver": str, "device": str,
       "options": dict, "workload": dict, "ops": int, "exits": dict,
       "registers": list, "kicks": int, "interrupts": int, "all_exits": int,
       "idle_exits_per_s": float, "per_op": dict, "observed": dict,
       "agree": bool, "blind": dict}
# Rows that others are compared with
PARTNERS = ("kernel-d32-randread", "qemu-kernel-d1-randread", "probe-vfe")


class Json(unittest.TestCase):
    """The shape of bench.json."""

    def test_names_and_types(self) -> None:
        """Every name of the schema, with its type."""
        job = samples.result().as_json()
        for name, kind in JOB.items():
            self.assertIsInstance(job[name], kind, name)
        self.assertEqual(job["exits"],
                         {"driver": 1000, "kvm": 1000, "device": 1000})
        self.assertEqual(job["registers"], [
            {"name": "notify", "dir": "write", "driver": 1000, "kvm": 1000,
             "device": 1000}])
        self.assertEqual(job["workload"],
                         {"rw": "randread", "bs": 4096, "iodepth": 1,
                          "submit": "single"})
        self.assertEqual(set(job["observed"]) & {
            "iops", "lat_ns_p50", "lat_ns_p99"},
            {"iops", "lat_ns_p50", "lat_ns_p99"})

    def test_ratios(self) -> None:
        """All exits are without the idle rate and fio's start, which a run of
        one operation measures; the raw count has both."""
        job = samples.result().as_json()
        self.assertEqual(job["all_exits"], 4800)
        self.assertEqual(job["per_op"], {"exits": 1.0, "kicks": 1.0,
                                         "interrupts": 1.0,
                                         "all_exits": 4.6997})


class Table(unittest.TestCase):
    """The printed output."""

    def test_a_fraction_never_looks_whole(self) -> None:
        """A difference of one in 1000 must be visible."""
        self.assertEqual(table.number(1.0), "1")
        self.assertEqual(table.number(1.001), "1.001")
        self.assertNotEqual(table.number(1.0001), "1")
        self.assertEqual(table.number(None), "-")

    def test_difference_is_marked(self) -> None:
        """The row has NO, and the difference is listed."""
        text = table.render([samples.result(device=999)])
        self.assertRegex(text, r"virtio-msix-d1-randread .* NO\n")
        self.assertIn("notify write: driver 1000, kvm 1000, device 999",
                      text)


    def test_a_difference_of_another_turn_is_listed(self) -> None:
        """The row is the median run, whose witnesses may agree."""
        good, bad = samples.result(), samples.result(device=999)
        row = dataclasses.replace(good, turns=(good, bad, good))
        text = table.render([row])
        self.assertRegex(text, r"virtio-msix-d1-randread .* NO\n")
        self.assertIn("kvm 1000, device 999", text)
        self.assertTrue(any("device 999" in one
                            for one in row.as_json()["differences"]))

    def test_a_second_try_is_marked(self) -> None:
        again = dataclasses.replace(samples.result(), again="it hung")
        text = table.render([again])
        self.assertRegex(text, r"virtio-msix-d1-randread .* yes  second try\n")
        self.assertIn("second try, the first ended: it hung", text)
        self.assertEqual(again.as_json()["first_try"], "it hung")
        self.assertNotIn("first_try", samples.result().as_json())


class Targets(unittest.TestCase):
    """targets.py"""

    def test_a_row_that_failed_misses_no_target(self) -> None:
        """Every target over it says so, of any class."""
        for bad in ("virtio-msix-d1-randread", "virtio-msix-d32-randread",
                    "pair-vfe-d1-randread", "timer-kernel-d32-randread-single",
                    "qemu-adaptive-d1-randread", "probe-vfe",
                    "probe-kernel", "net-msix-ping", "net-pair-vfe-ping",
                    "net-pair-again-writes", "net-pair-swapped-kernel-stream",
                    "net-fast-vfe-udp", "net-batch-kernel-udp-batch-32",
                    "net-own-varying-vfe-udp-trip"):
            with self.subTest(bad):
                one = samples.row(bad)
                every = [Result(row, error="it hung") for row in
                         rows.all_rows(1000) if row.group == one.group and
                         (row.group or row.name in (bad, *PARTNERS))]
                found = targets.check(every)
                self.assertTrue(found)
                self.assertEqual({target.reached for target in found}, {None})
                self.assertTrue(any(
                    re.match(f"not measured: rows? .*{bad}.* failed",
                             target.measured) for target in found))
                self.assertRegex(table.render(every, found),
                                 "FAILED   .*: not measured: row")

    def test_reached_and_missed(self) -> None:
        """Exactly one kick per operation, and nothing else."""
        self.assertTrue(targets.check([samples.result()])[0].reached)
        more = samples.result(driver=1001, kvm=1001, device=1001)
        self.assertFalse(targets.check([more])[0].reached)

    def test_the_exit_status(self) -> None:
        """A measurement without differences succeeds; targets count only
        with --targets."""
        good = [samples.result()]
        bad = [samples.result(driver=1001)]
        lost = [Result(samples.row("net-msix-ping"), error="it hung")]
        hit, miss, none = (Target("t", "m", reached)
                           for reached in (True, False, None))
        with contextlib.redirect_stdout(io.StringIO()) as said:
            for status, results, judged in (
                    (cli.AGREED, good, []), (cli.AGREED, good, [hit]),
                    (cli.MISSED, good, [hit, miss]),
                    (cli.DIFFERED, bad, []), (cli.DIFFERED, bad, [miss]),
                    (cli.DIFFERED, lost, []), (cli.DIFFERED, lost, [none])):
                # pylint: disable-next=protected-access
                self.assertEqual(cli._status(results, judged), status)
        for text in ("1 of 2 targets missed", "1 of 1 rows failed: net-msix",
                     "1 of 1 rows whose witnesses differ: virtio-msix"):
            self.assertIn(text, said.getvalue())

    def test_rows_are_named_right(self) -> None:
        """A target for a missing row would never be checked."""
        names = {row.name for row in rows.all_rows(1000)}
        self.assertLessEqual({name for name, _, _ in targets.blk.SINGLE}, names)
