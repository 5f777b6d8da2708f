# SPDX-License-Identifier: GPL-2.0
"""The stages by name: tier, inputs, where each runs, how long it may take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lab import speed

from . import (stage_build, stage_device, stage_differential, stage_install,
               stage_kunit, stage_lint, stage_measured, stage_ring,
               stage_static, stage_suites)
from .context import Context

# Each tier has the stages of those before it.
TIERS = ("test", "check", "all")
LINT = "lint"           # no tier: what changed, checked in seconds

CHECKER = ("tools/check", "tools/lab")
MODULES = (*CHECKER, "drivers", "include", "Kbuild", "Makefile")
SUITES = (*CHECKER, "drivers", "include", "kunit", "tools/kunit")
GUEST = (*MODULES, "tools/device", "tools/guest")


@dataclass(frozen=True)
class Stage:
    """One stage of the check."""

    name: str
    text: str
    run: Callable[[Context], None]
    timeout: float
    tier: str = "check"
    inputs: Sequence[str] = ("",)   # files and folders; "": all of them
    place: str = "rootfs"   # "rootfs"; "guest": where guests are fastest;
    #                         "outside": it finds its own machine
    after: Sequence[str] = ()   # stages that it builds upon
    uses: str = ""          # what only one stage at a time can
    needs: Sequence[str] = ()   # of setup.py, made before any stage starts
    needs_whole: Sequence[str] = ()     # and for its long form
    by_test: bool = False   # --tests selects among its tests

    def set_up(self, whole: bool) -> set[str]:
        """What of setup.py it needs."""
        return {*self.needs, *(self.needs_whole if whole else ())}

    @property
    def limit(self) -> float:
        """How long it may take on this machine."""
        return speed.scaled(self.timeout)


# In the order that they start, as far as others let them: those that keep one
# processor busy for long before those that fill the other one.
STAGES = (
    Stage("guest", "both drivers in a guest: data, faults, life cycles",
          stage_suites.guest, 900, "check",
          (*GUEST, "tools/bench", "tools/differential"), "guest",
          needs=("guests",), by_test=True),
    Stage("quirks", "beside the kernel's drivers, on a device with quirks",
          stage_suites.quirks, 1500, "all", (*GUEST, "tools/differential"),
          "guest", needs=("guests",), by_test=True),
    Stage("bench", "the bench, shortened: three witnesses agree",
          stage_measured.bench, 2400, "check",
          (*MODULES, "tools/device", "tools/bench", "tools/count",
           "tools/insn"),
          "outside", uses="kvm", needs=("guests",)),
    Stage("qemu", "our drivers on QEMU's own devices, in their configurations",
          stage_measured.qemu, 1800, "check",
          (*MODULES, "tools/qemu", "tools/count"), "outside", uses="kvm",
          needs=("guests",), needs_whole=("qemus",)),
    Stage("kunit", "the KUnit suites under the kernel's checkers",
          stage_kunit.run, 1200, "test", SUITES, uses="kunit",
          needs=("um",)),
    Stage("conformance", "each duty of a driver has a test that passes",
          stage_kunit.run_conformance, 600, "test", SUITES,
          after=("kunit",), uses="kunit", needs=("um",)),
    Stage("device", "the device process against a hostile guest, sanitized",
          stage_device.run, 600, "test",
          (*CHECKER, "tools/device", "include"), by_test=True),
    Stage("ring", "the rings in user space: sanitized, fuzzed, two threads",
          stage_ring.run, 900, "test",
          (*MODULES, "tools/ring")),
    Stage("tools", "unit tests of the Python tools",
          stage_suites.tools, 300, "test", ("tools", "include", "kunit"),
          by_test=True),
    Stage("static", "style, types, documentation, rules of the sources",
          stage_static.run, 600),
    Stage("build", "the modules for every kernel, W=1 and sparse",
          stage_build.run, 600, "check", MODULES, needs=("guests",),
          needs_whole=("clang",)),
    Stage("differential",
          "our drivers beside the kernel's, on identical functions",
          stage_differential.run, 1800, "check",
          (*GUEST, "tools/differential", "tools/count"),
          needs=("guests", "scsi")),
    Stage("coverage", "lines and branches that the KUnit suites run",
          stage_kunit.run_coverage, 600, "all", SUITES, after=("kunit",),
          uses="kunit", needs=("um",)),
    Stage("proof", "the KUnit suites find each seeded bug",
          stage_kunit.run_proof, 900, "all", SUITES, after=("kunit",),
          uses="kunit", needs=("um",)),
    Stage("mutants", "the tests of the rings find each seeded bug",
          stage_ring.run_mutants, 600, "all", (*MODULES, "tools/ring"),
          after=("ring",)),
    Stage("insn", "instructions of an operation, memory of a disk: bounds",
          stage_measured.insn, 900, "all",
          (*MODULES, "tools/insn", "tools/count"), "outside",
          needs=("guests",)),
    Stage("debug", "both drivers under KCSAN and lockdep on two processors",
          stage_suites.debug, 1200, "all",
          (*GUEST, "kunit", "tools/kunit", "tools/differential"), "guest",
          needs=("guests", "x86"), by_test=True),
    Stage("kernels", "both drivers in a guest of each of Debian's kernels",
          stage_suites.kernels_of_debian, 600, "all", GUEST, "guest",
          needs=("guests", "modules"), by_test=True),
    Stage("install", "make install and DKMS on a clean Debian; a root on vfeb0",
          stage_install.run, 600, "all", (*MODULES, "tools/install"),
          "guest", needs=("guests", "clean")),
    Stage("staged", "the KUnit suites by kunit.py, in a kernel's sources",
          stage_kunit.run_staged, 900, "all", SUITES, after=("kunit",),
          needs=("um",)),
    Stage(LINT, "style and types of the files that changed; a build at W=1",
          stage_lint.run, 120, LINT),
)


def of_tier(tier: str) -> list[Stage]:
    """The stages of a tier, those of the smaller tiers included."""
    if tier == LINT:
        return [by_name(LINT)]
    names = TIERS[:TIERS.index(tier) + 1]
    return [stage for stage in STAGES if stage.tier in names]


def by_name(name: str) -> Stage:
    """The stage of a name; KeyError if there is none."""
    return {stage.name: stage for stage in STAGES}[name]


def of_files(chosen: Sequence[Stage], names: Sequence[str]) -> list[Stage]:
    """Those of the stages that any of these files is an input of."""
    return [stage for stage in chosen
            if any(not item or name == item or name.startswith(f"{item}/")
                   for item in stage.inputs for name in names)]
