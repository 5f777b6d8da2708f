# SPDX-License-Identifier: GPL-2.0
"""The rows of the table, as data.

A setup is a driver with its options on one of the functions that the guest
has; each setup is bound and mounted once and gives one row for each workload.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

BLOCK_SIZE = 4096
WORKLOADS = ("randread", "randwrite")

# A request through the register window costs about a thousand exits where one
# through a ring costs one, so these rows make do with fewer of them.
TRAP_SHARE = 200


@dataclass(frozen=True)
class Function:
    """A function of the guest: one device process with an image of its own."""

    name: str
    options: tuple[str, ...] = ()


# The rows are of split rings: what the device has beyond is left out.
_SPLIT = ("--features-off", "packed,in_order")

FUNCTIONS = (
    Function("trap"),
    Function("poll", ("--poll", *_SPLIT)),
    Function("map", ("--doorbell", "map", *_SPLIT)),
    Function("stock", ("--id", "stock", *_SPLIT)),
)


@dataclass(frozen=True)
class Setup:
    """A driver with its options on a function."""

    name: str
    style: str                      # "trap", "virtio" or "kernel"
    driver: str                     # as in /sys/bus/pci/drivers, and module
    function: str                   # a name out of FUNCTIONS
    parameters: tuple[str, ...]     # of the module
    options: Mapping[str, object]   # as bench.json has them
    depths: tuple[int, ...] = (1,)

    @property
    def mapped_windows(self) -> frozenset[str]:
        """Windows that this setup must find mapped."""
        mapped = self.options.get("doorbell") == "map"
        return frozenset({"notify"} if mapped else ())


def _trap(window: str, string_io: bool) -> Setup:
    return Setup(
        name=f"trap-{window}{'-string' if string_io else ''}",
        style="trap", driver="vfe_trap_blk", function="trap",
        parameters=(f"window={window}", f"string={int(string_io)}"),
        options={"interrupts": "intx", "window": window,
                 "string_io": string_io})


def _virtio(name: str, function: str, depths: tuple[int, ...],
            interrupts: str = "msix") -> Setup:
    return Setup(
        name=f"virtio-{name}", style="virtio", driver="vfe_blk",
        function=function, parameters=(f"interrupts={interrupts}",),
        options={"doorbell": "map" if function == "map" else "trap",
                 "poll": function == "poll", "interrupts": interrupts,
                 "ring": "split"},
        depths=depths)


SETUPS = (
    _trap("port", False),
    _trap("port", True),
    _trap("memory", False),
    _trap("memory", True),
    _virtio("intx", "trap", (1,), "intx"),
    _virtio("msix", "trap", (1, 32)),
    _virtio("poll", "poll", (1, 32)),
    _virtio("map", "map", (1, 32)),
    Setup(name="kernel", style="kernel", driver="virtio_blk",
          function="stock", parameters=(),
          options={"doorbell": "trap", "poll": False, "interrupts": "msix",
                   "ring": "split"},
          depths=(1, 32)),
)


@dataclass(frozen=True)
class Row:
    """One line of the table: a workload on a setup."""

    setup: Setup
    rw: str
    depth: int
    ops: int
    name: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name",
                           f"{self.setup.name}-d{self.depth}-{self.rw}")


def rows_of(setup: Setup, ops: int, trap_ops: int) -> list[Row]:
    """The rows of one setup."""
    count = trap_ops if setup.style == "trap" else ops
    return [Row(setup, rw, depth, count)
            for depth in setup.depths for rw in WORKLOADS]


def all_rows(ops: int, trap_ops: int | None = None) -> list[Row]:
    """Every row, with @ops operations, fewer through the register window."""
    fewer = trap_ops or max(1, ops // TRAP_SHARE)
    return [row for setup in SETUPS for row in rows_of(setup, ops, fewer)]


def blocks_written(rows: Iterable[Row]) -> int:
    """Blocks that these rows write on the function that they write most on:
    each row writes where no other did."""
    written = {function.name: 0 for function in FUNCTIONS}
    for row in rows:
        if "write" in row.rw:
            written[row.setup.function] += row.ops
    return max(written.values())


def select(rows: Iterable[Row], patterns: Sequence[str]) -> list[Row]:
    """The rows whose name matches a shell pattern, or begins with it."""
    if not patterns:
        return list(rows)
    return [row for row in rows
            if any(fnmatch.fnmatchcase(row.name, pattern + "*")
                   for pattern in patterns)]
