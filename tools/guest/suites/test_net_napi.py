# SPDX-License-Identifier: GPL-2.0
"""NAPI in a thread and by busy polling, statistics of queues, interrupts where
the user has put them; the kernel's driver beside."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ..machine import KERNEL
from ..nets import NET, NetCase

# The threads of the interface, and the time on a processor, in ns
THREADS = """\
for one in /proc/[0-9]*; do
    { read -r name <$one/comm && read -r ns rest <$one/schedstat; } \\
        2>/dev/null || continue
    case $name in napi/dut-*) echo "$name $ns" ;; esac
done
true
"""
BUSY = """\
import socket, struct
from traffic.ends import DUT, PEER, Task, datagrams, within
from traffic.say import outcome

ROUNDS, SO_BUSY_POLL = 200, 46

def polled():
    with within(DUT), open("/proc/thread-self/net/netstat") as file:
        lines = [line.split() for line in file]
    for names, values in zip(lines[::2], lines[1::2]):
        if "BusyPollRxPackets" in names:
            return int(values[names.index("BusyPollRxPackets")])

def answer():
    for number in range(ROUNDS):
        far.send(far.recv(100))
    return "answered"

near, far = datagrams(DUT), datagrams(PEER)
near.connect(far.getsockname()[:2])
far.connect(near.getsockname()[:2])
# a socket with a time limit of Python's does not wait in the kernel
near.settimeout(None)
near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO,
                struct.pack("ll", 20, 0))
near.setsockopt(socket.SOL_SOCKET, SO_BUSY_POLL, 20000)
before, came, task = polled(), 0, Task(answer)
for number in range(ROUNDS):
    near.send(b"%d" % number)
    came += near.recv(100) == b"%d" % number
outcome("came", came)
outcome("polled", polled() - before)
outcome("peer", task.text())
"""
# Generic netlink by hand: the guest's Python has no library for it.
QSTATS = """\
import socket, struct
from traffic.ends import DUT, within
from traffic.say import outcome

GENL, DUMP, DONE, ERROR = 16, 0x301, 3, 2
IFINDEX, TYPE, ID, SCOPE = 1, 2, 3, 4
NAMES = {8: "rx_packets", 9: "rx_bytes", 10: "tx_packets", 11: "tx_bytes"}

def attribute(number, value):
    data = struct.pack("=HH", 4 + len(value), number) + value
    return data + bytes(-len(data) % 4)

def attributes(data):
    while len(data) >= 4:
        size, number = struct.unpack_from("=HH", data)
        yield number & 0x3fff, data[4:size]
        data = data[size + 3 & ~3:]

def ask(family, flags, command, data):
    one.send(struct.pack("=IHHIIBBH", 20 + len(data), family, flags, 1, 0,
                         command, 1, 0) + data)
    while True:
        got = one.recv(1 << 16)
        while got:
            size, kind = struct.unpack_from("=IH", got)
            if kind == DONE:
                return
            if kind == ERROR:
                code, = struct.unpack_from("=i", got, 16)
                if code:
                    raise OSError(-code, "netlink")
                return
            yield dict(attributes(got[20:size]))
            got = got[size + 3 & ~3:]
        if flags != DUMP:
            return

def number(data):
    return int.from_bytes(data, "little")

def statistics(scope):
    asked = attribute(IFINDEX, struct.pack("=I", index)) + (
        attribute(SCOPE, struct.pack("=I", 1)) if scope else b"")
    total, queues = dict.fromkeys(NAMES.values(), 0), 0
    for found in ask(family, DUMP, 12, asked):
        queues += 1
        for key, name in NAMES.items():
            total[name] += number(found.get(key, b""))
    return total, queues

def shown():
    return {name: int(open("/run/differential/sys.dut/class/net/dut"
                           f"/statistics/{name}").read())
            for name in NAMES.values()}

with within(DUT):
    one = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
    index = socket.if_nametoindex("dut")
family = number(next(ask(GENL, 1, 3, attribute(2, b"netdev\\0")))[1])
for scope in (True, False):
    for attempt in range(5):
        before = shown()
        total, queues = statistics(scope)
        if before == shown():
            break
    word = "queues" if scope else "device"
    outcome(word, "same" if total == before else f"{total} not {before}")
    outcome(f"{word}.number", queues)
