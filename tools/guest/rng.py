# SPDX-License-Identifier: GPL-2.0
"""An entropy device, and a short test of a driver on it."""

from __future__ import annotations

from lab import pci

from .disks import RNG_SLOT
from .machine import GuestCase

RNG, KERNEL_RNG = "vfe_rng", "virtio-pci"
BDF = RNG_SLOT.bdf
READ = 16384

_BIND = """\
pci_no_autoprobe
pci_unbind {bdf}
modprobe {module}
pci_bind {driver} {bdf}
cat /sys/class/misc/hw_random/rng_available
"""


class RngCase(GuestCase):
    """Tests of a guest that has the device."""

    def tearDown(self) -> None:
        self.unbind_rng()
        super().tearDown()

    def rng_bdf(self) -> str:
        """Its address: that of QEMU's device."""
        return BDF

    def bind_rng(self, driver: str) -> None:
        """Bind a driver, which becomes a source of the kernel."""
        module = "virtio_rng" if driver == KERNEL_RNG else driver
        name = ("virtio_rng.0" if driver == KERNEL_RNG
                else f"vfe_rng-{self.rng_bdf()}")
        out = self.sh(pci.script(_BIND.format(
            bdf=self.rng_bdf(), module=module, driver=driver)))
        self.assertIn(name, out)
        self.sh(f"echo {name} >/sys/class/misc/hw_random/rng_current")

    def unbind_rng(self) -> None:
        """Unbind it."""
        self.sh(pci.script(f"pci_unbind {self.rng_bdf()}"))

    def read_rng(self) -> None:
        """It returns as many bytes as requested, and no block twice."""
        self.sh(f"dd if=/dev/hwrng of=/tmp/rng bs=1024 count={READ >> 10}"
                " iflag=fullblock 2>/dev/null\n"
                f"[ $(stat -c %s /tmp/rng) = {READ} ]")
        blocks = self.sh("od -An -v -tx8 -w16 /tmp/rng").splitlines()
        self.assertEqual(len(blocks), READ // 16)
        self.assertEqual(len(set(blocks)), len(blocks))

    def live_rng(self, driver: str) -> None:
        """Bind, read, unbind."""
        self.bind_rng(driver)
        self.read_rng()
        self.unbind_rng()
