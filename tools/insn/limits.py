# SPDX-License-Identifier: GPL-2.0
"""The project's limits in comparison with the kernel's drivers."""

from __future__ import annotations

from count.target import Target

# Relative to those of the kernel's driver, in each workload
WHOLE_KERNEL = 0.95
OWN_PART = 0.75
NET_OWN_PART = 0.85
# Relative to virtio_blk's, in bytes
MEMORY = 2.0
NET_MEMORY = 1.0
# Requests of both drivers must have the same segments, or the work differs
SEGMENTS = 0.05


def at_most(name: str, ratio: float, limit: float,
            lowest: float | None = None, of: str = "virtio_blk") -> Target:
    """A ratio that must not be above a limit.

    With @lowest, the target is missed only if all pairs of runs are above,
    since the variation of one driver's runs exceeds the distance of a good
    ratio from the limit.
    """
    least = ratio if lowest is None else lowest
    told = f"{ratio:.3f}" + ("" if lowest is None else f", {lowest:.3f} the"
                             " lowest pair")
    return Target(f"{name}: at most {limit:.2f} of {of}'s", told,
                  least <= limit)
