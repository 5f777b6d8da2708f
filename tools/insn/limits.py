# SPDX-License-Identifier: GPL-2.0
"""The project's limits in comparison with the kernel's drivers."""

from __future__ import annotations

from count.target import Target

# Relative to those of the kernel's driver, in each workload
WHOLE_KERNEL = 0.95
OWN_PART = 0.75
NET_OWN_PART = 0.85
SCSI_OWN_PART = 0.85
# Relative to virtio_blk's, in bytes
MEMORY = 2.0
NET_MEMORY = 1.0
# Requests of both drivers must have the same segments, or the work differs
SEGMENTS = 0.05


def at_most(name: str, ratio: float, limit: float,
            lowest: float | None = None, of: str = "virtio_blk") -> Target:
    """A ratio, the median of pairs of runs, that must not be above a limit.

    With @lowest, the target is missed only if all pairs are above, since the
    variation of one driver's runs exceeds the distance of a good ratio from the
    limit.
    """
    if lowest is None:
        return Target(f"{name}: at most {limit:.2f} of {of}'s",
                      f"{ratio:.3f}", ratio <= limit)
    return Target(f"{name}: at most {limit:.2f} of {of}'s in one pair of runs",
                  f"{lowest:.3f}, {ratio:.3f} the median", lowest <= limit)
