# SPDX-License-Identifier: GPL-2.0
"""The KUnit suites in the guest, in one go."""

from __future__ import annotations

from guest.machine import GuestCase
from kunit import verdict

from . import insmod, kernels


class Insmod(GuestCase):
    """Each case of each suite."""

    machine = kernels.MACHINE

    def test_suites(self) -> None:
        self.sh(kernels.KCSAN_ON)
        suites = insmod.chosen()
        result = insmod.judge(insmod.run(self.guest, suites), suites)
        verdict.show(result)
        for failure in result.every_failure:
            with self.subTest(failure.name):
                self.fail(f"{failure.kind}: {failure.text}")
        self.assertGreater(result.passed, len(suites))
