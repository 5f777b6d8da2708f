# SPDX-License-Identifier: GPL-2.0
"""Rows over guests that are lost or do not answer."""

from __future__ import annotations

import contextlib
import os
import tempfile
import unittest
from typing import Any
from unittest import mock

from bench import kept, run, workload
from bench.row import Row
from bench.rows import all_rows
from bench.tests import samples
from lab import LabError
from lab.errors import Silence
from lab.lost_cpu import LostCpu

NAMES = ("virtio-msix-d1-randread", "kernel-d1-randread",
         "kernel-d1-randwrite")


class Guests(unittest.TestCase):
    """Guests whose rows raise what a test says, in this order."""

    def setUp(self) -> None:
        fakes: dict[str, Any] = {
            target: self.enterContext(mock.patch.object(run, target))
            for target in ("host", "kvm", "_guest", "Session", "measure",
                           "progress")}
        fakes["host"].NESTED = "nested"
        for name in ("describe_host", "describe_guest"):
            getattr(fakes["host"], name).return_value = {}
        self.place = "host"
        self.single = fakes["measure"].single
        self.session = fakes["Session"].return_value
        self.session.__enter__.return_value = self.session
        self.session.__exit__.return_value = False
        self.made = fakes["_guest"]
        self.guest = self.made.return_value.guest
        self.guest.__exit__.return_value = False
        self.guest.console.return_value = "[ 1.0] vfe: loading"
        self.guest.ended.side_effect = lambda: not self.guest.alive
        kind: Any = mock.MagicMock()
        kind.around.return_value = contextlib.nullcontext()
        self.enterContext(mock.patch.object(workload, "of",
                                            return_value=kind))
        self.chosen = [one for one in all_rows(1000) if one.name in NAMES]

    def measured(self, *ends: BaseException | None) -> run.Measured:
        """The results of all rows, if the first attempts to measure one end
        like that, and the others well. All but Silence end the guest, too."""
        left = iter([*ends, *[None] * len(self.chosen)])

        def single(_bench: Any, _session: Any, row: Row) -> Any:
            end = next(left)
            self.guest.alive = end is None or isinstance(end, Silence)
            if end is not None:
                raise end
            return samples.result(row.name)
        self.single.side_effect = single
        return run.run(self.chosen, self.place, None, False)


