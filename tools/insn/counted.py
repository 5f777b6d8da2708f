# SPDX-License-Identifier: GPL-2.0
"""A guest whose instructions are counted."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from lab import build, progress
from lab.errors import LabError
from lab.guest import Guest
from lab.initramfs import More

from . import owners, plugin
from .sample import Sample, sample
from .symbols import Symbols

MEMORY_MB = 768
RUN_S = 240
BOOT_S = 400
# The guest's time follows instructions, not the host's clock: ticks cost the
# same on a busy host.
ICOUNT = ("-icount", "shift=0,sleep=on")

# Runs a workload of this many operations; their number.
Workload = Callable[[int], int]


class CountedGuest:
    """The guest with the plugin."""

    def __init__(self, guest: Guest, counter: plugin.Plugin) -> None:
        self._guest = guest
        self._plugin = counter

    def tell(self, command: str) -> str:
        """Run a command in the guest; its output."""
        return self._guest.run(command, RUN_S).out

    def learn(self) -> Symbols:
        """Load the addresses of functions, including modules, and their
        owners."""
        symbols = Symbols(self.tell("cat /proc/kallsyms").splitlines())
        self._plugin.classify(owners.table(symbols))
        return symbols

    def counts(self) -> plugin.Counts:
        """The current counts."""
        return self._plugin.counts(lambda: self._guest.qmp("stop"),
                                   lambda: self._guest.qmp("cont"))

    def once(self, symbols: Symbols, run: Workload, few: int,
             many: int) -> Sample:
        """One run of few operations, and one of many."""
        start = self.counts()
        few = run(few)
        middle = self.counts()
        many = run(many)
        end = self.counts()
        long, base = end - middle, middle - start
        if long.lost or base.lost:
            raise LabError("the plugin had no space for some blocks of"
                           " code: make its table larger"
                           " (tools/insn/plugin/blocks.h)")
        return sample(symbols, long, base, many - few)


@contextlib.contextmanager
def booted(arguments: Sequence[str], name: str,
           more: More | None = None) -> Iterator[CountedGuest]:
    """A guest of one processor, with these arguments of QEMU's."""
    library = plugin.build()
    build.modules()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(
            tempfile.TemporaryDirectory(prefix="insn-", dir="/tmp")))
        counter = plugin.Plugin(folder, library)
        stack.callback(counter.close)
        guest = Guest(accel="tcg", cpus=1, memory=MEMORY_MB, more=more,
                      qemu_args=[*ICOUNT, *counter.arguments(), *arguments],
                      name=name)
        with progress.step("booting the guest"):
            guest.boot(BOOT_S)
        stack.push(guest)
        yield CountedGuest(guest, counter)
