# SPDX-License-Identifier: GPL-2.0
"""Shared set-up runs before the stages, and reports what is missing."""

from __future__ import annotations

import unittest
from unittest import mock

from check import setup
from check.stages import STAGES
from lab import LabError


def _cannot() -> None:
    raise LabError("no network")


class SetUps(unittest.TestCase):
    """setup.py"""

    def test_stages_need_what_there_is(self) -> None:
        names = {item.name for item in setup.ALL}
        self.assertEqual(
            {name for stage in STAGES for name in stage.set_up(True)}, names)

    def test_what_cannot_be_had_is_named(self) -> None:
        items = [setup.SetUp("a", _cannot, True), setup.SetUp("b", _cannot)]
        with mock.patch("check.setup.chroot.run", return_value=3):
            lacking = setup.have(["a", "b"], items)
        self.assertEqual(lacking["a"], "no network")
        self.assertIn("ended with 3", lacking["b"])
