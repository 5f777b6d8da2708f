# SPDX-License-Identifier: GPL-2.0
"""The configurations of QEMU's virtio-blk-pci, as data.

One line per function of a guest: its QEMU options. That determines the features
to negotiate: all of FEATURES that the device offers. Functions that differ in
their own properties share a guest; properties of the whole machine (its version
of QEMU, its IOMMU) makes another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

TREES = "11"        # versions other than the rootfs's QEMU
OLD, MIDDLE = "7.2", "10.0"

# Feature bits by their names in virtio 1.4, the property for each, and its
# default.
FEATURES = {
    "INDIRECT_DESC": (28, "indirect_desc", "on"),
    "EVENT_IDX": (29, "event_idx", "on"),
    "ACCESS_PLATFORM": (33, "iommu_platform", "off"),
    "RING_PACKED": (34, "packed", "off"),
    "IN_ORDER": (35, "in_order", "off"),
}
VERSION_1 = ("VERSION_1", 32)

Properties = Mapping[str, str]


@dataclass(frozen=True)
class GuestKind:
    """The configuration that the functions of a guest share."""

    name: str
    qemu: str = TREES
    properties: str = ""                # of -machine
    devices: tuple[str, ...] = ()       # in front of the functions
    append: str = ""                    # to the kernel's command line
    domain: str = ""                    # what the IOMMU does for a function
    cpus: int = 1
    helper: str = ""        # what the back ends need; not every machine has it
    by_turns: bool = False  # the kernel's driver has the same traffic, too

    @property
    def needs(self) -> str:
        """What may be missing: the guest is left out then."""
        return self.helper if self.qemu == TREES else f"QEMU {self.qemu}"


@dataclass(frozen=True)
class Config:
    """One function, and the expected result."""

    name: str
    properties: Properties = field(default_factory=dict)
    queues: int = 1
    size: int = 256
    vectors: int = -1                   # 0: the INTx pin; -1: one per queue
    iothread: bool = False
    refused: str = ""                   # the probe fails with this message

    @property
    def legacy(self) -> bool:
        """Has it only the interface of 0.9.5?"""
        return self.properties.get("disable-modern") == "on"

    @property
    def features(self) -> frozenset[str]:
        """The features of FEATURES that must be negotiated, exactly."""
        offered = {name for name, (_, key, default) in FEATURES.items()
                   if self.properties.get(key, default) == "on"}
        return frozenset(offered if self.legacy
                         else offered | {VERSION_1[0]})

    @property
    def has_vectors(self) -> int:
        """MSI-X vectors: one for each queue and one for configuration."""
        return self.queues + 1 if self.vectors < 0 else self.vectors

    @property
    def kicks(self) -> str:
        """The address of notifications."""
        ports = self.legacy or \
            self.properties.get("modern-pio-notify") == "on"
        return "ports" if ports else "memory"

    @property
    def must_kick(self) -> bool:
        """Does the device wait for notifications?"""
        return True

    def qemu_properties(self) -> dict[str, object]:
        """All properties of the device."""
        return {"disable-legacy": "off" if self.legacy else "on",
                "num-queues": self.queues, "queue-size": self.size,
                "vectors": self.has_vectors, **self.properties}


@dataclass(frozen=True)
class Group:
    """A guest with its functions."""

    machine: GuestKind
    configs: tuple[Config, ...]


TRANSITIONAL = {"disable-legacy": "off"}
LEGACY = {"disable-modern": "on"}
PACKED = {"packed": "on"}
IN_ORDER = {"in_order": "on"}
NO_EVENT_IDX = {"event_idx": "off"}
NO_INDIRECT = {"indirect_desc": "off"}
PLAIN_RING = {**NO_EVENT_IDX, **NO_INDIRECT}
NO_IOEVENTFD = {"ioeventfd": "off"}
PIO_NOTIFY = {"modern-pio-notify": "on"}
PAGE_PER_VQ = {"page-per-vq": "on"}
PLATFORM = {"iommu_platform": "on"}

# Configurations for every version
EVERYWHERE = (
    Config("modern"),
    Config("transitional", TRANSITIONAL),
    Config("legacy", LEGACY),
    Config("packed", PACKED),
    Config("event_idx-off", NO_EVENT_IDX),
    Config("indirect_desc-off", NO_INDIRECT),
    Config("pio-notify", PIO_NOTIFY),
    Config("page-per-vq", PAGE_PER_VQ),
    Config("iothread", iothread=True),
)

# Configurations for versions from 10 on
FROM_10 = (
    Config("in_order", IN_ORDER),
    Config("packed-in_order", {**PACKED, **IN_ORDER}),
)

# QEMU 10.0.13 ignores queue-size and gives each queue the largest size, because
# of its virtio_add_queue(). With the largest size requested, devices that limit
# it and those that do not end up with the same.
MOST_ENTRIES = 1024
ON_10 = tuple(replace(config, size=MOST_ENTRIES)
              for config in EVERYWHERE + FROM_10)

# One version is enough for these.
MORE = (
    Config("packed-event_idx-off", {**PACKED, **NO_EVENT_IDX}),
    Config("packed-indirect_desc-off", {**PACKED, **NO_INDIRECT}),
    Config("packed-plain-ring", {**PACKED, **PLAIN_RING}),
    Config("plain-ring", PLAIN_RING),
    Config("in_order-event_idx-off", {**IN_ORDER, **NO_EVENT_IDX}),
    Config("ioeventfd-off", NO_IOEVENTFD),
    Config("packed-ioeventfd-off", {**PACKED, **NO_IOEVENTFD}),
    Config("pio-notify-ioeventfd-off", {**PIO_NOTIFY, **NO_IOEVENTFD}),
    Config("intx", vectors=0),
    Config("size-16", size=16),
    Config("size-64", size=64),
    Config("size-1024", size=1024),
    Config("packed-size-16", PACKED, size=16),
    Config("packed-size-1024", PACKED, size=1024),
    Config("legacy-intx", LEGACY, vectors=0),
    Config("legacy-plain-ring", {**LEGACY, **PLAIN_RING}),
    Config("legacy-ioeventfd-off", {**LEGACY, **NO_IOEVENTFD}),
    Config("legacy-size-16", LEGACY, size=16),
    Config("legacy-size-1024", LEGACY, size=1024),
)

# These need one CPU per queue.
QUEUES = (
    Config("queues-4", queues=4),
    Config("queues-4-packed-in_order", {**PACKED, **IN_ORDER}, queues=4),
    Config("queues-4-shared-vector", queues=4, vectors=2),
    Config("queues-4-one-vector", queues=4, vectors=1),
    Config("queues-4-intx", queues=4, vectors=0),
    Config("queues-4-page-per-vq", PAGE_PER_VQ, queues=4),
    Config("queues-4-pio-notify", PIO_NOTIFY, queues=4),
    Config("queues-4-iothread", queues=4, iothread=True),
    Config("queues-4-legacy", LEGACY, queues=4),
)

BEHIND_IOMMU = (
    Config("iommu", PLATFORM),
    Config("iommu-packed", {**PLATFORM, **PACKED}),
    Config("iommu-ats", {**PLATFORM, "ats": "on"}),
)
# Such a device uses physical addresses, independently of the IOMMU.
AROUND_IOMMU = Config("iommu-around", {"iommu_platform": "off"})

WITH_IOMMU = GuestKind(
    "", properties=",kernel-irqchip=split",
    devices=("intel-iommu,intremap=on,device-iotlb=on",))
STRICT = replace(WITH_IOMMU, name="iommu-strict", domain="DMA",
                 append="intel_iommu=on iommu.passthrough=0 iommu.strict=1")
PASS_THROUGH = replace(WITH_IOMMU, name="iommu-pt", domain="identity",
                       append="intel_iommu=on iommu=pt")

GROUPS = (
    Group(GuestKind("plain"), EVERYWHERE + FROM_10 + MORE),
    Group(GuestKind("cpus-4", cpus=4), QUEUES),
    Group(STRICT, (*BEHIND_IOMMU, AROUND_IOMMU)),
    Group(PASS_THROUGH, (*BEHIND_IOMMU, AROUND_IOMMU)),
    Group(GuestKind("qemu-10.0", qemu=MIDDLE), ON_10),
    Group(GuestKind("qemu-7.2", qemu=OLD), EVERYWHERE),
)
