# SPDX-License-Identifier: GPL-2.0
"""Configurations of a network function, its link, the drivers' mode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from ..compare import Subject
from ..configs import Config, Mode
from .documented import DOCUMENTED

SUBJECT = Subject("vfe_net", "virtio_net", DOCUMENTED)

# How the function and its peer are joined (links.py)
TAP, DGRAM, STREAM, DEVICE = "tap", "dgram", "stream", "device"


@dataclass(frozen=True)
class NetConfig(Config):
    """A kind of function; the peer is the same for all."""

    subject: ClassVar[Subject] = SUBJECT

    backend: str = TAP
    pairs: int = 1
    # of vfe-device, where the function is its
    options: tuple[str, ...] = ()
    # of the peer's function
    peer: Mapping[str, object] = field(default_factory=dict, hash=False)


DEFAULT = Mode("default")
MODES = (
    DEFAULT,
    Mode("shared", "interrupts=shared"),
    Mode("intx", "interrupts=intx"),
)

PACKED = {"packed": "on"}
IN_ORDER = {"in_order": "on"}
# What QEMU's device offers to segment or to check
GUEST_OFFLOADS = ("guest_csum", "guest_tso4", "guest_tso6", "guest_ufo",
                  "guest_ecn", "guest_uso4", "guest_uso6")
HOST_OFFLOADS = ("csum", "host_tso4", "host_tso6", "host_ufo", "host_ecn",
                 "host_uso")


def without(*names: str) -> dict[str, object]:
    """Properties of a device that does not offer these."""
    return {name: "off" for name in names}


NO_OFFLOADS = without(*GUEST_OFFLOADS, *HOST_OFFLOADS)

# QEMU aborts if the receive ring is reset while a socket is full (hw/net/
# virtio-net.c, flush_or_purge_queued_packets): it purges the frame that waits,
# and with it sends the next one of the transmit ring
NO_RING_RESET = {"queue_reset": "off"}

CONFIGS = (
    NetConfig("plain"),
    NetConfig("plain-1cpu", cpus=1),
    NetConfig("pairs-2", pairs=2),
    NetConfig("pairs-4", pairs=4),
    NetConfig("pairs-8", pairs=8),
    NetConfig("packed", PACKED),
    NetConfig("in-order", {**PACKED, **IN_ORDER}),
    NetConfig("legacy", {"disable-modern": "on", "disable-legacy": "off"}),
    NetConfig("no-vectors", {"vectors": 0}),
    NetConfig("no-event-idx", {"event_idx": "off"}),
    NetConfig("direct", {"indirect_desc": "off"}),
    NetConfig("direct-packed", {"indirect_desc": "off", **PACKED}),
    # the drivers map what they send; virtio_net has AF_XDP without copies
    NetConfig("platform", {"iommu_platform": "on"}),
    NetConfig("platform-packed", {"iommu_platform": "on", **PACKED}, pairs=2),
    NetConfig("ring-small", {"rx_queue_size": 256, "tx_queue_size": 256,
                             "indirect_desc": "off"}),
    NetConfig("ring-1024", {"rx_queue_size": 1024}),
    NetConfig("no-mergeable", without("mrg_rxbuf")),
    NetConfig("no-mergeable-packed", {**without("mrg_rxbuf"), **PACKED}),
    NetConfig("no-big", {**without("mrg_rxbuf", *GUEST_OFFLOADS)}),
    NetConfig("no-any-layout", without("any_layout", "mrg_rxbuf")),
    NetConfig("no-offloads", NO_OFFLOADS),
    NetConfig("no-host-offloads", without(*HOST_OFFLOADS)),
    NetConfig("no-guest-offloads", without(*GUEST_OFFLOADS)),
    NetConfig("no-guest-csum", without("guest_csum")),
    NetConfig("no-csum", without("csum")),
    # virtio_net refuses a device with such features, but without the queue
    NetConfig("no-control", without(
        "ctrl_vq", "ctrl_rx", "ctrl_rx_extra", "ctrl_vlan", "ctrl_mac_addr",
        "ctrl_guest_offloads", "guest_announce", "mq")),
    NetConfig("no-guest-control", without("ctrl_guest_offloads")),
    NetConfig("no-status", without("status")),
    NetConfig("mtu-1400", {"host_mtu": 1400}),
    NetConfig("mtu-9000", {"host_mtu": 9000}, peer={"host_mtu": 9000}),
    NetConfig("mtu-9000-no-mergeable",
              {"host_mtu": 9000, **without("mrg_rxbuf")},
              peer={"host_mtu": 9000}),
    NetConfig("speed", {"speed": 10000, "duplex": "full"}),
    NetConfig("rss", {"rss": "on", "hash": "on"}, pairs=2),
    NetConfig("dgram", NO_RING_RESET, backend=DGRAM),
    NetConfig("dgram-packed", {**PACKED, **NO_RING_RESET}, backend=DGRAM),
    NetConfig("stream", NO_RING_RESET, backend=STREAM),
    NetConfig("device", backend=DEVICE),
    NetConfig("device-split", backend=DEVICE,
              options=("--features-off", "packed")),
    NetConfig("device-pairs-2", backend=DEVICE, pairs=2),
    # which keep what the driver sends, in times that vary: rings fill
    NetConfig("device-slow", backend=DEVICE,
              options=("--service", "lognormal:2000:1")),
    NetConfig("device-slow-split", backend=DEVICE, pairs=2,
              options=("--features-off", "packed", "--service",
                       "bimodal:200:20000:5", "--parallel", "64")),
)
