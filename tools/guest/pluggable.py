# SPDX-License-Identifier: GPL-2.0
"""A disk in a hotplug slot."""

from __future__ import annotations

from .machine import GuestCase

# The root port's slot control: power and indicator off, without notification of
# the slot's driver until the power is back: a surprise removal.
PULL = """\
setpci -s {port} CAP_EXP+18.w=0700:0720
setpci -s {port} CAP_EXP+18.w=0020:0420
"""


class PluggableCase(GuestCase):
    """Remove it, and insert it again."""

    def tearDown(self) -> None:
        self.put_back()
        super().tearDown()

    def present(self) -> bool:
        """Is the disk in its slot?"""
        return self.guest.run(
            f"[ -e /sys/bus/pci/devices/{self.bdf('plug')} ]",
            check=False).rc == 0

    def put_back(self) -> None:
        """Insert it again, if it is out."""
        if self.present():
            return
        plug = self.disks["plug"]
        place = plug.device()
        self.guest.qmp("device_add", **place)
        # skip the five seconds of the blinking indicator
        self.guest.run("echo 1 >/sys/bus/pci/slots/*/power", check=False)
        self.eventually(self.present, "the disk put in is not found", 20)

    def deleted(self, timeout: float) -> None:
        """QEMU has released it, after the functions inside it."""
        while self.guest.wait_event("DEVICE_DELETED", timeout)[
                "data"].get("device") != "plug":
            pass

    def pull(self) -> None:
        """Remove it by surprise."""
        self.sh(PULL.format(port=self.disks["plug"].port))

    def goes(self, disk: str) -> None:
        """The guest has noticed the removal completely."""
        self.eventually(
            lambda: not self.present() and self.guest.run(
                f"[ -e {disk} ] || [ -e /sys/block/{disk[5:]} ]",
                check=False).rc != 0, f"{disk} is still there", 30)
