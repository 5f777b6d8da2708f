# SPDX-License-Identifier: GPL-2.0
"""vfe_trap_scsi on the project's own SCSI host: few blocks, since each takes
hundreds of accesses."""

from __future__ import annotations

from bench.workload import scsi_window
from count import blk
from lab import paths

from ..machine import fio
from ..scsi import SCSI, OurScsiCase, Unit

TRAP_SCSI = "vfe_trap_scsi"
FIRST = Unit(0, 0)
# The last target, a unit that needs flat space addressing
HIGH = Unit(255, 300)
WINDOWS = ("port", "memory")
# Little: a block takes a thousand accesses, which the emulation makes slow.
LOAD = "--rw=randrw --bs=4k --size=16k --iodepth=4"
# Finds a unit that was plugged after the probe.
_SCAN = """\
for host in /sys/bus/pci/devices/{bdf}/host*/scsi_host/host*; do
    echo "- {target} {lun}" >"$host/scan"
done
"""


class TrapScsi(OurScsiCase):
    """The units of the host, in each mode and after each disturbance."""

    def up(self, parameters: str = "") -> None:
        """Bind it again, with these parameters."""
        self.sh(f"if grep -q '^{TRAP_SCSI} ' /proc/modules; then"
                f" rmmod {TRAP_SCSI}; fi")
        self.bind_scsi(TRAP_SCSI, parameters)

    def down(self) -> None:
        """Unload it."""
        self.unbind(self.host)
        self.sh(f"rmmod {TRAP_SCSI}")

    def verify(self, disk: str) -> None:
        """Write and verify a little."""
        self.sh(fio(disk, LOAD), 120)

    def exits(self, disk: str) -> tuple[blk.BlockState, int, int]:
        """The block layer's counts of a disk, the driver's accesses and exits.
        """
        name = disk.rpartition("/")[2]
        state = blk.parse(self.sh(f"cat /sys/block/{name}/stat"))
        accesses = self.sh(
            f"cat /sys/bus/pci/devices/{self.host_bdf()}/vfe/accesses/*")
        return (state, sum(map(int, accesses.split())), self.count("exits"))

    def tearDown(self) -> None:
        self.sh(f"rmmod {TRAP_SCSI} 2>/dev/null || true")
        super().tearDown()

    def test_modes(self) -> None:
        """By ports and by memory, word by word and by string, by turns with
        vfe_scsi over the same data."""
        self.plug(FIRST)
        self.plug(HIGH)
        for window in WINDOWS:
            for string in (0, 1):
                with self.subTest(window=window, string=string):
                    self.up(f"window={window} string={string}")
                    for disk in self.expect(FIRST, HIGH).values():
                        self.verify(disk)
                    self.down()
                    self.bind_scsi(SCSI)
                    for disk in self.expect(FIRST, HIGH).values():
                        self.sh(fio(disk, f"{LOAD} --verify_only"))

    def test_formula(self) -> None:
        """What commands cost is what the formula says."""
        self.plug(FIRST)
        constants = scsi_window.read_constants(paths.checkout())
        for window in WINDOWS:
            for string in (False, True):
                with self.subTest(window=window, string=string):
                    self.up(f"window={window} string={int(string)}")
                    disk = self.expect(FIRST)[FIRST.address]
                    # the SCSI core has read all that it wants to
                    self.sh(f"dd if={disk} of=/dev/null bs=4k count=1"
                            " iflag=direct; sleep 1")
                    before = self.exits(disk)
                    self.sh(f"dd if={disk} of=/dev/null bs=4k count=8"
                            f" iflag=direct; dd if=/dev/zero of={disk} bs=4k"
                            " count=4 oflag=direct")
                    after = self.exits(disk)
                    done = after[0] - before[0]
                    self.assertGreaterEqual(done.reads, 8)
                    self.assertEqual(done.writes, 4)
                    cost = scsi_window.predict(done, constants, window=window,
                                               string_io=string)
                    self.assertEqual(after[1] - before[1], cost.accesses)
                    self.assertEqual(after[2] - before[2], cost.exits)

    def test_units_by_scan(self) -> None:
        """A unit that is plugged is there after a scan, and one that is not
        fails its commands."""
        self.plug(FIRST)
        self.up()
        self.plug(HIGH)
        self.expect(FIRST)
        self.sh(_SCAN.format(bdf=self.host_bdf(), target=HIGH.target,
                             lun=HIGH.lun | 0x4000))
        disk = self.expect(FIRST, HIGH)[HIGH.address]
        self.verify(disk)
        self.unplug(HIGH)
        self.assertNotEqual(self.guest.run(
            f"dd if={disk} of=/dev/null bs=4k count=1 iflag=direct",
            check=False).rc, 0)
        self.verify(self.scsi_disks()[FIRST.address])

    def test_sense_data(self) -> None:
        """A command that fails is an error of the medium, and nothing else."""
        self.plug(FIRST)
        self.up()
        disk = self.expect(FIRST)[FIRST.address]
        words = self.count("sense_words")
        # more often than the disk driver tries
        self.tell("fail 12")
        self.assertNotEqual(self.guest.run(
            f"dd if={disk} of=/dev/null bs=4k count=1 iflag=direct",
            check=False).rc, 0)
        self.tell("fail 0")
        self.assertGreater(self.count("sense_words"), words)
        self.verify(disk)
        self.assertEqual(self.count("window_resets"), 0)

    def test_reset_and_removal_under_io(self) -> None:
        """It works after a reset of the function, and goes under I/O."""
        self.plug(FIRST)
        self.up("string=1")
        disk = self.expect(FIRST)[FIRST.address]
        self.start_fio(disk, 60)
        self.sh(f"sleep 1\n"
                f"echo 1 >/sys/bus/pci/devices/{self.host_bdf()}/reset", 60)
        self.sh("sleep 1")
        self.unbind(self.host)
        self.assertNotEqual(self.end_fio(60), 0)
        self.assertNotIn("verify:", self.sh("cat /tmp/fio"))
        self.up("string=1")
        self.verify(self.expect(FIRST)[FIRST.address])
