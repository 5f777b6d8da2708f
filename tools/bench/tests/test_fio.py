# SPDX-License-Identifier: GPL-2.0
"""fio's command lines and results."""

from __future__ import annotations

import json
import unittest

from bench.workload import fio
from lab.fio import FioError


def _fio(error: int = 0) -> str:
    side = {"total_ios": 1000, "runtime": 1234, "iops": 810.37,
            "lat_ns": {"percentile": {"50.000000": 1200, "99.000000": 4500}}}
    other = {"total_ios": 0, "runtime": 0, "iops": 0.0, "lat_ns": {}}
    return json.dumps({"jobs": [{"error": error, "read": side,
                                 "write": other}]})


class Fio(unittest.TestCase):
    """fio.py"""

    def test_error(self) -> None:
        """Wrong data is an error, with fio's message."""
        with self.assertRaisesRegex(FioError, "84.*bad magic"):
            fio.parse_all("verify: bad magic header\n" + _fio(84), "randread")

    def test_commands(self) -> None:
        """fio verifies reads at once, and writes in a second pass."""
        read = fio.command([fio.Job("r", "/dev/f", 4096, "randread", 1, 9)])
        write = fio.command([fio.Job("w", "/dev/f", 4096, "randwrite", 32,
                                     9)])
        self.assertIn("--verify=crc32c", read)
        self.assertNotIn("--do_verify=0", read)
        self.assertIn("--do_verify=0", write)
        self.assertIn("--iodepth=32", write)
        self.assertIn("--iodepth_batch_submit=32", write)
        self.assertNotIn("batch", read)
        self.assertNotIn("stonewall", read)

    def test_one_after_the_other(self) -> None:
        """Jobs of a comparison never run at once."""
        job = fio.Job("r", "/dev/f", 4096, "randread", 1, 9)
        self.assertEqual(fio.command([job, job]).count("--stonewall"), 2)
