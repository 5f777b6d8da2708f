# SPDX-License-Identifier: GPL-2.0
"""The other end of each function's network: our device answers itself unless it
has a tap, as QEMU's own have."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from lab import peers as lab_peers
from lab.peers import Network

from ..row import Function

# Netem's models of a tap, towards the guest
DELAYS = {"constant": ("delay", "5ms"),
          "varying": ("delay", "5ms", "3ms", "25%")}
TAP = "tap:"


def network(function: Function) -> Network:
    """The network of a function."""
    return Network(function.number)


def back_end(number: int) -> tuple[str, ...]:
    """Options of our device that put it on the tap of a network."""
    there = Network(number)
    return ("--backend", f"{TAP}{there.tap}", "--mac", there.guest_mac)


def _on_tap(function: Function) -> bool:
    return function.qemu is not None or any(
        option.startswith(TAP) for option in function.options)


@contextlib.contextmanager
def peers(functions: Sequence[Function]) -> Iterator[None]:
    """Makes the taps of these functions, and what is behind them."""
    tapped = [one for one in functions if _on_tap(one)]
    if not tapped:
        yield
        return
    lab_peers.apart()
    for one in tapped:
        lab_peers.tap(network(one), DELAYS.get(
            str((one.qemu or {}).get("delay")), ()))
    with lab_peers.servers():
        yield
