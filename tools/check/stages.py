# SPDX-License-Identifier: GPL-2.0
"""The stages: their names, where they run, and their time limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lab import speed

from . import (stage_bench, stage_build, stage_debug, stage_device,
               stage_differential, stage_guest, stage_insn, stage_install,
               stage_kernels, stage_kunit, stage_qemu, stage_quirks,
               stage_ring, stage_static, stage_tools)
from .context import Context


@dataclass(frozen=True)
class Stage:
    """One stage of the check."""

    name: str
    text: str
    run: Callable[[Context], None]
    timeout: float
    place: str = "tree"     # "tree"; "guest": where guests are fastest;
    #                         "outside": it finds its own machine
    after: Sequence[str] = ()   # stages that it builds upon
    uses: str = ""          # what only one stage at a time can
    needs: Sequence[str] = ()   # of setup.py, made before any stage starts

    @property
    def limit(self) -> float:
        """Its time limit on this machine."""
        return speed.scaled(self.timeout)


# In the order that they start, as far as others let them: those that keep one
# processor busy for long before those that fill the other one.
STAGES = (
    Stage("guest", "both drivers in a guest: data, faults, life cycles",
          stage_guest.run, 900, "guest"),
    Stage("quirks", "vfe_blk and virtio_blk on a device with quirks of VMMs",
          stage_quirks.run, 900, "guest"),
    Stage("tools", "unit tests of the Python tools",
          stage_tools.run, 300),
    Stage("static", "style, types, documentation, rules of the sources",
          stage_static.run, 600),
    Stage("kunit", "the KUnit suites on a kernel with all checkers enabled",
          stage_kunit.run, 1200, uses="kunit", needs=("um",)),
    Stage("conformance", "each duty of a driver has a test that passes",
          stage_kunit.run_conformance, 600, after=("kunit",), uses="kunit",
          needs=("um",)),
    Stage("coverage", "the suites run enough lines and branches",
          stage_kunit.run_coverage, 600, after=("kunit",), uses="kunit",
          needs=("um",)),
    Stage("proof", "the KUnit suites find each seeded bug",
          stage_kunit.run_proof, 900, after=("kunit",), uses="kunit",
          needs=("um",)),
    Stage("bench", "a short bench: the three witnesses agree",
          stage_bench.run, 900, "outside", uses="kvm"),
    Stage("qemu", "vfe_blk on QEMU's own device, in every configuration",
          stage_qemu.run, 900, "outside", uses="kvm", needs=("qemus",)),
    Stage("insn", "bounds on instructions per operation, memory per disk",
          stage_insn.run, 600, "outside"),
    Stage("differential", "vfe_blk compared with virtio_blk, same functions",
          stage_differential.run, 600),
    Stage("debug", "both drivers under KCSAN and lockdep on two processors",
          stage_debug.run, 1200, "guest", needs=("x86",)),
    Stage("kernels", "both drivers in a guest of each of Debian's kernels",
          stage_kernels.run, 600, "guest", needs=("modules",)),
    Stage("install", "make install and DKMS on a clean Debian; a root on vfeb0",
          stage_install.run, 600, "guest", needs=("clean",)),
    Stage("build", "modules for every kernel at W=1 with sparse; the device",
          stage_build.run, 600, uses="device", needs=("clang",)),
    Stage("staged", "the suites in a kernel's tree, run by its kunit.py",
          stage_kunit.run_staged, 900, after=("kunit",), needs=("um",)),
    Stage("device", "the device with sanitizers, and a hostile guest",
          stage_device.run, 600, uses="device"),
    Stage("ring", "the rings in user space: sanitizers, fuzzer, threads",
          stage_ring.run, 600),
)


def by_name(name: str) -> Stage:
    """The stage of a name; KeyError if there is none."""
    return {stage.name: stage for stage in STAGES}[name]
