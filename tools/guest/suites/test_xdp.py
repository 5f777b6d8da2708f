# SPDX-License-Identifier: GPL-2.0
"""XDP and AF_XDP on vfe_net, by turns with virtio_net where both can do it."""

from __future__ import annotations

import re

import pytest

from lab import LabError

from ..xdp_guest import HERE, KERNELS, OURS, THERE, XdpCase

# of a UDP datagram: small, a page's fraction, the MTU's
SIZES = (18, 600, 1472)
XSK = "/tmp/xskecho ea 0 {seconds} {options} >/tmp/xsk.log 2>&1"
READY = ("for n in $(seq 100); do grep -q ready /tmp/xsk.log && break;"
         " sleep 0.1; done; cat /tmp/xsk.log; grep -q ready /tmp/xsk.log\n")


class Programs(XdpCase):
    """What a program can do, on our device with all offloads."""

    def each_driver(self, *programs: str) -> None:
        """Datagrams come back by each program, with either driver."""
        for driver in (OURS, KERNELS):
            self.bind(driver)
            for name in programs:
                self.load(name)
                for size in SIZES:
                    with self.subTest(driver=driver, name=name, size=size):
                        self.assertEqual(self.echoed(size), (400, 0))
            self.unbind()

    def test_transmit(self) -> None:
        """XDP_TX, and a program that moves the data."""
        self.each_driver("p_tx", "p_move")

    def test_pass_drop_abort(self) -> None:
        """The stack gets what a program passes, and nothing else."""
        self.bind()
        for name in ("p_pass", "p_drop", "p_abort", "p_pass_frags"):
            self.load(name)
            self.assertTrue(self.pings(), name)
        for name in ("p_drop", "p_abort"):
            self.load(name)
            before = self.count("rx_dropped")
            self.assertEqual(self.echoed(100, 50), (0, 0))
            self.assertGreaterEqual(self.count("rx_dropped") - before, 32)
        self.unload()
        self.assertTrue(self.pings(1400))

    @pytest.mark.slow
    def test_large_frames(self) -> None:
        """Several buffers a frame for a program with fragments only."""
        self.bind()
        self.sh("ip link set ea mtu 9000\n"
                "ip netns exec peer ip link set eb mtu 9000")
        with self.assertRaisesRegex(LabError, "too large"):
            self.load("p_pass")
        self.load("p_tx_frags")
        for size in (1400, 3600, 7000, 8900):
            self.assertEqual(self.echoed(size), (400, 0), size)
        self.load("p_pass_frags")
        self.assertTrue(self.pings(8900))
        self.load("p_drop_frags")
        self.assertEqual(self.echoed(8000, 50), (0, 0))
        self.unload()
        self.assertTrue(self.pings(8900))

    @pytest.mark.slow
    def test_mtu_under_a_program(self) -> None:
        """It is refused if the program cannot take it."""
        self.bind()
        self.load("p_pass")
        self.sh("ip link set ea mtu 3400; ! ip link set ea mtu 4000;"
                " ip link set ea mtu 1500")
        self.assertTrue(self.pings())

    @pytest.mark.slow
    def test_redirect(self) -> None:
        """To another interface, and from it."""
        self.bind()
        self.sh("ip link add v0 type veth peer name v1; ip link set v0 up;"
                " ip link set v1 up")
        self.load("p_pass", "v1")
        self.target("v0")
        self.load("p_redirect")
        before = self.count("rx_packets", "v1")
        self.assertEqual(self.echoed(300, 200), (0, 0))
        self.assertGreaterEqual(self.count("rx_packets", "v1") - before, 32)
        # from the veth to the peer: what v0 sends, v1 redirects to ea
        self.load("p_pass")
        self.target("ea")
        self.load("p_redirect", "v1")
        told = "ip netns exec peer cat /sys/class/net/eb/statistics/rx_packets"
        before = int(self.sh(told))
        self.sh("ip addr add 10.8.0.1/24 dev v0; ping -c 20 -i 0.02 -b -W 1"
                " -I v0 10.8.0.255 >/dev/null || true")
        self.assertGreaterEqual(int(self.sh(told)) - before, 20)

    def target(self, dev: str) -> None:
        """Where the program p_redirect sends to."""
        self.sh("id=$(bpftool -j map show name target |"
                " grep -o '\"id\":[0-9]*' | grep -o '[0-9]*$' | tail -n 1)\n"
                f"i=$(cat /sys/class/net/{dev}/ifindex)\n"
                "bpftool map update id $id key 0 0 0 0"
                " value $((i & 255)) $((i >> 8)) 0 0")

    @pytest.mark.slow
    def test_loading_under_traffic(self) -> None:
        """Nothing that a program can take is lost; BQL keeps its balance."""
        self.bind()
        self.at_peer("netserver >/dev/null")
        self.sh("netserver >/dev/null || true")
        out = self.sh(
            f"netperf -H {THERE} -l 5 -P 0 >/tmp/1 & one=$!\n"
            f"ip netns exec peer netperf -H {HERE} -l 5 -P 0 >/tmp/2 & two=$!\n"
            "for n in $(seq 12); do\n"
            "bpftool net attach xdpdrv pinned /sys/fs/bpf/t/p_pass dev ea\n"
            "sleep 0.2; bpftool net detach xdpdrv dev ea; sleep 0.2; done\n"
            "wait $one; wait $two; cat /tmp/1 /tmp/2; sleep 0.5\n"
            "cat /sys/class/net/ea/queues/tx-0/byte_queue_limits/inflight",
            120)
        *rates, inflight = out.split()
        self.assertEqual(inflight, "0")
        self.assertGreater(float(rates[4]), 0)
        self.assertEqual(self.count("rx_errors"), 0)
        self.assertTrue(self.pings(1400))


