# SPDX-License-Identifier: GPL-2.0
"""How much slower than the reference this machine is now.

Time limits end hanging commands. They suit two processors of an idle common
server, and the lab multiplies them by this factor on a slower or busy machine:
limits of commands, boots, and code in the rootfs, a nested machine or a guest.
"""

from __future__ import annotations

import os
import time

VARIABLE = "VFE_SLOWNESS"
# The time of this work on the reference machine.
REFERENCE_S = 0.45
ROUNDS = 24
# The largest factor.
MOST = 8.0
_WORK = "\n".join(f"def f{n}(a, b):\n    return [a + {n}, b * {n}, (a, b)]"
                  for n in range(400))


def measure() -> float:
    """The slowness now, 1 or more: the time of a fixed amount of compiling."""
    began = time.monotonic()
    for _ in range(ROUNDS):
        compile(_WORK, "work", "exec")
    seconds = time.monotonic() - began
    return min(MOST, max(1.0, seconds / REFERENCE_S))


def factor() -> float:
    """The factor for limits in this process and its children."""
    return float(os.environ.get(VARIABLE, "1"))


def remember() -> float:
    """Measure the factor for this process and its children.

    Load varies: keep an earlier, larger factor.
    """
    found = max(factor(), round(measure(), 2))
    os.environ[VARIABLE] = f"{found:g}"
    return found


def scaled(seconds: float) -> float:
    """A time limit on this machine."""
    return seconds * factor()


def left(began: float, seconds: float) -> float:
    """Seconds of a time limit that are left; 0 or less if it is over.

    Load may have come meanwhile, so the machine is measured again before a
    limit counts as over.

    @began: by time.monotonic()
    """
    if began + scaled(seconds) <= time.monotonic():
        remember()
    return began + scaled(seconds) - time.monotonic()
