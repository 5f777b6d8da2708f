# SPDX-License-Identifier: GPL-2.0
"""Stage guest: the drivers in a guest with the custom device."""

from __future__ import annotations

from lab import paths

from . import units
from .context import Context

TIMEOUT = 880


def run(context: Context) -> None:
    """The suites in tools/guest/suites, on KVM or emulated."""
    units.run(context, paths.checkout() / "tools", "guest/suites",
              timeout=TIMEOUT, env={"VFE_ACCEL": context.accel})
