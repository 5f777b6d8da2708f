# SPDX-License-Identifier: GPL-2.0
"""vfe_net on vfe-device: data, faults, life cycles."""

from __future__ import annotations

import functools
import os
import signal
import time

import pytest
from lab import LabError

from ..machine import KERNEL
from ..nets import DUT_MAC, NET, PEER_MAC, STUCK_S, NetCase

STOPPED_S = 14     # two timeouts of the watchdog

# Frames with an offload header that no driver may trust, or too short
_HEADER = "000000000000000000000100"
_MACS = DUT_MAC.replace(":", "") + PEER_MAC.replace(":", "")
INJECTED = (
    f"{_HEADER}{_MACS}", f"{_HEADER}{_MACS}08",
    f"{_HEADER}{_MACS}0800",
    f"{_HEADER}{_MACS}0800" + "45" * 40,
    f"{_HEADER}{_MACS}8100", f"{_HEADER}{_MACS}81000005",
    f"ffffffffffffffffffff0100{_MACS}0800" + "00" * 60,
    f"01010000e80300ffff000100{_MACS}0800" + "00" * 60,
)
# The peer learns from a gratuitous packet.
LEARNS = """\
ip netns exec peer busybox sysctl -q -w net.ipv4.conf.peer.arp_accept=1
ip -n peer neigh del 10.9.0.2 dev peer
"""
LEARNT = "ip -n peer neigh show 10.9.0.2"


class Data(NetCase):
    """Every byte arrives."""

    def test_by_turns_with_virtio_net(self) -> None:
        """Streams both ways, with each driver on the same function."""
        for driver in (NET, KERNEL, NET):
            with self.subTest(driver=driver):
                self.join(driver)
                self.whole("tcp 2")

    def test_last_buffers(self) -> None:
        """No socket waits for a buffer in an idle ring."""
        self.join()
        found = self.traffic("last")
        for key, value in found.items():
            if key.startswith("unsent"):
                self.assertEqual(value, "0", key)
        self.assertEqual(found["linger.0"], "soon")
        self.assertEqual(found["zero-copy.tcp"], "24 came, 24 told")
        self.assertEqual(found["zero-copy.udp"], "24 came, 24 told")
        self.assertEqual(found["packet-ring"], "all free")

    @pytest.mark.slow
    def test_stopped_device(self) -> None:
        """The process of the device stands still for longer than QEMU waits
        for an answer, while the ring is full and a command is sent."""
        for driver in (KERNEL, NET):
            with self.subTest(driver=driver):
                self.stands_still(driver)

    def stands_still(self, driver: str) -> None:
        """With a driver: it goes on. virtio_net has no command, as that would
        spin."""
        self.join(driver)
        self.sh("(ip netns exec dut ping -q -n -f -w 20 10.9.0.1"
                " >/tmp/flood 2>&1 &) </dev/null >/dev/null 2>&1")
        pid = self.device("left").pid
        os.kill(pid, signal.SIGSTOP)
        try:
            if driver == NET:
                self.guest.run("ip -n dut link set dut promisc on", STUCK_S,
                               check=False)
            time.sleep(STOPPED_S)
        finally:
            os.kill(pid, signal.SIGCONT)
        self.whole("tcp 1")
        self.assertNotIn("resetting the", self.kernel_log())

    @pytest.mark.slow
    def test_gibibyte(self) -> None:
        """1 GiB each way."""
        self.join()
        self.whole("tcp 1024", 1800)

    @pytest.mark.slow
    def test_offloads(self) -> None:
        """All off, each by itself off and on."""
        self.join()
        for key, value in self.traffic("offloads 8", 600).items():
            if ".from-" in key:
                self.assertEqual(value, "whole", key)

    def test_offloads_alone(self) -> None:
        """All on, all off, each the only one: every byte arrives, and only
        what is on makes large packets."""
        self.alone(1)

    @pytest.mark.slow
    def test_offloads_alone_for_longer(self) -> None:
        """For 1 GiB each, tools/differential has the case plain/alone-1g."""
        self.alone(32)

    def alone(self, size: int) -> None:
        """With streams of MiB."""
        self.join()
        found = self.traffic(f"alone {size}", 900)
        large = {key for key, value in found.items() if value == "large"}
        self.assertEqual(large, {
            "all.tx", "all.rx", "tx-tcp-segmentation.tx",
            "tx-tcp6-segmentation.tx", "rx-gro-hw.rx"})
        for key, value in found.items():
            if ".datagrams." in key:
                self.assertEqual(value, "720 came, 0 wrong", key)
            elif ".from-" in key:
                self.assertEqual(value, "whole", key)
            elif "." not in key:
                self.assertEqual(value, "0", key)

    @pytest.mark.slow
    def test_memory_runs_out(self) -> None:
        """A socket that nobody reads takes all memory, and gives it back.
        Packets are dropped meanwhile; for the driver no process is killed."""
        self.join()
        found = self.traffic("pressure")
        self.assertEqual(found.pop("dropped"), "True")
        self.assertEqual(set(found.values()), {"whole"}, found)
        # others may wait for memory, the peer's driver for example
        self.assertNotRegex(self.kernel_log(), r"\bvfe_net_\w+\+0x")
        self.sh("dmesg -C")

    @pytest.mark.slow
    def test_datagrams(self) -> None:
        """Datagrams of all sizes."""
        self.join()
        for key, value in self.traffic("udp", 300).items():
            self.assertRegex(value, "^[0-9]+ came, 0 wrong", key)

    @pytest.mark.slow
    def test_kinds_of_interrupts(self) -> None:
        """Shared ones, and INTx."""
        for word in ("shared", "intx"):
            with self.subTest(interrupts=word):
                self.sh("rmmod vfe_net 2>/dev/null || true")
                self.join(parameters=f"interrupts={word}")
                self.whole("tcp 2")

    def test_echo(self) -> None:
        """The built-in echo answers a ping of each size."""
        name = self.bind_net("echo")
        self.sh(f"ip addr add 10.8.0.2/24 dev {name}\n"
                f"ip link set {name} up")
        self.answers_pings("10.8.0.1", (0, 56, 1472, 4000))


