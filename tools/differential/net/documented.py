# SPDX-License-Identifier: GPL-2.0
"""Intended differences between vfe_net and virtio_net, with reasons."""

from __future__ import annotations

from ..documented import LOG, Documented

DOCUMENTED = (
    Documented(r"ethtool-i\.driver", "the name of the driver",
               ours="vfe_net", theirs="virtio_net"),
    Documented(r"sysfs\.names", "virtio_net shows its estimate of a packet's"
               " size, vfe_net has no use for one",
               theirs=r".* rx-0/virtio_net/mergeable_rx_buffer_size.*"),
    Documented(r"mtu-under\.\d+", "virtio_net takes an MTU whose packets the"
               " program would never see; drivers of hardware refuse it, too",
               ours="2", theirs="0"),
    Documented(r"step\.\d+\._moderation", "virtio_net would stop NAPI on tx,"
               " which it cannot do while the interface is up; vfe_net has one"
               " way to send", ours="ethtool -C dut tx-frames 0 -> 0",
               theirs="ethtool -C dut tx-frames 0 -> 1"),
    Documented(LOG, "it says so", ours=r".* is too large for the XDP"
               r" program"),
    Documented(r"ethtool-i\.version", "virtio_net has a version of its own,"
               " 1.0.0; modules have their kernel's", theirs="1\\.0\\.0"),
    Documented(r"ethtool-k\.tx-udp-segmentation|on\.tx-udp-segmentation\..*",
               "virtio_net leaves it off until a user sets it", ours="on"),
    Documented(r"dut\.uso", "so datagrams leave in one piece",
               ours="01052a00e80322000600 6042 89cc8690"),
)
