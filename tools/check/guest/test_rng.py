# SPDX-License-Identifier: GPL-2.0
"""vfe_rng on QEMU's virtio-rng-pci, with virtio_rng on it by turns."""

from __future__ import annotations

from .machine import Machine
from .rng import BDF, KERNEL_RNG, RNG, RngCase, qemu

FOLDER = f"/sys/bus/pci/devices/{BDF}"


class OnQemusDevice(RngCase):
    """A second class of device on the same core."""

    machine = Machine("rng", qemu=qemu("disable-legacy=on"))

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
        before = self.count("kicks")
        self.read_rng()
        kicks = self.count("kicks") - before
        self.assertGreaterEqual(kicks, 16384 // 256)
        self.assertLessEqual(kicks, 16384 // 256 + 4)
        self.unbind_rng()

    def test_reset_under_a_reader(self) -> None:
        """A function-level reset while somebody reads."""
        self.bind_rng(RNG)
        self.sh("dd if=/dev/hwrng of=/dev/null bs=1024 count=256"
                " iflag=fullblock 2>/dev/null & pid=$!\n"
                f"for n in 1 2 3; do sleep 0.1; echo 1 >{FOLDER}/reset; done\n"
                "wait $pid")
        self.read_rng()
        self.unbind_rng()

    def test_unbound_under_a_reader(self) -> None:
        """The reader ends, or goes on with another source."""
        self.bind_rng(RNG)
        self.sh("timeout 20 dd if=/dev/hwrng of=/dev/null bs=1024"
                " 2>/dev/null & pid=$!\nsleep 0.3\n"
                f"echo {BDF} >{FOLDER}/driver/unbind\n"
                "kill $pid 2>/dev/null || true; wait $pid || true")
        self.live_rng(RNG)


class Slow(RngCase):
    """QEMU gives 512 bytes a second: reads wait, and nothing stands still."""

    machine = Machine("rng-slow", qemu=qemu("disable-legacy=on",
                                            "max-bytes=512", "period=1000"))

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
        self.unbind_rng()


class Legacy(RngCase):
    """The interface of virtio 0.9.5."""

    machine = Machine("rng-legacy", qemu=qemu("disable-modern=on"))

    def test_life(self) -> None:
        """As the other."""
        self.live_rng(RNG)
