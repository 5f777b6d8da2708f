# SPDX-License-Identifier: GPL-2.0
"""The stages that run or are skipped, and the report of a failure."""

from __future__ import annotations

import os
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path
from unittest import mock

from check import run_all, scheduler, stages, tally


class Tiers(unittest.TestCase):
    """stages.py"""

    def test_each_has_the_one_before(self) -> None:
        names = [{stage.name for stage in stages.of_tier(tier)}
                 for tier in stages.TIERS]
        self.assertLess(names[0], names[1])
        self.assertLess(names[1], names[2])
        self.assertEqual(
            names[2] | {stages.LINT}, {one.name for one in stages.STAGES})

    def test_stages_of_a_change(self) -> None:
        def of(name: str) -> set[str]:
            return {stage.name for stage
                    in stages.of_files(stages.STAGES, [name])}
        self.assertLessEqual({"kunit", "guest", "static"},
                             of("drivers/core/irq.c"))
        self.assertNotIn("kunit", of("tools/device/main.c"))
        self.assertNotIn("guest", of("tools/devices.py"))
        self.assertIn("static", of("README.md"))


class PassedBefore(unittest.TestCase):
    """A stage with unchanged inputs."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for patch in (mock.patch.dict(os.environ, VFE_STATE=folder.name,
                                      VFE_OUT=folder.name),
                      mock.patch("builtins.print")):
            patch.start()
            self.addCleanup(patch.stop)
        self.stage = replace(stages.by_name("tools"), inputs=("Kbuild",))

    def run_once(self, *problems: str,
                 wish: run_all.Wish = run_all.Wish()) -> run_all.Run:
        """A run of the stage with these outcomes of its checks."""
        this = run_all.Run(wish)
        if not this.passed_before(self.stage):
            result = tally.Tally()
            for problem in problems:
                result.judge("it", problem)
            result.save(run_all.folder() / "tools.json")
            this.ended(scheduler.Ended(self.stage, bool(result.failed), 1.0,
                                       1.0, ""))
        return this

    def test_runs_once(self) -> None:
        self.assertEqual(self.run_once("", "").every.passed, 2)
        this = self.run_once("")
        self.assertEqual((this.every.passed, this.before), (0, 2))

    def test_runs_again(self) -> None:
        self.run_once("")
        for wish in (run_all.Wish(fresh=True), run_all.Wish(["a"]),
                     run_all.Wish(whole=True)):
            self.assertEqual(self.run_once("", wish=wish).before, 0)
        with mock.patch("check.passed_cache.files_in", return_value=["b"]):
            self.assertEqual(self.run_once("").before, 0)

    def test_failure_and_its_command(self) -> None:
        this = self.run_once("", "a problem")
        self.assertEqual(this.repeat, ['make check ARGS="--only tools"'])
        self.assertEqual(self.run_once("").before, 0)
        self.assertEqual(
            run_all.again(stages.by_name("guest"), tally.Failure(
                "guest/suites/test_data.py::Verify::test_intx", ""), False),
            'make check ARGS="--only guest --tests test_intx"')
        self.assertEqual(run_all.again(
            stages.by_name("qemu"), tally.Failure("qemu a", ""), True),
            'make check-all ARGS="--only qemu"')
        self.assertEqual(run_all.again(
            stages.by_name(stages.LINT), tally.Failure("mypy", ""), False),
            "make lint")

    def test_inputs_are_there(self) -> None:
        root = Path(__file__).resolve().parents[3]
        for stage in stages.STAGES:
            for name in stage.inputs:
                self.assertTrue((root / name).exists(), name)
