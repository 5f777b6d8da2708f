# SPDX-License-Identifier: GPL-2.0
"""The project's limits for vfe_blk in comparison with virtio_blk."""

from __future__ import annotations

from count.target import Target

# Relative to virtio_blk's, in each workload
WHOLE_KERNEL = 0.95
OWN_PART = 0.75
# Relative to virtio_blk's, in bytes
MEMORY = 2.0
# Requests of both drivers must have the same segments, or the work differs
SEGMENTS = 0.05


def at_most(name: str, ratio: float, limit: float,
            lowest: float | None = None) -> Target:
    """A ratio that must not be above a limit.

    With @lowest, the target is missed only if all pairs of runs are above,
    since the variation of one driver's runs exceeds the distance of a good
    ratio from the limit.
    """
    least = ratio if lowest is None else lowest
    told = f"{ratio:.3f}" + ("" if lowest is None else f", {lowest:.3f} the"
                             " lowest pair")
    return Target(f"{name}: at most {limit:.2f} of virtio_blk's", told,
                  least <= limit)
