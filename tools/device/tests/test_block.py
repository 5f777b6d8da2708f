# SPDX-License-Identifier: GPL-2.0
"""Block requests: right ones do what they say, wrong ones say so."""

from __future__ import annotations

import random

from .block import BlockCase
from .case import DEFAULT_SECTORS
from .process import pattern
from .ring import Segment
from .wire import IOERR, OK, SECTOR, UNSUPP, Feature, Request


class Reads(BlockCase):
    """Requests of type IN."""

    def test_one_sector(self) -> None:
        self.assertEqual(self.begin().read(9, 1), pattern(10)[-SECTOR:])

    def test_used_length_is_data_and_status(self) -> None:
        block = self.begin()
        part = self.space(1024, True)
        length = block.run([block.header(Request.IN), part,
                            block.status_byte()])
        self.assertEqual(length, 1025)

    def test_last_sector(self) -> None:
        block = self.begin()
        self.assertEqual(block.read(DEFAULT_SECTORS - 1, 1),
                         pattern(DEFAULT_SECTORS)[-SECTOR:])

    def test_large(self) -> None:
        self.assertEqual(self.begin().read(0, 2048), pattern(2048))

    def test_scattered(self) -> None:
        """Segments of odd lengths that make whole sectors together."""
        block = self.begin()
        lengths = (1, 511, 700, 324, 3, 509)
        parts = [Segment(block.ram.allocate(n, 1), n, True) for n in lengths]
        self.assertEqual(block.request(Request.IN, 4, parts), OK)
        data = b"".join(block.ram.read(p.address, p.length) for p in parts)
        self.assertEqual(data, pattern(8)[4 * SECTOR:])

    def test_split_header_and_status_with_data(self) -> None:
        """2.7.4: framing is free: 16 bytes in pieces, status in the tail."""
        block = self.begin()
        head = block.header(Request.IN, 6).address
        tail = self.space(513, True)
        block.ram.write(tail.address, b"\xee" * 513)
        block.run([Segment(head, 4), Segment(head + 4, 4),
                   Segment(head + 8, 8), tail])
        self.assertEqual(block.ram.read(tail.address, 513),
                         pattern(7)[-SECTOR:] + b"\0")

    def test_neighbours_are_untouched(self) -> None:
        block = self.begin()
        place = block.ram.allocate(3 * SECTOR, SECTOR)
        block.ram.write(place, b"\xaa" * 3 * SECTOR)
        block.request(Request.IN, 1, [Segment(place + SECTOR, SECTOR, True)])
        self.assertEqual(block.ram.read(place, SECTOR), b"\xaa" * SECTOR)
        self.assertEqual(block.ram.read(place + 2 * SECTOR, SECTOR),
                         b"\xaa" * SECTOR)

    def test_beyond_the_end(self) -> None:
        self.begin()
        for sector, length in ((DEFAULT_SECTORS, 512), (2**64 - 1, 512),
                               (DEFAULT_SECTORS - 1, 1024), (2**55, 512),
                               (2**63, 512)):
            self.assertEqual(self.status_of(Request.IN, sector,
                                            self.space(length, True)), IOERR)

    def test_bad_lengths(self) -> None:
        self.begin()
        for length in (1, 511, 513, 1000):
            self.assertEqual(self.status_of(Request.IN, 0,
                                            self.space(length, True)), IOERR)


class Writes(BlockCase):
    """Requests of type OUT and what makes them last."""

    def test_write(self) -> None:
        block = self.begin()
        data = random.Random(1).randbytes(8 * SECTOR)
        self.assertEqual(block.write(100, data), OK)
        self.assertEqual(self.on_disk(100, 8), data)
        self.assertEqual(self.on_disk(99, 1), pattern(100)[-SECTOR:])
        self.assertEqual(self.on_disk(108, 1), pattern(109)[-SECTOR:])
        self.assertEqual(block.read(100, 8), data)

    def test_random_mix(self) -> None:
        """Seeded reads and writes, against a copy in memory."""
        block = self.begin(size=16)
        rng, disk = random.Random(2), bytearray(pattern(DEFAULT_SECTORS))
        for _ in range(300):
            block.ram.rewind()
            sector = rng.randrange(DEFAULT_SECTORS - 16)
            count = rng.randrange(1, 17)
            start, end = sector * SECTOR, (sector + count) * SECTOR
            if rng.random() < 0.5:
                disk[start:end] = rng.randbytes(end - start)
                self.assertEqual(block.write(sector, bytes(disk[start:end]),
                                             indirect=rng.random() < 0.5), OK)
            else:
                self.assertEqual(block.read(sector, count), disk[start:end])
        self.assertEqual(self.device.backing.read_bytes(), disk)

    def test_wrong(self) -> None:
        self.begin()
        before = self.device.backing.read_bytes()
        for sector, length in ((DEFAULT_SECTORS, 512), (2**64 - 1, 1024),
                               (DEFAULT_SECTORS - 1, 1024), (0, 511),
                               (0, 700)):
            self.assertEqual(self.status_of(Request.OUT, sector,
                                            self.space(length, False)), IOERR)
        self.assertEqual(self.device.backing.read_bytes(), before)

    def test_readonly(self) -> None:
        block = self.begin("--readonly")
        self.assertEqual(block.write(0, bytes(512)), IOERR)
        self.assertNotEqual(block.ranges(Request.DISCARD, (0, 8, 0)), OK)
        self.assertNotEqual(block.ranges(Request.WRITE_ZEROES, (0, 8, 0)),
                            OK)
        self.assertEqual(self.on_disk(0, 8), pattern(8))
        self.assertEqual(block.read(1, 1), pattern(2)[-SECTOR:])

    def test_flush(self) -> None:
        block = self.begin()
        block.write(3, b"f" * SECTOR)
        self.assertEqual(block.request(Request.FLUSH), OK)
        self.assertEqual(self.counters(self.device)["requests"]["flush"], 1)


