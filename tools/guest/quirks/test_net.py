# SPDX-License-Identifier: GPL-2.0
"""Quirks of network devices: virtio_net, then vfe_net.

virtio_net has no turn where it spins for ever with rtnl held, so that each
command of ip and ethtool hangs until the guest ends:

- on a control queue that is silent, or answers late;
- if the device has another number of pairs than it says: its commands go to a
  queue that has no answers.
"""

from __future__ import annotations

import pytest

from ..machine import KERNEL
from ..nets import NET, STUCK_S
from .net_rig import KNOWN, NetQuirkCase, Turn, bound

HEADERS = ("gso-type", "gso-no-csum", "gso-size", "gso-huge", "hdr-len",
           "csum-start", "csum-offset", "csum-zero", "tunnel", "flags")
LENGTHS = ("zero", "short", "beyond", "all-ones")
NUMBERS = (0, 2, 3, 64, 65535)
# Every third frame is spoilt, or of streams one of 50.
PINGS, EVERY, SPARSE = 30, 3, 50
CLASSES = range(9)
IN = "ip netns exec dut"
# What users ask and change; each command waits for the device in its own way
COMMANDS = (
    f"{IN} ethtool -i dut", f"{IN} ethtool -S dut", f"{IN} ethtool -c dut",
    "ip -n dut -s link show dut",
    "ip -n dut link set dut promisc on", "ip -n dut link set dut promisc off",
    "ip -n dut maddr add 33:33:00:00:00:77 dev dut",
    "ip -n dut link add link dut name v5 type vlan id 5",
    "ip -n dut link set v5 up", "ip -n dut link del v5",
    "ip -n dut link set dut address 52:54:00:09:00:22",
    "ip -n dut link set dut mtu 1400",
    f"{IN} ethtool -K dut rx-gro-hw off", f"{IN} ethtool -C dut rx-frames 8",
    f"{IN} ethtool -Q dut queue_mask 1 --coalesce rx-frames 4",
    f"{IN} ethtool -X dut equal 1", f"{IN} ethtool -K dut rxhash on",
    f"{IN} ethtool -N dut rx-flow-hash udp4 sdfn",
    f"{IN} ethtool -G dut rx 128", f"{IN} ethtool -L dut combined 2",
    f"{IN} ethtool -L dut combined 1",
    "ip -n dut link set dut down", "ip -n dut link set dut up")
QUICK = COMMANDS[:4]
# It needs rtnl, and has nothing to do with the device.
OTHER = "ip -n peer link set peer alias other"


