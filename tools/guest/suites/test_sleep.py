# SPDX-License-Identifier: GPL-2.0
"""Sleep: the machine stops its devices, and starts them again."""

from __future__ import annotations

import time

import pytest

from ..load import Load
from ..machine import BLK, MODULES, GuestCase

# Started in the background: the guest's agent sleeps with the guest.
TO_SLEEP = """\
modprobe -q button || true
echo {test} >/sys/power/pm_test
(sleep 0.2; echo {state} >/sys/power/state; echo $? >/tmp/woken) \
    >/dev/null 2>&1 &
"""


class Sleep(GuestCase):
    """The whole way into sleep, and the part that concerns devices."""

    def devices_sleep(self, state: str) -> None:
        """To sleep and back, as far as devices know."""
        self.sh("echo 1 >/sys/module/suspend/parameters/pm_test_delay;"
                " echo devices >/sys/power/pm_test;"
                f" echo {state} >/sys/power/state;"
                " echo none >/sys/power/pm_test", 120)

    def reads(self, disk: str) -> None:
        """The disk answers."""
        self.sh(f"dd if={disk} of=/dev/null bs=4k count=32 iflag=direct"
                " 2>/dev/null")

    @pytest.mark.slow
    def test_suspend_and_resume(self) -> None:
        """Both kinds of sleep, both drivers."""
        for driver in MODULES:
            disk = self.bind("wild", driver)
            for state in ("freeze", "mem"):
                self.assertIn(state, self.sh("cat /sys/power/state").split())
                self.devices_sleep(state)
                self.reads(disk)
        self.works(self.bind("wild"))

    def test_suspend_under_load(self) -> None:
        disk = self.bind("wild")
        load = Load(self, disk)
        for _ in range(2):
            self.devices_sleep("freeze")
            load.moves()
        load.ends_well()

    @pytest.mark.slow
    def test_suspend_to_idle(self) -> None:
        """Real sleep, until somebody presses the power button."""
        disk = self.bind("wild", BLK)
        load = Load(self, disk)
        self.sh("rm -f /tmp/woken\n"
                + TO_SLEEP.format(test="none", state="freeze"))
        # Nobody can ask a guest that sleeps: it has had time to.
        time.sleep(2)
        self.guest.qmp("system_powerdown")
        self.sh("for n in $(seq 100); do [ -e /tmp/woken ] && break;"
                " sleep 0.1; done; [ \"$(cat /tmp/woken)\" = 0 ]", 60)
        self.assertIn("PM: suspend exit", self.kernel_log())
        load.moves()
        load.ends_well()
        self.works(disk)
