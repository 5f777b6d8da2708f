# SPDX-License-Identifier: GPL-2.0
"""The comparison finds each difference."""

from __future__ import annotations

import unittest

from count.counts import Testimony
from count.witness import Cost, also_operations, compare

KICK = ("notify", "write")
ISR = ("isr_status", "read")


def _three(**changed: Testimony | None) -> dict[str, Testimony | None]:
    same = Testimony({KICK: 1000, ISR: 3}, 1003)
    return {"driver": same, "kvm": same, "device": same, **changed}


class Compare(unittest.TestCase):
    """witness.compare()"""

    def test_agreement(self) -> None:
        """Three equal testimonies."""
        verdict = compare(_three())
        self.assertTrue(verdict.agree)
        self.assertEqual(verdict.exits,
                         {"driver": 1003, "kvm": 1003, "device": 1003})
        self.assertEqual(verdict.registers[ISR],
                         {"driver": 3, "kvm": 3, "device": 3})

    def test_one_access(self) -> None:
        """A difference of one, by each witness in turn."""
        for name in ("driver", "kvm", "device"):
            with self.subTest(name):
                odd = Testimony({KICK: 1001, ISR: 3}, 1004)
                verdict = compare(_three(**{name: odd}))
                self.assertFalse(verdict.agree)
                self.assertTrue(any("1001" in text and "1000" in text
                                    for text in verdict.differences))

    def test_same_sum(self) -> None:
        """Equal totals do not hide a difference by register."""
        odd = Testimony({KICK: 1001, ISR: 2}, 1003)
        verdict = compare(_three(device=odd))
        self.assertEqual(len(verdict.differences), 2)

    def test_exits_apart_from_accesses(self) -> None:
        """The same accesses by another number of exits."""
        odd = Testimony({KICK: 1000, ISR: 3}, 1002)
        verdict = compare(_three(kvm=odd))
        self.assertEqual(verdict.differences,
                         ("exits: driver 1003, kvm 1002, device 1003",))

    def test_absent_driver(self) -> None:
        """Without a driver that counts, compare the other two."""
        self.assertTrue(compare(_three(driver=None)).agree)
        odd = Testimony({KICK: 999, ISR: 3}, 1002)
        self.assertFalse(compare(_three(driver=None, device=odd)).agree)

    def test_mapped_doorbell(self) -> None:
        """Only the driver sees kicks that do not trap, ..."""
        blind = Testimony({}, 0, frozenset({"notify"}))
        verdict = compare({"driver": Testimony({KICK: 1000}, 0),
                           "kvm": blind, "device": blind})
        self.assertTrue(verdict.agree)
        self.assertEqual(verdict.accesses,
                         {"driver": 1000, "kvm": None, "device": None})
        self.assertEqual(verdict.registers[KICK],
                         {"driver": 1000, "kvm": None, "device": None})

    def test_lonely_witness(self) -> None:
        """One witness is not enough."""
        verdict = compare({"driver": None, "kvm": None,
                           "device": Testimony({KICK: 1}, 1)})
        self.assertFalse(verdict.agree)

    def test_formula(self) -> None:
        """The prediction is compared with all witnesses."""
        self.assertTrue(compare(_three(), Cost(1003, 1003)).agree)
        self.assertFalse(compare(_three(), Cost(1004, 1003)).agree)
        self.assertFalse(compare(_three(), Cost(1003, 1002)).agree)

    def test_operations(self) -> None:
        """A request that one witness did not count."""
        verdict = compare(_three())
        same = also_operations(verdict, {"driver": 7, "device": 7})
        self.assertTrue(same.agree)
        odd = also_operations(verdict, {"driver": 7, "device": 8})
        self.assertEqual(odd.differences,
                         ("operations: driver 7, device 8",))
