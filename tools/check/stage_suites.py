# SPDX-License-Identifier: GPL-2.0
"""Stages of suites in Python: in a guest, and of the tools themselves."""

from __future__ import annotations

from guest.debug import insmod, kernels
from lab import build, paths, progress, recipe, speed

from . import units
from .context import Context

TOOLS = ("lab/tests", "bench/tests", "count/tests", "check/tests",
         "guest/tests", "kunit/tests", "qemu/tests", "insn/tests",
         "differential/tests")


def _in_guest(context: Context, folder: str) -> None:
    """With KVM or emulated."""
    units.run(context, paths.checkout() / "tools", folder,
              env={"VFE_ACCEL": context.accel})


def guest(context: Context) -> None:
    """The drivers on the custom device."""
    _in_guest(context, "guest/suites")


def quirks(context: Context) -> None:
    """Our drivers and the kernel's on a device with quirks of VMMs."""
    _in_guest(context, "guest/quirks")


def kernels_of_debian(context: Context) -> None:
    """The drivers on each of Debian's kernels."""
    for series in recipe.KERNEL_SUITES:
        context.note(f"modules for {series}")
        build.modules(series)
    _in_guest(context, "guest/kernels")


def debug(context: Context) -> None:
    """The drivers on a kernel that has checkers."""
    context.note(f"kernel {kernels.DEBUG.name}")
    kernels.DEBUG.folder()
    for subject, reason in insmod.left_out().items():
        progress.say(f"  suite {subject} does not run here: {reason}")
    _in_guest(context, "guest/debug")


def tools(context: Context) -> None:
    """The unit tests of the tools, the check's included."""
    # larger limits would only make tests of time limits slower
    units.run(context, paths.checkout() / "tools", *TOOLS,
              env={speed.VARIABLE: "1"})
