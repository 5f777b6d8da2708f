# SPDX-License-Identifier: GPL-2.0
"""The checkers find deliberate bugs. Runs last, as it ends the guest.
"""

from __future__ import annotations

import unittest

from guest import machine
from lab import kernel_log

from . import kernels

# Sleep comes last: a spinlock that another processor releases disables lockdep.
SEEDS = (("race", "BUG: KCSAN: data-race in vfe_seeds"),
         ("inversion", "possible circular locking"),
         ("sleep", "BUG: scheduling while atomic"))


class Seeds(unittest.TestCase):
    """Each has the report of its checker."""

    def test_mistakes_are_found(self) -> None:
        guest = machine.running(kernels.MACHINE).guest
        guest.run(kernels.KCSAN_ON)
        try:
            for seed, words in SEEDS:
                with self.subTest(seed=seed):
                    guest.run("dmesg -c >/dev/null; insmod /lib/modules/*/"
                              f"extra/vfe_seeds.ko seed={seed}", check=False)
                    log, _ = kernel_log.without_races_of_others(
                        guest.run("dmesg").out)
                    self.assertIn(words, log)
                    self.assertNotEqual(kernel_log.find(log), "")
        finally:
            machine.end(kernels.MACHINE)
