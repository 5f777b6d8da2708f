# SPDX-License-Identifier: GPL-2.0
"""vfe_trap_net on vfe-device: few packets, since each takes hundreds of
accesses."""

from __future__ import annotations

import pytest

from ..nets import STUCK_S, NetCase

TRAP_NET = "vfe_trap_net"
MODES = tuple(f"window={window} string={string}"
              for window in ("port", "memory") for string in (0, 1))


class TrapNet(NetCase):
    """The echo answers, in each mode and after each disturbance."""

    def up(self, parameters: str = "") -> str:
        """Bind it to the echo, configured; its interface."""
        self.sh("rmmod vfe_trap_net 2>/dev/null || true")
        name = self.bind_net("echo", TRAP_NET, parameters)
        self.sh(f"ip addr add 10.8.0.2/24 dev {name}\n"
                f"ip link set {name} up")
        return name

    def echoes(self, *sizes: int) -> None:
        """Pings come back."""
        self.answers_pings("10.8.0.1", sizes or (56,))

    def test_modes(self) -> None:
        """By ports and by memory, word by word and by string."""
        for parameters in MODES:
            with self.subTest(parameters=parameters):
                self.up(parameters)
                self.echoes(0, 56, 1472)

    def test_link(self) -> None:
        """The carrier follows the device's."""
        name = self.up()
        device = self.device("echo")
        for word, value in (("down", "0"), ("up", "1")):
            device.control(f"link {word}")

            def follows(value: str = value) -> bool:
                carrier = self.sh(f"cat /sys/class/net/{name}/carrier")
                return carrier.strip() == value

            self.eventually(follows, f"the link is not {word}")
        # the kernel drops packets until its worker has seen the carrier
        self.eventually(lambda: self.sh(
            f"cat /sys/class/net/{name}/operstate").strip() == "up",
            "the interface does not come up")
        self.echoes()

    @pytest.mark.slow
    def test_reset_and_down_under_traffic(self) -> None:
        """It works after each, and the interface keeps its settings."""
        name = self.up("string=1")
        self.sh("ping -f -q -w 30 10.8.0.1 >/dev/null 2>&1 &\nsleep 0.5")
        self.sh(f"echo 1 >/sys/bus/pci/devices/{self.bdf('echo')}/reset",
                STUCK_S)
        self.sh(f"ip link set {name} down; ip link set {name} up", STUCK_S)
        self.sh("busybox killall ping || true")
        self.echoes()

    def test_removed_under_traffic(self) -> None:
        """The module goes while packets come and go."""
        for _ in range(2):
            self.up("string=1")
            self.sh("ping -f -q -w 30 10.8.0.1 >/dev/null 2>&1 &\n"
                    "sleep 0.5\nrmmod vfe_trap_net", STUCK_S)
            self.sh("busybox killall ping || true")
