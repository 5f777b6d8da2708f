# SPDX-License-Identifier: GPL-2.0
"""How much slower than the reference this machine is now; limits grow by it.

Limits of time end what hangs. What they are set to suits two processors of a
common server with nothing else to do; a slower machine, or one with other
load, gets so much more time. Where they are applied: commands, boots, and what
runs in the tree, a nested machine or a guest.
"""

from __future__ import annotations

import os
import time

VARIABLE = "VFE_SLOWNESS"
# What the work below takes on the reference machine.
REFERENCE_S = 0.45
ROUNDS = 24
# Limits stay limits.
MOST = 8.0
_WORK = "\n".join(f"def f{n}(a, b):\n    return [a + {n}, b * {n}, (a, b)]"
                  for n in range(400))


def measure() -> float:
    """The slowness just now, 1 or more: a fixed amount of compiling, timed."""
    began = time.monotonic()
    for _ in range(ROUNDS):
        compile(_WORK, "work", "exec")
    seconds = time.monotonic() - began
    return min(MOST, max(1.0, seconds / REFERENCE_S))


def factor() -> float:
    """What limits are multiplied by in this process and those it starts."""
    return float(os.environ.get(VARIABLE, "1"))


def remember() -> float:
    """Measure, for this process and those it starts; the factor.

    Load comes and goes: what was measured before stays, if it was more.
    """
    found = max(factor(), round(measure(), 2))
    os.environ[VARIABLE] = f"{found:g}"
    return found


def scaled(seconds: float) -> float:
    """A limit on this machine."""
    return seconds * factor()
