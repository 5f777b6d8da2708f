# SPDX-License-Identifier: GPL-2.0
"""CPU hotplug under I/O, and the queues of the CPUs."""

from __future__ import annotations

import pytest

from ..load import Load
from ..machine import BLK, GuestCase, fio

ROUNDS = 6
ONLINE = "/sys/devices/system/cpu/cpu1/online"


class Processors(GuestCase):
    """One processor of two, off and on."""

    def tearDown(self) -> None:
        self.sh(f"echo 1 >{ONLINE}")
        super().tearDown()

    def kicks(self, queue: int) -> int:
        """A counter of one queue, since the driver was bound."""
        folder = f"/sys/bus/pci/devices/{self.bdf('wild')}/vfe"
        return int(self.sh(f"cat {folder}/queues/{queue}/kicks"))

    def read_from(self, processor: int, disk: str) -> None:
        """Some reads by one processor."""
        self.sh(f"taskset -c {processor} dd if={disk} of=/dev/null bs=4k"
                " count=10 iflag=direct 2>/dev/null")

    @pytest.mark.slow
    def test_hotplug_under_load(self) -> None:
        disk = self.bind("wild", BLK)
        load = Load(self, disk, options="--numjobs=2 --offset_increment=16M"
                    " --group_reporting")
        for _ in range(ROUNDS):
            self.sh(f"echo 0 >{ONLINE}")
            load.moves(20)
            self.sh(f"echo 1 >{ONLINE}")
            load.moves(20)
        load.ends_well()

    def each_has_its_own(self, disk: str) -> None:
        """Either processor reads with its queue."""
        before = [self.kicks(n) for n in (0, 1)]
        self.read_from(1, disk)
        self.read_from(0, disk)
        for n in (0, 1):
            self.assertGreaterEqual(self.kicks(n) - before[n], 10)

    def test_queues_follow(self) -> None:
        """A processor that is online again uses its own queue."""
        disk = self.bind("wild", BLK)
        self.each_has_its_own(disk)
        self.sh(f"echo 0 >{ONLINE}")
        before = [self.kicks(n) for n in (0, 1)]
        self.read_from(0, disk)
        self.assertGreaterEqual(self.kicks(0) - before[0], 10)
        self.assertEqual(self.kicks(1), before[1])
        self.sh(f"echo 1 >{ONLINE}")
        self.each_has_its_own(disk)

    @pytest.mark.slow
    def test_bound_with_a_processor_off(self) -> None:
        """A new processor may come at any time: it needs a queue."""
        self.sh(f"echo 0 >{ONLINE}")
        disk = self.bind("wild", BLK)
        self.sh(f"echo 1 >{ONLINE}")
        self.read_from(1, disk)
        self.sh(fio(disk, "--rw=randwrite --bs=4k --size=1M --iodepth=8"
                    " --cpus_allowed=1"), 60)


class Strict(GuestCase):
    """The guest of the suite has the requested CPUs."""

    def test_preemption(self) -> None:
        self.assertIn("(full)", self.sh("cat /sys/kernel/debug/sched/preempt"))

    def test_poison(self) -> None:
        for flag in ("poison", "red_zone", "sanity_checks"):
            self.assertEqual(self.sh(
                f"cat /sys/kernel/slab/kmalloc-512/{flag}").strip(), "1")
