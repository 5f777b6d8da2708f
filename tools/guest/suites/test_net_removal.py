# SPDX-License-Identifier: GPL-2.0
"""A network function that goes away under its driver, in order or by surprise.

It is one of QEMU's own, behind a root port: QEMU 11.1 fails an assertion when a
vfio-user function goes. A hub of QEMU joins it to its peer.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from differential.net import image
from lab import LabError, net, pci

from ..disks import NATIVE_HOTPLUG
from ..machine import KERNEL, STRICT, GuestCase, Machine
from ..nets import BIND, DUT_MAC, LIB, NET, PEER_MAC, STUCK_S, TAKE_DOWN, \
    outcomes
from ..pluggable import PULL

PORT, PEER = pci.Slot(0x8), pci.Slot(0x9)
PLUG = "0000:01:00.0"
FUNCTION: dict[str, Any] = {
    "driver": "virtio-net-pci", "id": "plug", "bus": "plug-net",
    "netdev": "plug", "mac": DUT_MAC, "disable-legacy": "on", "romfile": ""}
PLUGGED = Machine("net-plug", qemu=(
    *net.netdev("hubport", "plug", hubid=0),
    *net.netdev("hubport", "peer", hubid=0), *NATIVE_HOTPLUG,
    *pci.root_port("plug-net", PORT.number), "-device", json.dumps(FUNCTION),
    *pci.device("virtio-net-pci", PEER, {
        "netdev": "peer", "mac": PEER_MAC, "romfile": ""})),
    append=f"{STRICT} ipv6.disable=0", more=image.more, memory=1024)


class NetRemoval(GuestCase):
    """By surprise and in order, under traffic."""

    machine = PLUGGED

    def tearDown(self) -> None:
        self.guest.run(TAKE_DOWN, STUCK_S, check=False)
        self.put_back()
        self.sh(pci.script(f"pci_unbind {PLUG} {PEER.bdf}"))
        super().tearDown()

    def bind_at(self, bdf: str, driver: str) -> str:
        """Bind a driver; the name of the interface."""
        module = "virtio_net" if driver == KERNEL else driver
        return self.sh(pci.script(BIND.format(
            lib=LIB, bdfs=bdf, bdf=bdf, bound=driver, driver=module,
            parameters="")), STUCK_S).split()[-1]

    def join(self, driver: str) -> None:
        """Configure both; packets go both ways from now on."""
        peer, mine = self.bind_at(PEER.bdf, KERNEL), self.bind_at(PLUG, driver)
        self.sh(f"N={mine} P={peer}\n. {LIB}/net.sh\nset_up\n"
                "for one in 'dut 10.9.0.1' 'peer 10.9.0.2'; do\n"
                "ip netns exec ${one% *} ping -f -q -w 60 ${one#* }"
                " >/dev/null 2>&1 &\ndone; sleep 0.5", STUCK_S)

    def present(self) -> bool:
        """Is the function in its slot?"""
        return self.guest.run(f"[ -e /sys/bus/pci/devices/{PLUG} ]",
                              check=False).rc == 0

    def blinks(self) -> bool:
        """Does the slot's power indicator blink?"""
        said = self.sh(f"sleep 1; setpci -s {PORT.bdf} CAP_EXP+18.w")
        return int(said, 16) >> 8 & 3 == 2

    def put_back(self) -> None:
        """Insert it again, if it is out. After a surprise the slot may take
        the button of the insertion for one more removal."""
        for _ in range(3):
            if not self.present():
                self.guest.qmp("device_add", **FUNCTION)
                self.guest.run("echo 1 >/sys/bus/pci/slots/*/power",
                               check=False)
                self.eventually(self.present, "the function is not found", 20)
            if not self.blinks():
                return
            self.deleted(20)
            self.eventually(lambda: not self.present(), "it is still there")
        self.fail("the slot goes on and off")

    def deleted(self, timeout: float) -> None:
        """QEMU has released it."""
        while self.guest.wait_event("DEVICE_DELETED", timeout)[
                "data"].get("device") != "plug":
            pass

    def goes(self, driver: str, pulled: bool) -> None:
        """Remove it once; afterwards a new one works."""
        self.join(driver)
        if pulled:
            self.sh(PULL.format(port=PORT.bdf))
        else:
            self.guest.qmp("device_del", id="plug")
        self.deleted(40)
        self.eventually(lambda: not self.present(), "it is still there", 20)
        self.sh("busybox killall ping || true\n" + TAKE_DOWN, STUCK_S)
        self.put_back()
        self.join(driver)
        found = outcomes(self.sh(
            f"busybox killall ping\n. {LIB}/net.sh\ntraffic tcp 1", 120))
        self.assertEqual(set(found.values()), {"whole"}, found)
        self.sh("busybox killall ping || true\n" + TAKE_DOWN, STUCK_S)

    @pytest.mark.slow
    def test_pulled_under_traffic(self) -> None:
        """By surprise."""
        self.goes(NET, pulled=True)
        self.assertNotIn("resetting the device", self.kernel_log())

    @pytest.mark.slow
    def test_unplugged_under_traffic(self) -> None:
        """In order, by the button, several times."""
        for _ in range(4):
            self.goes(NET, pulled=False)

    @pytest.mark.slow
    def test_virtio_net(self) -> None:
        """The control: the test is fair."""
        self.goes(KERNEL, pulled=False)

    @pytest.mark.slow
    def test_module_goes_while_it_is_out(self) -> None:
        """Nothing is left of it."""
        self.join(NET)
        self.sh(PULL.format(port=PORT.bdf))
        self.deleted(40)
        self.eventually(lambda: not self.present(), "it is still there", 20)
        self.sh("busybox killall ping || true\n" + TAKE_DOWN, STUCK_S)
        self.sh("rmmod vfe_net")
        with self.assertRaises(LabError):
            self.sh("lsmod | busybox grep -q vfe_net")
