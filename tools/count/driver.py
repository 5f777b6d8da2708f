# SPDX-License-Identifier: GPL-2.0
"""The driver as a witness: its counters in sysfs.

The guest's shell reads the files itself, with one command: that starts no
process in the guest, and no file makes the driver access the device.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from . import registers
from .counts import CountError, Key, Testimony, subtract

# Runs a command in the guest, returns its output, raises if it fails.
Run = Callable[[str], str]

# One command, since each command takes time under emulation. The interrupts are
# those that the kernel counts for the function's vectors, with any driver.
_READ = """\
cd /sys/bus/pci/devices/{bdf} || exit 1
{above}
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
    """The counters of a vfe driver at one time."""

    accesses: Mapping[Key, int] = field(default_factory=dict)
    mapped: frozenset[str] = frozenset()
    exits: int = 0
    operations: int = 0
    interrupts: int = 0
    kicks: int = 0
    features: int | None = None     # negotiated; None of a register driver
    polls: int = 0          # busy-waits after a submission
    polls_found: int = 0    # those that found a completion
    polls_ns: int = 0       # their CPU time


def _register(path: str) -> Key:
    name, _, direction = path.rpartition("_")
    return name, direction


def parse(lines: Iterable[str]) -> DriverState:
    """Parse lines of file and value."""
    values = dict(line.split(None, 1) for line in lines)
    accesses = {}
    mapped = set()
    kicks = 0
    for path, value in values.items():
        folder, _, name = path.rpartition("/")
        if folder == "registers":
            accesses[_register(name)] = int(value)
        elif folder == "windows" and value == "mapped":
            mapped.add(name)
        elif folder.startswith("queues/") and name == "kicks":
            kicks += int(value)
    missing = {"exits", "operations", "interrupts"} - values.keys()
    if missing:
        raise CountError("the driver has no file"
                         f" vfe/{', vfe/'.join(sorted(missing))} in sysfs:"
                         " is it one of this checkout's modules?")
    return DriverState(
        accesses, frozenset(mapped), exits=int(values["exits"]),
        operations=int(values["operations"]),
        interrupts=int(values["interrupts"]), kicks=kicks,
        features=(int(values["features"], 16) if "features" in values
                  else None),
        polls=int(values.get("polls", "0")),
        polls_found=int(values.get("polls_found", "0")),
        polls_ns=int(values.get("polls_ns", "0")))


def testimony(after: DriverState, before: DriverState) -> Testimony:
    """The driver's counts between two readings; it sees all its own
    accesses."""
    exits = after.exits - before.exits
    if exits < 0:
        raise CountError(f"the driver's exits decreased from {before.exits}"
                         f" to {after.exits}: let nobody reset them during a"
                         " measurement")
    return Testimony(subtract(after.accesses, before.accesses),
                     exits).renamed(registers.ambiguous())


@dataclass(frozen=True)
class GuestState:
    """All counts of the guest about a function."""

    driver: DriverState | None      # None for a driver that does not count
    interrupts: int
    features: int | None = None     # negotiated; None for no virtio device
    above: str = ""     # the printed counts of the layer above the driver


def _bits(text: str) -> int:
    """Parse a features file of the virtio bus: one digit per bit, bit 0
    first."""
    return int(text[::-1], 2)


def parse_guest(text: str) -> GuestState:
    """Parse the guest's output."""
    told: dict[str, list[str]] = {"above": [], "irq": [], "virtio": []}
    files = []
    for line in text.splitlines():
        word, _, value = line.partition(" ")
        if word in told:
            told[word].append(value)
        else:
            files.append(line)
    if not told["irq"]:
        raise CountError("the guest printed no count of interrupts, but:"
                         f" {text[:200]}")
    interrupts = sum(int(count) for line in told["irq"]
                     for count in line.split(","))
    state = parse(files) if files else None
    features = state.features if state else None
    if told["virtio"]:
        features = _bits(told["virtio"][0])
    return GuestState(state, interrupts, features, "\n".join(told["above"]))


def read(run: Run, bdf: str, above: str = "") -> GuestState:
    """Read the guest's counts about a function, with one command.

    @above: a command that prints the counts of the layer above the driver, in
    lines that begin with "above"
    """
    text = run(_READ.format(bdf=bdf, above=above))
    try:
        return parse_guest(text)
    except ValueError as error:
        raise CountError(f"the guest's counts cannot be read: {error}, in:"
                         f" {text[:200]}"
                         ) from error
