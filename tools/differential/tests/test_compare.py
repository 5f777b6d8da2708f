# SPDX-License-Identifier: GPL-2.0
"""Results that are differences, and results that are not."""

from __future__ import annotations

import dataclasses
import unittest
from collections.abc import Callable
from unittest import mock

from differential import case as cases
from differential import episodes
from differential.cli import KINDS
from differential.compare import (Turn, complaints, differences, parse_watch,
                                  plain)
from differential.documented import DOCUMENTED, Documented
from differential.net.session import Session
from lab import LabError

OURS, THEIRS = "vfe_blk", "virtio_blk"

SAID = """\
verdict ended 0
gap 3
rounds 5
outcome fio=0
outcome fio.io=error:0,total_ios:8,
something else
"""


def pair(**changes: object) -> tuple[Turn, Turn]:
    """Two turns; ours has these changes."""
    ours, theirs = (parse_watch(driver, SAID) for driver in (OURS, THEIRS))
    for key, value in changes.items():
        setattr(ours, key, value)
    return ours, theirs


class Watch(unittest.TestCase):
    """The output of watch.sh."""

    def test_parts(self) -> None:
        turn = parse_watch(OURS, SAID)
        self.assertEqual((turn.verdict, turn.status, turn.gap),
                         ("ended", "0", 3))
        self.assertEqual(turn.outcomes["fio.io"], "error:0,total_ios:8,")
        self.assertIn("something else", turn.text)
        self.assertTrue(turn.usable)

    def test_hang(self) -> None:
        turn = parse_watch(OURS, "verdict hang after 20 s\nstate\ngap 20\n")
        self.assertEqual((turn.verdict, turn.gap), ("hang", 20))
        self.assertFalse(turn.usable)


class Differences(unittest.TestCase):
    """compare.differences()"""

    def wrong(self, words: str, **changes: object) -> None:
        """With these changes of ours, there must be a problem with this
        text."""
        found = differences(*pair(**changes))
        self.assertTrue(any(words in line for line in found), found)

    def test_none(self) -> None:
        self.assertEqual(differences(*pair()), [])

    def test_each(self) -> None:
        self.wrong("vfe_blk: hang", verdict="hang")
        self.wrong("vfe_blk: no disk", verdict="no disk")
        self.wrong("status of the script", status="1")
        self.wrong("no completion for 12 s", gap=12)
        self.wrong("fio: vfe_blk 5, virtio_blk 0",
                   outcomes={"fio": "5", "fio.io": "error:0,total_ios:8,"})
        self.wrong("(nothing)", outcomes={"fio": "0"})
        self.wrong("the kernel says: vfe", log=["vfe_blk FUNCTION: odd"])

    def test_only_the_kernel_s_driver_hangs(self) -> None:
        ours, theirs = pair(status="0")
        theirs.verdict = "hang"
        self.assertEqual(differences(ours, theirs), [])
        ours.status = "1"
        self.assertNotEqual(differences(ours, theirs), [])

    def test_late_but_never_still(self) -> None:
        self.assertEqual(differences(*pair(verdict="late")), [])
        self.wrong("vfe_blk: late", verdict="late", gap=15)

    def test_a_complaint_that_both_earn(self) -> None:
        ours, theirs = pair(log=["I/O error, dev NAME, sector 8"])
        theirs.log = ["I/O error, dev NAME, sector 16"]
        self.assertEqual(differences(ours, theirs), [])

    def test_documented(self) -> None:
        ours, theirs = pair(outcomes={"range": "1"})
        theirs.outcomes = {"range": "16"}
        self.assertEqual(differences(ours, theirs, DOCUMENTED), [])
        one = [Documented("range", "why", ours="2")]
        self.assertEqual(len(differences(ours, theirs, one)), 1)

    def test_documented_under_a_condition(self) -> None:
        """Of the same step, in either turn."""
        one = [Documented(r"step\.\d+\.mtu", "why", given="program=on"),
               Documented(r"step\.\d+\.program", "why")]
        for ours, theirs, found in (
                ({"step.1.program": "on"}, {}, 0),
                ({}, {"step.1.program": "on"}, 0),
                ({}, {"step.1.program": "off"}, 1),
                ({"step.2.program": "on"}, {}, 1), ({}, {}, 1)):
            turns = [Turn(OURS, outcomes={"step.1.mtu": "2", **ours}),
                     Turn(THEIRS, outcomes={"step.1.mtu": "0", **theirs})]
            self.assertEqual(len(differences(turns[0], turns[1], one)), found)


