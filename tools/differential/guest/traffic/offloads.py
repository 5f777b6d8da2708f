# SPDX-License-Identifier: GPL-2.0
"""Offloads switched on and off, one by one, with traffic that they change."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence

from .ends import DUT, MIB, PEER, interface, streams, transfer
from .plain import burst
from .say import must, outcome, run, tries

# Each is set by itself, off where it is on and on where it is off.
FEATURES = ("tx", "sg", "tso", "gso", "gro", "rx", "lro", "rxvlan", "txvlan",
            "tx-udp-segmentation", "tx-tcp-segmentation",
            "tx-tcp6-segmentation", "rx-gro-hw", "rx-gro-list",
            "rx-udp-gro-forwarding", "ntuple", "rxhash", "tx-gso-partial",
            "highdma")
LONG = {"tx": "tx-checksumming", "sg": "scatter-gather",
        "tso": "tcp-segmentation-offload", "rx": "rx-checksumming",
        "gso": "generic-segmentation-offload", "ntuple": "ntuple-filters",
        "gro": "generic-receive-offload", "lro": "large-receive-offload",
        "rxvlan": "rx-vlan-offload", "txvlan": "tx-vlan-offload",
        "rxhash": "receive-hashing"}
# Each is on alone, with those that the kernel demands for it
ALONE: dict[str, tuple[str, ...]] = {
    "all": (),
    "none": ("none",),
    "tx": ("tx",),
    "sg": ("sg",),
    "gso": ("gso", "sg"),
    "tx-tcp-segmentation": ("tx-tcp-segmentation", "tx", "sg"),
    "tx-tcp6-segmentation": ("tx-tcp6-segmentation", "tx", "sg"),
    "tx-udp-segmentation": ("tx-udp-segmentation", "tx", "sg"),
    "gro": ("gro",),
    "rx-gro-hw": ("rx-gro-hw", "gro"),
}
# A packet above it has several segments.
LARGE = 2000
SEGMENT, SEGMENTS, BURSTS = 1400, 45, 16


def _states() -> dict[str, str]:
    _, said = run(interface(DUT, f"ethtool -k {DUT}"))
    return {key.strip(): value.strip() for key, _, value in (
        line.partition(":") for line in said.splitlines())}


def _free() -> dict[str, bool]:
    """The features that a user can set, and whether they are on."""
    states = _states()
    found = {name: states.get(LONG.get(name, name), "") for name in FEATURES}
    return {name: state.startswith("on") for name, state in found.items()
            if state and "fixed" not in state}


def _set(names: Sequence[str], word: str) -> str:
    return interface(DUT, f"ethtool -K {DUT} " + " ".join(
        f"{name} {word}" for name in names))


def _toggled(names: Sequence[str], word: str, size: int) -> None:
    what = "+".join(names) if len(names) < 3 else "all"
    tries(f"{word}.{what}", _set(names, word))
    streams(f"{word}.{what}", size)


def offloads(size: str = "2") -> None:
    """All off, each by itself off and on, with streams of MiB."""
    amount = int(size) * MIB
    free = _free()
    initial = [name for name, state in free.items() if state]
    outcome("free", list(free))
    for name, state in free.items():
        _toggled([name], "off" if state else "on", amount)
        run(_set([name], "on" if state else "off"))
    _toggled(list(free), "off", amount)
    for name in initial:
        _toggled([name], "on", amount)
        run(_set([name], "off"))
    tries("on.initial", _set(initial, "on"))
    for key, value in _states().items():
        outcome(f"after.{key}", value)
    streams("again", amount)


def _counted(way: str) -> tuple[int, int]:
    """Bytes and packets of the interface, so far."""
    folder = f"/sys/class/net/{DUT}/statistics/{way}"
    octets, packets = must(interface(
        DUT, f"cat {folder}_bytes {folder}_packets")).split()
    return int(octets), int(packets)


def _packets(key: str, source: str, size: int, family: int) -> None:
    """A transfer, and the size of the interface's packets."""
    way = "tx" if source == DUT else "rx"
    before = _counted(way)
    transfer(key, source, size, family)
    octets, packets = (new - old for new, old in zip(_counted(way), before))
    outcome(f"{key}.{way}", "large" if octets > LARGE * packets else "small")


def _traffic(key: str, size: int) -> None:
    family = socket.AF_INET6 if "tcp6" in key else socket.AF_INET
    for source in (DUT, PEER):
        _packets(key, source, size, family)
        outcome(f"{key}.datagrams.from-{source}", burst(
            source, socket.AF_INET, SEGMENT * SEGMENTS, BURSTS, SEGMENT))


def alone(*words: str) -> None:
    """All on, all off, each alone on: streams of so many MiB, some alone."""
    size, *only = words or ("2",)
    free = _free()
    for key, names in ALONE.items():
        if only and key not in only:
            continue
        run(_set(list(free), "off"))
        wanted = [name for name in names or free if name in free]
        if wanted:
            tries(key, _set(wanted, "on"))
        if wanted or key == "none":
            _traffic(key, int(size) * MIB)
    for name, state in free.items():
        run(_set([name], "on" if state else "off"))


OFFLOADS: dict[str, Callable[..., None]] = {
    "offloads": offloads, "alone": alone}
