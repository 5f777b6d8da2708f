# SPDX-License-Identifier: GPL-2.0
"""The configurations of QEMU's virtio-net-pci, as data.

Each function has a tap of the machine that measures: directly, with the offload
headers, or behind one of the other back ends of QEMU, which net_backends.py
makes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from . import configs
from .configs import (IN_ORDER, LEGACY, MIDDLE, NO_EVENT_IDX, NO_INDIRECT,
                      NO_IOEVENTFD, OLD, PACKED, PAGE_PER_VQ, PIO_NOTIFY,
                      PLATFORM, PLAIN_RING, TRANSITIONAL, Config, Group,
                      GuestKind)

GUEST_OFFLOADS = ("guest_csum", "guest_tso4", "guest_tso6", "guest_ecn",
                  "guest_ufo", "guest_uso4", "guest_uso6")
HOST_OFFLOADS = ("csum", "host_tso4", "host_tso6", "host_ecn", "host_ufo",
                 "host_uso")
NOT_MERGEABLE = {"mrg_rxbuf": "off"}
# Back ends
TAP, STREAM, VHOST, PASST, PASST_STREAM, TESTPMD = (
    "tap", "stream", "vhost", "passt", "passt-stream", "testpmd")
STREAM_BYTES = {
    # Less than the receive ring holds: with a longer stream, passt now and then
    # sends the rest of it never, when the guest has acknowledged all before.
    PASST: 200_000,
    # Segments nothing, and polls meanwhile
    TESTPMD: 400_000,
}
# Those of FEATURES that QEMU does not offer, because a back end lacks them
LACKS = {
    VHOST: {"IN_ORDER", "RING_PACKED"},
    PASST: {"EVENT_IDX", "INDIRECT_DESC", "IN_ORDER", "RING_PACKED"},
}


@dataclass(frozen=True)
class NetConfig(Config):
    """One network function; @queues counts its pairs."""

    backend: str = TAP
    mtu: int = 1500

    @property
    def features(self) -> frozenset[str]:
        return super().features - LACKS.get(self.backend, set())

    @property
    def must_kick(self) -> bool:
        return self.backend != TESTPMD      # it polls

    @property
    def stream_bytes(self) -> int:
        """Of each stream."""
        return STREAM_BYTES.get(self.backend, 2_000_000)

    @property
    def has_fragments(self) -> bool:
        """Does the other end put fragments together?"""
        return self.backend not in (PASST, PASST_STREAM)

    @property
    def has_control(self) -> bool:
        """Has it a control queue?"""
        return self.properties.get("ctrl_vq") != "off"

    @property
    def virtqueues(self) -> int:
        """All queues that the driver sets up."""
        return 2 * self.queues + self.has_control

    @property
    def has_vectors(self) -> int:
        return 2 * self.queues + 2 if self.vectors < 0 else self.vectors

    @property
    def used_vectors(self) -> int:
        """Those that the driver takes: one for each pair and one for
        configuration, or one for all pairs, or one for all."""
        wanted = self.queues + 1
        return wanted if self.has_vectors >= wanted else \
            min(self.has_vectors, 2)

    def qemu_properties(self) -> dict[str, object]:
        several = {"mq": "on"} if self.queues > 1 else {}
        return {"disable-legacy": "off" if self.legacy else "on",
                "rx_queue_size": self.size, "tx_queue_size": 256,
                "vectors": self.has_vectors, **several, **self.properties}


def _off(*names: str) -> Mapping[str, str]:
    return {name: "off" for name in names}


# As for disks: for every version of QEMU, from 10 on, and for one version
EVERYWHERE = (
    NetConfig("modern"),
    NetConfig("transitional", TRANSITIONAL),
    NetConfig("legacy", LEGACY),
    NetConfig("packed", PACKED),
    NetConfig("event_idx-off", NO_EVENT_IDX),
    NetConfig("indirect_desc-off", NO_INDIRECT),
    NetConfig("packed-plain-ring", {**PACKED, **PLAIN_RING}),
    NetConfig("pio-notify", PIO_NOTIFY),
    NetConfig("page-per-vq", PAGE_PER_VQ),
    NetConfig("intx", vectors=0),
    NetConfig("mrg_rxbuf-off", NOT_MERGEABLE),
)
FROM_10 = (
    NetConfig("in_order", IN_ORDER),
    NetConfig("packed-in_order", {**PACKED, **IN_ORDER}),
)
ON_10 = tuple(replace(config, size=configs.MOST_ENTRIES)
              for config in EVERYWHERE + FROM_10)
RINGS = (
    NetConfig("plain-ring", PLAIN_RING),
    NetConfig("packed-event_idx-off", {**PACKED, **NO_EVENT_IDX}),
    NetConfig("packed-indirect_desc-off", {**PACKED, **NO_INDIRECT}),
    NetConfig("ioeventfd-off", NO_IOEVENTFD),
    NetConfig("vectors-2", vectors=2),
    NetConfig("size-1024", size=1024),
    NetConfig("legacy-intx", LEGACY, vectors=0),
    NetConfig("legacy-plain-ring", {**LEGACY, **PLAIN_RING}),
)
STREAMS = (
    NetConfig("stream", backend=STREAM),
    NetConfig("stream-packed-in_order", {**PACKED, **IN_ORDER},
              backend=STREAM),
    NetConfig("stream-mrg_rxbuf-off", NOT_MERGEABLE, backend=STREAM),
)
OFFLOADS = (
    *(NetConfig(f"{name}-off", _off(name))
      for name in (*GUEST_OFFLOADS, *HOST_OFFLOADS, "ctrl_vq", "ctrl_rx",
                   "ctrl_vlan", "ctrl_guest_offloads", "ctrl_mac_addr",
                   "status", "guest_announce")),
    NetConfig("guest-offloads-off", _off(*GUEST_OFFLOADS)),
    NetConfig("host-offloads-off", _off(*HOST_OFFLOADS)),
    NetConfig("offloads-off", _off(*GUEST_OFFLOADS, *HOST_OFFLOADS)),
    NetConfig("mrg_rxbuf-off-packed", {**NOT_MERGEABLE, **PACKED}),
    NetConfig("mrg_rxbuf-off-legacy", {**NOT_MERGEABLE, **LEGACY}),
    NetConfig("small-buffers", {**NOT_MERGEABLE, **_off(*GUEST_OFFLOADS)}),
    NetConfig("small-buffers-legacy", {
        **NOT_MERGEABLE, **_off(*GUEST_OFFLOADS), **LEGACY}),
    NetConfig("mtu-9000", {"host_mtu": "9000"}),
)
# These need one CPU per pair.
PAIRS = (
    NetConfig("pairs-2", queues=2),
    NetConfig("pairs-3", queues=3),
    NetConfig("pairs-4", queues=4),
    NetConfig("pairs-4-packed-in_order", {**PACKED, **IN_ORDER}, queues=4),
    NetConfig("pairs-4-rss", {"rss": "on", "hash": "on"}, queues=4),
    NetConfig("pairs-4-intx", queues=4, vectors=0),
    NetConfig("pairs-4-legacy", LEGACY, queues=4),
)
BEHIND_IOMMU = (
    NetConfig("iommu", PLATFORM),
    NetConfig("iommu-packed", {**PLATFORM, **PACKED}),
    NetConfig("iommu-mrg_rxbuf-off", {**PLATFORM, **NOT_MERGEABLE}),
    NetConfig("iommu-around", {"iommu_platform": "off"}),
)
# In the machine's kernel
VHOSTS = (
    NetConfig("modern", backend=VHOST),
    NetConfig("legacy", LEGACY, backend=VHOST),
    NetConfig("packed-in_order", {**PACKED, **IN_ORDER}, backend=VHOST),
    NetConfig("plain-ring", PLAIN_RING, backend=VHOST),
    NetConfig("mrg_rxbuf-off", NOT_MERGEABLE, backend=VHOST),
    NetConfig("pairs-4", queues=4, backend=VHOST),
)
VHOSTS_BEHIND_IOMMU = (
    NetConfig("iommu", PLATFORM, backend=VHOST),
    NetConfig("iommu-ats", {**PLATFORM, "ats": "on"}, backend=VHOST),
)
# passt has one pair.
LARGEST = 65520
PASSTS = (
    NetConfig("vhost-user", backend=PASST, mtu=LARGEST),
    NetConfig("vhost-user-packed", PACKED, backend=PASST, mtu=LARGEST),
    NetConfig("vhost-user-size-1024", backend=PASST, mtu=LARGEST, size=1024),
    NetConfig("vhost-user-mrg_rxbuf-off", NOT_MERGEABLE, backend=PASST),
    NetConfig("stream", backend=PASST_STREAM, mtu=LARGEST),
)
# Each function is joined with another one of the guest.
TESTPMDS = (
    NetConfig("split", backend=TESTPMD),
    NetConfig("split-in_order", IN_ORDER, backend=TESTPMD),
    NetConfig("packed", PACKED, backend=TESTPMD),
    NetConfig("packed-in_order", {**PACKED, **IN_ORDER}, backend=TESTPMD),
    NetConfig("mrg_rxbuf-off", NOT_MERGEABLE, backend=TESTPMD),
    NetConfig("pairs-2", queues=2, backend=TESTPMD),
    NetConfig("pairs-2-packed", PACKED, queues=2, backend=TESTPMD),
)

GROUPS = (
    Group(GuestKind("net"), EVERYWHERE + FROM_10 + RINGS + STREAMS),
    Group(GuestKind("net-offloads"), OFFLOADS),
    Group(GuestKind("net-cpus-4", cpus=4), PAIRS),
    Group(GuestKind("net-qemu-10.0", qemu=MIDDLE), ON_10),
    Group(GuestKind("net-qemu-7.2", qemu=OLD), EVERYWHERE),
    Group(replace(configs.STRICT, name="net-iommu-strict"), BEHIND_IOMMU),
    Group(replace(configs.PASS_THROUGH, name="net-iommu-pt"), BEHIND_IOMMU),
    Group(GuestKind("net-vhost", cpus=4, helper=VHOST, by_turns=True),
          VHOSTS),
    Group(replace(configs.STRICT, name="net-vhost-iommu", helper=VHOST,
                  by_turns=True), VHOSTS_BEHIND_IOMMU),
    Group(GuestKind("net-passt", helper=PASST, by_turns=True), PASSTS),
    Group(GuestKind("net-testpmd", cpus=2, helper=TESTPMD, by_turns=True),
          TESTPMDS),
)
