# SPDX-License-Identifier: GPL-2.0
"""Storage that stands still: gaps, comparison, the table."""

from __future__ import annotations

import dataclasses
import unittest

from bench.stall import command, scene
from bench.stall.scene import BACKEND, PAUSE, Seen
from lab import LabError

GOOD = Seen(0.2, 0.1, 0.5, (), ())


class Gap(unittest.TestCase):
    """scene.gap()"""

    def test_longest(self) -> None:
        self.assertAlmostEqual(scene.gap("1.0\n1.1\n4.5\n4.6\n"), 3.4)

    def test_no_heartbeat(self) -> None:
        for beats in ("", "1.0\n1.1\n"):
            with self.assertRaises(LabError):
                scene.gap(beats)


class Log(unittest.TestCase):
    """What of the kernel's log is shown"""

    def test_lines(self) -> None:
        log = ("[1.0] vfe_blk 0000:00:10.0: vfeb1: resetting the device\n"
               "[2.0] EXT4-fs: mounted\n"
               "[3.0] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\n")
        self.assertEqual(len(scene.RESET.findall(log)), 2)

    def test_errors_of_fio(self) -> None:
        self.assertEqual(scene.ERROR.findall("x: (err= 0): pid=1"), ["0"])
        self.assertEqual(scene.ERROR.findall("x: (err= 5): pid=1"), ["5"])


class Worse(unittest.TestCase):
    """command.worse()"""

    def test_alike(self) -> None:
        self.assertEqual(command.worse(GOOD, GOOD), [])
        slow = dataclasses.replace(GOOD, beat_gap_s=2.0)
        self.assertEqual(command.worse(slow, GOOD), [])

    def test_each(self) -> None:
        for change in ({"beat_gap_s": 30.0}, {"monitor_gap_s": 30.0},
                       {"again_s": 30.0}, {"problems": ("an error",)}):
            bad = dataclasses.replace(GOOD, **change)
            self.assertEqual(len(command.worse(bad, GOOD)), 1, change)
            self.assertEqual(command.worse(bad, bad), [])


class Table(unittest.TestCase):
    """command.render()"""

    def result(self, name: str, driver: str, seen: Seen | None,
               error: str = "") -> command.Result:
        """One run."""
        return {"scene": name, "driver": driver, "seconds": 45.0,
                "error": error,
                "seen": dataclasses.asdict(seen) if seen else None}

    def test_render(self) -> None:
        bad = Seen(30.4, 45.0, 1.0, (), ("vfeb0: resetting the device",))
        text = command.render([
            self.result(BACKEND, "virtio_blk", GOOD),
            self.result(BACKEND, "vfe_blk", bad),
            self.result(PAUSE, "virtio_blk", GOOD),
            self.result(PAUSE, "vfe_blk", None, "no guest")])
        self.assertIn("backend: heartbeat gap 30.4 s, virtio_blk's 0.2 s",
                      text)
        self.assertIn("vfeb0: resetting the device", text)
        self.assertIn("FAILED: no guest", text)

    def test_nothing_worse(self) -> None:
        text = command.render([self.result(PAUSE, driver, GOOD)
                               for driver in command.DRIVERS])
        self.assertIn("in nothing", text)