class Control(NetQuirkCase):
    """A control queue that is silent, slow or says no."""

    def silent(self) -> None:
        """A bound interface; from now on the device answers no command."""
        self.power_on("none")
        turn = self.turn(NET, self.lives)
        self.assertTrue(turn.name)
        self.quirk("ctrl-silent")

    def test_silent(self) -> None:
        """Every command ends soon; packets come and go; when the device
        answers again, it gets all settings."""
        self.silent()
        self.in_time(*COMMANDS[4:], *QUICK)
        self.assertGreater(self.shown("cq_timeouts"), 0)
        self.assertEqual(self.pings(), PINGS)
        self.quirk("none")
        self.eventually(lambda: self.shown("cq_late") > 0,
                        "the late answer is not taken", 20)
        self.lives(Turn(NET, "dut"))
        self.sh("rmmod vfe_net", STUCK_S)

    def test_silent_from_the_start(self) -> None:
        """The interface appears, and its module goes."""
        self.power_on("ctrl-silent")
        turn = self.turn(NET, self.lives)
        self.assertTrue(turn.name, turn.own)
        self.in_time(*QUICK, "rmmod vfe_net")

    @pytest.mark.slow
    def test_each_command_finds_it_silent(self) -> None:
        """The first command of a silence takes the whole bound, whichever it
        is; another task that needs rtnl waits no longer."""
        for command in COMMANDS:
            with self.subTest(command):
                self.silent()
                both = (f"{{ sleep 0.3; {OTHER}; }} & {command} || true;"
                        " wait")
                self.in_time(both)

    @pytest.mark.slow
    def test_slow(self) -> None:
        """Half a second for each command: most work, all end in time."""
        self.power_on("ctrl-slow=0.5")
        turn = self.turn(NET, self.lives)
        self.assertTrue(turn.name)
        self.in_time(*COMMANDS)
        self.lives(turn)

    @pytest.mark.slow
    def test_later_than_the_bound(self) -> None:
        """Each answer comes when nobody waits for it."""
        self.power_on("ctrl-slow=4")
        turn = self.turn(NET, self.lives)
        self.assertTrue(turn.name)
        self.in_time(*COMMANDS)
        self.sh(KNOWN)
        self.assertEqual(self.pings(), PINGS)
        self.quirk("none")
        self.eventually(lambda: self.shown("cq_late") > 0,
                        "the late answer is not taken", 20)
        self.lives(turn)

    @pytest.mark.slow
    def test_suspended_while_silent(self) -> None:
        """To sleep and back, as far as devices know."""
        self.silent()
        self.timed(COMMANDS[4])
        self.sh("echo 0 >/sys/module/suspend/parameters/pm_test_delay;"
                " echo devices >/sys/power/pm_test;"
                " echo freeze >/sys/power/state;"
                " echo none >/sys/power/pm_test", STUCK_S)
        self.lives(Turn(NET, "dut"))

    def test_refused(self) -> None:
        """Commands of each class: packets come and go, and a filter that the
        device refuses lets all pass."""
        for number in CLASSES:
            with self.subTest(number=number):
                self.both(f"ctrl-refuse={number}", self.commanded)

    def commanded(self, turn: Turn) -> None:
        """Commands, and then packets."""
        for took in self.timed(*COMMANDS):
            self.assertLess(took.seconds, bound(), took.said)
        self.sh(KNOWN)
        turn.found["pings"] = self.pings()
        self.assertEqual(turn.found["pings"], PINGS, turn.driver)


class Receive(NetQuirkCase):
    """Headers and lengths that no driver may trust."""

    def spoilt(self, quirk: str) -> tuple[Turn, Turn]:
        """Some packets are lost, and counted; the others come."""
        def work(turn: Turn) -> None:
            before = self.count("rx_errors") + self.count("rx_dropped")
            turn.found["pings"] = self.pings(PINGS)
            turn.found["lost"] = self.count("rx_errors") + \
                self.count("rx_dropped") - before
            if turn.driver == NET:
                self.quirk(f"{quirk},rx-every={SPARSE}")
                self.whole("tcp 1")
            self.quirk("none")
            self.eventually(lambda: self.pings(3) == 3,
                            f"{turn.driver}: no ping comes back", 20)

        theirs, ours = self.both(f"{quirk},rx-every={EVERY}", work)
        self.assertGreaterEqual(
            ours.found["lost"], PINGS - ours.found["pings"],
            f"{quirk}: lost packets that nobody counted")
        return theirs, ours

    def test_headers(self) -> None:
        """Each that makes no sense."""
        for name in HEADERS:
            with self.subTest(header=name):
                theirs, ours = self.spoilt(f"rx-header={name}")
                self.assertGreaterEqual(ours.found["pings"],
                                        theirs.found["pings"] - 1)

    def test_lengths(self) -> None:
        """None, less than a header, more than the buffer has."""
        for name in LENGTHS:
            with self.subTest(length=name):
                _, ours = self.spoilt(f"rx-len={name}")
                # such a packet would end in old bytes of the buffer
                self.assertLess(ours.found["pings"], PINGS)

    def test_numbers_of_buffers(self) -> None:
        """More than there are, or none."""
        for number in NUMBERS:
            with self.subTest(number=number):
                self.spoilt(f"rx-num-buffers={number}")

    def test_all_frames(self) -> None:
        """No frame is good: nothing comes, nothing hangs; after that all."""
        for quirk in ("rx-header=csum-start", "rx-len=zero", "rx-len=all-ones",
                      "rx-num-buffers=65535"):
            with self.subTest(quirk):
                self.power_on("none")
                turn = self.turn(NET, self.lives)
                self.quirk(quirk)
                self.pings()
                for took in self.timed(*QUICK):
                    self.assertLess(took.seconds, bound(), took.said)
                self.quirk("none")
                self.lives(turn)
                self.assertGreater(self.shown("rx_bad"), 0)
                self.sh("rmmod vfe_net", STUCK_S)


