# SPDX-License-Identifier: GPL-2.0
"""Quirks of the configuration space: sizes and limits."""

from __future__ import annotations

from .rig import QuirkCase

BLOCKS = ("size", "logical_block_size", "physical_block_size",
          "minimum_io_size")
TOPOLOGY = (*BLOCKS, "optimal_io_size", "alignment_offset")
DISCARD = ("discard_max_bytes", "discard_granularity",
           "max_discard_segments", "write_zeroes_max_bytes")
SEGMENTS = ("size", "max_segments", "max_segment_size", "max_sectors_kb")


class Config(QuirkCase):
    """The configuration of a device."""

    def discards(self, disk: str) -> None:
        """Discard and write zeroes over most of the disk."""
        before = self.errors()
        self.sh(f"blkdiscard -o 1M -l 8M {disk}; blkdiscard -z -o 2M -l 4M"
                f" {disk}; cmp -n 4194304 -i 2097152:0 {disk} /dev/zero", 60)
        self.assertEqual(self.errors(), before)
        self.verify(disk)

    def test_no_quirk(self) -> None:
        """All values in sysfs equal virtio_blk's."""
        self.both("none", self.verify_deep, facts=())

    def test_zero_discard_limits(self) -> None:
        """Cloud Hypervisor before its PR 7852 and forks of Firecracker offer
        DISCARD and WRITE_ZEROES and leave the limits 0."""
        theirs, _ = self.both("zero-discard-limits", self.discards, DISCARD)
        self.assertNotEqual(theirs.facts["discard_max_bytes"], "0")

    def test_block_of_4096(self) -> None:
        """QEMU, crosvm and cloud disks on 4Kn storage."""
        theirs, _ = self.both("blk-size=4096", facts=BLOCKS)
        self.assertEqual(theirs.facts["logical_block_size"], "4096")

    def test_blocks_larger_than_a_page(self) -> None:
        """QEMU with logical_block_size=8192 and more: virtio_blk of 6.12
        refuses it, that of newer kernels uses it. With another block size than
        the device's, the contents of the disk differ."""
        for size in (8192, 16384, 65536):
            with self.subTest(size=size):
                self.works_or_says(f"blk-size={size}", str(size),
                                   facts=BLOCKS)

    def test_blocks_that_make_no_sense(self) -> None:
        """Kata's and other hypervisors' configuration of no power of two:
        virtio_blk refuses the disk. It takes 0, for 512, since 6.11."""
        for size in (0, 1, 513, 3 << 20):
            with self.subTest(size=size):
                self.works_or_says(f"blk-size={size}", str(size),
                                   facts=BLOCKS)

    def test_size_max_below_a_page(self) -> None:
        """bhyve-like devices of one sector per segment, and any device with 4
        KiB on a machine with pages of 64: kernels before 6.15 cannot, and
        refuse it with a warning."""
        for size in (512, 2048):
            with self.subTest(size=size):
                self.works_or_says(f"size-max={size}", str(size),
                                   facts=SEGMENTS)

    def test_size_max_of_a_page(self) -> None:
        """The smallest that every kernel takes."""
        self.both("size-max=4096", facts=SEGMENTS)

    def test_size_max_that_is_odd(self) -> None:
        """No multiple of a sector."""
        self.both("size-max=5000", facts=("size",))

    def test_size_max_of_nothing(self) -> None:
        """A device that offers SIZE_MAX and leaves it 0."""
        self.works_or_says("size-max=0", "size_max", facts=("size",))

    def test_seg_max(self) -> None:
        """0 of devices that leave it 0 (1 for virtio_blk), 1 of
        Firecracker and early vhost-user-blk, and as many as a ring holds."""
        for most in (0, 1, 2, 254):
            with self.subTest(most=most):
                self.both(f"seg-max={most}", facts=SEGMENTS)

    def test_seg_max_beyond_the_ring(self) -> None:
        """Devices that mean "no limit": virtio_blk takes the number, and
        makes chains that are longer than the queue, which no driver may."""
        _, ours = self.both("seg-max=4294967295", facts=("size",))
        self.assertEqual(ours.facts["max_segments"], "254")

    def test_one_piece_of_a_page(self) -> None:
        """Both limits at their minimum."""
        self.both("seg-max=1,size-max=4096", facts=SEGMENTS)

    def test_no_queues(self) -> None:
        """MQ offered, num_queues 0: virtio_blk refuses."""
        self.works_or_says("num-queues=0", "num_queues")

    def test_more_queues_than_there_are(self) -> None:
        """vhost-user-blk whose backend and front end disagree."""
        self.works_or_says("num-queues=64", "64")

    def test_topologies(self) -> None:
        """Unchecked values of a host's storage: exponents
        of 255, optimal sizes that overflow or are no multiple of a block."""
        for topology in ("physical-block-exp=0,min-io-size=0",
                         "physical-block-exp=7,min-io-size=128",
                         "physical-block-exp=3,alignment-offset=7",
                         "opt-io-size=2048", "opt-io-size=3,min-io-size=3",
                         "min-io-size=65535"):
            with self.subTest(topology):
                self.both(topology, facts=TOPOLOGY)

    def test_topologies_that_make_no_sense(self) -> None:
        """Shifts out of a word, products that overflow: a disk is there, and
        its size and data are right."""
        for topology in ("physical-block-exp=255", "physical-block-exp=31",
                         "opt-io-size=4294967295", "alignment-offset=255"):
            with self.subTest(topology):
                self.works_or_says(topology, topology.partition("=")[2])
