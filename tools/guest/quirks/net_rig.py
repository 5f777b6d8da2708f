# SPDX-License-Identifier: GPL-2.0
"""Puts virtio_net and then vfe_net on one network function with a quirk.

Wherever the kernel's driver gets a working interface, ours must, too. The
control socket sets the quirks; those of the configuration take effect with the
next reset of the function.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from lab import LabError, pci, speed

from ..machine import KERNEL, end
from ..nets import LIB, NET, NETS, STUCK_S, NetCase

_LEFT, _RIGHT = NETS.nets[:2]
# The options offer the features whose values quirks change.
MACHINE = replace(NETS, name="quirks-net", nets=(
    (_LEFT[0], (*_LEFT[1], "--mtu", "1500", "--speed", "1000")), _RIGHT))
OURS = re.compile(r"\] vfe(_net)?[ :]")
# The largest number of lines about one event
MOST_LINES = 20
# All commands of one operation wait as long (VFE_NET_CTRL_TIMEOUT); the rest
# is for the command itself, on a slow machine.
BOUND_S, OWN_S = 3, 1
TENTHS = 20     # for an interface to appear

BIND = """\
pci_no_autoprobe
modprobe {module}
pci_bind {driver} {bdf} && pci_netdev {bdf} {tenths} || echo none
"""
FACTS = """\
echo mtu $(cat /sys/class/net/{name}/mtu)
ip -d link show {name} | busybox grep -o 'm[ai][nx]mtu [0-9]*'
ethtool -l {name} | busybox awk '/Combined/ {{ print "combined" n++, $2 }}'
"""
# An interface has these only while it is up.
FACTS_UP = """\
cd /run/differential/sys.dut/class/net/dut
for word in speed duplex; do
    echo $word $(cat $word 2>&1)
done
"""
# The peer knows the interface by the address that it has now.
KNOWN = """\
ip -n peer neigh replace 10.9.0.2 dev peer nud permanent \
    lladdr "$(</run/differential/sys.dut/class/net/dut/address)"
