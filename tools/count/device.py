# SPDX-License-Identifier: GPL-2.0
"""The device as a witness: its counts, read from its control socket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .counts import Key, Testimony, subtract

# Sends a command to the control socket, returns the answer.
Control = Callable[[str], Mapping[str, Any]]


@dataclass(frozen=True)
class DeviceState:
    """The counters of the device process at one time."""

    accesses: Mapping[Key, int] = field(default_factory=dict)
    requests: Mapping[str, int] = field(default_factory=dict)
    interrupts: int = 0
    suppressed: int = 0
    kicks: int = 0
    doorbells: int = 0


def parse(answer: Mapping[str, Any]) -> DeviceState:
    """Parse the answer to `counters`."""
    accesses = {(str(item["name"]), str(item["dir"])): int(item["count"])
                for item in answer["registers"]}
    # Accesses to no register. KVM has another name for them, so the comparison
    # reports them.
    accesses |= {("unknown", str(direction)): int(count)
                 for direction, count in answer["unknown"].items() if count}
    requests = {str(kind): int(count)
                for kind, count in answer.get("requests", {}).items()
                if kind != "error"}    # also counted under their own kind
    # a network device has frames, by direction
    requests |= {way: int(answer[way]["frames"]) for way in ("tx", "rx")
                 if way in answer}
    raised = answer["interrupts"]
    return DeviceState(accesses, requests,
                       interrupts=int(raised["msix"]) + int(raised["intx"]),
                       suppressed=int(raised["suppressed"]),
                       kicks=int(answer["kicks"]),
                       doorbells=int(answer["doorbells"]))


def read(control: Control) -> DeviceState:
    """Read the device's counters."""
    return parse(control("counters"))


def testimony(after: DeviceState, before: DeviceState, *,
              sees_exits: bool = True,
              unseen: frozenset[str] = frozenset()) -> Testimony:
    """The accesses that reached the device between two readings.

    @sees_exits: whether each access was an exit
    @unseen: registers in mapped windows: of several kicks to a doorbell the
    device may see only the last
    """
    accesses = subtract(after.accesses, before.accesses)
    return Testimony(accesses, sum(accesses.values()) if sees_exits else None,
                     unseen)
