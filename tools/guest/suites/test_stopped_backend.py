# SPDX-License-Identifier: GPL-2.0
"""Storage that stands still for several timeouts, and a machine that does.

Time alone never fails a request and never resets a device: while the storage
stands still only its requests wait, with virtio_blk and with vfe_blk. A reset
would be worse than useless: QEMU drains a device's requests in the thread of
the virtual processor that asks for it, so the whole machine stands still.
"""

from __future__ import annotations

import os
import tempfile
import unittest
from pathlib import Path

import pytest

from bench.stall.scene import BACKEND, PAUSE, Seen, Stage
from lab import paths

# Five times as long as a request may take
TIMEOUT_MS = 2000
STOP_S = 10.0
# What a busy machine may take between two beats
GAP_S = 2.0


class StoppedBackend(unittest.TestCase):
    """32 reads are in flight on QEMU's device and on ours."""

    def play(self, driver: str, *scenes: str) -> None:
        """Both disks go on, without an error, and the guest all the time."""
        with tempfile.TemporaryDirectory(prefix="stop-") as folder, \
                Stage(Path(folder), f"stopped-{driver}",
                      accel=os.environ.get("VFE_ACCEL", "tcg"),
                      logs=paths.out() / "check/guests/stopped") as stage:
            stage.bind(driver, TIMEOUT_MS)
            before = stage.resets()
            for scene in scenes:
                with self.subTest(scene):
                    self.judge(stage.play(scene, STOP_S))
            self.assertEqual(stage.resets(), before,
                             "the device was reset, or a queue of it")

    def judge(self, seen: Seen) -> None:
        """Nothing but requests waited."""
        self.assertEqual(seen.problems, (), seen.log)
        self.assertLess(seen.beat_gap_s, GAP_S, seen.log)
        self.assertLess(seen.monitor_gap_s, GAP_S, seen.log)

    @pytest.mark.slow
    def test_virtio_blk(self) -> None:
        """The control: the test is fair."""
        self.play("virtio_blk", BACKEND)

    @pytest.mark.slow
    def test_vfe_blk(self) -> None:
        self.play("vfe_blk", BACKEND, PAUSE)