class Log(unittest.TestCase):
    """The kernel's log."""

    def test_levels(self) -> None:
        raw = ("<6>[    1.0] info\n<4>[    1.1] vda: odd\n"
               "<3>[   12.25] virtio3: bad\n<30>[    2.0] a daemon\n")
        self.assertEqual(complaints(raw, ["vda"], []),
                         ["NAME: odd", "FUNCTION: bad"])

    def test_names(self) -> None:
        self.assertEqual(plain("vfeb0p2 vfeb0 xvfeb0 0000:00:03.0: x",
                               ["vfeb0"], ["0000:00:03.0"]),
                         plain("vda2 vda xvfeb0 0000:00:04.0: x",
                               ["vda"], ["0000:00:04.0"]))


class Cases(unittest.TestCase):
    """The lists of each class of devices, and the soak."""

    def test_names_are_unique(self) -> None:
        for kind in KINDS.values():
            for text in (kind.every, kind.stage, kind.short):
                names = [case.name for case in kind.cases(text)]
                self.assertEqual(len(names), len(set(names)))
            self.assertEqual(len(kind.configs),
                             len({one.name for one in kind.configs}))

    def test_every_workload_and_configuration_is_in_the_list(self) -> None:
        for kind in KINDS.values():
            every = kind.cases(kind.every)
            self.assertEqual({case.workload.name for case in every},
                             set(kind.workloads))
            self.assertEqual({case.config.name for case in every},
                             {one.name for one in kind.configs})

    def test_groups_keep_every_case(self) -> None:
        for kind in KINDS.values():
            every = kind.cases(kind.every)
            found = [case for group in kind.groups(every) for case in group]
            self.assertEqual(sorted(case.name for case in found),
                             sorted(case.name for case in every))
            for group in kind.groups(every):
                self.assertLessEqual(
                    len({case.config.name for case in group}),
                    kind.most_configs)

    def test_each_case_has_its_turn(self) -> None:
        """In a few weeks, except for the long ones; none twice."""
        kind = KINDS["net"]
        fixed = [case.name for case in kind.cases(kind.stage)]
        days = [[case.name for case in kind.rotation(day)]
                for day in range(700000, 700024)]
        self.assertLessEqual(max(map(len, days)), kind.rotating)
        self.assertEqual({name for names in days for name in names},
                         {case.name for case in kind.cases(kind.every)
                          if not case.name.endswith("-1g")} - {*fixed})
        self.assertEqual(KINDS["blk"].rotation(700000), ())

    def test_the_walk_repeats_itself(self) -> None:
        for kind in KINDS.values():
            one, other = (episodes.episode(kind, 7, 3) for _ in range(2))
            self.assertEqual([case.name for case in one],
                             [case.name for case in other])
            self.assertEqual([case.workload.script for case in one],
                             [case.workload.script for case in other])
            self.assertNotEqual(
                [case.name for case in one],
                [case.name for case in episodes.episode(kind, 8, 3)])

    def test_a_walk_by_its_seed(self) -> None:
        kind = KINDS["net"]
        for name, host in (("walk-77", ""), ("walk-flap-77", "flap")):
            case = kind.parse(f"dgram/intx/{name}")
            self.assertEqual((case.workload.name, case.workload.host),
                             (name, host))
        with self.assertRaises(LabError):
            kind.parse("dgram/walk-x")

    def test_the_walk_makes_only_what_fits(self) -> None:
        for kind in KINDS.values():
            for number in range(40):
                for case in episodes.episode(kind, 1, number):
                    self.assertTrue(cases.fits(case.config, case.workload),
                                    case.name)

    @staticmethod
    def turn(of: str, ends: list[str]) -> Callable[..., Turn]:
        """Turns of a driver that something else ended so, then good ones; ""
        for our driver."""
        def turn(driver: str, *_: object) -> Turn:
            if driver == of and ends:
                return Turn(driver, "lost", foreign=ends.pop(0))
            return Turn(driver, "ended")
        return turn

    def test_what_others_ended_is_repeated(self) -> None:
        """The end that our driver caused is a difference at once."""
        kind = KINDS["net"]
        [case] = [one for one in kind.cases(kind.every)
                  if one.name == "plain/default/suspend"]
        ours, theirs = case.config.subject.ours, case.config.subject.theirs
        panic = "virtio_net panicked"
        for driver, ends, turns, problem in (
                (ours, [panic], 3, False),
                (ours, [panic] * cases.TRIES, cases.TRIES + 1, True),
                (theirs, [panic] * cases.TRIES, cases.TRIES + 1, False),
                (ours, [""], 2, True)):
            guests = mock.Mock(booted=1)
            guests.get.return_value.turn.side_effect = self.turn(
                driver, list(ends))
            found = cases.run(guests, case, swap=True)
            self.assertEqual(guests.get.return_value.turn.call_count, turns)
            self.assertEqual(bool(found.problems), problem)
            self.assertEqual(len([note for note in found.notes
                                  if panic in note]), ends.count(panic))

    def test_a_fault_of_the_workload(self) -> None:
        """It compares nothing, though it is the same with both drivers."""
        case = KINDS["net"].cases(KINDS["net"].every)[0]
        text = "Traceback (most recent call last):\nKeyError: 'x'\n"
        turns = {driver: Turn(driver, status="1", text=text)
                 for driver in ("vfe_net", "virtio_net")}
        self.assertEqual(cases.verdict_of(case, turns, []).problems,
                         ["the workload has a fault: KeyError: 'x'"])

    def test_only_a_known_panic_is_not_ours(self) -> None:
        kind = KINDS["net"]
        [case] = [one for one in kind.cases(kind.every)
                  if one.name == "plain/default/suspend"]
        known = """general protection fault
[  1.0] RIP: 0010:virtqueue_add_split+0x710/0x7b0
[  1.0]  virtqueue_add_outbuf+0x4a/0x60
[  1.0]  start_xmit+0x2ab/0x7a0 [virtio_net]
[  1.0] Modules linked in: vfe_net(OE) vfe(OE) virtio_net
"""
        session = Session([case.config], "test")
        self.addCleanup(session.close, True)
        self.assertTrue(session.foreign_panic(case.workload, known))
        other = dataclasses.replace(case.workload, name="tcp")
        for workload, trace in (
                (other, known), (case.workload, ""),
                (case.workload, known.replace("virtqueue_add_split",
                                              "kmem_cache_alloc")),
                (case.workload, f"{known}[  1.0]  ? vfe_net_poll+0x1/0x2"
                                " [vfe_net]\n")):
            self.assertFalse(session.foreign_panic(workload, trace))

    def test_a_guest_is_new_after_a_suspend(self) -> None:
        kind = KINDS["net"]
        [case] = [one for one in kind.cases(kind.every)
                  if one.name == "plain/default/suspend"]
        session = Session([case.config], "test")
        self.addCleanup(session.close, True)
        self.assertTrue(session.spoilt_by(case.workload))
        guests = cases.Guests("test", lambda configs, name: session)
        with mock.patch.object(session, "start"), \
                mock.patch.object(session, "close") as close, \
                mock.patch.object(session, "turn", lambda driver, *_:
                                  Turn(driver, "ended", "0")):
            cases.run(guests, case, False)
        self.assertEqual(close.call_count, 2)
