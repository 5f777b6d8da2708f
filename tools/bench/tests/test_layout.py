# SPDX-License-Identifier: GPL-2.0
"""Registers out of configuration space."""

from __future__ import annotations

import struct
import unittest

from bench import layout
from bench.addresses import AddressMap, Bar

BARS = [Bar(0, 0xc000, 0xc080, True), Bar(1, 0xfe000000, 0xfe001000, False),
        Bar(2, 0xc080, 0xc084, True), Bar(4, 0x10000, 0x14000, False)]


def space(*capabilities: bytes) -> bytes:
    """Configuration space with these capabilities, each without its next."""
    data = bytearray(layout.SIZE)
    place, last = 0x40, layout.CAPABILITIES
    for capability in capabilities:
        data[layout.STATUS] |= layout.STATUS_CAP_LIST
        data[last] = place
        data[place:place + len(capability)] = capability
        last, place = place + 1, place + 0x18
    return bytes(data)


def structure(kind: int, index: int, offset: int, length: int) -> bytes:
    """A virtio capability."""
    return struct.pack("<BBBBBxxxII", layout.CAP_VENDOR, 0, 16, kind, index,
                       offset, length)


MSIX = struct.pack("<BBHII", layout.CAP_MSIX, 0, 1, 1, 0x801)
MODERN = space(MSIX, structure(layout.COMMON, 4, 0, 0x38),
               structure(layout.ISR, 4, 0x1000, 1),
               structure(layout.DEVICE, 4, 0x2000, 0x1000),
               structure(layout.NOTIFY, 4, 0x3000, 0x1000),
               structure(layout.NOTIFY, 2, 0, 4),
               structure(5, 0, 0, 0))


class Modern(unittest.TestCase):
    """A function with virtio's capabilities."""

    def setUp(self) -> None:
        self.layout = layout.parse(MODERN)
        self.names = AddressMap(self.layout.without_msix(BARS),
                                self.layout.registers)

    def test_structures(self) -> None:
        self.assertTrue(self.layout.modern)
        self.assertEqual(self.names.name(False, 0x10014), "device_status")
        self.assertEqual(self.names.name(False, 0x11000), "isr_status")
        self.assertEqual(self.names.name(False, 0x13ffe), "notify")

    def test_notify_by_ports(self) -> None:
        self.assertEqual(self.names.name(True, 0xc080), "notify")

    def test_registers_that_the_structure_is_too_short_for(self) -> None:
        self.assertEqual(self.names.name(False, 0x1003a), "bar4+0x003a")

    def test_the_vector_table_is_nobodys(self) -> None:
        self.assertIsNone(self.names.name(False, 0xfe000010))


class Legacy(unittest.TestCase):
    """A function without."""

    def test_registers(self) -> None:
        found = layout.parse(space(MSIX))
        names = AddressMap(BARS, found.registers)
        self.assertFalse(found.modern)
        self.assertEqual(names.name(True, 0xc010), "legacy_queue_notify")
        self.assertEqual(names.name(True, 0xc016), layout.LEGACY_REST)

    def test_names_of_the_driver_are_known(self) -> None:
        named = {name for name, _, _ in layout.LEGACY_REGISTERS}
        self.assertLessEqual(set(layout.SAME.values()), named)
        self.assertFalse(set(layout.SAME) & named)


class Broken(unittest.TestCase):
    """What is refused."""

    def test_too_short(self) -> None:
        with self.assertRaisesRegex(layout.LayoutError, "64 bytes"):
            layout.parse(bytes(64))

    def test_a_list_without_an_end(self) -> None:
        data = bytearray(space(MSIX))
        data[0x41] = 0x40
        with self.assertRaisesRegex(layout.LayoutError, "0x40"):
            layout.parse(bytes(data))


if __name__ == "__main__":
    unittest.main()
