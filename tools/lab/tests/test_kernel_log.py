# SPDX-License-Identifier: GPL-2.0
"""What a kernel printed when it panicked."""

from __future__ import annotations

import unittest

from lab.kernel_log import panic_trace

FAULT = """\
[  105.509724] Oops: general protection fault [#1] PREEMPT SMP NOPTI\r
[  105.513160] RIP: 0010:virtqueue_add_split+0x710/0x7b0\r
"""
PANIC = f"{FAULT}[  105.544711] Kernel panic - not syncing: Fatal exception\r\n"


class Panic(unittest.TestCase):
    """Consoles of guests."""

    def test_a_panic(self) -> None:
        self.assertRegex(panic_trace(PANIC), r"^general.*\n.*0x7b0\n")

    def test_none(self) -> None:
        """After two faults, the first may have caused the second."""
        for console in ("", FAULT, FAULT + PANIC,
                        PANIC.replace("Oops: ", "")):
            self.assertEqual(panic_trace(console), "")
