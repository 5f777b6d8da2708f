# SPDX-License-Identifier: GPL-2.0
"""What is behind the network functions of a guest: QEMU's -netdev, and what
the machine that measures has for it."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
from types import TracebackType

from lab import net, peers

from .net_configs import STREAM, VHOST, NetConfig


def missing(helper: str) -> str:
    """Why this machine has no such helper; empty if it has."""
    if helper == VHOST:
        subprocess.run(["modprobe", "-q", "vhost_net"], check=False)
        return "" if os.access("/dev/vhost-net", os.W_OK) else \
            "no /dev/vhost-net here, and no module vhost_net"
    return ""


class Backends:
    """Those of one guest; the end of the context closes them."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self.descriptors: list[int] = []    # which QEMU inherits

    def __enter__(self) -> Backends:
        return self

    def __exit__(self, kind: type[BaseException] | None,
                 value: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._stack.close()

    def netdev(self, config: NetConfig, there: peers.Network) -> list[str]:
        """QEMU's arguments for a -netdev with the name of the tap."""
        peers.tap(there, queues=config.queues)
        if config.backend == STREAM:
            return self._stream(there)
        several = {"queues": config.queues} if config.queues > 1 else {}
        return _tap(there.tap, there, vhost=config.backend == VHOST, **several)

    def _stream(self, there: peers.Network) -> list[str]:
        """A stream to another -netdev of the same QEMU, which a hub joins with
        the tap. Both are clients: a server's sends would block the thread that
        has to read the other end."""
        far, tap = f"{there.tap}-far", f"{there.tap}-tap"
        argv = _tap(tap, there)
        for name, end in zip((there.tap, far), socket.socketpair()):
            self._stack.enter_context(end)
            self.descriptors.append(end.fileno())
            argv += net.netdev("stream", name, server=False, addr={
                "type": "fd", "str": str(end.fileno())})
        for name in (far, tap):
            argv += net.netdev("hubport", f"{name}-hub", hubid=there.number,
                               netdev=name)
        return argv


def _tap(name: str, there: peers.Network, **options: object) -> list[str]:
    return net.netdev("tap", name, ifname=there.tap, script="no",
                      downscript="no", **{"vhost": False, **options})
