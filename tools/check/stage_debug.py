# SPDX-License-Identifier: GPL-2.0
"""Stage debug: the drivers in a guest whose kernel has checkers."""

from __future__ import annotations

from guest.debug import insmod, kernels
from lab import paths, progress

from . import units
from .context import Context

TIMEOUT = 800


def run(context: Context) -> None:
    """Build the kernel if necessary; then run the suites in debug/."""
    context.note(f"kernel {kernels.DEBUG.name}")
    kernels.DEBUG.folder()
    for subject, reason in insmod.left_out().items():
        progress.say(f"  suite {subject} does not run here: {reason}")
    units.run(context, paths.checkout() / "tools", "guest/debug",
              timeout=TIMEOUT, env={"VFE_ACCEL": context.accel})
