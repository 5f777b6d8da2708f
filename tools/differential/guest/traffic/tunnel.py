# SPDX-License-Identifier: GPL-2.0
"""Streams in a tunnel over the tested link, whole, and in large packets."""

from __future__ import annotations

import socket
from collections.abc import Callable

from .ends import (ADDRESS, ADDRESS6, DUT, MIB, OTHER, PEER, counter,
                   interface, streams)
from .say import must, note, outcome, run

# The addresses in the tunnel
INNER = {DUT: "10.7.0.2", PEER: "10.7.0.1"}
INNER6 = {DUT: "fd07::2", PEER: "fd07::1"}
# The mean of frames on the link, acknowledgements included, if packets of many
# segments pass: more than two frames of the MTU
LARGE = 3000
KINDS = {
    "vxlan": "vxlan id 7 local {mine} remote {other} dstport 4789 dev {name}"
             " {sum}",
    "geneve": "geneve id 7 remote {other} dstport 6081 {sum}",
}


def _make(kind: str, outer: dict[str, str], words: str, v6: bool) -> None:
    """A tunnel between both ends, with addresses of its own."""
    for name, other in OTHER.items():
        must(f"ip -n {name} link add tunnel type " + KINDS[kind].format(
            mine=outer[name], other=outer[other], name=name, sum=words))
        must(f"ip -n {name} addr add {INNER[name]}/24 dev tunnel")
        if v6:
            must(f"ip -n {name} addr add {INNER6[name]}/64 dev tunnel nodad")
        must(f"ip -n {name} link set tunnel up")
        if v6:
            # what it has learnt from sending, it need not ask for
            run(interface(name, f"ping -6 -c 1 -W 5 {INNER6[other]}"))


def _sent() -> dict[str, tuple[int, int]]:
    return {name: (counter(name, "tx_bytes"), counter(name, "tx_packets"))
            for name in (DUT, PEER)}


def tunnel(kind: str, words: str = "", outer: str = "4", inner: str = "4",
           size: str = "8") -> None:
    """Streams of MiB both ways. `words`: of the tunnel, commas between."""
    _make(kind, ADDRESS if outer == "4" else ADDRESS6,
          words.replace(",", " "), inner == "6")
    ADDRESS.update(INNER)
    ADDRESS6.update(INNER6)
    before = _sent()
    streams("tunnel", int(size) * MIB,
            socket.AF_INET if inner == "4" else socket.AF_INET6)
    after = _sent()
    for name, (octets, packets) in after.items():
        mean = (octets - before[name][0]) // max(
            1, packets - before[name][1])
        outcome(f"packets.from-{name}", "large" if mean > LARGE else "small")
        note(f"packets.from-{name}: of {mean} bytes")
    for name in OTHER:
        must(f"ip -n {name} link del tunnel")


TUNNEL: dict[str, Callable[..., None]] = {"tunnel": tunnel}
