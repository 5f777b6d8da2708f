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
# Parts of the kernel that share memory with the drivers: KCSAN also instruments
# these. With all parts instrumented, the kernel takes twice the time to build
# and to run, to find races that are not ours. KCSAN finds a value that changes
# while a driver reads it, whatever code changes it.
WATCHED = ("block", "kernel/irq")
DISKS = (("wild", ()), ("poll", ("--poll",)))


def watched(root: Path, folders: Sequence[str]) -> list[str]:
    """Arguments of make: KCSAN instruments only these folders."""
    named = {f"KCSAN_SANITIZE_{path.stem}.o=y" for folder in folders
             for path in root.glob(f"{folder}/*.c")}
    return ["KCSAN_SANITIZE=n", *sorted(named)]


@dataclass(frozen=True)
class Checked:
    """A kernel with kunit/configs/<name>.config."""

    name: str

    def folder(self) -> Path:
        """Its build folder; builds it if necessary."""
        fragment = paths.checkout() / f"kunit/configs/{self.name}.config"
        return testkernel.build(self.name, ARCH, fragment,
                                watched(testkernel.source(), WATCHED))

    def boots(self) -> kernel.Kernel:
        """The form for guests."""
        return kernel.built(self.folder())

    def modules(self) -> Path:
        """A folder with the .ko files of the drivers and the seeds."""
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

# It is off during the boot, which is faster then.
KCSAN_ON = "echo on >/sys/kernel/debug/kcsan"
# Memory that is reserved for the mock
MOCK_BASE = 0x10000000
# On a busy host the kernel may miscalibrate its TSC by the PIT, which it
# prefers to the HPET: its clock once ran 21 times too fast, and all waits timed
# out. Without a PIT it uses the HPET. KCSAN sets more watchpoints than by
# default, since the load is short.
MACHINE = Machine("debug", DISKS, boots=DEBUG.boots,
                  modules=DEBUG.modules, qemu=("-machine", "pit=off"),
                  append="kcsan.skip_watch=500"
                  f" memmap=8M${MOCK_BASE:#x} log_buf_len=8M")
