# SPDX-License-Identifier: GPL-2.0
"""What the project demands of vfe_blk beside virtio_blk: all in one place."""

from __future__ import annotations

from count.target import Target

# Of virtio_blk's, in each workload
WHOLE_KERNEL = 0.95
OWN_PART = 0.75
# Of virtio_blk's, in bytes
MEMORY = 2.0
# Requests of both drivers must have the same segments, or they had other work
SEGMENTS = 0.05


def at_most(name: str, ratio: float, limit: float,
            lowest: float | None = None) -> Target:
    """A ratio that must not be above a limit.

    With @lowest, of several pairs of runs, it is missed when all are above: the
    runs of one driver differ by more than a ratio near its limit does from it.
    """
    least = ratio if lowest is None else lowest
    told = f"{ratio:.3f}" + ("" if lowest is None else f", {lowest:.3f} the"
                             " lowest pair")
    return Target(f"{name}: at most {limit:.2f} of virtio_blk's", told,
                  least <= limit)
