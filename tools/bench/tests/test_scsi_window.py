# SPDX-License-Identifier: GPL-2.0
"""The expected cost of SCSI commands through the register window."""

from __future__ import annotations

import unittest
from pathlib import Path

from bench.workload import scsi_window as formula
from count.blk import BlockState
from count.witness import Cost

CHECKOUT = Path(__file__).resolve().parents[3]

READ_4K = BlockState(reads=1, sectors_read=8)
WRITE_4K = BlockState(writes=1, sectors_written=8)
FLUSH = BlockState(flushes=1)


class Formula(unittest.TestCase):
    """scsi_window.predict() with the constants of the driver's header"""

    def setUp(self) -> None:
        self.cost = formula.read_constants(CHECKOUT)

    def _predict(self, done: BlockState, window: str = "port",
                 string_io: bool = False) -> Cost:
        return formula.predict(done, self.cost, window=window,
                               string_io=string_io)

    def test_words(self) -> None:
        """Computed by hand: 3 registers, 3 words of the CDB, 1024 of data,
        1 status; without data 2 registers."""
        for window in ("port", "memory"):
            self.assertEqual(self._predict(READ_4K, window),
                             Cost(1031, 1031))
            self.assertEqual(self._predict(WRITE_4K, window),
                             Cost(1031, 1031))
            self.assertEqual(self._predict(FLUSH, window), Cost(6, 6))

    def test_string_input(self) -> None:
        """From ports, 1024 bytes per exit; from memory, a word."""
        self.assertEqual(self._predict(READ_4K, "port", True),
                         Cost(1031, 11))
        self.assertEqual(self._predict(READ_4K, "memory", True),
                         Cost(1031, 1031))

    def test_header_without_a_constant(self) -> None:
        """A header without a constant is an error."""
        text = (CHECKOUT / formula.HEADER).read_text(encoding="utf-8")
        with self.assertRaisesRegex(formula.FormulaError, "WORD"):
            formula.constants(text.replace("VFE_TRAP_SCSI_COST_WORD", "WORD"))
