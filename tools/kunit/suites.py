# SPDX-License-Identifier: GPL-2.0
"""The suites of kunit/, and their order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from lab import LabError

FOLDER = "kunit"
ENDING = "_test.c"
# Modules that every suite needs, in their order.
DRIVERS = ("vfe", "vfe_blk", "vfe_net", "vfe_rng", "vfe_scsi", "vfe_trap",
           "vfe_trap_blk", "vfe_trap_net", "vfe_trap_scsi")
MOCK = "vfe_mock"
# Which suites test a source: those that match a pattern beside the first
# expression that matches its path.
COVERS = (
    (r"kunit/(\w+/\w+)_test\.c", r"\1"),
    (r"kunit/(mock/|lib/raw_)", "mocktest/*"),
    (r"kunit/lib/core_fixture", "core/* ring/*"),
    (r"kunit/lib/ring_fixture", "ring/* core/counters core/sysfs"),
    (r"kunit/lib/blk_fixture", "blk/* trap/* core/features core/legacy"),
    (r"kunit/lib/trap_net_fixture", "trap/net_*"),
    (r"kunit/lib/trap_scsi_fixture", "trap/scsi_*"),
    (r"kunit/lib/net_", "net/*"),
    (r"kunit/lib/tunnel_packets", "net/tunnel*"),
    (r"kunit/lib/scsi_", "scsi/*"),
    (r"kunit/lib/(\w+)_fixture\.h", r"\1/*"),
    (r"drivers/core/(ring|split|packed|indirect|queue\.)", "ring/*"),
    (r"drivers/core/(counts|stats|sums|regs)", "core/counters* core/regs"),
    (r"drivers/core/queue_setup",
     "core/queue_setup core/queue_registers core/irq*"),
    (r"drivers/core/(device|status)", "core/lifecycle core/reset"),
    (r"drivers/core/recovery", "blk/recovery rng/* scsi/recovery"),
    (r"drivers/core/io_poll", "blk/*poll*"),
    (r"drivers/core/io_(coalesce|tunables)", "blk/tunables blk/adaptive_poll"),
    (r"(drivers/core|include/vfe)/io", "core/io_queue blk/data blk/ring_full"
     " blk/mapping blk/alloc_failure blk/recovery blk/*poll*"),
    (r"drivers/core/(caps|config|features|irq|legacy|presence|queue_reset"
     r"|sysfs)", r"*/\1*"),
    (r"drivers/blk/(attributes|probe)", r"blk/\1"),
    (r"drivers/blk/recovery",
     "blk/recovery blk/queue_reset blk/device_fault blk/bus_error"),
    (r"drivers/blk/(request|submit|tags)",
     "blk/data blk/mapping blk/discard blk/ring_full blk/*poll*"),
    (r"drivers/blk/(config|erase|zoned)", "blk/probe blk/discard"),
    (r"drivers/trap/net/", "trap/net_*"),
    (r"drivers/trap/scsi/", "trap/scsi_*"),
    (r"drivers/(core|blk|net|rng|scsi|trap)/", r"\1/*"),
)
# The measured seconds of a suite, where it takes more than one.
SECONDS = {"blk/alloc_failure": 12, "blk/device_fault": 9, "trap/lifecycle": 7,
           "blk/probe": 7, "blk/lifecycle": 5, "blk/recovery": 5,
           "blk/data": 5, "core/alloc_failure": 4, "rng/hwrng": 4,
           "blk/attributes": 3, "ring/buffers": 2, "trap/requests": 2,
           "core/counters": 2, "blk/bus_error": 2, "core/features": 2,
           "core/counters_race": 2, "core/sysfs": 2, "blk/polled_queues": 2,
           "net/features": 7, "net/moments": 6, "net/xdp": 3,
           "net/alloc_failure": 6, "trap/net_lifecycle": 6, "net/state": 5,
           "net/receive": 3, "net/xdp_fault": 3, "net/xsk": 2,
           "net/xsk_fault": 2, "net/transmit_irq": 2, "net/transmit": 2}


@dataclass(frozen=True)
class Suite:
    """A file kunit/FOLDER/SUBJECT_test.c."""

    subject: str    # "FOLDER/SUBJECT"

    @property
    def module(self) -> str:
        """The name of its module."""
        return f"vfe_{self.subject.replace('/', '_')}_test"

    def text(self, checkout: Path) -> str:
        """Its source."""
        return (checkout / FOLDER / f"{self.subject}{ENDING}").read_text()


def find(checkout: Path) -> list[Suite]:
    """All suites, by subject."""
    root = checkout / FOLDER
    found = [Suite(str(path.relative_to(root)).removesuffix(ENDING))
             for path in root.glob(f"*/*{ENDING}")]
    return sorted(found, key=lambda suite: suite.subject)


def share(chosen: Sequence[Suite], parts: int) -> list[list[Suite]]:
    """Divide them by cost, always in the same way: a run is repeatable."""
    shares: list[list[Suite]] = [[] for _ in range(
        max(1, min(parts, len(chosen))))]
    for suite in sorted(chosen, key=lambda item: -_cost([item])):
        min(shares, key=_cost).append(suite)
    return [sorted(part, key=lambda item: item.subject) for part in shares]


def _cost(suites: Sequence[Suite]) -> int:
    return sum(SECONDS.get(suite.subject, 1) for suite in suites)


def _tests_of(name: str) -> list[str]:
    """The patterns of the suites that test a source; none if it has none."""
    for expression, pattern in COVERS:
        match = re.match(expression, name)
        if match:
            return match.expand(pattern).split()
    shared = name.startswith(("drivers/", "include/", "kunit/"))
    return ["*"] if shared else []


def for_sources(found: Sequence[Suite], names: Sequence[str]) -> list[str]:
    """The subjects of the suites that test sources; all for a shared file."""
    patterns = {pattern for name in names for pattern in _tests_of(name)}
    return [suite.subject for suite in found
            if any(fnmatch(suite.subject, pattern) for pattern in patterns)]


def choose(found: Sequence[Suite], patterns: Sequence[str]) -> list[Suite]:
    """The suites that match a pattern or are in a folder; all without a
    pattern."""
    def matches(suite: Suite, pattern: str) -> bool:
        return fnmatch(suite.subject, pattern) or \
            suite.subject.startswith(pattern.rstrip("/") + "/")

    unknown = [pattern for pattern in patterns
               if not any(matches(suite, pattern) for suite in found)]
    if unknown:
        names = ", ".join(suite.subject for suite in found)
        raise LabError(f"no suite {', '.join(unknown)}: there are"
                       f" {names or 'none'}", 2)
    return [suite for suite in found if not patterns
            or any(matches(suite, pattern) for pattern in patterns)]
