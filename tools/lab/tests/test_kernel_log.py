# SPDX-License-Identifier: GPL-2.0
"""What a kernel printed when it panicked."""

from __future__ import annotations

import unittest

from lab.kernel_log import LEAST, last_words, panic_trace

FAULT = """\
[  105.509724] Oops: general protection fault [#1] PREEMPT SMP NOPTI\r
[  105.513160] RIP: 0010:virtqueue_add_split+0x710/0x7b0\r
"""
PANIC = f"{FAULT}[  105.544711] Kernel panic - not syncing: Fatal exception\r\n"


class LastWords(unittest.TestCase):
    """What an error message shows of a console."""

    def test_from_the_fault_on(self) -> None:
        registers = "[  105.52] R10: 0\r\n" * 30
        shown = last_words(f"boot\n{FAULT}{registers}{PANIC}")
        self.assertTrue(shown.startswith(FAULT.partition("\r")[0]))
        self.assertIn("panic", shown)

    def test_the_last_lines(self) -> None:
        self.assertEqual(last_words("a\nb\n" * 100).count("\n"), LEAST - 1)
        self.assertEqual(last_words("a\nb\n"), "a\nb")
        self.assertEqual(last_words(""), "")


class Panic(unittest.TestCase):
    """Consoles of guests."""

    def test_a_panic(self) -> None:
        self.assertRegex(panic_trace(PANIC), r"^general.*\n.*0x7b0\n")

    def test_none(self) -> None:
        """After two faults, the first may have caused the second."""
        for console in ("", FAULT, FAULT + PANIC,
                        PANIC.replace("Oops: ", "")):
            self.assertEqual(panic_trace(console), "")
