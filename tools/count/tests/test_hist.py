# SPDX-License-Identifier: GPL-2.0
"""Histograms: what is in them, and which are refused."""

from __future__ import annotations

import unittest

from count import hist, vcpu
from count.counts import CountError
from count.tests.samples import MMIO_HIST


class Parse(unittest.TestCase):
    """hist.parse()"""

    def test_dropped(self) -> None:
        """A histogram that lost an event is no witness."""
        text = MMIO_HIST.replace("Dropped: 0", "Dropped: 1")
        with self.assertRaisesRegex(CountError, "dropped 1 events"):
            hist.parse(text)

    def test_lost_line(self) -> None:
        """Nor is one with an entry less than it says."""
        lines = [line for line in MMIO_HIST.splitlines()
                 if "fee000b0" not in line]
        with self.assertRaisesRegex(CountError, "3 entries"):
            hist.parse("\n".join(lines))

    def test_wrong_sum(self) -> None:
        """Nor one whose entries do not add up."""
        text = MMIO_HIST.replace("      1000", "      1001")
        with self.assertRaisesRegex(CountError, "1014.*1015"):
            hist.parse(text)


class Marks(unittest.TestCase):
    """vcpu.marked()"""

    TEXT = ("{ common_pid:        371 } hitcount:         16\n"
            "{ common_pid:       9999 } hitcount:          3\n"
            "Totals:\n    Hits: 19\n    Entries: 2\n    Dropped: 0\n")

    def test_only_what_touched_all_marks(self) -> None:
        """Another guest that touched a port by chance is not taken."""
        self.assertEqual(vcpu.marked(self.TEXT), [371])
