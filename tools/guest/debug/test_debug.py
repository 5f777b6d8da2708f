# SPDX-License-Identifier: GPL-2.0
"""The drivers on real disks: two processors that preempt, KCSAN, lockdep."""

from __future__ import annotations

from . import cases, kernels


class Debug(cases.Cases):
    """Data races, locks, sleeping in atomic context, DMA."""

    machine = kernels.MACHINE

    def setUp(self) -> None:
        super().setUp()
        self.sh(kernels.KCSAN_ON)

    def tearDown(self) -> None:
        super().tearDown()
        self.assertRegex(self.sh("cat /proc/lockdep_stats"),
                         r"debug_locks: +1\n",
                         "lockdep has switched itself off")
