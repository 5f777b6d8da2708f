# SPDX-License-Identifier: GPL-2.0
"""Data: every driver and style; each reads the data of the others."""

from __future__ import annotations

import hashlib
import random

import pytest

from ..machine import BLK, KERNEL, TRAP, GuestCase, behind, fio

# vfe_trap_blk needs a thousand accesses per page, so it shares blocks with the
# others, not files.
BLOCK = 8192
TWINS = tuple(f"window={window} string={string}"
              for window in ("port", "memory") for string in (0, 1))


class Verify(GuestCase):
    """fio --verify over vfe_blk."""

    def verify(self, name: str, *arguments: str, parameters: str = "",
               ) -> None:
        """One fio job on a bound function."""
        disk = self.bind(name, BLK, parameters)
        self.sh(fio(disk, *arguments), 180)
        self.assertEqual(self.device(name).control()["requests"]["error"], 0)

    @pytest.mark.slow
    def test_sequential_512_bytes(self) -> None:
        self.verify("wild", "--rw=write --bs=512 --size=512k --iodepth=1")

    @pytest.mark.slow
    def test_sequential_4_kib(self) -> None:
        self.verify("wild", "--rw=write --bs=4k --size=8M --iodepth=1")

    def test_sequential_1_mib_deep(self) -> None:
        self.verify("wild", "--rw=write --bs=1M --size=32M --iodepth=32")

    def test_random_4_kib_deep(self) -> None:
        self.verify("wild", "--rw=randwrite --bs=4k --size=6M --iodepth=32")

    def test_random_sizes_deep(self) -> None:
        self.verify("wild", "--rw=randwrite --bsrange=512-1M --size=16M"
                    " --iodepth=32 --norandommap=0 --bs_unaligned=0"
                    " --blockalign=512")

    @pytest.mark.slow
    def test_random_512_bytes_depth_1(self) -> None:
        self.verify("wild", "--rw=randwrite --bs=512 --size=256k"
                    " --iodepth=1")

    def test_several_jobs(self) -> None:
        self.verify("wild", "--rw=randwrite --bs=4k --size=2M --iodepth=16"
                    " --numjobs=4 --offset_increment=16M --group_reporting")

    @pytest.mark.slow
    def test_mixed_read_and_write(self) -> None:
        self.verify("wild", "--rw=randrw --bs=8k --size=8M --iodepth=8")

    def test_polling_device(self) -> None:
        self.verify("poll", "--rw=randwrite --bs=4k --size=2M --iodepth=16")

    def test_mapped_doorbell(self) -> None:
        self.verify("map", "--rw=randwrite --bs=4k --size=2M --iodepth=16")

    def test_intx(self) -> None:
        self.verify("wild", "--rw=randwrite --bs=4k --size=2M --iodepth=8",
                    parameters="interrupts=intx")

    def test_shared_vector(self) -> None:
        self.verify("wild", "--rw=randwrite --bs=4k --size=2M --iodepth=8",
                    parameters="interrupts=shared")

    def test_one_small_queue(self) -> None:
        self.verify("wild", "--rw=randwrite --bs=64k --size=16M"
                    " --iodepth=32", parameters="queues=1 queue_depth=8")

    def test_flush_and_fua(self) -> None:
        self.verify("wild", "--rw=randwrite --bs=4k --size=1M --iodepth=4"
                    " --fsync=8")
        self.assertGreater(self.device("wild").control()["requests"]["flush"],
                           0)

    @pytest.mark.slow
    def test_a_changed_block_is_found(self) -> None:
        """The counter-proof of the above: fio detects wrong data."""
        disk = self.bind("wild")
        write = fio(disk, "--rw=write --bs=4k --size=256k --iodepth=4")
        self.sh(write)
        backing = self.device("wild").spec.backing
        with backing.open("r+b") as file:
            file.seek(100 * 1024 + 200)
            byte = file.read(1)[0]
            file.seek(-1, 1)
            file.write(bytes([byte ^ 0x10]))
        result = self.guest.run(write + " --verify_only", check=False)
        self.assertNotEqual(result.rc, 0)
        self.assertIn("verify", result.out)


