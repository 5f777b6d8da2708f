# SPDX-License-Identifier: GPL-2.0
"""Stage tools: the unit tests of the Python tools, the check's included."""

from __future__ import annotations

from lab import paths, speed

from . import units
from .context import Context

FOLDERS = ("lab/tests", "bench/tests", "count/tests", "check/tests",
           "guest/tests", "kunit/tests", "qemu/tests", "insn/tests",
           "differential/tests")


def run(context: Context) -> None:
    """Each folder of tests that is there, in a process of its own."""
    top = paths.checkout() / "tools"
    for folder in FOLDERS:
        # tests of limits would take as much longer as limits are larger
        units.run(context, top, folder, timeout=60,
                  env={speed.VARIABLE: "1"})
