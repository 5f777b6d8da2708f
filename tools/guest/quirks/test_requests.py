# SPDX-License-Identifier: GPL-2.0
"""Quirks of completions and interrupts."""

from __future__ import annotations

from guest.machine import BLK, KERNEL

from .rig import ODD, QuirkCase

# Old devices have no newer ring layouts.
LENGTHS = ("data", "zero", "one", "all-ones")


class Requests(QuirkCase):
    """The device's output at the completion of a request."""

    def both_verify(self, quirks: str) -> None:
        """Twelve kinds of request, with the data right."""
        _, ours = self.both(quirks, self.all_kinds)
        self.assertTrue(ours.disk, ours.own)

    def all_kinds(self, disk: str) -> None:
        """Reads, writes, flushes, discards, write zeroes, and the serial."""
        self.verify_deep(disk)
        self.sh(f"blkdiscard -o 4M -l 1M {disk};"
                f" blkdiscard -z -o 5M -l 1M {disk};"
                f" cmp -n 1048576 -i 5242880:0 {disk} /dev/zero; sync {disk};"
                f" [ \"$(cat /sys/block/{disk[5:]}/serial)\" = vfe ]")

    def test_used_length_of_data_only(self) -> None:
        """Cloud Hypervisor before April 2026 (PR 8066) and its
        vhost_user_block, Firecracker before December 2020 (PR 2379),
        libkrun: without the status byte. virtio_blk never looks."""
        self.both_verify("used-len=data")

    def test_used_length_of_zero(self) -> None:
        """kvmtool's modern PCI device. virtio_blk never looks."""
        self.both_verify("used-len=zero")

    def test_used_length_of_one(self) -> None:
        """Devices that count the status and forget the data."""
        self.both_verify("used-len=one")

    def test_used_length_of_all_ones(self) -> None:
        """Legacy devices put the length of the whole chain there, or -1:
        more than was writable."""
        self.both_verify("used-len=all-ones")

    def test_used_lengths_are_told_once(self) -> None:
        """One warning per device, not one per request."""
        for length in LENGTHS:
            with self.subTest(length):
                self.power_on(f"used-len={length}")
                turn = self.turn(BLK, self.verify)
                self.assertLessEqual(
                    sum("length" in line for line in turn.own), 1, turn.own)

    def test_wide_status(self) -> None:
        """Cloud Hypervisor before July 2024 (PR 6586) writes the status as 32
        bits: three bytes behind it are gone. virtio_blk has padding there."""
        self.both_verify("wide-status")

    def test_no_id(self) -> None:
        """Cloud Hypervisor and others without GET_ID: UNSUPP. virtio_blk's
        serial is unreadable then; an empty one is also acceptable."""
        self.both("no-get-id", self.no_serial)

    def no_serial(self, disk: str) -> None:
        """The disk works, and invents no serial number."""
        self.assertEqual(self.guest.run(
            f"cat /sys/block/{disk[5:]}/serial 2>/dev/null",
            check=False).out.strip(), "")
        self.verify(disk)

    def test_spurious_interrupts(self) -> None:
        """Devices that ignore used_event, or interrupt all queues at once."""
        self.both("spurious-interrupts", self.verify_deep)

    def test_lost_interrupts(self) -> None:
        """Every fifth one: KVM's and QEMU's irqfd races of many years. At depth
        1 virtio_blk waits for the next for ever; ours checks after io_timeout,
        finds the completion, and goes on."""
        self.power_on("lost-interrupt=5")
        theirs = self.turn(KERNEL, self.stands_still)
        self.assertTrue(theirs.disk)
        self.power_on("lost-interrupt=5")
        ours = self.turn(BLK, self.goes_on)
        self.assertTrue(ours.disk)
        self.bounded(ours)

    def reads(self, disk: str) -> None:
        """Twelve reads, one after the other, in the background."""
        self.sh(f"rm -f /tmp/end; (dd if={disk} of=/dev/null bs=4k count=12"
                " iflag=direct; echo $? >/tmp/end) >/dev/null 2>&1 &")

    def ended(self) -> bool:
        """Have all completed?"""
        return self.guest.run("[ -e /tmp/end ]", check=False).rc == 0

    def stands_still(self, disk: str) -> None:
        """A lost interrupt blocks until another one comes."""
        self.reads(disk)
        self.guest.run("sleep 3")
        self.assertFalse(self.ended(), "no interrupt was lost")
        self.eventually(self.ended_with_help, "stuck for good", 30)

    def ended_with_help(self) -> bool:
        """A spurious interrupt, which makes the driver check."""
        self.device(ODD).control("interrupt")
        return self.ended()

    def goes_on(self, disk: str) -> None:
        """It checks by itself."""
        self.sh(f"echo 1000 >/sys/block/{disk[5:]}/queue/io_timeout")
        self.reads(disk)
        self.eventually(self.ended, "the driver never looks", 40)
        self.assertEqual(self.sh("cat /tmp/end").strip(), "0")