class Faults(NetCase):
    """The device is slow, silent or lies."""

    def test_link_goes(self) -> None:
        """The carrier follows the device's, and traffic does."""
        self.join()
        device = self.device("left")
        for _ in range(2):
            device.control("link down")
            self.eventually(lambda: self.carrier() == "0", "still a carrier")
            device.control("link up")
            self.eventually(lambda: self.carrier() == "1", "no carrier")
        self.whole("tcp 1")

    def test_announces_itself(self) -> None:
        """The device asks: the peer learns the address of the interface, and
        the device gets its acknowledgment."""
        device = self.device("left")
        for driver in (KERNEL, NET):
            with self.subTest(driver=driver):
                self.join(driver)
                self.sh(LEARNS)
                before = device.control()["control"]["ok"]
                device.control("announce")
                self.eventually(lambda: DUT_MAC in self.sh(LEARNT),
                                "the peer has learnt no address")
                self.eventually(
                    lambda old=before:             # type: ignore[misc]
                    device.control()["control"]["ok"] > old,
                    "no acknowledgment")
                self.assertEqual(device.control()["control"]["refused"], 0)

    def test_injected_frames(self) -> None:
        """Frames with headers that make no sense."""
        self.join()
        for frame in INJECTED * 8:
            self.eventually(functools.partial(self.taken, frame),
                            "the device keeps a frame")
        self.whole("tcp 1")

    def taken(self, frame: str) -> bool:
        """Inject a frame, unless the one before it waits still."""
        try:
            self.device("left").control(f"inject {frame}")
        except LabError:
            return False
        return True

    def test_stalls(self) -> None:
        """The device stands still for a while: traffic goes on after it."""
        self.join()
        self.device("left").control("stall 2")
        self.whole("tcp 1")

    @pytest.mark.slow
    def test_stalls_for_long(self) -> None:
        """Longer than the transmit timeout: the queue recovers."""
        self.join()
        self.sh("ip netns exec dut ping -f -q -w 25 10.9.0.1"
                " >/dev/null 2>&1 &")
        self.device("left").control("stall 12", 30)
        self.whole("tcp 1")


