# SPDX-License-Identifier: GPL-2.0
"""The other end of each function's network: our device answers itself, and
QEMU's own have a tap."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from lab import peers as lab_peers
from lab.peers import Network

from ..row import Function

# Netem's models of a tap, towards the guest
DELAYS = {"constant": ("delay", "5ms"),
          "varying": ("delay", "5ms", "3ms", "25%")}


def network(function: Function) -> Network:
    """The network of a function."""
    return Network(function.number)


@contextlib.contextmanager
def peers(functions: Sequence[Function]) -> Iterator[None]:
    """Makes what QEMU's own of these functions need."""
    own = [one for one in functions if one.qemu is not None]
    if not own:
        yield
        return
    lab_peers.apart()
    for one in own:
        lab_peers.tap(network(one), DELAYS.get(
            str((one.qemu or {}).get("delay")), ()))
    with lab_peers.servers():
        yield
