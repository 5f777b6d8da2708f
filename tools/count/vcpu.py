# SPDX-License-Identifier: GPL-2.0
"""The guest's vCPUs: all their exits, and their threads.

To find the threads, each CPU of the guest accesses MARKS unused ports; a thread
that exits for them is a vCPU. QEMU's ids of its threads do not help in a PID
namespace, since tracing uses the ids of the initial namespace.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from . import hist
from .counts import CountError
from .driver import Run

# qmp("query-stats", target="vcpu", ...) gives the answer's return member.
Qmp = Callable[..., Any]

# Ports without a device.
MARK_PORTS = range(0x2000, 0x4000, 0x10)
MARKS = 16


def parse_exits(answer: Iterable[Mapping[str, Any]]) -> int:
    """The sum over vCPUs in the answer to query-stats."""
    found = [int(stat["value"]) for vcpu in answer
             for stat in vcpu["stats"] if stat["name"] == "exits"]
    if not found:
        raise CountError("QEMU's query-stats has no 'exits': run the guest"
                         " with accel=kvm")
    return sum(found)


def exits(qmp: Qmp) -> int:
    """Read the number of all exits."""
    return parse_exits(qmp("query-stats", target="vcpu", providers=[
        {"provider": "kvm", "names": ["exits"]}]))


def any_port() -> int:
    """The first of the ports to access."""
    return random.choice(MARK_PORTS)


def mark(run: Run, port: int) -> None:
    """Make each CPU of the guest access MARKS ports, once each."""
    run("for cpu in /sys/devices/system/cpu/cpu[0-9]*; do"
        f" taskset -c ${{cpu##*cpu}} dd if=/dev/zero of=/dev/port bs={MARKS}"
        f" count=1 seek={port // MARKS} conv=notrunc status=none || exit 1;"
        " done")


def marked(text: str) -> list[int]:
    """The vCPUs' threads in a histogram of kvm_pio by common_pid."""
    threads = [int(entry.keys["common_pid"]) for entry in hist.parse(text)
               if entry.values["hitcount"] == MARKS]
    if not threads:
        raise CountError("KVM's tracepoint kvm_pio shows no vCPU of the"
                         " guest: run the guest by KVM of this very kernel")
    return sorted(threads)
