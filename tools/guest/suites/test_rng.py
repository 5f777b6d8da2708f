# SPDX-License-Identifier: GPL-2.0
"""vfe_rng on QEMU's virtio-rng-pci and on vfe-device, by turns with
virtio_rng."""

from __future__ import annotations

import pytest

from ..disks import virtio_rng
from ..machine import Machine
from ..rng import BDF, KERNEL_RNG, READ, RNG, RngCase

BUFFER = 256        # what vfe_rng requests at a time
FOLDER = f"/sys/bus/pci/devices/{BDF}"


class OnQemusDevice(RngCase):
    """A second class of device on the same core."""

    def test_by_turns_with_virtio_rng(self) -> None:
        """Each reads after the other, on the same function."""
        for driver in (RNG, KERNEL_RNG, RNG):
            self.live_rng(driver)

    def count(self, name: str) -> int:
        """A counter of the driver's."""
        return int(self.sh(f"cat {FOLDER}/vfe/{name}"))

    def test_counts(self) -> None:
        """A kick and an interrupt a buffer: no more exits than buffers."""
        self.bind_rng(RNG)
        names = ("queues/0/kicks", "operations", "interrupts")
        before = [self.count(name) for name in names]
        self.read_rng()
        for name, old in zip(names, before):
            more = self.count(name) - old
            self.assertGreaterEqual(more, READ // BUFFER, name)
            # the kernel reads a little for itself
            self.assertLessEqual(more, READ // BUFFER + 8, name)

    @pytest.mark.slow
    def test_suspend_under_a_reader(self) -> None:
        """The device is stopped and started while somebody reads."""
        self.bind_rng(RNG)
        self.sh("dd if=/dev/hwrng of=/dev/null bs=1024 count=4096"
                " iflag=fullblock 2>/dev/null & pid=$!\n"
                "echo 1 >/sys/module/suspend/parameters/pm_test_delay\n"
                "echo devices >/sys/power/pm_test\n"
                "for n in 1 2 3; do echo freeze >/sys/power/state; done\n"
                "echo none >/sys/power/pm_test\n"
                "wait $pid", 120)
        self.read_rng()

    def test_unbound_under_a_reader(self) -> None:
        """The reader ends, or goes on with another source."""
        self.bind_rng(RNG)
        self.sh("timeout 20 dd if=/dev/hwrng of=/dev/null bs=1024"
                " 2>/dev/null & pid=$!\nsleep 0.3\n"
                f"echo {BDF} >{FOLDER}/driver/unbind\n"
                "kill $pid 2>/dev/null || true; wait $pid || true")
        self.live_rng(RNG)


class OnOurDevice(RngCase):
    """The entropy device of vfe-device, which counts, too."""

    name = "rng"

    def rng_bdf(self) -> str:
        """Its address."""
        return self.bdf(self.name)

    def test_by_turns_with_virtio_rng(self) -> None:
        """Each reads after the other, on the same function."""
        self.name = "rng-stock"
        for driver in (RNG, KERNEL_RNG, RNG):
            self.live_rng(driver)
        self.assertEqual(
            self.device(self.name).control()["requests"]["error"], 0)

    def mine(self) -> list[int]:
        """Kicks, interrupts and buffers by the driver's count."""
        folder = f"/sys/bus/pci/devices/{self.rng_bdf()}/vfe"
        return [int(word) for word in self.sh(
            f"cd {folder}; cat queues/0/kicks interrupts operations").split()]

    def both(self) -> tuple[list[int], list[int]]:
        """The driver's counts and the device's, at one moment.

        The kernel reads a little for itself, at any time.
        """
        for _ in range(20):
            mine = self.mine()
            told = self.device(self.name).control()
            if self.mine() == mine:
                return mine, [told["kicks"], told["interrupts"]["msix"],
                              told["requests"]["read"]]
        self.fail("the counts never stand still")

    def test_counts(self) -> None:
        """Driver and device count the same kicks, interrupts, buffers."""
        self.bind_rng(RNG)
        self.device(self.name).control("reset")
        before = self.both()
        self.read_rng()
        after = self.both()
        mine, device = ([new - old for new, old in zip(*pair)]
                        for pair in zip(after, before))
        self.assertEqual(mine, device)
        self.assertGreaterEqual(mine[2], READ // BUFFER)
        told = self.device(self.name).control()
        self.assertEqual(told["bytes"]["read"],
                         told["requests"]["read"] * BUFFER)
        self.assertEqual(told["requests"]["error"], 0)


@pytest.mark.slow
class Slow(RngCase):
    """QEMU gives 512 bytes a second: reads wait, and nothing stands still."""

    machine = Machine("rng-slow", qemu=virtio_rng(
        "disable-legacy=on", "max-bytes=512", "period=1000"))

    def test_unbound_while_it_waits(self) -> None:
        """In about a second, whatever the device does."""
        self.bind_rng(RNG)
        self.sh("dd if=/dev/hwrng of=/dev/null bs=4096 count=1"
                " iflag=fullblock 2>/dev/null & sleep 1.5\n"
                f"echo {BDF} >{FOLDER}/driver/unbind", 30)
        self.unbind_rng()

    def test_reads(self) -> None:
        """What there is comes."""
        self.bind_rng(RNG)
        self.sh("dd if=/dev/hwrng of=/tmp/rng bs=512 count=2"
                " iflag=fullblock 2>/dev/null\n"
                "[ $(stat -c %s /tmp/rng) = 1024 ]", 60)


@pytest.mark.slow
class Transitional(RngCase):
    """The old identity, with both interfaces."""

    machine = Machine("rng-transitional", qemu=virtio_rng())

    def test_life(self) -> None:
        """As the other."""
        self.live_rng(RNG)
