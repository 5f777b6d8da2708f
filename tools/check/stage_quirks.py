# SPDX-License-Identifier: GPL-2.0
"""Stage quirks: virtio_blk and vfe_blk on a device with quirks of VMMs."""

from __future__ import annotations

from lab import paths

from . import units
from .context import Context

TIMEOUT = 880


def run(context: Context) -> None:
    """The suites in quirks/."""
    units.run(context, paths.checkout() / "tools", "guest/quirks",
              timeout=TIMEOUT, env={"VFE_ACCEL": context.accel})
