# SPDX-License-Identifier: GPL-2.0
"""Quirks of the life cycle: reset, capabilities, storms."""

from __future__ import annotations

from guest.machine import BLK, KERNEL
from lab.guest import Device

from .rig import ODD, QuirkCase


class Life(QuirkCase):
    """From the probe on."""

    @property
    def odd(self) -> Device:
        """The device process."""
        return self.device(ODD)

    def works_with(self, quirks: str, driver: str = BLK) -> None:
        """Bind once more, without another reset of the function."""
        turn = self.turn(driver, self.verify)
        self.assertTrue(turn.disk, f"{driver} on {quirks}: {turn.own}")

    # --- capabilities ---

    def test_short_common_structure(self) -> None:
        """rust-vmm's transport of early days: 56 bytes, as virtio 1.0 has
        them, though the device offers later features. virtio_pci of 6.12
        refuses the device and says why."""
        self.works_or_says("short-common-cap", "56")

    def test_notify_capability_beyond_the_bar(self) -> None:
        """Hardware and vDPA devices that report a larger window than they have.
        virtio_pci maps what there is."""
        self.both("long-notify-cap")

    def test_structures_that_overlap(self) -> None:
        """Devices whose every structure reaches to the end of the BAR."""
        self.both("overlapping-caps")

    def test_one_notify_address(self) -> None:
        """notify_off_multiplier 0, as in hardware devices and crosvm's: the
        value names the queue."""
        self.both("shared-notify")

    # --- reset ---

    def test_slow_reset(self) -> None:
        """Hardware and vDPA devices with work in flight take seconds; so do
        vhost-user back ends. virtio_pci waits without a bound."""
        for seconds in (1, 11):
            with self.subTest(seconds=seconds):
                self.both(f"slow-reset={seconds}", self.rebound)

    def rebound(self, disk: str) -> None:
        """The disk is busy, so that there is something to reset: the unbind
        of the next turn, and one here."""
        self.verify(disk)
        self.sh(f"cd /sys/bus/pci/devices/{self.bdf(ODD)}; d=$(readlink -f"
                f" driver); echo {self.bdf(ODD)} >driver/unbind;"
                f" echo {self.bdf(ODD)} >$d/bind", 60)
        self.eventually(lambda: "disk" in self.sh(
            f"ls -d /sys/bus/pci/devices/{self.bdf(ODD)}/block/*"
            f" /sys/bus/pci/devices/{self.bdf(ODD)}/virtio*/block/*"
            " 2>/dev/null | grep -q . && echo disk || true"),
            "no disk after the reset", 30)

    def test_queues_that_stay_enabled(self) -> None:
        """queue_enable reads 1 after a reset (Cloud Hypervisor before its PR
        1662 cleared not all of a queue): virtio_pci refuses such a queue. A
        disk that works, or a line that says so; and after a reset of the
        function both drivers work."""
        self.power_on("stale-queue-enable")
        self.works_with("stale-queue-enable", KERNEL)
        self.unbind(ODD)
        theirs = self.turn(KERNEL)
        self.assertEqual(theirs.disk, "", "the quirk shows nothing")
        self.unbind(ODD)
        ours = self.turn(BLK, self.verify)
        if not ours.disk:
            self.names(ours, "queue", "enable")
        self.power_on("stale-queue-enable")
        self.works_with("stale-queue-enable")

    def test_device_that_wants_a_reset(self) -> None:
        """Cloud Hypervisor sets DEVICE_NEEDS_RESET when a worker fails (its
        PR 8142), QEMU at a broken ring. virtio_blk does not know it and waits
        for ever, so it has no turn here; ours resets the device each time."""
        self.power_on("needs-reset-after=100")
        ours = self.turn(BLK, self.verify_deep)
        self.assertTrue(ours.disk, ours.own)
        self.bounded(ours)

    def lost_driver_ok(self, disk: str) -> None:
        """The status loses DRIVER_OK under load."""
        self.sh(f"echo 1000 >/sys/block/{disk[5:]}/queue/io_timeout;"
                f" rm -f /tmp/end; (dd if={disk} of=/dev/null bs=4k"
                " count=2000 iflag=direct; echo $? >/tmp/end)"
                " >/dev/null 2>&1 &")
        self.odd.control("drop-driver-ok")
        self.eventually(
            lambda: self.guest.run("[ -e /tmp/end ]", check=False).rc == 0,
            "stands still for ever", 60)
        self.assertEqual(self.sh("cat /tmp/end").strip(), "0")
        self.verify(disk)

    def test_lost_driver_ok(self) -> None:
        """QEMU's device when something switches bus mastering off under it
        (blktests block/011): the status loses DRIVER_OK and requests are left
        alone. virtio_blk hangs for ever, so it has no turn here."""
        self.power_on("none")
        ours = self.turn(BLK, self.lost_driver_ok)
        self.assertTrue(ours.disk, ours.own)
        self.bounded(ours)

    def test_bus_mastering_off(self) -> None:
        """The same, by the command register, as blktests does it."""
        self.power_on("master-drops-driver-ok")

        def work(disk: str) -> None:
            self.sh(f"setpci -s {self.bdf(ODD)} COMMAND=0:4;"
                    f" setpci -s {self.bdf(ODD)} COMMAND=4:4")
            self.lost_driver_ok(disk)

        ours = self.turn(BLK, work)
        self.assertTrue(ours.disk, ours.own)
        self.bounded(ours)

    # --- changes of the configuration ---

    def test_configuration_interrupts(self) -> None:
        """One with each request, and nothing has changed: vhost-user back
        ends that send VHOST_USER_BACKEND_CONFIG_CHANGE_MSG on everything."""
        self.both("config-storm", self.verify_deep)

    def test_capacity_that_never_rests(self) -> None:
        """A backing file that is resized in a loop. The log stays short."""
        _, ours = self.both("capacity-storm", self.verify_deep, facts=("ro",))
        self.bounded(ours)

    def test_generation_that_stays(self) -> None:
        """Cloud Hypervisor, kvmtool: config_generation is always 0. The size
        changes nevertheless."""
        self.both("fixed-generation", self.resized)

    def resized(self, disk: str) -> None:
        """Twice the size, and back."""
        size = int(self.sh(f"blockdev --getsize64 {disk}"))
        for new in (2 * size, size):
            self.odd.control(f"resize {new}")
            self.eventually(
                lambda new=new: int(self.sh(       # type: ignore[misc]
                    f"blockdev --getsize64 {disk}")) == new,
                f"the size is not {new}")
        self.verify(disk)
