# SPDX-License-Identifier: GPL-2.0
"""The problems of a function, from all its counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from count import blk, driver, kvm, net, witness
from count.addresses import AddressMap
from count.counts import CountError

from . import net_functions
from .configs import FEATURES, VERSION_1, Config
from .functions import BLOCKS
from .net_configs import NetConfig
from .scsi_configs import FIRST_QUEUES, ScsiConfig

KICKS = ("notify", "legacy_queue_notify")


@dataclass(frozen=True)
class ConfigResult:
    """A configuration on a machine, and its result."""

    machine: str
    config: Config
    problems: tuple[str, ...] = ()
    features: frozenset[str] = frozenset()
    operations: int = 0
    exits: Mapping[str, int | None] = field(default_factory=dict)
    kicks: int = 0
    fast_kicks: int = 0     # those that KVM handled by an ioeventfd
    interrupts: int = 0

    @property
    def name(self) -> str:
        """The name of the check."""
        return f"{self.machine}: {self.config.name}"


def negotiated(text: str) -> frozenset[str]:
    """Names of the features in the driver's file."""
    bits = int(text, 16)
    known = [(name, bit) for name, (bit, _, _) in FEATURES.items()]
    return frozenset(name for name, bit in [*known, VERSION_1]
                     if bits >> bit & 1)


def _features(config: Config, found: frozenset[str]) -> list[str]:
    missing = sorted(config.features - found)
    extra = sorted(found - config.features)
    return ([f"not negotiated: {', '.join(missing)}"] if missing else []) + \
        ([f"negotiated, and not to be: {', '.join(extra)}"] if extra else [])


def _queues(config: Config, counts: Mapping[str, str]) -> list[str]:
    problems = []
    sizes = {int(path.split("/")[1]): int(value)
             for path, value in counts.items()
             if path.startswith("queues/") and path.endswith("/size")}
    if len(sizes) != config.queues:
        problems.append(f"{len(sizes)} queues, not {config.queues}")
    for index, size in sorted(sizes.items()):
        if size != config.size:
            problems.append(f"queue {index} has {size} entries, not"
                            f" {config.size}")
        done = int(counts.get(f"queues/{index}/completions", "0"))
        if done < 2 * BLOCKS:
            problems.append(f"queue {index}: {done} completions of"
                            f" {2 * BLOCKS} or more")
    if int(counts["vectors"]) != config.has_vectors:
        problems.append(f"{counts['vectors']} vectors, not"
                        f" {config.has_vectors}")
    return problems


@dataclass(frozen=True)
class Kicks:
    """Notifications that KVM counted."""

    ports: int = 0
    memory: int = 0
    fast: int = 0


def kicks_seen(after: kvm.Counts, before: kvm.Counts,
               names: AddressMap) -> Kicks:
    """The counts of one function between two readings."""
    found = Kicks()
    for where, seen in after.items():
        added = seen - before.get(where, kvm.Hits())
        if names.name(where.ports, where.value) not in KICKS or \
                where.direction != "write":
            continue
        found = Kicks(found.ports + (added.exits if where.ports else 0),
                      found.memory + (0 if where.ports else added.exits),
                      found.fast + added.fast)
    return found


def _operations(config: Config, counts: Mapping[str, str],
                state: driver.DriverState) -> list[str]:
    # Before fio, the kernel read the partition table.
    least = 2 * BLOCKS * config.queues
    asked = blk.parse(counts["block/stat"]).requests
    problems = []
    if state.operations != asked:
        problems.append(f"operations: driver {state.operations}, block layer"
                        f" {asked}")
    if asked < least:
        problems.append(f"{asked} operations of {least} or more")
    return problems


def _kicks(config: Config, state: driver.DriverState,
           seen: Kicks) -> list[str]:
    said = {"ports": seen.ports, "memory": seen.memory}
    if said[config.kicks] != state.kicks:
        return [f"kicks: driver {state.kicks}, KVM {seen.ports} by ports and"
                f" {seen.memory} by memory; all were to go by"
                f" {config.kicks}"]
    if config.must_kick and not state.kicks:
        return ["no kick"]
    return []


Own = Callable[[Config, Mapping[str, str], driver.DriverState], list[str]]


def _of_disk(config: Config, counts: Mapping[str, str],
             state: driver.DriverState) -> list[str]:
    """What only a disk has."""
    return _queues(config, counts) + _operations(config, counts, state)


def check(machine: str, config: Config, counts: Mapping[str, str],
          names: AddressMap, after: kvm.Counts, before: kvm.Counts,
          problems: list[str]) -> ConfigResult:
    """All checks of a bound disk, with counts from before the bind.

    @counts: the driver's files, and the block layer's
    @problems: those of fio
    """
    return _judge(machine, config, counts, names, after, before, problems,
                  _of_disk)


