# SPDX-License-Identifier: GPL-2.0
"""Datagrams that the device segments or merges (USO), on Linux 6.1.

Its stack refuses merged ones, and its virtio_net neither sends nor accepts
them: vfe_net drives both functions. On a newer kernel the suites send the same.
"""

from __future__ import annotations

from guest.machine import end
from guest.nets import NET, NETS, NetCase

SERIES = "6.1"


class Datagrams(NetCase):
    """On a link of two devices."""

    machine = NETS.on_kernel("datagrams", SERIES)

    @classmethod
    def tearDownClass(cls) -> None:
        end(cls.machine)

    def test_none_is_merged(self) -> None:
        """They leave in one piece, and all of them arrive."""
        self.join(peers=NET)
        for name in ("dut", "peer"):
            said = self.sh(f"ip netns exec {name} ethtool -k {name}")
            self.assertIn("tx-udp-segmentation: on", said)
        for key, value in self.traffic("udp gso", 300).items():
            self.assertRegex(value, "^[0-9]+ came, 0 wrong", key)
