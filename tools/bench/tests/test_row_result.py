# SPDX-License-Identifier: GPL-2.0
"""From counts to results, with and without each witness."""

from __future__ import annotations

import dataclasses
import unittest
from typing import cast

from bench import measure, rows
from bench.result import Result, Traffic
from bench.row_result import row_result
from bench.session import GuestFunction, Session
from bench.tests import samples
from bench.workload.interface import Outcome
from count import kvm
from count.counts import CountError
from count.device import DeviceState
from count.driver import DriverState, GuestState
from count.snapshot import Snapshot
from count.tests.samples import NAMES
from lab.guest import Guest

NOTIFY = kvm.Address(False, 0x380000003000, "write")
KICK = ("notify", "write")
EVENT_IDX, PACKED = 1 << 29, 1 << 34
NOTHING = Snapshot(GuestState(DriverState(), 0), DeviceState(), {})
EVERY = {row.name: row for row in rows.all_rows(1000)}


def snapshot(count: int = 1000, by_kvm: int = 1000, *,
           features: int | None = EVENT_IDX, counting: bool = True,
           device: bool = True) -> Snapshot:
    """After this many reads, each with a kick and an interrupt."""
    state = DriverState({KICK: count}, exits=count, operations=count,
                        kicks=count, polls=count, polls_found=7,
                        polls_ns=5000)
    return Snapshot(
        GuestState(state if counting else None, count, features,
                   f"{count}{' 0' * 16}"),
        DeviceState({KICK: count}, {"read": count}, kicks=count)
        if device else None,
        {NOTIFY: kvm.Hits(by_kvm, by_kvm)})


def before(after: Snapshot) -> Snapshot:
    """Counts of 0, by the same witnesses."""
    guest = dataclasses.replace(
        NOTHING.guest, driver=after.guest.driver and DriverState())
    return dataclasses.replace(
        NOTHING, guest=guest,
        by_device=NOTHING.by_device if after.by_device else None)


def judged(name: str, after: Snapshot, first: Snapshot | None = None) -> Result:
    """The result of a row."""
    row = EVERY[name]
    one = Session(cast(Guest, None), row.setup,
                  GuestFunction("", None, None), {})
    one.names = NAMES
    return row_result(row, one, first or before(after), after,
                 Outcome(1000, 1, 1.0, 1, 1), Traffic(all_exits=3996))


class Witnesses(unittest.TestCase):
    """The counts of each witness."""

    def test_all_three(self) -> None:
        found = judged("virtio-msix-d1-randread", snapshot())
        self.assertTrue(found.agree)
        self.assertEqual((found.exits, found.ratio("kicks"),
                          found.ratio("all_exits")), (1, 1, 4))
        self.assertFalse(found.blind)

    def test_kernels_driver_on_qemus_device(self) -> None:
        found = judged("qemu-kernel-d1-randread",
                       snapshot(by_kvm=900, counting=False, device=False))
        self.assertTrue(found.agree)
        self.assertEqual(set(found.blind), {"driver", "device"})
        self.assertEqual((found.ratio("kicks"), found.exits), (0.9, 0.9))

    def test_rings_that_nobody_saw(self) -> None:
        after = dataclasses.replace(snapshot(counting=False), by_kvm={},
                                    by_device=DeviceState({}, {"read": 1000}))
        found = judged("kernel-map-d1-randread", after)
        self.assertTrue(found.agree)
        self.assertEqual((found.exits, found.ratio("kicks")), (0, None))

    def test_a_driver_of_ours_must_count(self) -> None:
        with self.assertRaisesRegex(CountError, "no counters"):
            judged("virtio-msix-d1-randread", snapshot(counting=False))


class Negotiated(unittest.TestCase):
    """The driver must have negotiated the features of the row."""

    def test_packed_that_was(self) -> None:
        after = snapshot(features=EVENT_IDX | PACKED, counting=False)
        self.assertTrue(judged("kernel-packed-d32-randread", after).agree)
        with self.assertRaisesRegex(CountError, "RING_PACKED was nego"):
            judged("kernel-d32-randread", after)


class Others(unittest.TestCase):
    """Rows of other kinds."""

    def test_polling_has_its_price(self) -> None:
        found = judged("qemu-adaptive-d1-randread", snapshot(device=False))
        assert found.polling
        self.assertEqual(found.polling.as_json(1000), {
            "looks": 1000, "found": 7, "cpu_ns": 5000, "cpu_ns_per_op": 5.0})
        self.assertIn("5 ns of CPU time per operation", found.notes[0])


class ByTurns(unittest.TestCase):
    """Runs with counts of their own."""

    def median(self, *counts: tuple[int, int]) -> Result:
        """The row of runs with these kicks, by the driver and by KVM."""
        turns = [samples.result(driver=driver, kvm=by_kvm, device=driver)
                 for driver, by_kvm in counts]
        return measure.median(turns[0].row, turns)

    def test_the_row_is_the_median_run(self) -> None:
        found = self.median((900, 900), (1000, 1000), (700, 700))
        self.assertEqual(found.exits, 0.9)
        self.assertTrue(found.agree)
        job = found.as_json()
        self.assertEqual([turn["exits"] for turn in job["turns"]],
                         [0.9, 1.0, 0.7])
        self.assertEqual(len(job["observed"]["runs_iops"]), 3)

    def test_witnesses_agree_in_each_run(self) -> None:
        self.assertFalse(self.median((900, 900), (900, 900), (700, 701)).agree)
