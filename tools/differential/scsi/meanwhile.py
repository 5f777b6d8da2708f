# SPDX-License-Identifier: GPL-2.0
"""What the host does to a SCSI host while a workload runs.

It ends with a unit of its own, for which the workload waits.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from lab.guest import Guest

from ..configs import DISK_MB
from .backends import ScsiBackends
from .configs import DEVICE, ScsiConfig, Unit, units

# No configuration has these. The last one tells the workload that all is done.
EXTRA = Unit(1, 3)
CROWD = [Unit(2 + index % 3, index // 3 * 100 + 1) for index in range(18)]
LAST = Unit(9, 9)
# Of CROWD, those that stay
STAY = 5
TIMES, ROUNDS = 100, 6
SIZES = tuple((DISK_MB + step) << 20 for step in (64, 96, 0, 128, 32))
MOST_PAUSE_S = 0.3
STALL_S = 6


@dataclass
class Host:
    """A host, and the end of the workload."""

    backends: ScsiBackends
    guest: Guest
    node: str
    config: ScsiConfig
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def ours(self) -> bool:
        """Is it vfe-device?"""
        return self.config.backend == DEVICE

    def plug(self, unit: Unit) -> None:
        """Add a unit."""
        self.backends.plug(self.guest, self.node, unit)

    def unplug(self, unit: Unit) -> None:
        """Remove it."""
        self.backends.unplug(self.guest, self.node, unit)

    def resize(self, unit: Unit, size: int) -> None:
        """Change its size."""
        self.backends.resize(self.guest, self.node, unit, size)

    def tell(self, command: str) -> None:
        """A command for vfe-device."""
        self.backends.devices[self.node].control(command)

    def pause(self, seconds: float) -> bool:
        """Wait; whether the workload still runs."""
        return not self.over.wait(seconds)


Action = Callable[[Host], None]


def _plug(host: Host) -> None:
    """A unit comes and goes, many times."""
    rng = random.Random(1)
    for _ in range(TIMES):
        host.plug(EXTRA)
        if not host.pause(rng.uniform(0, MOST_PAUSE_S)):
            return
        host.unplug(EXTRA)
        if not host.pause(rng.uniform(0, MOST_PAUSE_S)):
            return


def _crowd(host: Host) -> None:
    """More units at once than any driver has buffers for events."""
    for number in range(ROUNDS):
        for unit in CROWD:
            host.plug(unit)
        if not host.pause(1 + number % 2):
            return
        for unit in CROWD[STAY if number == ROUNDS - 1 else 0:]:
            host.unplug(unit)
        if not host.pause(number % 2):
            return


def _resize(host: Host) -> None:
    """The unit under I/O grows and shrinks, but not below the I/O."""
    [unit] = units(1)
    for _ in range(4):
        for size in SIZES:
            host.resize(unit, size)
            if not host.pause(0.4):
                return


def _stall(host: Host) -> None:
    """The unit does not answer for longer than its time limit, twice."""
    [unit] = units(1)
    for _ in range(2):
        host.tell(f"stall-unit {unit} {STALL_S}")
        if not host.pause(STALL_S + 3):
            return


def _reset(host: Host) -> None:
    """Another initiator resets the unit."""
    [unit] = units(1)
    for _ in range(30):
        host.tell(f"reset-unit {unit}")
        if not host.pause(0.2):
            return


def _walk(seed: int) -> Action:
    """Random changes, from a seed."""
    def walk(host: Host) -> None:
        rng = random.Random(seed)
        there: set[Unit] = set()
        for _ in range(rng.randrange(30, 80)):
            step = rng.choices(("unit", "size", "reset", "stall"),
                               (8, 2, 1, 1))[0]
            if step == "unit" or not host.ours and step != "size":
                unit = rng.choice(CROWD)
                (host.unplug if unit in there else host.plug)(unit)
                there ^= {unit}
            elif step == "size":
                size = rng.choice(SIZES)
                # QEMU cannot make the client of an NBD server larger.
                if host.config.backend != "nbd":
                    host.resize(units(1)[0], size)
            elif step == "reset":
                host.tell(f"reset-unit {units(1)[0]}")
            elif "in_order" in "".join(host.config.options):
                host.tell(f"stall-unit {units(1)[0]} {rng.randrange(1, 4)}")
            if not host.pause(rng.choice((0, 0.05, 0.3, 1))):
                return
    return walk


_BY_NAME: dict[str, Action] = {
    "plug": _plug, "crowd": _crowd, "resize": _resize, "stall": _stall,
    "reset": _reset,
}


def action(name: str) -> Action:
    """What a workload's word stands for: one of _BY_NAME, or walk-SEED."""
    found = _BY_NAME.get(name) or _walk(int(name.partition("-")[2]))

    def act(host: Host) -> None:
        found(host)
        if not host.over.is_set():
            host.plug(LAST)
    return act
