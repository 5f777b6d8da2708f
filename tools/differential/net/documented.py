# SPDX-License-Identifier: GPL-2.0
"""Intended differences between vfe_net and virtio_net, with reasons."""

from __future__ import annotations

from ..documented import Documented

DOCUMENTED = (
    Documented(r"ethtool-i\.driver", "the name of the driver",
               ours="vfe_net", theirs="virtio_net"),
    Documented(r"ethtool-i\.version", "virtio_net has a version of its own,"
               " 1.0.0; modules have their kernel's", theirs="1\\.0\\.0"),
    Documented(r"ethtool-k\.tx-udp-segmentation|on\.tx-udp-segmentation\..*",
               "virtio_net leaves it off until a user sets it", ours="on"),
    Documented(r"dut\.uso", "so datagrams leave in one piece",
               ours="01052a00e80322000600 6042 89cc8690"),
)