class Life(NetCase):
    """Drivers and settings come and go under traffic."""

    @pytest.mark.slow
    def test_unbound_under_traffic(self) -> None:
        """Four times; the interface works afterwards."""
        self.join()
        found = self.traffic("unbind")
        for number in range(4):
            self.assertEqual(found[f"stream.{number}"], "whole")

    def test_removed_under_traffic(self) -> None:
        """The module goes while packets come and go."""
        self.join()
        self.sh("ip netns exec dut ping -f -q -w 20 10.9.0.1"
                " >/dev/null 2>&1 &\n"
                "ip netns exec peer ping -f -q -w 20 10.9.0.2"
                " >/dev/null 2>&1 &\nsleep 0.5\n"
                "rmmod vfe_net", STUCK_S)
        self.sh("busybox killall ping || true")

    @pytest.mark.slow
    def test_settings(self) -> None:
        """MTU, rings, channels, XDP: streams move after each change."""
        for name in ("mtu", "rings", "channels", "down-up", "namespace",
                     "suspend", "xdp-under"):
            with self.subTest(workload=name):
                self.join()
                for key, value in self.traffic(name, 400).items():
                    if ".from-" in key or key.startswith("stream."):
                        self.assertIn(value, ("moves", "whole"), key)

    @pytest.mark.slow
    def test_kept_over_suspend(self) -> None:
        """All that users have set."""
        self.join()
        found = self.traffic("kept", 200)
        for key, value in found.items():
            if key.startswith("kept."):
                self.assertEqual(value, "all")
        self.moves(found)

    @pytest.mark.slow
    def test_interfaces_on_top(self) -> None:
        """VLANs, bridges, bonds and so on come and go."""
        self.join()
        found = self.traffic("uppers 3", 400)
        for key, value in found.items():
            if key.endswith(".ping"):
                self.assertEqual(value, "3 received", key)
        self.moves(found)

    @pytest.mark.slow
    def test_rings_resized_between_pings(self) -> None:
        """None is lost."""
        self.join()
        for key, value in self.traffic("resize", 300).items():
            self.assertEqual(value, "10 received" if key.endswith(".ping")
                             else "0", key)

    @pytest.mark.slow
    def test_down_and_up_often(self) -> None:
        """A hundred times."""
        self.join()
        self.moves(self.traffic("down-up 100", 600))

    @pytest.mark.slow
    def test_unbound_often(self) -> None:
        """A hundred times."""
        self.join()
        found = self.traffic("unbind 100", 900)
        for number in range(100):
            self.assertEqual(found[f"stream.{number}"], "whole")

    def moves(self, found: dict[str, str]) -> None:
        """All streams went on."""
        for key, value in found.items():
            if ".from-" in key:
                self.assertIn(value, ("moves", "whole"), key)

    @pytest.mark.slow
    def test_random_walk(self) -> None:
        """Random settings, from three seeds."""
        for seed in (1, 2, 3):
            with self.subTest(seed=seed):
                self.join()
                for key, value in self.traffic(f"walk {seed}", 400).items():
                    if ".from-" in key:
                        self.assertIn(value, ("moves", "whole"), key)

    def test_modprobe_removes_it(self) -> None:
        """Also while the kernel's driver is in use."""
        self.join()
        self.sh("modprobe -r vfe_net; modprobe vfe_net interrupts=shared;"
                " modprobe -r vfe_net", STUCK_S)

    @pytest.mark.slow
    def test_netconsole(self) -> None:
        """All lines come."""
        self.join()
        self.assertEqual(self.traffic("netconsole")["lines"], "120")
