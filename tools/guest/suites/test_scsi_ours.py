# SPDX-License-Identifier: GPL-2.0
"""vfe_scsi on the project's own SCSI host, by turns with virtio_scsi: units
that come and go, that stand still, a device that asks for a reset or does not
answer task management."""

from __future__ import annotations

import os
import signal
import time
from functools import partial

import pytest

from lab import pci

from ..scsi import KERNEL_SCSI, MIB, SCSI, OurScsiCase, Unit

FIRST = Unit(0, 0)
# Longer than the driver waits for an answer, less than ten timeouts of 2 s
STOPPED_S = 16
ONLINE = "/sys/devices/system/cpu/cpu1/online"
# The last target, a unit that needs flat space addressing
HIGH = Unit(255, 300)


class OnOurHost(OurScsiCase):
    """A host that does as it should."""

    def test_by_turns_with_virtio_scsi(self) -> None:
        """The same units, under the same addresses."""
        self.plug(FIRST)
        self.plug(HIGH)
        for driver in (SCSI, KERNEL_SCSI, SCSI):
            self.bind_scsi(driver)
            for disk in self.expect(FIRST, HIGH).values():
                self.verify(disk)
        self.assertEqual(self.count("odd_answers"), 0)

    def test_plug_under_io(self) -> None:
        """A unit comes and goes beside a busy one, and changes its size."""
        other = Unit(0, 1)
        self.plug(FIRST)
        self.bind_scsi()
        self.start_fio(self.expect(FIRST)[FIRST.address], 300)
        for turn in range(3):
            self.plug(other, new=not turn)
            disk = self.expect(FIRST, other)[other.address].rpartition("/")[2]
            size = (24 + turn) * MIB
            self.tell(f"resize {other.target}:{other.lun} {size}")
            self.eventually(partial(self.has_size, disk, size),
                            "the size did not change")
            self.unplug(other)
            self.expect(FIRST)
        self.stop_fio()
        self.end_fio(30)
        self.assertNotIn("verify:", self.sh("cat /tmp/fio"))
        self.assertEqual(self.count("odd_answers"), 0)

    def has_size(self, disk: str, size: int) -> bool:
        """Whether it has this many bytes."""
        found = self.sh(f"cat /sys/block/{disk}/size")
        return int(found) == size // 512

    def test_slow_unit(self) -> None:
        """Time alone fails nothing while the device answers."""
        self.plug(FIRST)
        self.bind_scsi()
        disk = self.expect(FIRST)[FIRST.address]
        self.stall(FIRST, 15)
        self.verify(disk)
        self.assertGreater(self.count("extended"), 0)
        self.assertEqual(self.count("tmfs_unanswered"), 0)

    def test_removed_under_io(self) -> None:
        """The driver is unbound while fio runs, and comes back."""
        self.plug(FIRST)
        self.bind_scsi()
        self.start_fio(self.expect(FIRST)[FIRST.address], 60)
        self.sh(pci.script(f"sleep 1; pci_unbind {self.host_bdf()}"), 60)
        self.assertNotEqual(self.end_fio(30), 0)
        self.bind_scsi()
        self.verify(self.expect(FIRST)[FIRST.address])


class OnMappedHost(OurScsiCase):
    """A host whose kicks do not wait for it."""

    host = "map"

    def test_stopped_device(self) -> None:
        """It stands still for several timeouts: it is not reset, and all that
        it held is done when it goes on."""
        self.plug(FIRST)
        self.bind_scsi()
        disk = self.expect(FIRST)[FIRST.address]
        self.sh(f"echo 2 >/sys/block/{disk[5:]}/device/timeout")
        self.start_fio(disk, STOPPED_S + 6)
        pid = self.device(self.host).pid
        time.sleep(2)
        os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(STOPPED_S)
        finally:
            os.kill(pid, signal.SIGCONT)
        self.assertEqual(self.end_fio(60), 0)
        self.assertNotIn("resetting the", self.kernel_log())
        self.assertGreater(self.count("tmfs"), 0)
        self.verify(disk)


class OnNeedyHost(OurScsiCase):
    """A host that asks for a reset."""

    host = "needy"

    def test_reset(self) -> None:
        """Commands are sent again, whatever units say of the reset."""
        self.plug(FIRST)
        self.bind_scsi()
        self.verify(self.expect(FIRST)[FIRST.address])
        self.assertIn("resetting the device", self.kernel_log())


class OnSilentHost(OurScsiCase):
    """A host that does not answer task management."""

    host = "silent"

    def tearDown(self) -> None:
        self.sh(f"echo 1 >{ONLINE}")
        super().tearDown()

    @pytest.mark.slow
    def test_error_handler_ends(self) -> None:
        """It resets the device, and the commands are sent again. It takes ten
        times their timeout: the device completes nothing."""
        self.plug(FIRST)
        self.bind_scsi()
        disk = self.expect(FIRST)[FIRST.address]
        self.stall(FIRST, 40)
        self.verify(disk)
        self.assertIn("resetting the device", self.kernel_log())

    @pytest.mark.slow
    def test_processors_meanwhile(self) -> None:
        """A processor goes and comes while the device owes an answer."""
        self.plug(FIRST)
        self.bind_scsi()
        disk = self.expect(FIRST)[FIRST.address]
        self.stall(FIRST, 40)
        self.start_fio(disk, 60)
        for _ in range(3):
            self.sh(f"echo 0 >{ONLINE}", 90)
            self.sh(f"echo 1 >{ONLINE}")
        self.assertEqual(self.end_fio(120), 0)
        self.assertGreater(self.count("tmfs"), 0)
        self.verify(disk)