class Others(BlockCase):
    """GET_ID, discard, write-zeroes, unknown types."""

    def test_serial(self) -> None:
        self.begin("--serial", "vfe-0042")
        part = self.space(20, True)
        self.assertEqual(self.status_of(Request.GET_ID, 0, part), OK)
        self.assertEqual(self.block.ram.read(part.address, 20),
                         b"vfe-0042".ljust(20, b"\0"))

    def test_serial_of_full_length(self) -> None:
        self.begin("--serial", "x" * 20)
        part = self.space(20, True)
        self.assertEqual(self.status_of(Request.GET_ID, 0, part), OK)
        self.assertEqual(self.block.ram.read(part.address, 20), b"x" * 20)

    def test_id_into_other_lengths(self) -> None:
        self.begin("--serial", "abc")
        for length in (1, 19, 512):
            part = self.space(length, True)
            self.status_of(Request.GET_ID, 0, part)
        self.assert_serves(self.device, self.block)

    def test_discard(self) -> None:
        block = self.begin()
        self.assertEqual(block.ranges(Request.DISCARD, (64, 64, 0)), OK)
        self.assertEqual(self.on_disk(0, 64), pattern(64))
        self.assertEqual(self.on_disk(128, 8), pattern(136)[-8 * SECTOR:])
        self.assertEqual(len(self.device.backing.read_bytes()),
                         DEFAULT_SECTORS * SECTOR)

    def test_write_zeroes(self) -> None:
        block = self.begin()
        for flags in (0, 1):
            first = 100 + 50 * flags
            self.assertEqual(block.ranges(Request.WRITE_ZEROES,
                                          (first, 33, flags)), OK)
            self.assertEqual(self.on_disk(first, 33), bytes(33 * SECTOR))
            self.assertNotEqual(self.on_disk(first - 1, 1), bytes(SECTOR))
            self.assertNotEqual(self.on_disk(first + 33, 1), bytes(SECTOR))
            self.assertEqual(block.read(first, 33), bytes(33 * SECTOR))

    def test_ranges_out_of_bounds(self) -> None:
        block = self.begin()
        for kind in (Request.DISCARD, Request.WRITE_ZEROES):
            for item in ((DEFAULT_SECTORS, 1, 0), (2**64 - 1, 2, 0),
                         (DEFAULT_SECTORS - 1, 2, 0), (0, 0xffffffff, 0)):
                self.assertEqual(block.ranges(kind, item), IOERR)
        self.assertEqual(self.on_disk(0, DEFAULT_SECTORS),
                         pattern(DEFAULT_SECTORS))

    def test_range_flags(self) -> None:
        """5.2.6.2: discard with unmap, and reserved flags: UNSUPP."""
        block = self.begin()
        self.assertEqual(block.ranges(Request.DISCARD, (0, 8, 1)), UNSUPP)
        self.assertEqual(block.ranges(Request.DISCARD, (0, 8, 2)), UNSUPP)
        self.assertEqual(block.ranges(Request.WRITE_ZEROES, (0, 8, 4)),
                         UNSUPP)
        self.assertEqual(self.on_disk(0, 8), pattern(8))

    def test_range_of_odd_length(self) -> None:
        block = self.begin()
        for kind in (Request.DISCARD, Request.WRITE_ZEROES):
            for length in (1, 8, 15, 17):
                self.assertEqual(
                    block.request(kind, 0, [self.space(length, False)]),
                    IOERR)

    def test_too_many_ranges(self) -> None:
        block = self.begin()
        limit = block.device_config(40, 4)
        self.assertNotEqual(block.ranges(
            Request.DISCARD, *[(n, 1, 0) for n in range(limit + 1)]), OK)

    def test_unknown_types(self) -> None:
        self.begin()
        for kind in (2, 3, 5, 7, 9, 10, 12, 14, 24, 255, 0x80000000,
                     0xffffffff):
            self.assertEqual(self.status_of(kind, 0), UNSUPP, kind)

    def test_not_negotiated(self) -> None:
        """Types whose feature was not accepted are unsupported."""
        block = self.begin()
        block.start(features=[Feature.VERSION_1])
        for kind in (Request.DISCARD, Request.WRITE_ZEROES):
            self.assertNotEqual(block.ranges(kind, (0, 8, 0)), OK)
        self.assertEqual(self.on_disk(0, 8), pattern(8))