def _pairs(config: NetConfig, counts: Mapping[str, str]) -> list[str]:
    found = []
    entries = [int(value) for path, value in counts.items()
               if path.startswith("queues/") and path.endswith("/size")]
    if len(entries) != config.virtqueues:
        found.append(f"{len(entries)} queues, not {config.virtqueues}")
    if max(entries, default=0) != config.size:
        found.append(f"the largest queue has {max(entries, default=0)}"
                     f" entries, not {config.size}")
    for index in range(2 * config.queues):
        # Receive queues have the even numbers.
        if counts.get(f"queues/{index}/completions", "0") == "0":
            found.append(f"queue {index}: no completion")
    return found


def interface(counts: Mapping[str, str]) -> net.InterfaceState:
    """The statistics of the function's interface."""
    return net.parse(" ".join(counts[f"net/{name}"] for name in net.FILES))


def _of_net(config: Config, counts: Mapping[str, str],
            state: driver.DriverState) -> list[str]:
    """What only a network function has."""
    assert isinstance(config, NetConfig)
    found = _pairs(config, counts)
    if int(counts["vectors"]) != config.used_vectors:
        found.append(f"{counts['vectors']} vectors, not"
                     f" {config.used_vectors}")
    shown = interface(counts)
    if state.operations != shown.packets:
        found.append(f"operations: driver {state.operations}, interface"
                     f" {shown.sent} packets sent and {shown.received}"
                     " received")
    least = 2 * net_functions.PINGS * \
        len(net_functions.sizes(config))
    if state.operations < least:
        found.append(f"{state.operations} operations of {least} or more")
    return found


def check_net(machine: str, config: Config, counts: Mapping[str, str],
              names: AddressMap, after: kvm.Counts, before: kvm.Counts,
              problems: list[str]) -> ConfigResult:
    """All checks of a bound network function.

    @problems: those of its traffic
    """
    return _judge(machine, config, counts, names, after, before, problems,
                  _of_net)


def _units_queues(config: ScsiConfig, counts: Mapping[str, str],
                  least: int) -> list[str]:
    """The queues of a SCSI host; @least completions of each request queue."""
    found = []
    sizes = [int(value) for path, value in counts.items()
             if path.startswith("queues/") and path.endswith("/size")]
    if len(sizes) != config.virtqueues:
        found.append(f"{len(sizes)} queues, not {config.virtqueues}")
    if max(sizes, default=0) != config.size:
        found.append(f"the largest queue has {max(sizes, default=0)} entries,"
                     f" not {config.size}")
    for index in range(FIRST_QUEUES, config.virtqueues):
        done = int(counts.get(f"queues/{index}/completions", "0"))
        if done < least:
            found.append(f"queue {index}: {done} completions of {least} or"
                         " more")
    if int(counts["vectors"]) != config.used_vectors:
        found.append(f"{counts['vectors']} vectors, not"
                     f" {config.used_vectors}")
    return found


def _of_scsi(config: Config, counts: Mapping[str, str],
             state: driver.DriverState) -> list[str]:
    """What only a SCSI host has; its operations are also commands that the
    block layer does not count."""
    assert isinstance(config, ScsiConfig)
    least = BLOCKS * (1 + config.writable)
    found = _units_queues(config, counts, least)
    asked = blk.parse(counts["block/stat"]).requests \
        if "block/stat" in counts else 0
    if asked < least * config.queues:
        found.append(f"{asked} requests of {least * config.queues} or more")
    if state.operations < asked:
        found.append(f"operations: driver {state.operations}, block layer"
                     f" {asked}")
    return found


def check_scsi(machine: str, config: Config, counts: Mapping[str, str],
               names: AddressMap, after: kvm.Counts, before: kvm.Counts,
               problems: list[str]) -> ConfigResult:
    """All checks of a bound SCSI host.

    @problems: those of fio
    """
    return _judge(machine, config, counts, names, after, before, problems,
                  _of_scsi)


def _judge(machine: str, config: Config, counts: Mapping[str, str],
           names: AddressMap, after: kvm.Counts, before: kvm.Counts,
           problems: list[str], own: Own) -> ConfigResult:
    lines = [f"{path} {value}" for path, value in counts.items()
             if not path.startswith(("block/", "net/"))]
    try:
        state = driver.parse(lines)
        said = driver.testimony(state, driver.DriverState())
        heard = kvm.testimony(after, before, names)
        verdict = witness.compare({"driver": said, "kvm": heard})
        seen = kicks_seen(after, before, names)
        features = negotiated(counts["features"])
        problems = [*problems, *_features(config, features),
                    *own(config, counts, state), *verdict.differences,
                    *_kicks(config, state, seen)]
        if counts["state"] != "live":
            problems.append(f"state {counts['state']}, not live")
    except (CountError, KeyError, ValueError) as error:
        return ConfigResult(machine, config, (
            *problems, f"its counts cannot be read: {error!r}"))
    return ConfigResult(machine, config, tuple(problems), features,
                   state.operations, verdict.exits, state.kicks, seen.fast,
                   state.interrupts)
