# SPDX-License-Identifier: GPL-2.0
"""Configurations of a SCSI host, its units, their storage, the drivers'
mode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from ..compare import Subject
from ..configs import DEFAULT, DIRECT, EACH, IN_ORDER, PACKED, Config, Mode
from .documented import DOCUMENTED

SUBJECT = Subject("vfe_scsi", "virtio_scsi", DOCUMENTED)
DEVICE = "device"       # backend: a host of vfe-device


@dataclass(frozen=True)
class Unit:
    """The numbers of a unit."""

    target: int
    lun: int

    def __str__(self) -> str:
        return f"{self.target}:{self.lun}"


def units(count: int) -> list[Unit]:
    """The units of a host: several of a target, and numbers that need flat
    space addressing."""
    return [Unit(index % 8 * 36, index // 8 * 75) for index in range(count)]


@dataclass(frozen=True)
class ScsiConfig(Config):
    """A kind of host, with its units."""

    subject: ClassVar[Subject] = SUBJECT

    # of each scsi-hd
    disk: Mapping[str, object] = field(default_factory=dict, hash=False)
    # of vfe-device, where the host is its, and of each of its units
    options: tuple[str, ...] = ()
    spec: str = ""


MODES = (
    DEFAULT,
    Mode("poll", "poll_queues=1", "virtscsi_poll_queues=1"),
    Mode("shared", "interrupts=shared"),
    Mode("single", "interrupts=single"),
    Mode("intx", "interrupts=intx"),
    Mode("adaptive", "adaptive_poll=50"),
    Mode("one-queue", "queues=1"),
)


def queues(number: int, **properties: object) -> dict[str, object]:
    """So many request queues."""
    return {"num_queues": number, **properties}


def ring(size: int, **properties: object) -> dict[str, object]:
    """One request queue of a size, without indirect descriptors."""
    return queues(1, virtqueue_size=size, **DIRECT, **properties)


PLATFORM = {"iommu_platform": "on"}
STOCK = ("--id", "stock")
SLOW = ("--service", "lognormal:3000:0.7")

CONFIGS = (
    ScsiConfig("plain"),
    ScsiConfig("plain-1cpu", cpus=1),
    ScsiConfig("queues-2", queues(2)),
    ScsiConfig("queues-4", queues(4)),
    ScsiConfig("direct", queues(EACH["num-queues"], **DIRECT)),
    ScsiConfig("ring-16", ring(16, seg_max_adjust="on")),
    ScsiConfig("ring-64", ring(64, seg_max_adjust="on")),
    ScsiConfig("ring-256", ring(256)),
    ScsiConfig("ring-64-null", ring(64, seg_max_adjust="on"), backend="null"),
    ScsiConfig("packed", PACKED),
    ScsiConfig("packed-64", ring(64, seg_max_adjust="on", **PACKED)),
    ScsiConfig("in-order", IN_ORDER),
    ScsiConfig("no-event-idx", {"event_idx": "off"}),
    ScsiConfig("transitional", {"disable-legacy": "off"}),
    ScsiConfig("legacy", {"disable-modern": "on", "disable-legacy": "off"}),
    ScsiConfig("no-vectors", {"vectors": 0}),
    ScsiConfig("no-hotplug", {"hotplug": "off", "param_change": "off"}),
    ScsiConfig("limits", {"max_sectors": 256, "cmd_per_lun": 4}),
    ScsiConfig("blocks-4096", disk={"logical_block_size": 4096,
                                    "physical_block_size": 4096}),
    ScsiConfig("topology", disk={
        "physical_block_size": 4096, "min_io_size": 8192,
        "opt_io_size": 65536, "discard_granularity": 65536,
        "rotation_rate": 7200}),
    ScsiConfig("null", backend="null"),
    ScsiConfig("null-slow", backend="null-slow"),
    ScsiConfig("null-late", backend="null-late"),
    ScsiConfig("nbd", backend="nbd"),
    ScsiConfig("throttled", backend="throttled"),
    ScsiConfig("errors", backend="errors"),
    ScsiConfig("units-3", units=3),
    ScsiConfig("many", units=40),
    ScsiConfig("pair", width=2),
    ScsiConfig("iommu-strict", PLATFORM, iommu="strict"),
    ScsiConfig("iommu-strict-packed", {**PLATFORM, **PACKED},
               iommu="strict"),
    ScsiConfig("iommu-pt", PLATFORM, iommu="pt"),
    ScsiConfig("device", backend=DEVICE),
    # without what virtio_scsi of 6.12 does not take
    ScsiConfig("device-split", backend=DEVICE,
               options=("--features-off", "packed,in_order")),
    ScsiConfig("device-4096", backend=DEVICE, spec="block-size=4096"),
    ScsiConfig("device-protected", backend=DEVICE, spec="protection=1"),
    ScsiConfig("device-slow", backend=DEVICE, options=SLOW),
    ScsiConfig("device-units-3", backend=DEVICE, units=3,
               options=("--features-off", "in_order")),
    ScsiConfig("device-many", backend=DEVICE, units=40),
)
