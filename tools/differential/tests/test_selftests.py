# SPDX-License-Identifier: GPL-2.0
"""What the kernel's selftests say, and its comparison."""

from __future__ import annotations

import unittest

from differential.net.selftest_files import place
from differential.net.selftests import Turn, compared

SAID = """\
TAP version 13
1..5
ok 1 xdp.pass
# Exception| something
not ok 2 xdp.drop
ok 3 xdp.tx # SKIP no program
ok 4 xdp.tail # XFAIL known
not ok 5 xdp.last
# Totals: pass:1 fail:2 xfail:1 xpass:0 skip:1 error:0
status 1
"""


class Selftests(unittest.TestCase):
    """A test's output."""

    def test_cases(self) -> None:
        turn = Turn.of(SAID)
        self.assertEqual(turn.cases, {
            "xdp.pass": "pass", "xdp.drop": "fail", "xdp.tx": "skip",
            "xdp.tail": "xfail", "xdp.last": "fail"})
        self.assertEqual(turn.cell(), "1, 2 f, 1 expected f, 1 s")

    def test_stopped(self) -> None:
        """The case under way says nothing."""
        turn = Turn.of(SAID.replace("status 1\n", "status 124\n"))
        self.assertNotIn("xdp.last", turn.cases)
        self.assertEqual(turn.cell(), "1, 1 f, 1 expected f, 1 s, stopped")

    def test_without_an_end(self) -> None:
        self.assertEqual(Turn.of("").note, "no end")
        self.assertEqual(Turn.of("no family\nstatus 4\n").cell(), "status 4")

    def test_compared(self) -> None:
        """Only what both have run to its end."""
        ours = Turn.of(SAID.replace("not ok 2", "ok 2"))
        theirs = Turn.of(SAID.replace("not ok 5 xdp.last\n", ""))
        self.assertEqual(compared(ours, theirs),
                         ["xdp.drop: vfe_net pass, virtio_net fail"])
        self.assertEqual(compared(ours, ours), [])

    def test_place(self) -> None:
        self.assertEqual(place("xdp.py"), ("", "xdp.py", ""))
        self.assertEqual(place("hw/csum.py:ipv4*"), ("hw", "csum.py", "ipv4*"))
