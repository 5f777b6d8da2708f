# SPDX-License-Identifier: GPL-2.0
"""The rows of the table, as data.

A setup is a driver with its options on one of the functions that the guest
has; each setup is bound once and gives one row for each workload.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

BLOCK_SIZE = 4096
# By default fio submits one by one; at depth 1 it always does.
SINGLE, BATCH = "single", "batch"
WORKLOADS = ("randread", "randwrite")
READ, WRITE = WORKLOADS
PROBE = "probe"     # no operation at all: what it takes to find the disk

# A request through the register window costs about a thousand exits where one
# through a ring costs one, so these rows make do with fewer of them.
TRAP_SHARE = 200
# Where an operation costs next to nothing, fio's own start would be most of
# what is counted: these rows make more of them.
POLLED_TIMES = 5
# Interleaved pairs of runs in a comparison, and the operations that each of the
# runs makes, of the usual number. Batches are so fast that a measurable time
# takes more of them.
PAIRS = 5
PAIR_SHARE = {SINGLE: 0.5, BATCH: 1.0}


@dataclass(frozen=True)
class Function:
    """A function of the guest: one device process with an image of its own,
    or a device of QEMU's own."""

    name: str
    options: tuple[str, ...] = ()
    qemu: Mapping[str, object] | None = None    # properties, if QEMU's own


_STOCK_SPLIT = ("--id", "stock", "--features-off", "packed,in_order")
_MODERN = {"disable-legacy": "on", "num-queues": 2}
_LEGACY = {"disable-legacy": "off", "disable-modern": "on", "vectors": 0,
           "num-queues": 1}

FUNCTIONS = (
    Function("trap"),
    Function("poll", ("--poll",)),
    Function("map", ("--doorbell", "map")),
    Function("stock", ("--id", "stock")),
    Function("stock-intx", (*_STOCK_SPLIT, "--no-msix")),
    Function("stock-no-event", ("--id", "stock", "--features-off",
                                "packed,in_order,event_idx")),
    Function("stock-split", _STOCK_SPLIT),
    Function("stock-map", (*_STOCK_SPLIT, "--doorbell", "map")),
    Function("qemu-legacy", qemu=_LEGACY),
    Function("qemu-a", qemu=_MODERN),
    Function("qemu-b", qemu=_MODERN),
)


@dataclass(frozen=True)
class Setup:
    """A driver with its options on a function."""

    name: str
    style: str                      # "trap", "virtio" or "kernel"
    driver: str                     # of the disk, and its module
    function: str                   # a name out of FUNCTIONS
    parameters: tuple[str, ...]     # of the module
    options: Mapping[str, object]   # as bench.json has them
    core: Mapping[str, int] = field(default_factory=dict)
    #                                 of vfe.ko: features that it accepts
    depths: tuple[int, ...] = (1,)
    workloads: tuple[str, ...] = WORKLOADS
    polled: bool = False            # fio polls for completions
    times: int = 1                  # operations, of the usual number

    @property
    def mapped_windows(self) -> frozenset[str]:
        """Windows that this setup must find mapped."""
        mapped = self.options.get("doorbell") == "map"
        return frozenset({"notify"} if mapped else ())

    @property
    def device(self) -> str:
        """Whose device it is, as bench.json has it."""
        return "qemu" if function(self.function).qemu is not None else "vfe"


def function(name: str) -> Function:
    """The function of a name."""
    return next(one for one in FUNCTIONS if one.name == name)


def _trap(window: str, string_io: bool) -> Setup:
    return Setup(
        name=f"trap-{window}{'-string' if string_io else ''}",
        style="trap", driver="vfe_trap_blk", function="trap",
        parameters=(f"window={window}", f"string={int(string_io)}"),
        options={"interrupts": "intx", "window": window,
                 "string_io": string_io})


def _options(on: str, interrupts: str, ring: str) -> dict[str, object]:
    return {"doorbell": "map" if on.endswith("map") else "trap",
            "poll": on == "poll", "interrupts": interrupts, "ring": ring}


