# SPDX-License-Identifier: GPL-2.0
"""A guest whose virtual CPU a nested machine lost.

At some VM exits QEMU's emulated AMD processor (seen with 11.1) saves the host's
registers in place of the guest's. The guest then continues at the host's
address after VMRUN, where it has no code, and faults for ever. No driver of the
guest can cause that. Its mark: RIP is in the function of the host that enters
guests, and RIP is also the address of the last page fault, CR2.
"""

from __future__ import annotations

import contextlib
import functools
import re
import time
from collections.abc import Callable
from pathlib import Path

from .errors import Silence

KALLSYMS = Path("/proc/kallsyms")
ENTRY = "__svm_vcpu_run"
COMMAND = "info registers -a"
# A look costs each virtual CPU an exit. Hardly any command that the bench
# measures takes so long.
PATIENCE_S = 60.0
AGAIN_S = 60.0


class LostCpu(Silence):
    """No answer will come; the guest must boot again."""


def entry_of(symbols: str) -> range:
    """The addresses of the host's function that enters guests; empty if it has
    none.

    @symbols: the text of /proc/kallsyms
    """
    addresses = []
    start = None
    for line in symbols.splitlines():
        address, _, name = line.split(maxsplit=3)[:3]
        addresses.append(int(address, 16))
        if name == ENTRY:
            start = addresses[-1]
    if not start:       # 0 for a reader without privileges
        return range(0)
    return range(start, min((address for address in addresses
                             if address > start), default=start + 1))


@functools.cache
def _entry() -> range:
    try:
        return entry_of(KALLSYMS.read_text(encoding="ascii"))
    except OSError:
        return range(0)


def is_lost(registers: str, entry: range) -> bool:
    """True if the registers of a virtual CPU have the mark.

    @registers: the answer of QEMU's monitor to COMMAND
    """
    found = re.findall(r"\bRIP=([0-9a-f]{16}).*?\bCR2=([0-9a-f]{16})",
                       registers, re.DOTALL)
    return any(rip == cr2 and int(rip, 16) in entry for rip, cr2 in found)


class Watch:
    """Looks at the virtual CPU while somebody waits for the guest.

    @registers: asks QEMU's monitor for them
    """

    def __init__(self, name: str, registers: Callable[[], str]) -> None:
        self._name = name
        self._registers = registers
        self._due = 0.0
        self.start()

    def start(self) -> None:
        """A wait begins."""
        self._due = time.monotonic() + PATIENCE_S

    def look(self) -> None:
        """LostCpu if the guest will never answer; call it often."""
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + AGAIN_S
        registers = ""
        # The wait has its own limit, if the monitor does not answer either.
        with contextlib.suppress(Silence):
            registers = self._registers()
        if is_lost(registers, _entry()):
            raise LostCpu(f"{self._name}: the nested machine lost the"
                          " guest's virtual CPU, which has the host's"
                          " registers: an error of QEMU's emulation, boot"
                          " the guest again")
