# SPDX-License-Identifier: GPL-2.0
"""Network functions of vfe-device: two that are joined, and an echo.

The tested interface and its peer are in the namespaces "dut" and "peer"; the
traffic is that of the differential runner (../differential/guest/traffic).
"""

from __future__ import annotations

from differential.net import image
from lab import LabError, pci

from .machine import KERNEL, STRICT, GuestCase, Machine, end

NET = "vfe_net"
LIB = f"/{image.PLACE}"
DUT_MAC, PEER_MAC = "52:54:00:09:00:02", "52:54:00:09:00:01"
# No bind or unbind takes this long, unless the driver hangs.
STUCK_S = 60
_PAIR = ("--backend", "pair:FOLDER/pair")

# Stopped and started again, as far as devices know
SUSPEND = """\
echo 0 >/sys/module/suspend/parameters/pm_test_delay
echo devices >/sys/power/pm_test
echo freeze >/sys/power/state
echo none >/sys/power/pm_test
"""

# "left" and "right" are joined. Both have the stock identity, so that the
# kernel's driver takes them, too.
NETS = Machine("nets", nets=(
    ("left", ("--id", "stock", "--pairs", "2", "--mac", DUT_MAC, *_PAIR)),
    ("right", ("--id", "stock", "--mac", PEER_MAC, *_PAIR)),
    ("echo", ("--mac", DUT_MAC))),
    append=f"{STRICT} ipv6.disable=0", more=image.more, memory=1024)

BIND = """\
. {lib}/net.sh
pci_no_autoprobe
take_down
pci_unbind {bdfs}
modprobe virtio_net
modprobe {driver} {parameters}
mkdir -p /run/differential
pci_bind {bound} {bdf} && pci_netdev {bdf}
"""
TAKE_DOWN = f". {LIB}/net.sh; take_down; modprobe -r netconsole; true"


def outcomes(text: str) -> dict[str, str]:
    """What a workload reports."""
    found = {}
    for line in text.splitlines():
        if line.startswith("outcome "):
            key, _, value = line.removeprefix("outcome ").partition("=")
            found[key] = value
    return found


class NetCase(GuestCase):
    """Tests on network functions; each leaves the guest usable."""

    machine = NETS

    def tearDown(self) -> None:
        try:
            self.guest.run(TAKE_DOWN, STUCK_S)
        except LabError:
            end(self.machine)
            raise
        super().tearDown()

    def bind_net(self, name: str, driver: str = NET,
                 parameters: str = "") -> str:
        """Bind a driver to a function alone; its interface."""
        module = "virtio_net" if driver == KERNEL else driver
        return self.sh(pci.script(BIND.format(
            lib=LIB, bdfs=self.bdf(name), bdf=self.bdf(name), bound=driver,
            driver=module, parameters=parameters)), STUCK_S).split()[-1]

    def answers_pings(self, peer: str, sizes: tuple[int, ...]) -> None:
        """Five pings of each size are answered. Each has a process of its
        own: after the last of several, ping waits only twice as long as the
        slowest answer took, and a busy host may be slower."""
        size = " ".join(map(str, sizes))
        self.sh(f"for size in {size}; do for _ in 1 2 3 4 5; do"
                f" ping -q -n -c 1 -W 20 -s $size {peer} || exit 1;"
                " done; done", 100)

    def join(self, driver: str = NET, parameters: str = "",
             peers: str = KERNEL) -> None:
        """The tested driver on the left, the peer's on the right, both
        configured."""
        peer = self.bind_net("right", peers)
        mine = self.bind_net("left", driver, parameters)
        self.sh(f"mkdir -p /run/differential\n"
                f"echo {peer} >/run/differential/peer\n"
                f"N={mine} P={peer}\n. {LIB}/net.sh\nset_up", STUCK_S)

    def traffic(self, words: str, timeout: float = 120) -> dict[str, str]:
        """Run a workload; its outcomes."""
        return outcomes(self.sh(f". {LIB}/net.sh\ntraffic {words}", timeout))

    def whole(self, words: str, timeout: float = 120) -> None:
        """Run a workload whose outcomes all say that the data is whole."""
        found = self.traffic(words, timeout)
        self.assertTrue(found)
        for key, value in found.items():
            self.assertIn(value, ("whole", "moves"), key)

    def dut(self, command: str, timeout: float = 60) -> str:
        """A command in the namespace of the tested interface."""
        return self.sh(f"ip netns exec dut {command}", timeout)

    def python(self, script: str, timeout: float = 120) -> dict[str, str]:
        """Run a script beside the workloads; its outcomes."""
        self.guest.put(script.encode(), "/tmp/script.py")
        return outcomes(self.sh(
            f"cd {LIB}; python3 -S -E -B -c"
            " 'exec(open(\"/tmp/script.py\").read())'", timeout))

    def suspended(self) -> None:
        """To sleep and back."""
        self.sh(SUSPEND, STUCK_S)

    def was_reset(self) -> None:
        """The file that resets the device of our driver."""
        self.sh(f"echo 1 >/sys/bus/pci/devices/{self.bdf('left')}/vfe/reset",
                STUCK_S)

    def carrier(self) -> str:
        """Of the tested interface."""
        return self.sh("cat /run/differential/sys.dut/class/net/dut/carrier"
                       ).strip()