_SPLIT = {"packed": 0, "in_order": 0}
_PACKED = {"packed": 1, "in_order": 1}
_DEFAULT = {"packed": 1, "in_order": 1, "event_idx": 1}


def _virtio(name: str, on: str, depths: tuple[int, ...] = (1,), *,
            interrupts: str = "msix", ring: str = "split",
            event_idx: bool = True, coalesce: int = 0,
            adaptive: int = 0, polled: bool = False,
            workloads: tuple[str, ...] = WORKLOADS,
            times: int = 1) -> Setup:
    """A setup of vfe_blk; without a word, a split ring with EVENT_IDX.

    @coalesce, @adaptive: microseconds
    """
    kind = ("polled" if polled else "adaptive" if adaptive
            else "coalesced" if coalesce else "interrupt")
    parameters = [f"interrupts={interrupts}", f"poll_queues={int(polled)}",
                  f"adaptive_poll={adaptive}", f"coalesce_usecs={coalesce}"]
    core = {**_DEFAULT, **(_SPLIT if ring == "split" else _PACKED),
            "event_idx": int(event_idx)}
    return Setup(
        name=name, style="virtio", driver="vfe_blk", function=on,
        parameters=tuple(parameters),
        options={**_options(on, interrupts, ring), "event_idx": event_idx,
                 "completions": kind},
        core=core, depths=depths, workloads=workloads, polled=polled,
        times=times)


def _kernel(name: str, on: str, depths: tuple[int, ...] = (1,), *,
            interrupts: str = "msix", ring: str = "split",
            event_idx: bool = True,
            workloads: tuple[str, ...] = WORKLOADS) -> Setup:
    return Setup(
        name=name, style="kernel", driver="virtio_blk", function=on,
        parameters=(), depths=depths, workloads=workloads,
        options={**_options(on, interrupts, ring), "event_idx": event_idx,
                 "completions": "interrupt"})


# Long enough for a device under nested emulation to answer.
ADAPTIVE_US = 10000
# What a guest under nested emulation needs for several operations
COALESCE_US = 4000
ONLY_READ = (READ,)

SETUPS = (
    _trap("port", False),
    _trap("port", True),
    _trap("memory", False),
    _trap("memory", True),
    _virtio("virtio-legacy", "qemu-legacy", interrupts="intx",
            workloads=ONLY_READ),
    _kernel("kernel-legacy", "qemu-legacy", interrupts="intx",
            workloads=ONLY_READ),
    _virtio("virtio-intx", "trap", interrupts="intx"),
    _kernel("kernel-intx", "stock-intx", interrupts="intx",
            workloads=ONLY_READ),
    _virtio("virtio-no-event", "trap", event_idx=False, workloads=ONLY_READ),
    _kernel("kernel-no-event", "stock-no-event", event_idx=False,
            workloads=ONLY_READ),
    _virtio("virtio-msix", "trap", (1, 32)),
    _kernel("kernel", "stock-split", (1, 32)),
    _virtio("virtio-packed", "trap", (1, 32), ring="packed",
            workloads=ONLY_READ),
    _kernel("kernel-packed", "stock", (32,), ring="packed",
            workloads=ONLY_READ),
    _virtio("virtio-coalesced", "trap", (32,), ring="packed",
            coalesce=COALESCE_US, workloads=ONLY_READ),
    _virtio("virtio-polled", "trap", ring="packed", polled=True,
            workloads=ONLY_READ),
    _virtio("virtio-poll", "poll", (1, 32)),
    _virtio("virtio-poll-polled", "poll", (1, 32), ring="packed",
            polled=True, workloads=ONLY_READ, times=POLLED_TIMES),
    _virtio("virtio-map", "map", (1, 32)),
    _virtio("virtio-map-polled", "map", ring="packed", polled=True,
            workloads=ONLY_READ),
    _kernel("kernel-map", "stock-map", workloads=ONLY_READ),
    _virtio("qemu-adaptive", "qemu-a", adaptive=ADAPTIVE_US),
    _kernel("qemu-kernel", "qemu-b"),
)

