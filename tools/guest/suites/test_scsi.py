# SPDX-License-Identifier: GPL-2.0
"""vfe_scsi on QEMU's virtio-scsi-pci, by turns with virtio_scsi: units of high
numbers, hot plug, resize, removal, suspend."""

from __future__ import annotations

import pytest

from lab import pci

from ..scsi import BDF, KERNEL_SCSI, MIB, SCSI, ScsiCase, Unit, machine

FIRST = Unit(0, 0)
# The last target, a unit that needs flat space addressing
HIGH = Unit(255, 300)


class OnQemusHost(ScsiCase):
    """One request queue for each processor."""

    def test_by_turns_with_virtio_scsi(self) -> None:
        """The same units, under the same addresses."""
        self.plug(FIRST)
        self.plug(HIGH)
        for driver in (SCSI, KERNEL_SCSI, SCSI):
            self.bind_scsi(driver)
            for disk in self.expect(FIRST, HIGH).values():
                self.verify(disk)

    def test_plug_under_io(self) -> None:
        """A unit comes and goes beside a busy one."""
        self.plug_under_io(3)

    @pytest.mark.slow
    def test_plug_under_io_for_longer(self) -> None:
        """Twenty times."""
        self.plug_under_io(20)

    def plug_under_io(self, turns: int) -> None:
        """This many times, a second and a half each."""
        other = Unit(0, 1)
        self.plug(FIRST)
        self.bind_scsi()
        disk = self.expect(FIRST)[FIRST.address]
        self.start_fio(disk, 300)
        for turn in range(turns):
            self.plug(other, new=not turn)
            self.expect(FIRST, other)
            self.unplug(other)
            self.expect(FIRST)
        self.stop_fio()
        self.end_fio(30)
        self.assertNotIn("verify:", self.sh("cat /tmp/fio"))
        self.assertEqual(self.count("odd_answers"), 0)

    def test_many_at_once(self) -> None:
        """More events than virtio_scsi has buffers for."""
        many = [Unit(7, lun) for lun in range(20)]
        self.plug(FIRST)
        self.bind_scsi()
        self.expect(FIRST)
        for unit in many:
            self.plug(unit, size=MIB)
        self.expect(FIRST, *many, timeout=60)
        for unit in many:
            self.unplug(unit)
        self.expect(FIRST, timeout=60)

    def test_resize(self) -> None:
        """The disk gets the new size."""
        self.plug(FIRST)
        self.bind_scsi()
        disk = self.expect(FIRST)[FIRST.address].rpartition("/")[2]
        self.guest.qmp("block_resize", size=24 * MIB,
                       **{"node-name": FIRST.name})
        self.eventually(lambda: self.sh(f"cat /sys/block/{disk}/size").strip()
                        == str(24 * MIB // 512), "the size did not change")

    def test_removed_under_io(self) -> None:
        """The driver is unbound while fio runs, and comes back."""
        self.plug(FIRST)
        self.bind_scsi()
        self.start_fio(self.expect(FIRST)[FIRST.address], 60)
        self.sh(pci.script(f"sleep 1; pci_unbind {BDF}"), 60)
        self.assertNotEqual(self.end_fio(30), 0)
        self.bind_scsi()
        self.verify(self.expect(FIRST)[FIRST.address])

    def test_polled(self) -> None:
        """A queue without interrupts."""
        self.plug(FIRST)
        self.bind_scsi(parameters="poll_queues=1")
        disk = self.expect(FIRST)[FIRST.address]
        self.sh(f"fio --name=poll --filename={disk} --rw=randread --bs=4k"
                " --size=2M --direct=1 --ioengine=io_uring --hipri"
                " --iodepth=4")
        self.verify(disk)

    @pytest.mark.slow
    def test_suspend_under_io(self) -> None:
        """The device is stopped and started, and units are checked."""
        self.plug(FIRST)
        self.bind_scsi()
        self.start_fio(self.expect(FIRST)[FIRST.address], 20)
        self.sh("echo 1 >/sys/module/suspend/parameters/pm_test_delay\n"
                "echo devices >/sys/power/pm_test\n"
                "for n in 1 2 3; do echo freeze >/sys/power/state; sleep 1;"
                " done\necho none >/sys/power/pm_test", 120)
        self.assertEqual(self.end_fio(120), 0)
        self.verify(self.expect(FIRST)[FIRST.address])


@pytest.mark.slow
class Packed(ScsiCase):
    """A packed ring, in order, without indirect descriptors."""

    machine = machine("scsi-packed", packed="on", in_order="on",
                      indirect_desc="off")

    def test_life(self) -> None:
        """As the other."""
        self.plug(FIRST)
        for driver in (SCSI, KERNEL_SCSI, SCSI):
            self.bind_scsi(driver)
            self.verify(self.expect(FIRST)[FIRST.address])
