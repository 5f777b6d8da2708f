# SPDX-License-Identifier: GPL-2.0
"""Histograms: their entries, and which are rejected."""

from __future__ import annotations

import unittest

from count import hist, vcpu
from count.counts import CountError
from count.tests.samples import MMIO_HIST


class Parse(unittest.TestCase):
    """hist.parse()"""

    def test_dropped(self) -> None:
        """A histogram that lost an event is rejected."""
        text = MMIO_HIST.replace("Dropped: 0", "Dropped: 1")
        with self.assertRaisesRegex(CountError, "dropped 1 events"):
            hist.parse(text)

    def test_lost_line(self) -> None:
        """So is one with fewer entries than its total."""
        lines = [line for line in MMIO_HIST.splitlines()
                 if "fee000b0" not in line]
        with self.assertRaisesRegex(CountError, "3 entries"):
            hist.parse("\n".join(lines))

    def test_wrong_sum(self) -> None:
        """So is one whose entries do not add up."""
        text = MMIO_HIST.replace("      1000", "      1001")
        with self.assertRaisesRegex(CountError, "1014.*1015"):
            hist.parse(text)


class Marks(unittest.TestCase):
    """vcpu.marked()"""

    TEXT = ("{ common_pid:        371 } hitcount:         16\n"
            "{ common_pid:       9999 } hitcount:          3\n"
            "Totals:\n    Hits: 19\n    Entries: 2\n    Dropped: 0\n")

    def test_only_what_touched_all_marks(self) -> None:
        """Another guest that accessed a port by chance does not count."""
        self.assertEqual(vcpu.marked(self.TEXT), [371])
