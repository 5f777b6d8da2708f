# SPDX-License-Identifier: GPL-2.0
"""A network function as the standby of a faster one with the same address.

QEMU plugs the primary function when the driver accepts STANDBY; here it is an
e1000e. A hub of QEMU joins both to their peer.
"""

from __future__ import annotations

import pytest
from differential.net import image
from lab import net, pci

from ..disks import NATIVE_HOTPLUG
from ..machine import KERNEL, STRICT, GuestCase, Machine, end
from ..nets import DUT_MAC, NET, PEER_MAC, STUCK_S

PORT, STANDBY, PEER = pci.Slot(0x8), pci.Slot(0x9), pci.Slot(0xa)
PRIMARY = "0000:01:00.0"
FAILOVER = Machine("net-failover", qemu=(
    *net.netdev("hubport", "primary", hubid=0),
    *net.netdev("hubport", "standby", hubid=0),
    *net.netdev("hubport", "peer", hubid=0), *NATIVE_HOTPLUG,
    *pci.root_port("slot-0", PORT.number),
    *pci.device("virtio-net-pci", STANDBY, {
        "id": "standby", "netdev": "standby", "mac": DUT_MAC, "romfile": "",
        "failover": "on", "disable-legacy": "on"}),
    "-device", "e1000e,id=primary,bus=slot-0,netdev=primary,romfile=,"
               f"mac={DUT_MAC},failover_pair_id=standby",
    *pci.device("virtio-net-pci", PEER, {
        "netdev": "peer", "mac": PEER_MAC, "romfile": ""})),
    append=f"{STRICT} ipv6.disable=0", more=image.more, memory=1024)

# The standby's and its master's name, which are both the function's; the
# master and the peer get addresses.
SET_UP = """\
for mine in /sys/bus/pci/devices/{standby}/{{,virtio*/}}net/*; do
	[ "$(cat "$mine/phys_port_name" 2>/dev/null)" != sby ] || break
done
ip netns add peer
ip link set {peer} netns peer name peer
ip -n peer addr add 10.9.0.1/24 dev peer
ip -n peer link set peer up
master=$(basename "$(readlink "$mine/master")")
ip addr add 10.9.0.2/24 dev "$master"
ip link set "$master" up
echo "${{mine##*/}} $master"
"""


class NetFailover(GuestCase):
    """The primary function comes, goes, and the master's traffic goes on."""

    machine = FAILOVER

    def tearDown(self) -> None:
        # the primary function is gone
        end(self.machine)

    def bind_at(self, bdf: str, driver: str) -> str:
        """Bind a driver; the name of the interface."""
        module = "virtio_net" if driver == KERNEL else driver
        return self.sh(pci.script(
            f"pci_no_autoprobe; modprobe {module}\n"
            f"pci_bind {driver} {bdf} && pci_netdev {bdf}"),
            STUCK_S).split()[-1]

    def sent(self, interface: str) -> int:
        """Packets of an interface."""
        return int(self.sh(
            f"cat /sys/class/net/{interface}/statistics/tx_packets"))

    def answers(self) -> int:
        """Answered pings of 20."""
        said = self.sh("ping -q -i 0.05 -c 20 -W 1 10.9.0.1 || true", 60)
        return int(said.split(" received")[0].split()[-1])

    def primary_comes(self, master: str) -> str:
        """The primary function's interface, under the master."""
        def here() -> bool:
            return self.guest.run(f"[ -e /sys/bus/pci/devices/{PRIMARY} ]",
                                  check=False).rc == 0
        self.guest.run("echo 1 >/sys/bus/pci/slots/*/power", check=False)
        self.eventually(here, "QEMU plugs no primary function", 20)
        primary = self.bind_at(PRIMARY, "e1000e")
        self.assertEqual(master, self.sh(
            f"basename $(readlink /sys/class/net/{primary}/master)").strip())
        return primary

    def fails_over(self, driver: str) -> None:
        """Traffic uses the primary function while it is there."""
        peer = self.bind_at(PEER.bdf, KERNEL)
        self.bind_at(STANDBY.bdf, driver)
        mine, master = self.sh(SET_UP.format(
            standby=STANDBY.bdf, peer=peer)).split()[-2:]
        primary = self.primary_comes(master)
        self.eventually(lambda: self.answers() == 20, "no answers", 30)
        before = self.sent(mine), self.sent(primary)
        self.assertEqual(self.answers(), 20)
        self.assertEqual(self.sent(mine), before[0])
        self.assertGreaterEqual(self.sent(primary), before[1] + 20)
        self.guest.qmp("device_del", id="primary")
        self.eventually(
            lambda: self.guest.run(f"[ -e /sys/class/net/{primary} ]",
                                   check=False).rc != 0, "it stays", 20)
        before = self.sent(mine), 0
        self.eventually(lambda: self.answers() == 20, "no answers", 30)
        self.assertGreaterEqual(self.sent(mine), before[0] + 20)
        self.sh(pci.script(f"pci_unbind {STANDBY.bdf}\n"
                           f"[ ! -e /sys/class/net/{master} ]"), STUCK_S)

    def test_fails_over(self) -> None:
        """With vfe_net."""
        self.fails_over(NET)

    @pytest.mark.slow
    def test_virtio_net(self) -> None:
        """The control: the test is fair."""
        self.fails_over(KERNEL)
