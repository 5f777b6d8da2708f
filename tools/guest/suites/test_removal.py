# SPDX-License-Identifier: GPL-2.0
"""A disk that goes away under its driver, in order or by surprise.

What is pulled is a disk of QEMU's own, behind a root port: QEMU 11.1 fails an
assertion when a vfio-user function goes.
"""

from __future__ import annotations

import time

import pytest

from ..load import READS, WRITES, Load
from ..machine import BLK
from ..pluggable import PULL, PluggableCase


class Removal(PluggableCase):
    """By surprise and in order, idle and busy."""

    def test_pulled_under_load(self) -> None:
        """Every request ends, the disk goes, the module can go."""
        for work in (READS, WRITES):
            disk = self.bind("plug")
            load = Load(self, disk, work)
            started = time.monotonic()
            self.pull()
            load.ends()
            self.goes(disk)
            self.assertLess(time.monotonic() - started, 25,
                            "slower than the timeout of a request")
            self.assertIn("is gone", self.kernel_log())
            self.sh("rmmod vfe_blk")
            self.deleted(10)
            self.put_back()
        self.works(self.bind("plug"))

    def test_pulled_with_files_open(self) -> None:
        """A file system on it: errors, and an umount that ends."""
        disk = self.bind("plug")
        self.sh(f"mkfs.ext4 -q -F {disk} 16M")
        self.mount(disk)
        self.sh("exec 9>/mnt/open; head -c 1000000 /dev/urandom >&9;"
                + PULL.format(port=self.disks["plug"].port) +
                " sleep 1; echo more >&9 || true; sync || true;"
                " exec 9>&- || true; umount /mnt", 60)
        self.goes(disk)
        # else the next to wait for this takes it for its own
        self.deleted(10)
        self.sh("rmmod vfe_blk")
        # the errors of ext4 are its own: they are no fault of the driver's
        self.sh("dmesg -c >/tmp/said; ! grep -E"
                " 'WARNING|BUG|Call Trace' /tmp/said")

    @pytest.mark.slow
    def test_unplugged_under_load(self) -> None:
        """In order, by the button: what is in flight is done first."""
        disk = self.bind("plug")
        load = Load(self, disk, READS)
        self.guest.qmp("device_del", id="plug")
        self.deleted(40)
        load.ends()
        self.goes(disk)
        self.put_back()
        self.works(self.bind("plug"))

    def test_deaf_device(self) -> None:
        """The custom device with its memory decoding switched off: nothing
        that the driver says reaches it, and what it reads is nothing. The
        driver finds that the function is there, and brings it back."""
        disk = self.bind("wild", BLK)
        self.sh(f"echo 1000 >/sys/block/{disk[5:]}/queue/io_timeout")
        load = Load(self, disk, READS)
        self.sh(f"setpci -s {self.bdf('wild')} COMMAND=0:2")
        self.eventually(lambda: "decoding was switched off"
                        in self.kernel_log(),
                        "nobody found that it does not answer", 20)
        load.moves()
        load.ends_well()
        self.works(disk)
