# SPDX-License-Identifier: GPL-2.0
"""A guest whose descriptors make no request."""

from __future__ import annotations

from .hostile import OUTSIDE, HostileCase
from .process import pattern
from .ring import DESC, Segment
from .wire import (DESC_INDIRECT, DESC_NEXT, SECTOR, Feature, Request, Status)


class Chains(HostileCase):
    """Descriptors that make no chain."""

    def kick(self, head: int = 0) -> None:
        """Offer a head and notify."""
        self.ring.offer(head)
        self.block.notify()

    def test_head_out_of_range(self) -> None:
        self.begin()
        for head in (16, 17, 0x7fff, 0xffff):
            self.kick(head)
            self.needs_reset()
            self.again()

    def test_next_out_of_range(self) -> None:
        block = self.begin()
        for following in (16, 0xffff):
            self.ring.set_desc(0, block.header(0).address, 16, DESC_NEXT,
                               following)
            self.kick()
            self.needs_reset()
            self.again()

    def test_loop_of_one(self) -> None:
        block = self.begin()
        self.ring.set_desc(0, block.header(0).address, 16, DESC_NEXT, 0)
        self.kick()
        self.needs_reset()

    def test_loop_of_all(self) -> None:
        block = self.begin()
        place = block.header(0).address
        for n in range(16):
            self.ring.set_desc(n, place, 16, DESC_NEXT, (n + 1) % 16)
        self.kick()
        self.needs_reset()

    def test_indirect_not_negotiated(self) -> None:
        block = self.begin()
        block.ram.restart()
        self.ring = block.start(size=16, features=[Feature.VERSION_1])
        table = self.ring.indirect_table([block.header(0),
                                          block.status_byte()])
        self.ring.set_desc(0, table, 32, DESC_INDIRECT)
        self.kick()
        self.needs_reset()

    def indirect(self, table: bytes, length: int | None = None,
                 flags: int = DESC_INDIRECT, at: int | None = None) -> None:
        """Offer an indirect table and expect DEVICE_NEEDS_RESET."""
        place = self.block.ram.put(table) if at is None else at
        self.ring.set_desc(0, place, len(table) if length is None else length,
                           flags)
        self.kick()
        self.needs_reset()
        self.again()

    def test_bad_indirect_tables(self) -> None:
        block = self.begin()
        head = block.header(0).address
        one = DESC.pack(head, 16, 0, 0)
        self.indirect(one, 0)
        self.indirect(one, 1)
        self.indirect(one, 15)
        self.indirect(one * 2, 17)
        self.indirect(one, 0xfffffff0)
        self.indirect(one, 0xffffffff)
        self.indirect(one, at=OUTSIDE)
        self.indirect(one, at=block.ram.end - 8)
        self.indirect(one, at=2**64 - 8)
        self.indirect(one, flags=DESC_INDIRECT | DESC_NEXT)
        self.indirect(DESC.pack(head, 16, DESC_INDIRECT, 0))
        self.indirect(DESC.pack(head, 16, DESC_NEXT, 0))
        self.indirect(DESC.pack(head, 16, DESC_NEXT, 1))
        self.indirect(DESC.pack(head, 16, DESC_NEXT, 0xffff))
        self.indirect(DESC.pack(head, 16, DESC_NEXT, 1)
                      + DESC.pack(head, 16, DESC_INDIRECT, 0))

    def test_addresses_outside_memory(self) -> None:
        block = self.begin()
        end = block.ram.end
        for address in (OUTSIDE, 0, end, end - 256, end + 2**40,
                        block.ram.base - 256, 2**64 - 512, 2**64 - 1):
            status = block.status_byte()
            self.ring.add([block.header(Request.IN),
                           Segment(address, SECTOR, True), status])
            block.notify()
            self.error_or_reset(status)
            self.again()

    def test_source_outside_memory(self) -> None:
        block = self.begin()
        before = self.device.backing.read_bytes()
        status = block.status_byte()
        self.ring.add([block.header(Request.OUT), Segment(OUTSIDE, SECTOR),
                       status])
        block.notify()
        self.error_or_reset(status)
        self.assertEqual(self.device.backing.read_bytes(), before)

    def test_header_outside_memory(self) -> None:
        block = self.begin()
        for address in (OUTSIDE, block.ram.end - 8, 2**64 - 8):
            status = block.status_byte()
            self.ring.add([Segment(address, 16), status])
            block.notify()
            self.error_or_reset(status)
            self.again()

    def test_status_outside_memory(self) -> None:
        block = self.begin()
        for address in (OUTSIDE, block.ram.end):
            self.ring.add([block.header(Request.FLUSH),
                           Segment(address, 1, True)])
            block.notify()
            self.eventually(
                lambda: bool(self.block.status & Status.NEEDS_RESET)
                or self.ring.used_idx == 1, "stuck")
            self.recovers()
            self.again()

    def shapes(self) -> list[list[Segment]]:
        """Chains that are no request, in fresh memory."""
        block = self.block

        def data(length: int, writable: bool) -> Segment:
            return Segment(block.ram.allocate(max(length, 1)), length,
                           writable)

        read, write = block.header(Request.IN), block.header(Request.OUT)
        status = block.status_byte()
        return [
            [read], [status], [data(8, False), status],
            [data(15, False), status], [data(0, False), status],
            [read, data(0, True)], [read, data(512, False), status],
            [write, data(512, True), status], [data(16, True), status],
            [read, status, data(512, False)], [status, read],
            [read, data(512, True), data(512, False), status],
            [read, status, data(0, True)],
        ]

    def test_wrong_shapes(self) -> None:
        """Each is an error of the request, or of the device."""
        block = self.begin()

        for number in range(len(self.shapes())):
            chain = self.shapes()[number]
            with self.subTest(chain=chain):
                self.ring.add(chain)
                block.notify()
                self.eventually(
                    lambda: bool(self.block.status & Status.NEEDS_RESET)
                    or self.ring.used_idx == 1, "stuck")
                self.recovers()
                self.again()
        self.assertEqual(self.device.backing.read_bytes()[:8 * SECTOR],
                         pattern(8))

    def test_huge_lengths(self) -> None:
        block = self.begin()
        for kind in (Request.IN, Request.OUT, Request.GET_ID,
                     Request.DISCARD, Request.FLUSH):
            status = block.status_byte()
            self.ring.add([block.header(kind),
                           Segment(block.ram.base, 0xffffffff,
                                   kind in (Request.IN, Request.GET_ID)),
                           status])
            block.notify()
            self.error_or_reset(status)
            self.again()

    def test_sum_of_lengths_overflows(self) -> None:
        block = self.begin()
        status = block.status_byte()
        self.ring.add([block.header(Request.IN),
                       *[Segment(block.ram.base, 0xfffffe00, True)] * 8,
                       status])
        block.notify()
        self.error_or_reset(status)

    def test_data_over_the_rings(self) -> None:
        """Reading the disk into its own ring hurts only the guest."""
        block = self.begin()
        status = block.status_byte()
        self.ring.add([block.header(Request.IN),
                       Segment(self.ring.desc, 4096, True), status])
        block.notify()
        self.block.wait_used(0)
        self.ring.offer(3)
        block.notify()
        self.recovers()