class Lost(Guests):
    """A guest that is lost, or does not answer."""

    def test_a_row_is_measured_again_when_the_cpu_is_lost(self) -> None:
        found = self.measured(None, LostCpu("lost"))
        self.assertEqual([one.row.name for one in found.results],
                         [one.name for one in self.chosen])
        self.assertTrue(all(one.agree for one in found.results))
        self.assertEqual(found.lost, [self.chosen[1].name])
        self.assertEqual(self.guest.__enter__.call_count, 2)

    def test_a_row_without_an_answer_fails_and_others_go_on(self) -> None:
        found = self.measured(Silence("no answer"))
        self.assertEqual([one.agree for one in found.results],
                         [False, True, True])
        self.assertEqual((found.results[0].error, found.lost),
                         ("no answer", []))
        self.assertEqual(self.guest.__enter__.call_count, 2)

    def test_a_guest_that_ended_is_replaced(self) -> None:
        found = self.measured(LabError("QEMU ended"))
        self.assertEqual([one.agree for one in found.results],
                         [False, True, True])
        self.assertEqual(self.guest.__enter__.call_count, 2)

    def test_the_results_of_another_class_stay(self) -> None:
        self.chosen.append(next(row for row in all_rows(1000)
                                if row.setup.function.device_class == "net"))
        self.guest.__enter__.side_effect = [self.guest, LabError("no guest")]
        self.assertEqual([one.error for one in self.measured().results],
                         ["", "", "", "no guest"])

    def test_an_error_before_any_row_ends_the_bench(self) -> None:
        self.guest.__enter__.side_effect = LabError("no KVM")
        self.assertRaises(LabError, self.measured)

    def test_a_guest_that_does_not_boot_again_ends_it(self) -> None:
        self.guest.__enter__.side_effect = [self.guest, LabError("no guest")]
        found = self.measured(None, Silence("no answer"))
        self.assertEqual([one.error for one in found.results],
                         ["", "no answer", "no guest"])

    def test_a_cpu_that_is_lost_at_the_end_costs_no_row(self) -> None:
        self.session.__exit__.side_effect = LostCpu("lost")
        found = self.measured()
        self.assertTrue(all(one.agree for one in found.results))
        self.assertEqual(len(found.results), len(self.chosen))

    def test_each_guest_has_new_disks(self) -> None:
        """fio must not find the blocks that the lost guest wrote."""
        self.measured(LostCpu("lost"))
        self.assertEqual(self.made.call_count, 2)

    def test_it_ends_when_the_cpu_is_lost_again_and_again(self) -> None:
        found = self.measured(None, *[LostCpu("lost")] * (run.MOST_LOST + 1))
        self.assertEqual([one.agree for one in found.results],
                         [True, False, False])
        self.assertEqual(self.guest.__enter__.call_count, run.MOST_LOST + 1)

    def test_a_nested_machine_gets_a_second_try(self) -> None:
        self.place = "nested"
        found = self.measured(Silence("no answer"))
        self.assertEqual([(one.agree, one.again) for one in found.results],
                         [(True, "no answer"), (True, ""), (True, "")])
        self.assertEqual(self.guest.__enter__.call_count, 2)

    def test_a_reset_without_a_word_gets_one(self) -> None:
        """The guest is replaced, though its connections close before."""
        self.place = "nested"
        self.guest.ended.side_effect = lambda: True
        found = self.measured(LabError("closed the connection"))
        self.assertEqual([(one.agree, one.again) for one in found.results],
                         [(True, "closed the connection"), (True, ""),
                          (True, "")])
        self.assertEqual(self.guest.__enter__.call_count, 2)

    def test_a_kernel_that_complained_gets_none(self) -> None:
        for place, log in ("nested", "[ 9.1] Kernel panic - not syncing"), \
                ("host", ""):
            self.place = place
            self.guest.console.return_value = log
            self.guest.ended.side_effect = lambda: True
            found = self.measured(LabError("closed the connection"))
            self.assertEqual([(one.agree, one.again) for one in found.results],
                             [(False, ""), (True, ""), (True, "")])

    def test_there_is_no_third_try(self) -> None:
        self.place = "nested"
        found = self.measured(*[Silence("no answer")] * 2)
        self.assertEqual([(one.error, one.again) for one in found.results],
                         [("no answer",) * 2, ("", ""), ("", "")])
        self.assertEqual(self.guest.__enter__.call_count, 3)

    def test_a_wrong_row_gets_no_second_try(self) -> None:
        self.place = "nested"
        self.guest.ended.side_effect = lambda: False
        found = self.measured(LabError("a lost packet"))
        self.assertEqual([(one.error, one.again) for one in found.results],
                         [("a lost packet", ""), ("", ""), ("", "")])

    def test_second_tries_are_limited(self) -> None:
        self.place = "nested"
        with mock.patch.object(kept, "MOST_TRIES", 1):
            found = self.measured(*[Silence("no answer"), None] * 2)
        self.assertEqual([one.error for one in found.results],
                         ["", "no answer", ""])

    def test_a_binding_without_an_answer_gets_a_second_try(self) -> None:
        self.place = "nested"
        self.session.__enter__.side_effect = [Silence("no answer"),
                                              *[self.session] * 2]
        found = self.measured()
        self.assertEqual([one.again for one in found.results],
                         ["no answer", "", ""])


class FellOver(Guests):
    """A nested machine that falls over, and another one."""

    def setUp(self) -> None:
        super().setUp()
        self.place = "nested"
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.enterContext(mock.patch.dict(os.environ, VFE_KEPT=folder))

    def fall(self) -> None:
        """Falls over during the second row."""
        with self.assertRaises(KeyboardInterrupt):
            self.measured(None, KeyboardInterrupt())

    def test_the_row_gets_a_second_try(self) -> None:
        self.fall()
        found = self.measured()
        self.assertEqual([(one.agree, one.again) for one in found.results],
                         [(True, ""), (True, run.FELL_OVER), (True, "")])

    def test_but_no_third(self) -> None:
        self.fall()
        with self.assertRaises(KeyboardInterrupt):
            self.measured(KeyboardInterrupt())
        found = self.measured()
        self.assertEqual([one.error for one in found.results],
                         ["", f"{run.FELL_OVER} again", ""])

    def test_a_hang_that_ends_both_counts_once(self) -> None:
        """The nested machine stops while the bench kills the guest."""
        self.guest.__exit__.side_effect = KeyboardInterrupt
        with self.assertRaises(KeyboardInterrupt):
            self.measured(None, Silence("no answer"))
        self.guest.__exit__.side_effect = None
        self.assertTrue(all(one.agree for one in self.measured().results))
