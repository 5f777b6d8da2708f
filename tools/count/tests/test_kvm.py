# SPDX-License-Identifier: GPL-2.0
"""KVM as a witness: from addresses to registers."""

from __future__ import annotations

import unittest

from count import kvm
from count.counts import CountError
from count.tests.samples import EMPTY_HIST, MMIO_HIST, NAMES, PIO_HIST

BEFORE = kvm.collect({"kvm_mmio": EMPTY_HIST, "kvm_fast_mmio": EMPTY_HIST,
                      "kvm_pio": EMPTY_HIST})


def _after(mmio: str = MMIO_HIST, fast: str = EMPTY_HIST,
           pio: str = PIO_HIST) -> kvm.Counts:
    return kvm.collect({"kvm_mmio": mmio, "kvm_fast_mmio": fast,
                        "kvm_pio": pio})


class Addresses(unittest.TestCase):
    """addresses.py"""

    def test_names(self) -> None:
        """By address and kind; a range counts under one name."""
        self.assertEqual(NAMES.name(True, 0xc058), "port_data")
        self.assertEqual(NAMES.name(False, 0x380000003ffc), "notify")
        self.assertEqual(NAMES.name(False, 0xfebd1ffc), "memory_aperture")

    def test_outside(self) -> None:
        """Addresses of other functions have no name, in either space."""
        self.assertIsNone(NAMES.name(False, 0xfee000b0))
        self.assertIsNone(NAMES.name(False, 0xc058))
        self.assertIsNone(NAMES.name(True, 0xc080))

    def test_between(self) -> None:
        """An address in the function that is no register has a name."""
        self.assertEqual(NAMES.name(False, 0x380000002004), "bar4+0x2004")


class Testimony(unittest.TestCase):
    """kvm.testimony()"""

    def test_registers_and_exits(self) -> None:
        """Only the function's; a string of words is one exit."""
        said = kvm.testimony(_after(), BEFORE, NAMES)
        self.assertEqual(said.accesses, {
            ("isr_status", "read"): 3, ("notify", "write"): 1000,
            ("port_command", "write"): 2, ("port_data", "read"): 2048})
        self.assertEqual(said.exits, 3 + 1000 + 2 + 8)

    def test_ioeventfd(self) -> None:
        """A kick that an ioeventfd took is an exit like any other."""
        fast = ("{ gpa: 380000003004 } hitcount:          5\n"
                "Totals:\n    Hits: 5\n    Entries: 1\n    Dropped: 0\n")
        said = kvm.testimony(_after(fast=fast), BEFORE, NAMES)
        self.assertEqual(said.count(("notify", "write")), 1005)

    def test_backwards(self) -> None:
        """The histogram was cleared in between."""
        with self.assertRaises(CountError):
            kvm.testimony(_after(EMPTY_HIST), _after(), NAMES)
        with self.assertRaises(CountError):
            kvm.testimony(_after(MMIO_HIST.replace(
                "      1000", "       999").replace("1014", "1013")),
                _after(), NAMES)

    def test_unsatisfied_reads_are_left_out(self) -> None:
        """A read fires twice in kvm_mmio; the filter takes one of them."""
        text = kvm.trigger("kvm_mmio", [371, 372])
        self.assertIn("if type != 0 && (common_pid == 371 || "
                      "common_pid == 372)", text)