class Drivers(GuestCase):
    """vfe_trap_blk, vfe_blk and virtio_blk, over the same data."""

    def rewrite(self, disk: str, name: str, every: bool = True) -> None:
        """The files are correct; write one more and record its checksum."""
        self.mount(disk)
        if every:
            self.check_files()
        self.sh("cd /mnt; if [ -e sums ]; then busybox sha256sum -c sums; fi;"
                f" head -c 300000 /dev/urandom >{name};"
                f" busybox sha256sum {name} >>sums; cd /; umount /mnt")

    def exchange(self, disk: str, name: str, number: int) -> None:
        """Read all earlier data after the file system; write more."""
        first = behind() // BLOCK
        blocks = [random.Random(n).randbytes(BLOCK) for n in range(number)]
        before = self.guest.run(
            f"dd if={disk} bs={BLOCK} skip={first} count={number}"
            " iflag=direct 2>/dev/null | busybox sha256sum").out.split()[0]
        self.assertEqual(before,
                         hashlib.sha256(b"".join(blocks)).hexdigest())
        data = random.Random(number).randbytes(BLOCK)
        self.guest.put(data, "/tmp/block")
        self.sh(f"dd if=/tmp/block of={disk} bs={BLOCK} oflag=direct"
                f" seek={first + number} conv=notrunc,fsync 2>/dev/null")
        with self.device(name).spec.backing.open("rb") as backing:
            backing.seek((first + number) * BLOCK)
            self.assertEqual(backing.read(BLOCK), data)

    def test_files_by_vfe_blk(self) -> None:
        self.rewrite(self.bind("main"), "blk")
        self.rewrite(self.bind("main"), "again", every=False)

    @pytest.mark.slow
    def test_blocks_by_every_style(self) -> None:
        """vfe_trap_blk in its four modes and vfe_blk read each other's data."""
        number = 0
        for parameters in TWINS:
            for driver in (TRAP, BLK):
                disk = self.bind("main", driver,
                                 parameters if driver == TRAP else "", 120)
                self.exchange(disk, "main", number)
                self.unbind("main")
                number += 1

    def test_three_drivers_on_a_stock_function(self) -> None:
        """The kernel's virtio_blk among them: each reads the others'."""
        for number, (driver, parameters) in enumerate((
                (KERNEL, ""), (BLK, ""), (TRAP, "window=port string=1"),
                (KERNEL, ""), (BLK, ""))):
            disk = self.bind("stock", driver, parameters)
            self.exchange(disk, "stock", number)
            if driver != TRAP:
                # all of the image's files once: by the last that wrote
                self.rewrite(disk, f"stock{number}", every=number == 4)
            self.unbind("stock")

    @pytest.mark.slow
    def test_kernel_driver_verifies(self) -> None:
        disk = self.bind("scratch", KERNEL)
        self.sh(fio(disk, "--rw=randwrite --bs=4k --size=8M --iodepth=32"),
                120)

    @pytest.mark.slow
    def test_mkfs_by_each(self) -> None:
        """mkfs, mount, write, fsck: by the kernel's driver and by ours."""
        for driver in (KERNEL, BLK):
            disk = self.bind("scratch", driver)
            self.sh(f"mkfs.ext4 -q -F {disk} 64M", 180)
            self.mount(disk)
            self.sh("head -c 5000000 /dev/urandom >/mnt/x; sync;"
                    " busybox sha256sum /mnt/x >/tmp/sum; umount /mnt;"
                    f" fsck.ext4 -f -n {disk}", 180)
            self.mount(disk)
            self.sh("busybox sha256sum -c /tmp/sum; umount /mnt")
            self.unbind("scratch")

    def test_swap_live(self) -> None:
        """Back and forth on a machine that runs on."""
        for _ in range(2):
            for driver, parameters in ((BLK, ""), (TRAP, "string=1")):
                disk = self.bind("main", driver, parameters)
                self.sh(f"dd if={disk} of=/dev/null bs=4k count=4"
                        " iflag=direct 2>/dev/null")

    @pytest.mark.slow
    def test_twin_verifies(self) -> None:
        for parameters in TWINS:
            with self.subTest(parameters=parameters):
                disk = self.bind("main", TRAP, parameters, 120)
                self.sh(fio(disk, "--rw=randwrite --bsrange=512-32k"
                            " --blockalign=512 --size=64k --iodepth=8"
                            f" --offset={behind() + (1 << 20)}"), 240)
                self.unbind("main")
