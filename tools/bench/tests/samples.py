# SPDX-License-Identifier: GPL-2.0
"""Samples that the tests share: rows and results."""

from __future__ import annotations

from bench.result import Result, Traffic
from bench.row import Row
from bench.rows import all_rows
from bench.workload.interface import Outcome
from count.counts import Testimony
from count.witness import compare


def row(name: str) -> Row:
    """A row of the table by its name."""
    return next(row for row in all_rows(1000) if row.name == name)


def result(name: str = "virtio-msix-d1-randread", driver: int = 1000,
           kvm: int = 1000, device: int = 1000) -> Result:
    """A measured row with these counts of kicks."""
    key = ("notify", "write")
    verdict = compare({
        "driver": Testimony({key: driver}, driver),
        "kvm": Testimony({key: kvm}, kvm),
        "device": Testimony({key: device}, device)})
    traffic = Traffic(ops=1000, kicks=1000, interrupts=1000, all_exits=4800,
                      seconds=2.0, idle_per_s=45.0, start_exits=15.0)
    outcome = Outcome(1000, 2000, 500.0, 1_900_000, 2_500_000)
    return Result(row(name), verdict, traffic, outcome)
