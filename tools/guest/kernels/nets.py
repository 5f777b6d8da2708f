# SPDX-License-Identifier: GPL-2.0
"""A short test of the network drivers: packets both ways, then unbind."""

from __future__ import annotations

from guest.machine import KERNEL
from guest.nets import NET, STUCK_S
from guest.rng import RngCase
from lab import pci

TRAP_NET = "vfe_trap_net"
_PAIR = ("--id", "stock", "--backend", "pair:FOLDER/pair")
# The first two are joined; the drivers of the kernel take them, too.
NETS = (("left", ("--pairs", "2", *_PAIR)), ("right", _PAIR), ("echo", ()))

_BIND = """\
pci_no_autoprobe
pci_unbind {bdf}
modprobe {module}
pci_bind {driver} {bdf} && pci_netdev {bdf}
"""

# Pings of three sizes, and streams both ways, to the other end of the link
_TRAFFIC = """\
ip netns add peer
ip link set {peer} netns peer
ip -n peer addr add 10.9.0.1/24 dev {peer}
ip -n peer link set {peer} up
ip addr add 10.9.0.2/24 dev {mine}
ip link set {mine} up
ip netns exec peer netserver -D -4 >/dev/null 2>&1 &
server=$!
for size in 56 1472 6000; do
    ping -q -i 0.01 -c 10 -W 20 -s $size 10.9.0.1
done
for test in TCP_STREAM TCP_MAERTS; do
    netperf -4 -P 0 -H 10.9.0.1 -t $test -l -2000000
done
kill $server
"""
_APART = "ip netns del peer 2>/dev/null || true"

_ECHO = """\
ip addr add 10.8.0.2/24 dev {mine}
ip link set {mine} up
ping -q -n -c 3 -i 0.1 -W 20 10.8.0.1
"""


class NetLives(RngCase):
    """The steps of a network driver; the machine has NETS."""

    def tearDown(self) -> None:
        self.sh(_APART, STUCK_S)
        super().tearDown()

    def bind_net(self, name: str, driver: str) -> str:
        """Bind a driver; the name of its interface."""
        module = "virtio_net" if driver == KERNEL else driver
        return self.sh(pci.script(_BIND.format(
            bdf=self.bdf(name), module=module, driver=driver)),
            STUCK_S).split()[-1]

    def live_net(self, driver: str = NET) -> None:
        """A link to the kernel's driver."""
        peer = self.bind_net("right", KERNEL)
        mine = self.bind_net("left", driver)
        said = self.sh(_TRAFFIC.format(mine=mine, peer=peer), 200)
        self.assertEqual(said.count(" 10 received, 0% packet loss"), 3, said)
        self.assertNotIn("wrong data byte", said)
        self.sh(_APART, STUCK_S)
        self.unbind("right")

    def live_trap_net(self) -> None:
        """The device's echo answers: few, as each takes hundreds of
        accesses."""
        said = self.sh(_ECHO.format(mine=self.bind_net("echo", TRAP_NET)),
                       100)
        self.assertIn(" 3 received, 0% packet loss", said)
