# SPDX-License-Identifier: GPL-2.0
"""Requests of virtio_blk beyond reads and writes: zones, secure erase."""

from __future__ import annotations

import struct
import zlib

from .rig import MIB, ZONED, QuirkCase

ZONE = 4 * MIB
CONVENTIONAL = 2
MAGIC = 0x5A4F4653      # of zonefs
LIMITS = ("size", "zoned", "nr_zones", "chunk_sectors", "max_open_zones",
          "max_active_zones", "zone_write_granularity",
          "physical_block_size", "minimum_io_size", "discard_max_bytes")


def super_block() -> bytes:
    """zonefs's: magic, checksum, label, uuid, features, uid, gid, mode."""
    rest = struct.pack("<64s16sQIII", b"zones", bytes(range(1, 17)), 0, 0, 0,
                       0o640).ljust(4096 - 8, b"\0")
    plain = struct.pack("<II", MAGIC, 0) + rest
    return struct.pack("<II", MAGIC, zlib.crc32(plain) ^ 0xffffffff) + rest


class Zoned(QuirkCase):
    """A host-managed disk: ZNS and SMR drives behind QEMU's virtio-blk over
    host_device and zoned storage daemons."""

    name = ZONED

    def blkzone(self, action: str, disk: str, zone: int) -> None:
        """An action on one zone."""
        self.sh(f"blkzone {action} -o {zone * ZONE // 512} -c 1 {disk}")

    def zone(self, disk: str, number: int) -> str:
        """The line of a report about one zone."""
        return self.sh(f"blkzone report -o {number * ZONE // 512} -c 1"
                       f" {disk}")

    def fill(self, disk: str, zone: int, kib: int, at: int = 0) -> None:
        """Write to a zone at its beginning or further on."""
        place = (zone * ZONE + at * 1024) // 4096
        self.sh(f"dd if=/dev/urandom of=/tmp/zone bs=1k count={kib}"
                f" 2>/dev/null; dd if=/tmp/zone of={disk} bs=4k seek={place}"
                " oflag=direct conv=notrunc 2>/dev/null")

    def test_report_and_states(self) -> None:
        """Report, open, close, finish, reset, reset all; write pointers."""
        self.both("none", self.states, LIMITS)

    def states(self, disk: str) -> None:
        """Each state, by blkzone."""
        self.sh(f"blkzone reset {disk} -o {CONVENTIONAL * ZONE // 512}")
        report = self.sh(f"blkzone report {disk}").splitlines()
        size = int(self.sh(f"blockdev --getsize64 {disk}"))
        self.assertEqual(len(report), (size + ZONE - 1) // ZONE)
        self.assertIn("CONVENTIONAL", report[0])
        self.assertIn("(em)", self.zone(disk, 2))
        self.fill(disk, 2, 64)
        self.assertIn("wptr 0x000080", self.zone(disk, 2))
        self.assertIn("(oi)", self.zone(disk, 2))
        for action, state in (("open", "oe"), ("close", "cl"),
                              ("finish", "fu"), ("reset", "em")):
            self.blkzone(action, disk, 2)
            self.assertIn(f"({state})", self.zone(disk, 2))
        self.fill(disk, 3, 64)
        # A write anywhere but at the write pointer fails.
        result = self.guest.run(
            f"dd if=/dev/zero of={disk} bs=4k seek={3 * ZONE // 4096 + 1}"
            " count=1 oflag=direct conv=notrunc", check=False)
        self.assertNotEqual(result.rc, 0)
        self.sh(f"dd if={disk} of=/tmp/back bs=4k skip={3 * ZONE // 4096}"
                " count=16 iflag=direct 2>/dev/null; cmp /tmp/back /tmp/zone")
        self.sh(f"blkzone reset {disk} -o {CONVENTIONAL * ZONE // 512}")

    def test_fio(self) -> None:
        """fio in its mode for zones, sequential and random, verified."""
        self.both("none", self.fio_on_zones, ("size",))

    def fio_on_zones(self, disk: str) -> None:
        """As many zones at once as may be open."""
        self.sh(f"blkzone reset {disk} -o {CONVENTIONAL * ZONE // 512}")
        for work in ("write", "randwrite"):
            self.sh("fio --name=zones --minimal --direct=1 --zonemode=zbd"
                    f" --filename={disk} --offset={CONVENTIONAL * ZONE}"
                    f" --size={4 * ZONE} --io_size=4M --bs=64k --rw={work}"
                    " --ioengine=libaio --iodepth=4 --max_open_zones=4"
                    " --verify=crc32c --verify_fatal=1 --do_verify=1"
                    " --verify_state_save=0", 90)

    def test_zonefs(self) -> None:
        """One file per zone."""
        self.guest.put(super_block(), "/tmp/super")
        self.both("none", self.zonefs, ("size",))

    def zonefs(self, disk: str) -> None:
        """Mount, append, read back, truncate."""
        self.sh(f"blkzone reset {disk} -o {CONVENTIONAL * ZONE // 512};"
                f" dd if=/tmp/super of={disk} bs=4k oflag=direct"
                " conv=notrunc 2>/dev/null; modprobe zonefs; mkdir -p /mnt;"
                f" mount -t zonefs {disk} /mnt")
        try:
            self.sh("head -c 256k /dev/urandom >/tmp/file;"
                    " dd if=/tmp/file of=/mnt/seq/0 bs=64k"
                    " oflag=direct,append conv=notrunc 2>/dev/null;"
                    " [ $(stat -c %s /mnt/seq/0) = 262144 ];"
                    " cmp /tmp/file /mnt/seq/0; truncate -s 0 /mnt/seq/0;"
                    " [ $(stat -c %s /mnt/seq/0) = 0 ];"
                    " dd if=/tmp/file of=/mnt/cnv/0 bs=64k oflag=direct"
                    " conv=notrunc 2>/dev/null; cmp -n 262144 /tmp/file"
                    " /mnt/cnv/0; ls /mnt/seq | wc -l")
        finally:
            self.sh("umount /mnt")


class Erase(QuirkCase):
    """On the disk without zones."""

    def test_secure_erase(self) -> None:
        """virtio_blk has it from 6.4 on."""
        self.both("none", self.erase, ("size",))

    def erase(self, disk: str) -> None:
        """The old data is gone."""
        before = self.device(self.name).control()["requests"]
        self.verify(disk)
        self.sh(f"blkdiscard --secure -o 64k -l 512k {disk};"
                f" dd if={disk} of=/tmp/back bs=64k skip=1 count=8"
                " iflag=direct 2>/dev/null; cmp -n 524288 /tmp/back /dev/zero")
        after = self.device(self.name).control()["requests"]
        self.assertGreater(after["secure_erase"], before["secure_erase"])
