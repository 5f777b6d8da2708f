# SPDX-License-Identifier: GPL-2.0
"""CPU hotplug under traffic, and the interrupts of the pairs."""

from __future__ import annotations

from ..machine import KERNEL
from ..nets import NET, STUCK_S, NetCase

ROUNDS = 3
ONLINE = "/sys/devices/system/cpu/cpu1/online"
FLOOD = "ip netns exec dut ping -f -q -w 60 10.9.0.1 >/dev/null 2>&1 &"


class Processors(NetCase):
    """One processor of two, off and on."""

    def tearDown(self) -> None:
        self.sh(f"echo 1 >{ONLINE}\nbusybox killall ping || true", STUCK_S)
        super().tearDown()

    def processors(self) -> list[str]:
        """Of the interrupts of both pairs."""
        return self.sh(
            f"cd /sys/bus/pci/devices/{self.bdf('left')}/msi_irqs\n"
            "for irq in $(ls | sort -n | tail -n +2); do\n"
            "cat /proc/irq/$irq/smp_affinity_list; done").split()

    def test_interrupts_follow(self) -> None:
        """A processor that is online again handles its pair again."""
        self.join(NET, "", KERNEL)
        self.assertEqual(self.processors(), ["0", "1"])
        self.sh(FLOOD)
        for _ in range(ROUNDS):
            self.sh(f"echo 0 >{ONLINE}", STUCK_S)
            self.assertEqual(self.processors()[0], "0")
            self.sh(f"echo 1 >{ONLINE}", STUCK_S)
            self.assertEqual(self.processors(), ["0", "1"])
        self.sh("busybox killall ping || true")
        self.whole("tcp 2")

    def test_suspend_moves_no_interrupt(self) -> None:
        """A suspend takes all processors but one offline; this test of it
        brings them back after five seconds."""
        self.join()
        self.sh("echo processors >/sys/power/pm_test\n"
                "echo mem >/sys/power/state\n"
                "echo none >/sys/power/pm_test", STUCK_S)
        self.assertEqual(self.processors(), ["0", "1"])
