# SPDX-License-Identifier: GPL-2.0
"""Puts virtio_blk and then vfe_blk on one function with a quirk.

The kernel's driver is the reference: wherever it gets a working disk, ours
must, with the same size and limits. The control socket sets the quirks, so that
one function of one guest has them one after the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from guest.machine import BLK, KERNEL, GuestCase, Machine, end, fio
from lab import LabError, kernel_log, pci

ODD = "odd"
ZONED = "zoned"
MIB = 1 << 20
# Zones of 4 MiB with a capacity of 3; the first two are conventional
ZONES = (f"host-managed,zone-size={4 * MIB},zone-capacity={3 * MIB},"
         "conventional=2,max-open=4,max-active=6")
MACHINE = Machine("quirks", (
    (ODD, ("--id", "stock", "--queues", "2", "--lifetime", "1,2,3")),
    (ZONED, ("--id", "stock", "--queues", "2", "--zoned", ZONES))))
# The largest number of lines about one event
MOST_LINES = 20
WAIT_S = 1
# No bind or unbind takes this long, unless the driver hangs.
STUCK_S = 40
# The beginning of the drivers' lines; the block layer logs other lines.
OURS = re.compile(r"\] vfe(_blk)?[ :]")
THEIRS = re.compile(r"\] virtio[_a-z]*[ :]")

BIND = "pci_bind {driver} {bdf} && pci_disk {bdf} {tries} || echo none"
UNBIND = "pci_unbind {bdf}; dmesg -c >/dev/null"
FACTS = """\
cd /sys/block/{disk}
grep -H . size ro alignment_offset queue/* 2>/dev/null || true
"""
VERIFY = """\
block=$(blockdev --getss {disk})
head -c 1M /dev/urandom >/tmp/data
dd if=/tmp/data of={disk} bs=512k oflag=direct 2>/dev/null
for n in 1 3 4; do
    dd if=/tmp/data of={disk} bs=$block skip=$((n + 8)) seek=$n count=1 \
        oflag=direct 2>/dev/null &
done
wait
for n in 1 3 4; do
    dd if=/tmp/data of=/tmp/data bs=$block skip=$((n + 8)) seek=$n count=1 \
        conv=notrunc 2>/dev/null
done
blockdev --flushbufs {disk}
dd if={disk} of=/tmp/back bs=256k count=4 iflag=direct 2>/dev/null
cmp /tmp/data /tmp/back
"""
# Settings of the user, and properties of the driver rather than of the disk
NOT_FACTS = {"scheduler", "nr_requests", "io_poll", "io_poll_delay",
             "rq_affinity", "iostats", "nomerges", "add_random", "io_timeout",
             "wbt_lat_usec", "hw_sector_size"}


@dataclass
class Turn:
    """The result of one driver on the function."""

    driver: str
    disk: str                   # "" if it refused the function
    facts: dict[str, str] = field(default_factory=dict)
    lines: Sequence[str] = ()   # of the kernel's log

    @property
    def own(self) -> list[str]:
        """The driver's own lines."""
        own = OURS if self.driver == BLK else THEIRS
        return [line for line in self.lines if own.search(line)]


Work = Callable[[str], None]


class QuirkCase(GuestCase):
    """Tests of quirks; each names a VMM with the quirk."""

    machine = MACHINE
    name: ClassVar[str] = ODD       # of the function

    def setUp(self) -> None:
        super().setUp()
        # No other driver takes the function while a test has it.
        self.sh("echo 0 >/sys/bus/pci/drivers_autoprobe;"
                " modprobe virtio_blk; modprobe vfe_blk")
        self.power_on("none")

    def tearDown(self) -> None:
        try:
            self.sh(pci.script(UNBIND.format(bdf=self.bdf(self.name))),
                    STUCK_S)
            self.device(self.name).control("quirk none")
        except LabError:
            # The driver hangs: use another guest for the next test.
            end(self.machine)
            raise
        super().tearDown()

    def power_on(self, quirks: str) -> None:
        """Reset the function, with no driver bound."""
        self.sh(pci.script(UNBIND.format(bdf=self.bdf(self.name))),
                STUCK_S)
        self.device(self.name).control(f"quirk {quirks}")
        self.sh(f"echo 1 >/sys/bus/pci/devices/{self.bdf(self.name)}/reset;"
                " dmesg -c >/dev/null")

    def turn(self, driver: str, work: Work | None = None) -> Turn:
        """Bind a driver; work with the disk, if there is one."""
        name = self.sh(pci.script(BIND.format(
            bdf=self.bdf(self.name), driver=driver, tries=WAIT_S * 10)),
            STUCK_S).split()[-1]
        turn = Turn(driver, "" if name == "none" else f"/dev/{name}")
        try:
            if turn.disk:
                for line in self.sh(FACTS.format(disk=name)).splitlines():
                    key, _, value = line.partition(":")
                    turn.facts[key.removeprefix("queue/")] = value
                if work:
                    work(turn.disk)
        finally:
            turn.lines = self.sh("dmesg -c").splitlines()
            print(f"-- {driver}: disk '{turn.disk}'")
            print("\n".join(turn.lines if driver == BLK else turn.own))
        return turn

    def both(self, quirks: str, work: Work | None = None,
             facts: Sequence[str] = ("size",)) -> tuple[Turn, Turn]:
        """virtio_blk, then vfe_blk, on the function with these quirks."""
        print(f"-- quirks {quirks}")
        self.power_on(quirks)
        theirs = self.turn(KERNEL, work or self.verify)
        self.power_on(quirks)
        ours = self.turn(BLK, work or self.verify)
        self.assertEqual(kernel_log.find("\n".join(ours.lines)), "")
        self.bounded(ours)
        if theirs.disk:
            self.assertTrue(ours.disk, "vfe_blk refuses what virtio_blk"
                            f" takes: {ours.own}")
            self.same(ours, theirs, facts)
        return theirs, ours

    def same(self, ours: Turn, theirs: Turn, facts: Sequence[str]) -> None:
        """Compare the two disks in sysfs: these facts, or all."""
        for name in facts or theirs.facts.keys() - NOT_FACTS:
            with self.subTest(name):
                self.assertEqual(ours.facts.get(name), theirs.facts.get(name),
                                 f"{name}: ours, then virtio_blk's;"
                                 f" {ours.own}")

    # --- checks of tests ---

    def verify(self, disk: str) -> None:
        """Large and small writes, one by one and in parallel, read back; no
        request fails."""
        before = self.errors()
        self.sh(VERIFY.format(disk=disk), 60)
        self.no_errors(before)

    def verify_deep(self, disk: str) -> None:
        """The same with fio, many at a time."""
        before = self.errors()
        self.sh(fio(disk, "--rw=randwrite --bsrange=512-128k --blockalign=512"
                    " --size=4M --io_size=2M --iodepth=8 --fsync=16"), 90)
        self.no_errors(before)

    def no_errors(self, before: int) -> None:
        """The device has failed no request meanwhile."""
        self.assertEqual(self.errors() - before, 0,
                         "the device refused requests: "
                         + self.device(self.name).log.read_text()[-600:])

    def errors(self) -> int:
        """Requests that the device has failed so far."""
        found: int = self.device(self.name).control()["requests"]["error"]
        return found

    def bounded(self, turn: Turn) -> None:
        """The log is short."""
        self.assertLess(len(turn.own), MOST_LINES, turn.own)

    def names(self, turn: Turn, *words: str) -> None:
        """One line of the driver names the field and its value."""
        self.assertTrue(any(all(word in line for word in words)
                            for line in turn.own),
                        f"no line with {words}: {turn.own}")

    def works_or_says(self, quirks: str, *words: str,
                      facts: Sequence[str] = ("size",)) -> None:
        """If virtio_blk refuses: a disk, or one line with the reason."""
        _, ours = self.both(quirks, facts=facts)
        if not ours.disk:
            self.names(ours, *words)
