# SPDX-License-Identifier: GPL-2.0
"""The cells of the table: each a model of service times, a load, a depth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lab import fio, text

DEPTHS = (1, 4, 8, 32)
QUICK_DEPTHS = (1, 8, 32)
# The base service time by depth: long in comparison with the time that an
# emulated guest takes for a request, and at depth 32 so long that the guest's
# processor is sometimes idle.
UNIT_US = {1: 4000, 4: 4000, 8: 4000, 32: 16000}

MODELS = ("constant", "exponential", "lognormal", "bimodal")
QUICK_MODELS = ("lognormal",)
# For reference, on QEMU's device with an NBD server
NBD_MODELS = ("lognormal",)

SINGLE, BATCH, BESIDE, LARGE, THINK = LOADS = (
    "single", "batch", "beside", "large", "think")
LOAD_TEXT = {
    SINGLE: "4 KiB reads, submitted one by one",
    BATCH: "4 KiB reads, submitted and reaped in batches of half the depth",
    BESIDE: "a synchronous reader, beside a reader of this depth",
    LARGE: "4 KiB reads of this depth, beside 1 MiB reads of depth 2",
    THINK: "as single; the submitter computes after each half of the depth",
}

VFE, NBD = DEVICES = ("vfe", "nbd")
# Classes of devices, each in a guest of its own
BLK, SCSI = KINDS = ("blk", "scsi")


def spec(model: str, unit_us: int) -> str:
    """A model as an option of the device and of the NBD server."""
    return {"constant": f"constant:{unit_us}",
            "exponential": f"exponential:{unit_us}",
            "lognormal": f"lognormal:{unit_us}:0.7",
            "bimodal": f"bimodal:{unit_us // 2}:{unit_us * 10}:5"}[model]


@dataclass(frozen=True)
class Job:
    """One job of a run of fio; its lane is a line of the table."""

    lane: str
    arguments: Sequence[str]


@dataclass(frozen=True)
class Cell:
    """A cell: jobs that are measured together."""

    device: str
    model: str
    load: str
    depth: int
    kind: str = BLK

    @property
    def name(self) -> str:
        """The name, for the table and for patterns."""
        kind = "" if self.kind == BLK else f"{self.kind}-"
        return f"{kind}{self.device}-{self.model}-{self.depth}-{self.load}"

    @property
    def unit_us(self) -> int:
        """The base service time of the model."""
        return UNIT_US[self.depth]

    @property
    def spec(self) -> str:
        """The model as an option of the device."""
        return spec(self.model, self.unit_us)

    @property
    def patience(self) -> int:
        """The factor for the length of a run: more where one reader does few
        reads."""
        return 2 if self.load in (BESIDE, LARGE) else 1

    def jobs(self) -> list[Job]:
        """The jobs that run together."""
        depth, half = self.depth, max(1, self.depth // 2)
        deep = fio.load("randread", "4k", depth)
        if self.load == BATCH:
            return [Job("all", fio.load("randread", "4k", depth, batch=half))]
        if self.load == BESIDE:
            return [Job("reader", fio.load("randread", "4k", engine="psync")),
                    Job("deep", deep)]
        if self.load == LARGE:
            return [Job("small", deep), Job("large", fio.load("read", "1M", 2))]
        if self.load == THINK:
            think = self.unit_us // 2
            return [Job("all", [*deep, f"--thinktime={think}",
                                f"--thinktime_spin={think}",
                                f"--thinktime_blocks={half}"])]
        return [Job("all", deep)]


def _loads(depth: int) -> Sequence[str]:
    # At depth 1 a batch is a single request.
    return [load for load in LOADS if load != BATCH or depth > 1]


def every(quick: bool = False) -> list[Cell]:
    """All cells of the table, or of the short one."""
    if quick:
        return [Cell(VFE, model, load, depth, kind) for kind in KINDS
                for model in QUICK_MODELS
                for depth in QUICK_DEPTHS for load in _loads(depth)]
    return [Cell(device, model, load, depth, kind) for kind in KINDS
            for device, models in ((VFE, MODELS), (NBD, NBD_MODELS))
            for model in models for depth in DEPTHS
            for load in _loads(depth)]


def select(cells: Sequence[Cell], patterns: Sequence[str]) -> list[Cell]:
    """The cells whose name matches a pattern, or contains it."""
    names = text.select([cell.name for cell in cells], patterns)
    return [cell for cell in cells if cell.name in names]
