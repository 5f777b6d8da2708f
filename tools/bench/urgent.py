# SPDX-License-Identifier: GPL-2.0
"""Going before the other work of a machine."""

from __future__ import annotations

import contextlib
import os


def urgent() -> None:
    """Let processes that this one starts from now on run before all others.

    A guest that waits for a processor looks like a slow driver. A guest that
    is measured so idles most of the time, and the others lose little.
    """
    with contextlib.suppress(OSError):      # not everybody may
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
