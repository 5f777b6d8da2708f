# SPDX-License-Identifier: GPL-2.0
"""Results over nested machines that fall over."""

from __future__ import annotations

import os
import tempfile
import unittest
from unittest import mock

from bench import kept
from bench.result import Result
from bench.rows import all_rows
from bench.tests import samples


class Over(unittest.TestCase):
    """A folder that outlives the machine."""

    def setUp(self) -> None:
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.enterContext(mock.patch.dict(os.environ, VFE_KEPT=folder))

    def test_a_run_goes_on(self) -> None:
        rows = all_rows(1000)
        first = kept.load()
        self.assertEqual(first.left(rows), list(rows))
        first.about["blk"] = ({"cpu": "one"}, {"kernel": "two"})
        first.lost.append(rows[1].name)
        first.add([samples.result(rows[0].name)])
        first.add([Result(row, error="failed") for row in rows[1:]])
        again = kept.load()
        self.assertEqual(again, first)
        self.assertEqual(again.of(rows), first.of(rows))
        self.assertEqual(again.left(rows), [])

    def test_elsewhere_nothing_is_kept(self) -> None:
        with mock.patch.dict(os.environ):
            del os.environ["VFE_KEPT"]
            kept.Kept().add([samples.result()])
            self.assertEqual(kept.load().results, {})
        self.assertEqual(kept.load().results, {})