class Configuration(NetQuirkCase):
    """Values that make no sense."""

    def test_mtu(self) -> None:
        """The limit of the device: none if it is below 68."""
        for mtu in (0, 67, 1280, 1500, 9000, 65535):
            with self.subTest(mtu=mtu):
                self.both(f"mtu={mtu}", facts=("mtu", "minmtu", "maxmtu"))

    def test_pairs(self) -> None:
        """More or fewer than the device has, and none: an interface, or a
        line with the reason."""
        for pairs in (0, 1, 3, 0x8001, 65535):
            with self.subTest(pairs=pairs):
                self.power_on(f"pairs={pairs}")
                ours = self.turn(NET)
                if not ours.name:
                    self.assertIn(str(pairs), "\n".join(ours.own))
                self.in_time("rmmod vfe_net")

    def test_speed(self) -> None:
        """Known, unknown, out of range."""
        for speed, duplex in ((0, 0), (100000, 1), (0x7fffffff, 255),
                              (0xffffffff, 1)):
            with self.subTest(speed=speed, duplex=duplex):
                self.both(f"speed={speed},duplex={duplex}",
                          facts=("speed", "duplex"))

    def test_settings_out_of_range(self) -> None:
        """Refused with an error that says why; nothing changes."""
        self.power_on("mtu=3000")
        turn = self.turn(NET, self.lives)
        self.assertTrue(turn.name)
        for command, words in (
                ("ip -n dut link set dut mtu 67", "mtu"),
                ("ip -n dut link set dut mtu 3001", "mtu"),
                (f"{IN} ethtool -C dut rx-usecs 1000001", "rx-usecs"),
                (f"{IN} ethtool -C dut tx-usecs 4294967295", "tx-usecs"),
                (f"{IN} ethtool -C dut rx-frames 32769", "rx-frames"),
                (f"{IN} ethtool -C dut tx-frames 4294967295", "tx-frames"),
                (f"{IN} ethtool -G dut rx 100000", ""),
                (f"{IN} ethtool -G dut tx 0", ""),
                (f"{IN} ethtool -L dut combined 3", ""),
                (f"{IN} ethtool -L dut combined 0", "")):
            with self.subTest(command):
                took = self.timed(command)[0]
                self.assertNotEqual(took.status, 0)
                self.assertIn(words, took.said)
        self.lives(turn)

    def test_link_that_flaps(self) -> None:
        """Ten times a second: commands answer, the log is short."""
        theirs, ours = self.both("link-flap=0.05", self.flaps)
        self.assertEqual([theirs.driver, ours.driver], [KERNEL, NET])

    def flaps(self, turn: Turn) -> None:
        """Down and up, and at last up."""
        for took in self.timed(*QUICK, *COMMANDS[-2:]):
            self.assertLess(took.seconds, bound(), took.said)
        self.pings()
        self.quirk("none")
        self.device("left").control("link up")
        self.lives(turn)


class Life(NetQuirkCase):
    """Quirks that devices of any class have."""

    @pytest.mark.slow
    def test_transport(self) -> None:
        """Capabilities, resets, interrupts."""
        for quirk in ("slow-reset=1", "short-common-cap", "long-notify-cap",
                      "overlapping-caps", "shared-notify", "config-storm",
                      "spurious-interrupts"):
            with self.subTest(quirk):
                self.both(quirk, self.lives)

    @pytest.mark.slow
    def test_device_that_wants_a_reset(self) -> None:
        """After each 200 frames. virtio_net does not know it."""
        self.power_on("needs-reset-after=200")

        def work(turn: Turn) -> None:
            self.guest.run("ip netns exec dut ping -q -n -i 0.01 -c 600 -W 1"
                           " 10.9.0.1", check=False)
            self.quirk("none")
            self.lives(turn)

        turn = self.turn(NET, work)
        self.assertTrue(turn.name, turn.own)
        self.assertIn("reset", "\n".join(turn.own))
