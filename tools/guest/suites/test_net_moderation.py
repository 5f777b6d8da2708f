# SPDX-License-Identifier: GPL-2.0
"""Moderation of interrupts by vfe-device, as the user sets it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from ..machine import KERNEL
from ..nets import DUT_MAC, NET, NETS, STUCK_S, NetCase

PACKETS = 400
FRAMES = 16
LESS = 4        # times fewer interrupts, at least
INTERRUPTS = """\
cd /sys/bus/pci/devices/{bdf}/msi_irqs
busybox awk -v irqs=" $(echo *) " '{{
    name = $1; sub(":", "", name)
    if (index(irqs, " " name " "))
        for (i = 2; i <= 1 + {cpus}; i++)
            sum += $i
}} END {{ print sum + 0 }}' /proc/interrupts
"""
MACHINE = replace(NETS, name="net-moderation", nets=(*NETS.nets[:2], (
    "source", ("--id", "stock", "--pairs", "2", "--mac", DUT_MAC,
               "--backend", "source:200"))))


class Moderation(NetCase):
    """What ethtool -C asks for, the device does."""

    machine = MACHINE

    def interrupts(self, name: str = "left") -> int:
        """Of a function, so far."""
        return int(self.sh(INTERRUPTS.format(
            bdf=self.bdf(name), cpus=self.machine.cpus)))

    def unanswered(self) -> int:
        """Pings of the peer, so far, as its kernel counts them: also after
        ping has ended."""
        names, values = re.findall(r"^Icmp: (.*)$", self.sh(
            "ip netns exec peer cat /proc/net/snmp"), re.M)
        counts: dict[str, int] = dict(zip(names.split(),
                                          map(int, values.split())))
        return counts["OutEchos"] - counts["InEchoReps"]

    def a_packet(self) -> float:
        """Interrupts a packet, while the peer sends some, until PACKETS are
        answered; none is lost."""
        before = self.interrupts()
        lost = self.unanswered()
        out = self.sh("ip netns exec peer ping -q -n -i 0.002 -w 30"
                      f" -c {PACKETS} 10.9.0.2", 60)
        answered = int(out.split(" received")[0].split()[-1])
        self.assertGreaterEqual(answered, PACKETS)
        self.eventually(lambda: self.unanswered() <= lost, "a packet is lost")
        return (self.interrupts() - before) / answered

    def moderated(self, driver: str) -> tuple[float, float]:
        """Interrupts a packet, without moderation and with it."""
        self.join(driver)
        free = self.a_packet()
        self.dut(f"ethtool -C dut rx-frames {FRAMES} rx-usecs 200000")
        held = self.a_packet()
        print(f"{driver}: {free:.3f}, then {held:.3f} interrupts a packet")
        return free, held

    def test_fewer_interrupts(self) -> None:
        """With both drivers; none of the packets waits for ever."""
        for driver in (KERNEL, NET):
            free, held = self.moderated(driver)
            self.assertGreater(free, held, driver)
        self.assertGreater(free, LESS * held)
        self.dut("ethtool -C dut rx-frames 0 rx-usecs 0")
        self.assertGreater(self.a_packet(), LESS * held)

    @pytest.mark.slow
    def test_kept(self) -> None:
        """Also after a reset of the device and a suspend."""
        free, _ = self.moderated(NET)
        for what in (self.was_reset, self.suspended):
            what()
            self.eventually(lambda: self.carrier() == "1", "no carrier")
            held = self.a_packet()
            print(f"{what.__name__}: {held:.3f}")
            self.assertGreater(free, LESS * held, what.__name__)

    @pytest.mark.slow
    def test_time_is_a_bound(self) -> None:
        """A packet alone waits no longer than rx-usecs, and as long."""
        self.join()
        self.dut("ethtool -C dut rx-frames 1000 rx-usecs 100000")
        out = self.sh("ip netns exec peer ping -q -n -i 0.5 -W 5 -c 5"
                      " 10.9.0.2")
        self.assertIn(" 5 received", out)
        least, most = re.search(
            r"= ([0-9.]+)/[0-9.]+/([0-9.]+)/", out).groups()  # type: ignore
        print(out)
        self.assertGreater(float(least), 90)
        self.assertLess(float(most), 100 + 1000)

    # --- the kernel's dynamic algorithm ---

    def chosen(self, name: str) -> tuple[str, ...]:
        """rx-usecs and rx-frames of the first queue, now."""
        out = self.sh(f"ethtool -Q {name} queue_mask 1 --show-coalesce")
        found = tuple(re.findall(r"^rx-(?:usecs|frames): *(\d+)$", out, re.M))
        self.assertEqual(len(found), 2, out)
        return found

    def adapts(self, name: str) -> None:
        """The values change under load."""
        seen = {self.chosen(name)}

        def another() -> bool:
            seen.add(self.chosen(name))
            return len(seen) > 1 and seen != {("0", "0")}

        self.eventually(another, f"the values stay: {seen}", 30)
        print(f"{name}: chosen {seen}")

    @pytest.mark.slow
    def test_adaptive(self) -> None:
        """Values change under load, also after a suspend and a reset."""
        for driver in (KERNEL, NET):
            with self.subTest(driver=driver):
                self.adaptive(driver)

    def adaptive(self, driver: str) -> None:
        """With one driver."""
        name = self.bind_net("source", driver)
        self.sh(f"ip addr add 10.8.0.2/24 dev {name}; ip link set {name} up;"
                f" ethtool -L {name} combined 1;"
                f" ethtool -C {name} adaptive-rx on;"
                " ping -q -n -c 2 -i 0.2 -W 5 10.8.0.1", STUCK_S)
        source = self.device("source")
        source.control("source start")
        try:
            self.adapts(name)
            if driver != NET:
                return
            for what in ("suspend", "reset"):
                if what == "suspend":
                    self.suspended()
                else:
                    self.sh("echo 1 >/sys/bus/pci/devices/"
                            f"{self.bdf('source')}/vfe/reset", STUCK_S)
                self.sh("ping -q -n -c 2 -i 0.2 -W 5 10.8.0.1")
                self.assertRegex(self.sh(f"ethtool -c {name}"),
                                 r"Adaptive RX: on")
                self.adapts(name)
        finally:
            source.control("source stop")
        self.sh(f"ethtool -C {name} adaptive-rx off rx-usecs 7 rx-frames 9")
        self.assertEqual(self.chosen(name), ("7", "9"))

    @pytest.mark.slow
    def test_switched_under_load(self) -> None:
        """On and off, while packets come."""
        name = self.bind_net("source")
        self.sh(f"ip addr add 10.8.0.2/24 dev {name}; ip link set {name} up;"
                " ping -q -n -c 2 -i 0.2 -W 5 10.8.0.1", STUCK_S)
        source = self.device("source")
        source.control("source start")
        try:
            for number in range(20):
                self.sh(f"ethtool -C {name} adaptive-rx on;"
                        f" sleep 0.{number % 5};"
                        f" ethtool -C {name} adaptive-rx off rx-frames"
                        f" {number + 2}")
                self.assertEqual(self.chosen(name)[1], str(number + 2))
        finally:
            source.control("source stop")
        self.sh("rmmod vfe_net", STUCK_S)
