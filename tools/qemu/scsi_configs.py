# SPDX-License-Identifier: GPL-2.0
"""The configurations of QEMU's virtio-scsi-pci and of what is behind it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from . import configs
from .configs import (IN_ORDER, LEGACY, MIDDLE, NO_EVENT_IDX, NO_INDIRECT,
                      NO_IOEVENTFD, OLD, PACKED, PAGE_PER_VQ, PIO_NOTIFY,
                      PLAIN_RING, PLATFORM, TRANSITIONAL, Config, Group,
                      GuestKind)

# What the unit is: QEMU's own disk or disc, a unit of the machine passed
# through, or one of the kernel's target
DISK, DISC, BLOCK, GENERIC, VHOST = (
    "scsi-hd", "scsi-cd", "scsi-block", "scsi-generic", "vhost_scsi")
DEBUG = "scsi_debug"    # the module whose units are passed through
FIRST_QUEUES = 2        # control and event queue


@dataclass(frozen=True)
class ScsiConfig(Config):
    """One host, with a unit."""

    backend: str = DISK

    @property
    def features(self) -> frozenset[str]:
        found = super().features
        if self.backend == VHOST:
            found -= {"IN_ORDER"}   # vhost lacks it
        return found

    @property
    def writable(self) -> bool:
        """Can it be written to?"""
        return self.backend != DISC

    @property
    def virtqueues(self) -> int:
        """All queues that the driver sets up."""
        return FIRST_QUEUES + self.queues

    @property
    def has_vectors(self) -> int:
        return self.virtqueues + 1 if self.vectors < 0 else self.vectors

    @property
    def used_vectors(self) -> int:
        """Those that the driver takes: one for each request queue, one for
        control and events, and one for configuration, or one for all queues,
        or one for all."""
        wanted = self.queues + 2
        return wanted if self.has_vectors >= wanted else \
            min(self.has_vectors, 2)

    def qemu_properties(self) -> dict[str, object]:
        return {"disable-legacy": "off" if self.legacy else "on",
                "num_queues": self.queues, "virtqueue_size": self.size,
                "vectors": self.has_vectors, **self.properties}


EVERYWHERE = (
    ScsiConfig("modern"),
    ScsiConfig("transitional", TRANSITIONAL),
    ScsiConfig("legacy", LEGACY),
    ScsiConfig("packed", PACKED),
    ScsiConfig("event_idx-off", NO_EVENT_IDX),
    ScsiConfig("indirect_desc-off", NO_INDIRECT),
    ScsiConfig("packed-plain-ring", {**PACKED, **PLAIN_RING}),
    ScsiConfig("pio-notify", PIO_NOTIFY),
    ScsiConfig("page-per-vq", PAGE_PER_VQ),
    ScsiConfig("intx", vectors=0),
    ScsiConfig("iothread", iothread=True),
)
FROM_10 = (
    ScsiConfig("in_order", IN_ORDER),
    ScsiConfig("packed-in_order", {**PACKED, **IN_ORDER}),
)
MORE = (
    ScsiConfig("plain-ring", PLAIN_RING),
    ScsiConfig("packed-event_idx-off", {**PACKED, **NO_EVENT_IDX}),
    ScsiConfig("packed-indirect_desc-off", {**PACKED, **NO_INDIRECT}),
    ScsiConfig("ioeventfd-off", NO_IOEVENTFD),
    ScsiConfig("size-16", size=16),
    ScsiConfig("size-64", size=64),
    ScsiConfig("size-1024", size=1024),
    ScsiConfig("packed-size-16", PACKED, size=16),
    ScsiConfig("packed-size-1024", PACKED, size=1024),
    ScsiConfig("vectors-2", vectors=2),
    ScsiConfig("legacy-intx", LEGACY, vectors=0),
    ScsiConfig("legacy-plain-ring", {**LEGACY, **PLAIN_RING}),
    ScsiConfig("hotplug-off", {"hotplug": "off", "param_change": "off"}),
)
# These need one CPU per queue.
QUEUES = (
    ScsiConfig("queues-4", queues=4),
    ScsiConfig("queues-4-packed-in_order", {**PACKED, **IN_ORDER}, queues=4),
    ScsiConfig("queues-4-shared-vector", queues=4, vectors=2),
    ScsiConfig("queues-4-intx", queues=4, vectors=0),
    ScsiConfig("queues-4-iothread", queues=4, iothread=True),
    ScsiConfig("queues-4-legacy", LEGACY, queues=4),
)
BEHIND_IOMMU = (
    ScsiConfig("iommu", PLATFORM),
    ScsiConfig("iommu-packed", {**PLATFORM, **PACKED}),
    ScsiConfig("iommu-around", {"iommu_platform": "off"}),
)
DISCS = (
    ScsiConfig("cd", backend=DISC),
    ScsiConfig("cd-packed", PACKED, backend=DISC),
    ScsiConfig("cd-legacy", LEGACY, backend=DISC),
)
# On units of scsi_debug
PASSED = (
    ScsiConfig("block", backend=BLOCK),
    ScsiConfig("block-packed", PACKED, backend=BLOCK),
    ScsiConfig("block-legacy", LEGACY, backend=BLOCK),
    ScsiConfig("generic", backend=GENERIC),
)
# In the machine's kernel. None with packed rings: QEMU offers them without
# asking vhost, which has none, and ends when a driver accepts them.
VHOSTS = (
    ScsiConfig("modern", backend=VHOST),
    ScsiConfig("legacy", LEGACY, backend=VHOST),
    ScsiConfig("in_order", IN_ORDER, backend=VHOST),
    ScsiConfig("plain-ring", PLAIN_RING, backend=VHOST),
    ScsiConfig("size-1024", size=1024, backend=VHOST),
    ScsiConfig("queues-4", queues=4, backend=VHOST),
)

GROUPS = (
    Group(GuestKind("scsi"), EVERYWHERE + FROM_10 + MORE),
    Group(GuestKind("scsi-cpus-4", cpus=4), QUEUES),
    Group(replace(configs.STRICT, name="scsi-iommu-strict"), BEHIND_IOMMU),
    Group(replace(configs.PASS_THROUGH, name="scsi-iommu-pt"), BEHIND_IOMMU),
    Group(GuestKind("scsi-qemu-10.0", qemu=MIDDLE), EVERYWHERE + FROM_10),
    Group(GuestKind("scsi-qemu-7.2", qemu=OLD), EVERYWHERE),
    Group(GuestKind("scsi-cd", by_turns=True), DISCS),
    Group(GuestKind("scsi-passed", helper=DEBUG, by_turns=True), PASSED),
    Group(GuestKind("scsi-vhost", cpus=4, helper=VHOST, by_turns=True),
          VHOSTS),
)
