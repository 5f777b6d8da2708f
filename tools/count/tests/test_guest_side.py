# SPDX-License-Identifier: GPL-2.0
"""The output of the guest and of the device."""

from __future__ import annotations

import unittest
from typing import Any

from count import blk, device, driver, vcpu
from count.counts import CountError

SYSFS = """\
exits 1003
operations 1000
interrupts 998
registers/notify_write 1000
registers/isr_status_read 3
registers/queue_desc_lo_write 1
windows/common trap
windows/notify mapped
queues/0/kicks 600
queues/0/kicks_suppressed 7
queues/0/avail_idx 65535
queues/1/kicks 400
queues/1/kicks_suppressed 1
"""

BLOCK = "above 11 1 88 5 7 2 56 9 0 12 14 3 4 5 6 13 8\n"

COUNTERS: dict[str, Any] = {
    "ok": True,
    "registers": [{"name": "notify", "window": "notify", "dir": "write",
                   "count": 1000}],
    "requests": {"read": 900, "write": 100, "flush": 2, "discard": 0,
                 "write_zeroes": 0, "get_id": 0, "error": 3},
    "interrupts": {"msix": 990, "intx": 2, "suppressed": 8},
    "unknown": {"read": 0, "write": 2}, "doorbells": 5, "kicks": 1000,
}


class Driver(unittest.TestCase):
    """driver.py"""

    def test_counters(self) -> None:
        """Registers by name and direction, queues summed up."""
        state = driver.parse(SYSFS.splitlines())
        self.assertEqual(state.accesses[("queue_desc_lo", "write")], 1)
        self.assertEqual(state.accesses[("isr_status", "read")], 3)
        self.assertEqual(state.mapped, {"notify"})
        self.assertEqual((state.exits, state.kicks), (1003, 1000))

    def test_missing_counter(self) -> None:
        """A missing counter is an error and not 0."""
        with self.assertRaisesRegex(CountError, "exits"):
            driver.parse(SYSFS.replace("exits 1003\n", "").splitlines())

    def test_reset_in_between(self) -> None:
        """Exits that decreased."""
        later = driver.parse(
            SYSFS.replace("exits 1003", "exits 2").splitlines())
        with self.assertRaises(CountError):
            driver.testimony(later, driver.parse(SYSFS.splitlines()))

    def test_all_of_the_guest(self) -> None:
        """per_cpu_count has one number per CPU, and is one file per vector."""
        state = driver.parse_guest(f"{BLOCK}irq 1,20\nirq 0,300\n{SYSFS}")
        self.assertEqual(state.interrupts, 321)
        self.assertEqual(blk.parse(state.above).reads, 11)
        self.assertEqual(state.driver,
                         driver.parse(SYSFS.splitlines()))


class Device(unittest.TestCase):
    """device.py"""

    def test_counters(self) -> None:
        """An erroneous request counts once, under its kind."""
        state = device.parse(COUNTERS)
        self.assertEqual(sum(state.requests.values()), 1002)
        self.assertEqual(state.interrupts, 992)

    def test_access_to_no_register(self) -> None:
        """It counts as unknown; a kind that never came is absent."""
        state = device.parse(COUNTERS)
        self.assertEqual(state.accesses, {("notify", "write"): 1000,
                                          ("unknown", "write"): 2})


class Vcpu(unittest.TestCase):
    """vcpu.py"""

    def test_none(self) -> None:
        """QEMU without KVM has no such count: an error and not 0."""
        with self.assertRaises(CountError):
            vcpu.parse_exits([{"stats": []}])
