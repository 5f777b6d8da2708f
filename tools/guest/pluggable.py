# SPDX-License-Identifier: GPL-2.0
"""A disk in a slot that it can be pulled out of."""

from __future__ import annotations

from .machine import GuestCase

# The root port's slot control: power off, indicator off, and no word of it to
# the driver of the slot until the power is back: that makes it a surprise.
PULL = """\
setpci -s {port} CAP_EXP+18.w=0700:0720
setpci -s {port} CAP_EXP+18.w=0020:0420
"""


class PluggableCase(GuestCase):
    """Out, and in again."""

    def tearDown(self) -> None:
        self.put_back()
        super().tearDown()

    def present(self) -> bool:
        """Is the disk in its slot?"""
        return self.guest.run(
            f"[ -e /sys/bus/pci/devices/{self.bdf('plug')} ]",
            check=False).rc == 0

    def put_back(self) -> None:
        """Into the slot again, if it is out."""
        if self.present():
            return
        plug = self.disks["plug"]
        place = plug.device()
        self.guest.qmp("device_add", **place)
        # rather than wait for five seconds of a blinking light
        self.guest.run("echo 1 >/sys/bus/pci/slots/*/power", check=False)
        self.eventually(self.present, "the disk put in is not found", 20)

    def deleted(self, timeout: float) -> None:
        """QEMU has released it, after the functions inside it."""
        while self.guest.wait_event("DEVICE_DELETED", timeout)[
                "data"].get("device") != "plug":
            pass

    def pull(self) -> None:
        """Take it out, without a word to anybody."""
        self.sh(PULL.format(port=self.disks["plug"].port))

    def goes(self, disk: str) -> None:
        """The guest has seen it go, to the last of it."""
        self.eventually(
            lambda: not self.present() and self.guest.run(
                f"[ -e {disk} ] || [ -e /sys/block/{disk[5:]} ]",
                check=False).rc != 0, f"{disk} is still there", 30)
