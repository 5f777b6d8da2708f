# SPDX-License-Identifier: GPL-2.0
"""vfe_net under traffic on two processors, with KCSAN and lockdep: datagrams
that the device echoes, XDP programs loaded and unloaded, the driver unbound.

This kernel has no network namespaces, so that the workloads of two joined
interfaces do not run here.
"""

from __future__ import annotations

from lab import pci

from ..machine import GuestCase
from ..nets import LIB, NET, STUCK_S
from . import kernels
from .test_netconsole import BIND, MACHINE

ROUNDS = 3
# Datagrams of sizes, several at a time, also for the device to segment: each
# that comes back is one that went. Ends with the file /tmp/enough.
TRAFFIC = """\
import os, random, socket, threading, time
from traffic.say import outcome

THERE, UDP_SEGMENT = "10.8.0.1", 103
came, wrong = [0] * 4, [0] * 4

def talk(number):
    chance = random.Random(number)
    while not os.path.exists("/tmp/enough"):
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
                one.connect((THERE, 4000 + number))
                one.settimeout(0.5)
                if number % 2:
                    one.setsockopt(socket.SOL_UDP, UDP_SEGMENT, 700)
                for _ in range(50):
                    data = chance.randbytes(chance.choice((1, 300, 1400)))
                    one.send(data)
                    got, left = b"", len(data)
                    while left > 0:
                        part = one.recv(2000)
                        got, left = got + part, left - len(part)
                    came[number] += 1
                    wrong[number] += sorted(got) != sorted(data)
        except OSError:
            time.sleep(0.05)        # lost, or the interface is gone

tasks = [threading.Thread(target=talk, args=(number,)) for number in range(4)]
for task in tasks:
    task.start()
for task in tasks:
    task.join()
outcome("came", min(came))
outcome("wrong", sum(wrong))
"""
# Programs that pass, some of them loaded in place of the one before
XDP = """\
import ctypes, os, socket, struct, time
from traffic.say import outcome
from traffic.xdp import BPF_XDP, DRIVER, LINK_CREATE, PASS, _bpf, program

done = 0
for number in range(4):
    made = program(PASS, number % 2 == 0)
    link = _bpf(LINK_CREATE, struct.pack(
        "<IIII", made, socket.if_nametoindex(NAME), BPF_XDP, DRIVER))
    os.close(made)
    time.sleep(0.2)
    os.close(link)
    done += 1
outcome("loaded", done)
"""
START = """\
rm -f /tmp/enough
ip addr add 10.8.0.2/24 dev {name}
ip link set {name} up
ping -q -n -c 2 -i 0.2 -W 5 10.8.0.1 >/dev/null
"""
BACKGROUND = f"""\
(cd {LIB}; python3 -S -E -B -c 'exec(open("/tmp/traffic.py").read())') \
    >/tmp/traffic.log 2>&1 &
ping -f -q -n -w 200 10.8.0.1 >/dev/null 2>&1 &
"""
CHANGES = """\
ethtool -L {name} combined 1
ethtool -G {name} rx 64 tx 64
ethtool -C {name} adaptive-rx on
ethtool -L {name} combined 2
ethtool -G {name} rx 256 tx 256
ethtool -S {name} >/dev/null
ip link set {name} mtu 1400
ip link set {name} promisc on
ethtool -C {name} adaptive-rx off
"""


class Traffic(GuestCase):
    """All at the same time."""

    machine = MACHINE

    def bind_net(self) -> str:
        """Bind our driver; the interface."""
        return self.sh(pci.script(BIND.format(
            bdf=self.bdf("echo"), driver=NET)), STUCK_S).split()[-1]

    def test_under_traffic(self) -> None:
        """No report of a checker; the datagrams are whole."""
        self.sh(kernels.KCSAN_ON)
        name = self.bind_net()
        self.sh(START.format(name=name), STUCK_S)
        self.guest.put(TRAFFIC.encode(), "/tmp/traffic.py")
        self.sh(BACKGROUND)
        for _ in range(ROUNDS):
            self.guest.put(XDP.replace("NAME", repr(name)).encode(),
                           "/tmp/xdp.py")
            self.assertIn("loaded=4", self.sh(
                f"cd {LIB}; python3 -S -E -B -c"
                " 'exec(open(\"/tmp/xdp.py\").read())'", STUCK_S))
            self.sh(CHANGES.format(name=name), STUCK_S)
            self.sh(f"echo 1 >/sys/bus/pci/devices/{self.bdf('echo')}"
                    "/vfe/reset", STUCK_S)
            self.sh(pci.script(f"pci_unbind {self.bdf('echo')}"), STUCK_S)
            name = self.bind_net()
            self.sh(START.format(name=name), STUCK_S)
            self.sh("busybox pidof ping >/dev/null ||"
                    " ping -f -q -n -w 200 10.8.0.1 >/dev/null 2>&1 &")
        self.sh("sleep 1; touch /tmp/enough; busybox killall ping || true;"
                " wait")
        self.eventually(lambda: "wrong=" in self.sh("cat /tmp/traffic.log"),
                        "the traffic does not end", 30)
        out = self.sh("cat /tmp/traffic.log; rm /tmp/enough")
        print(out)
        self.assertIn("outcome wrong=0", out)
        self.assertNotIn("outcome came=0", out)
        self.sh("rmmod vfe_net", STUCK_S)
        self.assertRegex(self.sh("cat /proc/lockdep_stats"),
                         r"debug_locks: +1\n",
                         "lockdep has switched itself off")
