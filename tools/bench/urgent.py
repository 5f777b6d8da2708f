# SPDX-License-Identifier: GPL-2.0
"""Priority over the other work of a machine."""

from __future__ import annotations

import contextlib
import os


def urgent() -> None:
    """Let processes that this one starts from now on run before all others.

    A guest that waits for a processor looks like a slow driver. Such a guest is
    idle most of the time, so other processes lose little.
    """
    with contextlib.suppress(OSError):      # not every user may do this
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