# Both drivers at once, each on a function of QEMU's own, in the same run.
PAIR = (
    _virtio("pair-vfe", "qemu-a"),
    _kernel("pair-kernel", "qemu-b"),
)
PAIR_DEPTHS = (1, 8, 32)
# The same with what a user may switch on where the guest's CPU is the
# bottleneck
COALESCED = (
    _virtio("timer-vfe", "qemu-a", coalesce=COALESCE_US),
    _kernel("timer-kernel", "qemu-b"),
)
COALESCED_DEPTH = 32
PROBES = (
    _virtio("probe-vfe", "stock-split"),
    _kernel("probe-kernel", "stock-split"),
)


@dataclass(frozen=True)
class Row:
    """One line of the table: a workload on a setup."""

    setup: Setup
    rw: str
    depth: int
    ops: int
    submit: str = BATCH
    group: str = ""             # rows of one group are measured as one
    name: str = field(init=False)

    def __post_init__(self) -> None:
        name = f"{self.setup.name}-d{self.depth}-{self.rw}"
        if self.rw == PROBE:
            name = self.setup.name
        elif self.group and self.depth > 1:
            name += f"-{self.submit}"
        object.__setattr__(self, "name", name)

    @property
    def brief(self) -> bool:
        """Is it one of those that a short run makes do with?"""
        if self.group:
            return self.group == "pair" and (self.depth == 1
                                             or self.submit == SINGLE)
        return self.setup.style == "trap" or self.rw != WRITE

    @property
    def together(self) -> str:
        """What is bound for this row."""
        return self.group or self.setup.name


def rows_of(setup: Setup, ops: int, trap_ops: int) -> list[Row]:
    """The rows of one setup."""
    count = trap_ops if setup.style == "trap" else ops * setup.times
    return [Row(setup, rw, depth, count)
            for depth in setup.depths for rw in setup.workloads]


def _cell_rows(setups: Sequence[Setup], group: str, depth: int, submit: str,
               ops: int) -> list[Row]:
    """The rows of a group that are compared at one depth."""
    wanted = int(ops * PAIR_SHARE[submit])
    each = max(wanted, 2 * depth) // depth * depth
    return [Row(setup, rw, depth, each * PAIRS, submit, group)
            for rw in WORKLOADS for setup in setups]


def pair_rows(ops: int) -> list[Row]:
    """The comparisons: each cell is two rows."""
    rows = []
    for depth in PAIR_DEPTHS:
        for submit in (SINGLE, BATCH) if depth > 1 else (SINGLE,):
            rows += _cell_rows(PAIR, "pair", depth, submit, ops)
    return rows + _cell_rows(COALESCED, "timer", COALESCED_DEPTH, SINGLE,
                             ops)


def all_rows(ops: int, trap_ops: int | None = None) -> list[Row]:
    """Every row, with @ops operations, fewer through the register window."""
    fewer = trap_ops or max(1, ops // TRAP_SHARE)
    rows = [row for setup in SETUPS for row in rows_of(setup, ops, fewer)]
    return rows + pair_rows(ops) + [Row(setup, PROBE, 0, 1)
                                    for setup in PROBES]


def blocks_written(rows: Iterable[Row]) -> int:
    """Blocks that these rows write on the function that they write most on:
    each row writes where no other did."""
    written = {one.name: 0 for one in FUNCTIONS}
    for row in rows:
        if "write" in row.rw:
            written[row.setup.function] += row.ops
    return max(written.values())


def _matches(row: Row, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(row.name, pattern + "*")
               for pattern in patterns)


def _cell(row: Row) -> tuple[object, ...]:
    """The same for the two rows of a comparison."""
    return (row.group, row.rw, row.depth, row.submit) if row.group \
        else (row.name,)


def select(rows: Iterable[Row], patterns: Sequence[str]) -> list[Row]:
    """The rows whose name matches a shell pattern, or begins with it; both
    of a pair, if one does."""
    every = list(rows)
    if not patterns:
        return every
    wanted = {_cell(row) for row in every if _matches(row, patterns)}
    return [row for row in every if _cell(row) in wanted]