"""
# timed NAME COMMAND...: its status, milliseconds and output, as an outcome
TIMED = """\
timed() {
    local began=${EPOCHREALTIME/./} said status=0 word=$1
    shift
    said=$("$@" 2>&1) || status=$?
    said=${said//$'\\n'/ }
    echo "outcome $word=$status $(((${EPOCHREALTIME/./} - began) / 1000))" \\
        "${said:0:200}"
}
"""


@dataclass
class Turn:
    """The result of one driver on the function."""

    driver: str
    name: str                   # of the interface, "" if it refused
    facts: dict[str, str] = field(default_factory=dict)
    lines: Sequence[str] = ()   # of the kernel's log
    found: dict[str, int] = field(default_factory=dict)     # by the work

    @property
    def own(self) -> list[str]:
        """The lines of our driver."""
        return [line for line in self.lines if OURS.search(line)]


@dataclass(frozen=True)
class Took:
    """What a command in the guest did."""

    status: int
    seconds: float
    said: str


Work = Callable[[Turn], None]


def bound() -> float:
    """Seconds that a command may take while the device does not answer."""
    return BOUND_S + speed.scaled(OWN_S)


class NetQuirkCase(NetCase):
    """Tests of quirks on the left function; the right one is its peer."""

    machine = MACHINE

    def setUp(self) -> None:
        super().setUp()
        self.bind_net("right", KERNEL)

    def tearDown(self) -> None:
        try:
            self.device("left").control("quirk none")
            self.device("left").control("link up")
        except LabError:
            end(self.machine)
            raise
        super().tearDown()

    def quirk(self, quirks: str) -> None:
        """From now on."""
        self.device("left").control(f"quirk {quirks}")

    def power_on(self, quirks: str) -> None:
        """Reset the function, with no driver bound."""
        bdf = self.bdf("left")
        try:
            self.sh(pci.script(f". {LIB}/net.sh; take_down;"
                               f" pci_unbind {bdf}"), STUCK_S)
        except LabError:
            # the driver hangs: the next test gets another guest
            end(self.machine)
            raise
        self.quirk(quirks)
        self.sh(f"echo 1 >/sys/bus/pci/devices/{bdf}/reset;"
                " dmesg -c >/dev/null")

    def turn(self, driver: str, work: Work | None = None) -> Turn:
        """Bind a driver; configure the interface and work with it."""
        module = "virtio_net" if driver == KERNEL else driver
        name = self.sh(pci.script(BIND.format(
            module=module, driver=driver, bdf=self.bdf("left"),
            tenths=TENTHS)), STUCK_S).split()[-1]
        turn = Turn(driver, "" if name == "none" else name)
        try:
            if turn.name:
                facts = self.sh(FACTS.format(name=name))
                self.sh(pci.script(
                    f"N={name}\nP=$(pci_netdev {self.bdf('right')})\n"
                    f". {LIB}/net.sh\nset_up"), STUCK_S)
                facts += self.sh(FACTS_UP)
                for line in facts.splitlines():
                    key, _, value = line.partition(" ")
                    turn.facts[key] = value
                if work:
                    work(turn)
        finally:
            turn.lines = self.sh("dmesg -c").splitlines()
            print(f"-- {driver}: interface '{turn.name}' {turn.facts}"
                  f" {turn.found}")
            print("\n".join(turn.lines))
        return turn

    def afresh(self, driver: str, quirks: str, work: Work | None) -> Turn:
        """A turn of a driver on a function that was off."""
        print(f"-- quirks {quirks}, {driver}")
        self.power_on(quirks)
        return self.turn(driver, work)

    def both(self, quirks: str, work: Work | None = None,
             facts: Sequence[str] = ()) -> tuple[Turn, Turn]:
        """virtio_net, then vfe_net, on the function with these quirks."""
        theirs, ours = (self.afresh(driver, quirks, work)
                        for driver in (KERNEL, NET))
        self.assertLess(len(ours.own), MOST_LINES, ours.own)
        if theirs.name:
            self.assertTrue(ours.name, f"{quirks}: vfe_net refuses what"
                            f" virtio_net takes: {ours.own}")
            for name in facts:
                with self.subTest(quirks=quirks, fact=name):
                    self.assertEqual(ours.facts.get(name),
                                     theirs.facts.get(name))
        return theirs, ours

    # --- work of tests ---

    def timed(self, *commands: str) -> list[Took]:
        """Run commands one after the other: what each did, and how long."""
        script = TIMED + "".join(
            f"timed {number} bash -c '{command}'\n"
            for number, command in enumerate(commands))
        took = {}
        for line in self.sh(script, 60 * len(commands)).splitlines():
            if line.startswith("outcome "):
                key, _, value = line.removeprefix("outcome ").partition("=")
                status, ms, said = value.split(" ", 2)
                took[int(key)] = Took(int(status), int(ms) / 1000, said)
        for number, command in enumerate(commands):
            print(f"{command}: {took[number]}")
        return [took[number] for number in range(len(commands))]

    def in_time(self, *commands: str) -> None:
        """Each command ends within the bound."""
        for command, took in zip(commands, self.timed(*commands)):
            with self.subTest(command):
                self.assertLess(took.seconds, bound(), took.said)

    def pings(self, count: int = 30, size: int = 200) -> int:
        """Echoes that come back to the tested interface."""
        out = self.guest.run(
            f"ip netns exec dut ping -q -n -c {count} -i 0.02 -W 2 -s {size}"
            " 10.9.0.1", check=False).out
        found = re.search(r"(\d+) received", out)
        self.assertTrue(found, out)
        assert found is not None
        return int(found[1])

    def count(self, which: str) -> int:
        """A counter of the tested interface."""
        return int(self.sh("cat /run/differential/sys.dut/class/net/dut"
                           f"/statistics/{which}"))

    def shown(self, name: str) -> int:
        """A counter of ethtool -S."""
        out = self.sh("ip netns exec dut ethtool -S dut")
        found = re.search(rf"^ *{name}: (\d+)$", out, re.M)
        self.assertTrue(found, f"no {name} in {out}")
        assert found is not None
        return int(found[1])

    def lives(self, turn: Turn) -> None:
        """Packets of all sizes come and go."""
        self.sh(KNOWN)
        self.eventually(lambda: self.pings(3) == 3,
                        f"{turn.driver}: no ping comes back", 30)
        self.whole("tcp 1")
