# SPDX-License-Identifier: GPL-2.0
"""Stage kernels: the drivers in a guest of each of Debian's kernels."""

from __future__ import annotations

from lab import build, paths, recipe

from . import units
from .context import Context

TIMEOUT = 500


def run(context: Context) -> None:
    """Build the missing modules; then run the suite in kernels/."""
    for series in recipe.KERNEL_SUITES:
        context.note(f"modules for {series}")
        build.modules(series)
    units.run(context, paths.checkout() / "tools", "guest/kernels",
              timeout=TIMEOUT, env={"VFE_ACCEL": context.accel})
