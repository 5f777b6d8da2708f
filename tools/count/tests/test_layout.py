# SPDX-License-Identifier: GPL-2.0
"""Registers from configuration space."""

from __future__ import annotations

import unittest

from count import layout, registers
from count.counts import CountError
from count.tests.samples import MODERN, MSIX, space

RESOURCE = """\
0xc000 0xc07f 0x101
0xfe000000 0xfe000fff 0x200
0xc080 0xc083 0x101
0x0 0x0 0x0
0x10000 0x13fff 0x200
"""


class Modern(unittest.TestCase):
    """A function with virtio's capabilities."""

    def setUp(self) -> None:
        self.layout = layout.parse(MODERN)
        self.names = self.layout.names(RESOURCE)

    def test_structures(self) -> None:
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
    """A function without capabilities."""

    def test_registers(self) -> None:
        found = layout.parse(space(MSIX))
        names = found.names(RESOURCE)
        self.assertEqual(names.name(True, 0xc010), "legacy_queue_notify")
        self.assertEqual(names.name(True, 0xc016), registers.LEGACY_REST)

    def test_vectors_share_the_place_of_the_configuration(self) -> None:
        self.assertEqual(set(registers.ambiguous()), {
            "legacy_config_vector", "legacy_queue_vector"})


class Table(unittest.TestCase):
    """registers.parse(), on the headers themselves."""

    def test_registers_of_the_common_structure_touch(self) -> None:
        end = 0
        for one in registers.table()[registers.COMMON]:
            self.assertIn(one.offset, (end, 56))    # 4 to 7 bytes are no more
            end = one.offset + one.size
        self.assertEqual(end, 60)

    def test_what_makes_no_sense_is_refused(self) -> None:
        for text in ("", 'X(A, "a", COMMON, 0, VFE_NONE)'):
            with self.assertRaises(CountError):
                registers.parse(text)


class Broken(unittest.TestCase):
    """Rejected configuration space."""

    def test_a_list_without_an_end(self) -> None:
        data = bytearray(space(MSIX))
        data[0x41] = 0x40
        with self.assertRaisesRegex(CountError, "0x40"):
            layout.parse(bytes(data))
