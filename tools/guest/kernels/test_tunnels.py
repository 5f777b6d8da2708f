# SPDX-License-Identifier: GPL-2.0
"""Tunnels that the device segments, by turns with the kernel's driver.

virtio_net has them since Linux 6.17, so that this needs a newer kernel than
the other tests of networks.
"""

from __future__ import annotations

from guest.machine import KERNEL, end
from guest.nets import NET, NETS, NetCase

SERIES = "7.3"
# Features 65 to 68 in the driver's file, which has four words then
TUNNELS = 0x1e << 64
# arguments of the workload: the kind, words, outer and inner IP version
SAME = (
    "vxlan noudpcsum 4 4", "vxlan udpcsum 4 4", "geneve noudpcsum 4 4",
    "vxlan noudp6zerocsumtx,udp6zerocsumrx 6 6",
    "vxlan udp6zerocsumtx,udp6zerocsumrx 6 6",
)
MIXED = ("vxlan noudpcsum 4 6", "vxlan udp6zerocsumtx,udp6zerocsumrx 6 4")


class Tunnels(NetCase):
    """Streams through tunnels, on a link of two devices."""

    machine = NETS.on_kernel("tunnels", SERIES)

    @classmethod
    def tearDownClass(cls) -> None:
        end(cls.machine)

    def streams(self, words: str) -> dict[str, str]:
        """Every byte arrives; how large the packets were."""
        before = self.dropped()
        found = self.traffic(f"tunnel {words}", 300)
        for source in ("dut", "peer"):
            self.assertEqual(found[f"tunnel.from-{source}"], "whole", words)
        self.assertEqual(self.dropped(), before, words)
        return found

    def dropped(self) -> list[int]:
        """Frames of both drivers whose header made no sense to the device."""
        return [self.device(name).control()["tx"]["malformed"]
                for name in ("left", "right")]

    def features(self) -> int:
        """Those that vfe_net has negotiated."""
        bdf = self.bdf("left")
        return int(self.sh(f"cat /sys/bus/pci/devices/{bdf}/vfe/features"),
                   16)

    def test_by_turns_with_virtio_net(self) -> None:
        """With each driver on the same function."""
        for driver in (NET, KERNEL, NET):
            with self.subTest(driver=driver):
                self.join(driver)
                if driver == NET:
                    self.assertEqual(self.features() & TUNNELS, TUNNELS)
                for words in SAME:
                    found = self.streams(words)
                    self.assertEqual(found["packets.from-dut"], "large",
                                     f"{driver}: {words}")
                    self.assertEqual(found["packets.from-peer"], "large",
                                     f"{driver}: {words}")

    def test_versions_that_differ(self) -> None:
        """The stack segments those of vfe_net: drivers/net/README.md."""
        for driver in (NET, KERNEL):
            with self.subTest(driver=driver):
                self.join(driver)
                for words in MIXED:
                    found = self.streams(words)
                    self.assertEqual(
                        found["packets.from-dut"] == "large",
                        driver == KERNEL, f"{driver}: {words}")

    def test_switched_off(self) -> None:
        """Without the features of the interface, and on again."""
        self.join()
        names = ("tx-udp_tnl-segmentation", "tx-udp_tnl-csum-segmentation")
        for word in ("off", "on"):
            self.sh("ip netns exec dut ethtool -K dut " + " ".join(
                f"{name} {word}" for name in names))
            found = self.streams(SAME[1])
            self.assertEqual(found["packets.from-dut"] == "large",
                             word == "on", word)
        self.sh("ip netns exec dut ethtool -K dut rx-gro-hw off")
        self.streams(SAME[0])
