# SPDX-License-Identifier: GPL-2.0
"""The mark of a virtual CPU that a nested machine lost."""

from __future__ import annotations

import unittest
from unittest import mock

from lab import lost_cpu
from lab.guest import Guest

SYMBOLS = """\
ffffffffc047c240 t __svm_sev_es_vcpu_run\t[kvm_amd]
ffffffff81000000 T _text
ffffffffc047c010 t __svm_vcpu_run\t[kvm_amd]
ffffffffc0469ad0 t svm_vcpu_run\t[kvm_amd]
"""
# As QEMU's monitor prints them, shortened; the first from a lost guest.
LOST = """\
RIP=ffffffffc047c0b0 RFL=00010246 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=0
CR0=80050033 CR2=ffffffffc047c0b0 CR3=00000001009fa000 CR4=003506f0
"""
MODULE = LOST.replace("CR2=ffffffffc047c0b0", "CR2=00007f4fa4f2c6c0")
FAULT = LOST.replace("c047c0b0", "c047c2b0")


class Mark(unittest.TestCase):
    """Registers of guests on a host with these symbols."""

    def setUp(self) -> None:
        self.entry = lost_cpu.entry_of(SYMBOLS)

    def test_the_entry_ends_at_the_next_symbol(self) -> None:
        self.assertEqual(self.entry, range(0xffffffffc047c010,
                                           0xffffffffc047c240))

    def test_a_host_without_it(self) -> None:
        hidden = "\n".join("0000000000000000" + line[16:]
                           for line in SYMBOLS.splitlines())
        for symbols in ("", hidden, "ffffffff81000000 T _text"):
            entry = lost_cpu.entry_of(symbols)
            self.assertFalse(lost_cpu.is_lost(LOST, entry))

    def test_only_a_fault_at_the_entry_is_the_mark(self) -> None:
        self.assertTrue(lost_cpu.is_lost(LOST, self.entry))
        self.assertTrue(lost_cpu.is_lost(f"CPU#0\n{MODULE}\nCPU#1\n{LOST}",
                                         self.entry))
        for registers in (MODULE, FAULT, "", f"{MODULE}\n{FAULT}"):
            self.assertFalse(lost_cpu.is_lost(registers, self.entry))

    def test_a_healthy_command_is_not_disturbed(self) -> None:
        asked = mock.Mock(return_value=LOST)
        with mock.patch.object(lost_cpu, "_entry", return_value=self.entry), \
                mock.patch("time.monotonic") as now:
            now.return_value = 100.0
            watch = lost_cpu.Watch("guest", asked)
            now.return_value += lost_cpu.PATIENCE_S - 1
            watch.look()
            asked.assert_not_called()
            now.return_value += 1
            self.assertRaises(lost_cpu.LostCpu, watch.look)

    def test_the_question_is_one_that_qemu_accepts(self) -> None:
        """Its monitor has "command-line", not "command_line"."""
        guest = Guest(accel="kvm")
        with mock.patch.object(guest, "_qmp") as qmp, \
                mock.patch.object(guest, "_watch"), \
                mock.patch("time.monotonic", return_value=1e9):
            qmp.command.return_value = ""
            guest._watch_agent()    # pylint: disable=protected-access
        qmp.command.assert_called_once_with(
            "human-monitor-command", {"command-line": "info registers -a"})