"""
VECTORS = """\
cd /sys/bus/pci/devices/{bdf}/msi_irqs
for irq in *; do
    grep -q "^ *$irq:" /proc/interrupts || continue
    {do}
done
true
"""


class Napi(NetCase):
    """Each way to poll."""

    def threads(self) -> dict[str, int]:
        """Names, and their time."""
        lines = (line.split() for line in self.sh(THREADS).splitlines())
        return {name: int(ns) for name, ns in lines}

    def test_threaded(self) -> None:
        """Threads poll, not the soft interrupt."""
        for driver in (KERNEL, NET):
            with self.subTest(driver=driver):
                self.join(driver)
                self.assertEqual(self.threads(), {})
                self.sh("echo 1 >/run/differential/sys.dut/class/net/dut"
                        "/threaded")
                before = self.threads()
                self.whole("tcp 4")
                after = self.threads()
                took = (sum(after.values()) - sum(before.values())) / 1e6
                print(f"{driver}: {sorted(after)} took {took:.0f} ms")
                self.assertGreaterEqual(len(after), 2)
                self.assertGreater(took, 20)
                self.sh("echo 0 >/run/differential/sys.dut/class/net/dut"
                        "/threaded")
                self.whole("tcp 1")
        self.sh("rmmod vfe_net")
        self.assertEqual(self.threads(), {})

    def test_busy_polling(self) -> None:
        """A socket that waits takes its packets from NAPI."""
        for driver in (KERNEL, NET):
            with self.subTest(driver=driver):
                self.join(driver)
                found = self.python(BUSY)
                print(driver, found)
                self.assertEqual((found["came"], found["peer"]),
                                 ("200", "answered"))
                self.assertGreater(int(found["polled"]), 20)

    def test_statistics_of_queues(self) -> None:
        """By netlink: the sum is what ip -s shows."""
        for driver in (KERNEL, NET):
            with self.subTest(driver=driver):
                self.join(driver)
                self.dut("ethtool -L dut combined 2")
                self.whole("tcp 2")
                self.dut("ethtool -L dut combined 1")
                self.whole("tcp 1")
                found = self.python(QSTATS)
                print(driver, found)
                self.assertEqual(found["device"], "same")
                self.assertEqual(found["device.number"], "1")
                self.assertEqual(found["queues.number"], "2")
                self.dut("ethtool -L dut combined 2")
                found = self.python(QSTATS)
                self.assertEqual(found["queues"], "same")
                self.assertEqual(found["queues.number"], "4")


class Affinity(NetCase):
    """Interrupts stay where the user has put them."""

    def vectors(self, command: str) -> str:
        """A command for each vector in use."""
        return self.sh(VECTORS.format(bdf=self.bdf("left"), do=command))

    def kept(self, driver: str, what: Callable[[], object]) -> bool:
        """All on the second processor, before and after."""
        self.join(driver)
        self.dut("ethtool -L dut combined 2")
        self.vectors("echo 1 >/proc/irq/$irq/smp_affinity_list")
        what()
        self.whole("tcp 1")
        found = self.vectors("cat /proc/irq/$irq/smp_affinity_list").split()
        name = getattr(what, "__name__", "")
        print(f"{driver}: {name}: {found}")
        self.assertGreaterEqual(len(found), 3)
        return set(found) == {"1"}

    def resized(self) -> None:
        """Rings of another size."""
        self.dut("ethtool -G dut rx 128 tx 128")

    def down_and_up(self) -> None:
        """And the peer's address is known again."""
        self.sh("ip -n dut link set dut down; ip -n dut link set dut up;"
                " ip -n dut neigh replace 10.9.0.1 lladdr 52:54:00:09:00:01"
                " dev dut nud permanent")

    @pytest.mark.slow
    def test_kept(self) -> None:
        """Over whatever resets queues or the device; virtio_net beside."""
        for what in (self.resized, self.down_and_up, self.suspended):
            for driver in (KERNEL, NET):
                kept = self.kept(driver, what)
            self.assertTrue(kept, what.__name__)
        self.assertTrue(self.kept(NET, self.was_reset), "reset")
