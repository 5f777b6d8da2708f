# SPDX-License-Identifier: GPL-2.0
"""The kernel with checkers, and the guest that runs it (inner code)."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from guest.machine import Machine
from kunit import modules as kunit_modules
from lab import files, kernel, paths, progress, testkernel

SEEDS = Path(__file__).resolve().parent / "seeds"
ARCH = "x86_64"
# Parts of the kernel that share memory with the drivers: in these, too, KCSAN
# watches plain accesses. With all of it in its sight the kernel takes twice
# the time to build and to run, for races that are not ours. A value that
# changes while a driver looks at it is found whoever changes it.
WATCHED = ("block", "kernel/irq")
DISKS = (("wild", ()), ("poll", ("--poll",)))


def watched(root: Path, folders: Sequence[str]) -> list[str]:
    """Words for make: KCSAN watches what is made of these folders only."""
    named = {f"KCSAN_SANITIZE_{path.stem}.o=y" for folder in folders
             for path in root.glob(f"{folder}/*.c")}
    return ["KCSAN_SANITIZE=n", *sorted(named)]


@dataclass(frozen=True)
class Checked:
    """A kernel made of kunit/configs/<name>.config."""

    name: str

    def folder(self) -> Path:
        """Its build folder; built now, if it is not there."""
        fragment = paths.checkout() / f"kunit/configs/{self.name}.config"
        return testkernel.build(self.name, ARCH, fragment,
                                watched(testkernel.source(), WATCHED))

    def boots(self) -> kernel.Kernel:
        """As guests want it."""
        return kernel.built(self.folder())

    def modules(self) -> Path:
        """The drivers and the seeds, built for it: a folder of .ko files."""
        target = paths.state() / "build" / f"ko-{self.name}"
        files.remove(target)
        target.mkdir(parents=True)
        built = kunit_modules.make(
            kunit_modules.Way(self.name, self.folder(), ARCH), [])
        for path in (*built.values(), self._seeds()):
            shutil.copy2(path, target / path.name)
        return target

    def _seeds(self) -> Path:
        folder = paths.state() / "build" / f"seeds-{self.name}"
        log = paths.logs() / f"seeds-{self.name}.log"
        folder.mkdir(parents=True, exist_ok=True)
        for path in SEEDS.iterdir():
            shutil.copy2(path, folder / path.name)
        progress.run_logged(
            testkernel.make_argv(self.folder(), ARCH, f"M={folder}",
                                 "modules"), log, what="building the seeds",
            hint="fix the error that make shows above", timeout=300)
        return folder / "vfe_seeds.ko"


DEBUG = Checked("x86")

# It is off while the guest starts, which is quicker.
KCSAN_ON = "echo on >/sys/kernel/debug/kcsan"
# Memory that the kernel leaves to the mock
MOCK_BASE = 0x10000000
# A busy host upsets how the kernel measures its TSC by the PIT, which it
# believes more than the HPET: its clock ran 21 times too fast then, and what it
# waited for never came in time. Without a PIT it takes the HPET's word.
# KCSAN sets more watchpoints than by itself: the load is short.
MACHINE = Machine("debug", DISKS, boots=DEBUG.boots,
                  modules=DEBUG.modules, qemu=("-machine", "pit=off"),
                  append="kcsan.skip_watch=500"
                  f" memmap=8M${MOCK_BASE:#x} log_buf_len=8M")