class Sockets(XdpCase):
    """AF_XDP with zero copy, on our device."""

    def echo(self, options: str) -> None:
        """All datagrams come back through the socket's memory."""
        self.sh(f"{XSK.format(seconds=60, options=options)} &\n{READY}")
        if "starve" in options:
            self.sh("sleep 1.3")
        for size in SIZES:
            self.assertEqual(self.echoed(size), (400, 0), (options, size))
        out = self.sh("kill $(pidof xskecho)\n"
                      "for n in $(seq 100); do pidof xskecho >/dev/null ||"
                      " break; sleep 0.1; done; cat /tmp/xsk.log", 30)
        found = re.search(r"sent (\d+) done (\d+)", out)
        assert found is not None, out
        self.assertEqual(found[1], found[2])
        self.assertGreaterEqual(int(found[1]), 400 * len(SIZES))

    def test_zero_copy(self) -> None:
        """With need_wakeup and without, and with a late fill ring."""
        self.bind()
        for options in ("", "nowake", "starve", "nowake starve"):
            self.echo(options)
            self.assertTrue(self.pings(), options)

    @pytest.mark.slow
    def test_copy(self) -> None:
        """The copy mode of the kernel."""
        self.bind()
        self.echo("copy")

    def test_torn_down_under_traffic(self) -> None:
        """The socket's owner is killed: the stack has the queue again."""
        self.bind()
        for _ in range(2):
            self.sh(f"{XSK.format(seconds=30, options='')} &\n{READY}"
                    f"(ip netns exec peer /tmp/udpcheck {HERE} 600 4000"
                    " >/dev/null) & sleep 0.7; kill -KILL $(pidof xskecho);"
                    " wait || true")
            self.assertTrue(self.pings(1400))

    @pytest.mark.slow
    def test_interface_down_and_up(self) -> None:
        """The socket goes on."""
        self.bind()
        self.sh(f"{XSK.format(seconds=30, options='')} &\n{READY}"
                "ip link set ea down; ip link set ea up; sleep 0.3")
        self.assertEqual(self.echoed(600), (400, 0))
        self.sh("kill $(pidof xskecho)")

    @pytest.mark.slow
    def test_unbound_while_it_is_used(self) -> None:
        """The driver's unbinding does not wait for the socket."""
        self.bind()
        self.sh(f"{XSK.format(seconds=30, options='')} &\n{READY}"
                f"echo {self.bdfs[0]}"
                " >/sys/bus/pci/drivers/vfe_net/unbind\n"
                "kill $(pidof xskecho)", 30)


@pytest.mark.slow
class SocketsOnQemu(Sockets):
    """The same on QEMU's device."""

    ours = False
    name = "xdp-qemu"


@pytest.mark.slow
class ProgramsOnQemu(Programs):
    """The same on QEMU's device."""

    ours = False
    name = "xdp-qemu"
