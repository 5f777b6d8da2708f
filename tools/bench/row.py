# SPDX-License-Identifier: GPL-2.0
"""A row of the table, for any class of device.

A setup is a driver with its options on one of the guest's functions. The bench
binds each setup once, and measures one row per workload.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

# By default fio submits requests one by one; at depth 1 it always does.
SINGLE, BATCH = "single", "batch"
PROBE = "probe"     # no operation: measure only the probe
# Interleaved pairs of runs in most comparisons
PAIRS = 5
# A request through the register window costs about a thousand exits, and one
# through a ring costs one. So these rows do fewer operations.
TRAP_SHARE = 200


@dataclass(frozen=True)
class Function:
    """A function of the guest, with its own device process or served by QEMU
    itself."""

    name: str
    device_class: str           # a key of bench.workload
    options: tuple[str, ...] = ()
    qemu: Mapping[str, object] | None = None    # properties of QEMU's
    number: int = 0             # of its network


@dataclass(frozen=True)
class Setup:
    """A driver with its options on a function."""

    name: str
    style: str                      # "trap", "virtio" or "kernel"
    driver: str                     # and its module
    function: Function
    parameters: tuple[str, ...]     # of the module
    options: Mapping[str, object]   # as bench.json has them
    core: Mapping[str, int] = field(default_factory=dict)
    #                                 of vfe.ko: features that it accepts
    depths: tuple[int, ...] = (1,)
    workloads: tuple[str, ...] = ()
    polled: bool = False            # the workload polls for completions
    times: int = 1                  # factor for the number of operations
    tune: str = ""                  # ethtool's options, for an interface
    told: tuple[str, ...] = ()      # commands for the device process, at first

    @property
    def mapped_windows(self) -> frozenset[str]:
        """Windows that must be mapped in this setup."""
        mapped = self.options.get("doorbell") == "map"
        return frozenset({"notify"} if mapped else ())

    @property
    def device(self) -> str:
        """The device's name in bench.json."""
        return "qemu" if self.function.qemu is not None else "vfe"


@dataclass(frozen=True)
class Row:
    """One line of the table: a workload on a setup."""

    setup: Setup
    rw: str
    depth: int
    ops: int
    submit: str = BATCH
    group: str = ""             # rows of one group are measured together
    brief: bool = True          # part of a short run, too
    title: str = ""             # its name, if not of the parts above
    pairs: int = PAIRS          # of runs, in a comparison
    each: bool = False          # each of these runs has counts of its own
    name: str = field(init=False)

    def __post_init__(self) -> None:
        name = f"{self.setup.name}-d{self.depth}-{self.rw}"
        if self.title:
            name = self.title
        elif self.rw == PROBE:
            name = self.setup.name
        elif self.group and self.depth > 1:
            name += f"-{self.submit}"
        object.__setattr__(self, "name", name)

    @property
    def together(self) -> str:
        """The setup or the group that the bench measures at once."""
        return self.group or self.setup.name


@dataclass(frozen=True)
class Rung:
    """A lever, the row that changes it, and the row of the kernel's driver."""

    lever: str
    row: str
    kernel: str = ""
    why_not: str = ""       # the kernel's driver cannot do this


def _matches(row: Row, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(row.name, pattern + "*")
               for pattern in patterns)


def _cell(row: Row) -> tuple[object, ...]:
    """A key that the rows of a comparison share."""
    return (row.group, row.rw, row.depth, row.submit) if row.group \
        else (row.name,)


def select(rows: Iterable[Row], patterns: Sequence[str]) -> list[Row]:
    """The rows whose name matches a shell pattern or begins with it; all rows
    of a comparison, if one does."""
    every = list(rows)
    if not patterns:
        return every
    wanted = {_cell(row) for row in every if _matches(row, patterns)}
    return [row for row in every if _cell(row) in wanted]
