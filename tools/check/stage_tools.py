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
    """Run each folder of tests in its own process."""
    top = paths.checkout() / "tools"
    for folder in FOLDERS:
        # larger limits would only make tests of time limits slower
        units.run(context, top, folder, timeout=60,
                  env={speed.VARIABLE: "1"})
