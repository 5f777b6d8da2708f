# SPDX-License-Identifier: GPL-2.0
"""The guest's side of a function: its driver's counters, read by sysfs.

The files are read by the shell itself, in one go: no process is started for
them in the guest, and none of them makes the driver touch the device.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from .counts import CountError, Key, Testimony, subtract

# Runs a command in the guest, gives its output, raises when it fails.
Run = Callable[[str], str]

# One command for all, as each takes its time under emulation. Interrupts are
# the kernel's own count for each of the function's vectors, whoever drives it.
_READ = """\
cd /sys/bus/pci/devices/{bdf} || exit 1
read -r v < /sys/block/{disk}/stat && echo "block $v"
irqs=$(cd msi_irqs 2>/dev/null && echo *)
for n in ${{irqs:-$(cat irq)}}; do
    read -r v < /sys/kernel/irq/$n/per_cpu_count && echo "irq $v"
done
for f in virtio*/features; do
    [ -f $f ] && read -r v < $f && echo "virtio $v"
done
[ -d vfe ] || exit 0
cd vfe
for f in exits operations interrupts features polls polls_found \\
         polls_ns registers/* windows/* queues/*/*; do
    [ -f $f ] && read -r v < $f && echo "$f $v"
done
true"""

@dataclass(frozen=True)
class DriverState:
    """The counters of a vfe driver at one moment."""

    accesses: Mapping[Key, int] = field(default_factory=dict)
    mapped: frozenset[str] = frozenset()
    exits: int = 0
    operations: int = 0
    interrupts: int = 0
    kicks: int = 0
    kicks_suppressed: int = 0
    features: int | None = None     # negotiated; None of a register driver
    polls: int = 0          # looks for a completion after a submission,
    polls_found: int = 0    # those that saw one, and
    polls_ns: int = 0       # the time of a CPU that all took


def _register(path: str) -> Key:
    name, _, direction = path.rpartition("_")
    return name, direction


def parse(lines: Iterable[str]) -> DriverState:
    """The counters out of lines of file and value."""
    values = dict(line.split(None, 1) for line in lines)
    accesses = {}
    mapped = set()
    sums = {"kicks": 0, "kicks_suppressed": 0}
    for path, value in values.items():
        folder, _, name = path.rpartition("/")
        if folder == "registers":
            accesses[_register(name)] = int(value)
        elif folder == "windows" and value == "mapped":
            mapped.add(name)
        elif folder.startswith("queues/") and name in sums:
            sums[name] += int(value)
    missing = {"exits", "operations", "interrupts"} - values.keys()
    if missing:
        raise CountError("the driver shows no " + ", ".join(sorted(missing)))
    return DriverState(
        accesses, frozenset(mapped), exits=int(values["exits"]),
        operations=int(values["operations"]),
        interrupts=int(values["interrupts"]), kicks=sums["kicks"],
        kicks_suppressed=sums["kicks_suppressed"],
        features=(int(values["features"], 16) if "features" in values
                  else None),
        polls=int(values.get("polls", "0")),
        polls_found=int(values.get("polls_found", "0")),
        polls_ns=int(values.get("polls_ns", "0")))


def testimony(after: DriverState, before: DriverState) -> Testimony:
    """What the driver says it did; it sees all that it does itself."""
    exits = after.exits - before.exits
    if exits < 0:
        raise CountError("the driver's exits ran backwards: were they reset?")
    return Testimony(subtract(after.accesses, before.accesses), exits)


@dataclass(frozen=True)
class BlockState:
    """What the block layer says it asked of the disk."""

    reads: int = 0
    sectors_read: int = 0
    writes: int = 0
    sectors_written: int = 0
    flushes: int = 0
    merges: int = 0

    def __sub__(self, other: BlockState) -> BlockState:
        return BlockState(
            self.reads - other.reads,
            self.sectors_read - other.sectors_read,
            self.writes - other.writes,
            self.sectors_written - other.sectors_written,
            self.flushes - other.flushes,
            self.merges - other.merges)

    @property
    def requests(self) -> int:
        """All requests that the disk completed."""
        return self.reads + self.writes + self.flushes


def parse_block(text: str) -> BlockState:
    """Out of /sys/block/*/stat (Documentation/block/stat.rst)."""
    words = [int(word) for word in text.split()]
    if len(words) < 17:
        raise CountError("the disk's stat file is too short: is the kernel"
                         " older than 5.5?")
    return BlockState(words[0], words[2], words[4], words[6],
                      words[15], words[1] + words[5])


@dataclass(frozen=True)
class GuestState:
    """All that the guest counts about a function."""

    driver: DriverState | None      # None for a driver that does not count
    block: BlockState
    interrupts: int
    features: int | None = None     # negotiated; None for no virtio device


def _bits(text: str) -> int:
    """Out of a features file of the virtio bus: a digit a bit, the first
    first."""
    return int(text[::-1], 2)


def parse_guest(text: str) -> GuestState:
    """Out of what the guest printed for all of it."""
    lines = text.splitlines()
    block = [line for line in lines if line.startswith("block ")]
    irqs = [line for line in lines if line.startswith("irq ")]
    virtio = [line for line in lines if line.startswith("virtio ")]
    others = [line for line in lines if line not in block + irqs + virtio]
    if len(block) != 1 or not irqs:
        raise CountError("the guest's counts cannot be read: " + text[:200])
    interrupts = sum(int(count) for line in irqs
                     for count in line.removeprefix("irq ").split(","))
    state = parse(others) if others else None
    features = state.features if state else None
    if virtio:
        features = _bits(virtio[0].removeprefix("virtio "))
    return GuestState(state, parse_block(block[0].removeprefix("block ")),
                      interrupts, features)


def read(run: Run, bdf: str, disk: str) -> GuestState:
    """The guest's counts about a function and its disk, by one command."""
    text = run(_READ.format(bdf=bdf, disk=disk))
    try:
        return parse_guest(text)
    except ValueError as error:
        raise CountError(f"the guest's counts cannot be read: {error}"
                         ) from error
