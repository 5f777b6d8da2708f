# SPDX-License-Identifier: GPL-2.0
"""The kernel's tracers over the drivers, and what they count."""

from __future__ import annotations

import re

import pytest

from ..machine import BLK, GuestCase, fio

TRACING = "/sys/kernel/tracing"
ON = f"""\
cd {TRACING}
echo nop >current_tracer
echo 8192 >buffer_size_kb
echo ':mod:vfe' >set_ftrace_filter
echo ':mod:vfe_blk' >>set_ftrace_filter
echo 1 >events/block/block_rq_issue/enable
echo 1 >events/block/block_rq_complete/enable
echo function_graph >current_tracer
echo >trace
echo 1 >tracing_on
"""
OFF = f"""\
cd {TRACING}
echo 0 >tracing_on
echo nop >current_tracer
echo 0 >events/enable
echo >set_ftrace_filter
echo >trace
echo 1408 >buffer_size_kb
"""
READS = 100


class Traced(GuestCase):
    """Every function of the modules traced, under I/O."""

    def tearDown(self) -> None:
        self.sh(OFF)
        super().tearDown()

    def count(self, pattern: str) -> int:
        """Lines of the trace with a pattern."""
        return int(self.guest.run(
            f"grep -c '{pattern}' {TRACING}/trace", check=False).out)

    def value(self, file: str) -> int:
        """A number of the function's vfe folder."""
        return int(self.sh("cat /sys/bus/pci/devices/"
                           f"{self.bdf('wild')}/vfe/{file}"))

    @pytest.mark.slow
    def test_verify_while_all_is_traced(self) -> None:
        disk = self.bind("wild", BLK)
        self.sh(ON)
        self.sh(fio(disk, "--rw=randwrite --bs=4k --size=1M --iodepth=16"),
                120)
        self.assertGreater(self.count("vfe_"), READS)

    def test_trace_and_counts_agree(self) -> None:
        """A read: one call, one operation, one kick, one completion."""
        disk = self.bind("wild", BLK)
        self.sh(f"[ $(grep -c '\\[vfe' {TRACING}/available_filter_functions)"
                " -gt 50 ]")
        device = self.device("wild").control()["requests"]["read"]
        before = self.value("operations"), self.value("exits")
        self.sh(ON)
        self.sh(f"dd if={disk} of=/dev/null bs=4k count={READS} iflag=direct"
                f" 2>/dev/null; echo 0 >{TRACING}/tracing_on")
        after = self.value("operations"), self.value("exits")
        self.assertEqual(after[0] - before[0], READS)
        self.assertEqual(after[1] - before[1], READS)
        self.assertEqual(self.count("vfe_blk_queue_rq"), READS)
        major = self.sh(f"cat /sys/block/{disk[5:]}/dev").strip()
        name = re.escape(major.replace(":", ","))
        self.assertEqual(self.count(f"block_rq_issue: {name} "), READS)
        self.assertEqual(self.count(f"block_rq_complete: {name} "), READS)
        self.assertEqual(
            self.device("wild").control()["requests"]["read"] - device,
            READS)

    @pytest.mark.slow
    def test_modules_come_and_go_while_traced(self) -> None:
        """A tracer that is on must not hold, or outlive, a module."""
        self.sh(ON)
        for _ in range(3):
            disk = self.bind("wild", BLK)
            self.sh(f"dd if={disk} of=/dev/null bs=4k count=4 iflag=direct"
                    " 2>/dev/null; rmmod vfe_blk vfe")
