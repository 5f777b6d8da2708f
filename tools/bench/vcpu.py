# SPDX-License-Identifier: GPL-2.0
"""The guest's vCPUs: all their exits, and what the kernel calls them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from . import hist
from .driver import Run

# qmp("query-stats", target="vcpu", ...) gives the answer's return member.
Qmp = Callable[..., Any]

# Ports where a PC has nothing, for a knock that only tracing hears.
KNOCK_PORTS = range(0x2000, 0x4000, 0x10)
KNOCKS = 16


class VcpuError(Exception):
    """KVM's statistics, or the vCPUs themselves, are not to be found."""


def parse_exits(answer: Iterable[Mapping[str, Any]]) -> int:
    """The sum over vCPUs out of the answer to query-stats."""
    found = [int(stat["value"]) for vcpu in answer
             for stat in vcpu["stats"] if stat["name"] == "exits"]
    if not found:
        raise VcpuError("QEMU's query-stats has no 'exits': the guest must"
                        " run with accel=kvm")
    return sum(found)


def exits(qmp: Qmp) -> int:
    """All exits up to now."""
    return parse_exits(qmp("query-stats", target="vcpu", providers=[
        {"provider": "kvm", "names": ["exits"]}]))


def any_port() -> int:
    """A port to knock at."""
    return random.choice(KNOCK_PORTS)


def knock(run: Run, port: int) -> None:
    """Let each CPU of the guest touch KNOCKS ports, once each."""
    run("for cpu in /sys/devices/system/cpu/cpu[0-9]*; do"
        f" taskset -c ${{cpu##*cpu}} dd if=/dev/zero of=/dev/port bs={KNOCKS}"
        f" count=1 seek={port // KNOCKS} conv=notrunc status=none || exit 1;"
        " done")


def who_knocked(text: str) -> list[int]:
    """The vCPUs' threads out of a histogram of kvm_pio by common_pid."""
    threads = [int(entry.keys["common_pid"]) for entry in hist.parse(text)
               if entry.values["hitcount"] == KNOCKS]
    if not threads:
        raise VcpuError("no vCPU was heard in KVM's tracepoint kvm_pio: is"
                        " the guest running under this kernel's KVM?")
    return sorted(threads)
