# SPDX-License-Identifier: GPL-2.0
"""KVM's counts: histograms in the kernel over KVM's tracepoints.

Three tracepoints see every trapping access to a device:

    kvm_mmio       memory, handled in the kernel or in user space. A read
                   that user space answers fires twice: unsatisfied (type 0)
                   on the way to user space, read (type 1) when the answer
                   arrives. Only the second counts.
    kvm_fast_mmio  memory, a write that signals an ioeventfd
    kvm_pio        ports; its count is the number of accesses in one exit

The histograms count only accesses of the guest's vCPUs. They are in a separate
tracing instance, so that they disturb no other tracing.
"""

from __future__ import annotations

import contextlib
import subprocess
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from lab.errors import LabError

from . import hist, vcpu
from .addresses import AddressMap
from .counts import CountError, Key, Testimony
from .driver import Run

TRACEFS = Path("/sys/kernel/tracing")
BUCKETS = 16384
MMIO_TYPE = {"1": "read", "2": "write"}
PIO_RW = {"0": "read", "1": "write"}

# event: (keys and sums, filter in addition to that of the vCPUs)
TRIGGERS = {
    "kvm_mmio": ("keys=gpa.hex,type", "type != 0"),
    "kvm_fast_mmio": ("keys=gpa.hex", ""),
    "kvm_pio": ("keys=port.hex,rw:vals=hitcount,count", ""),
}


class KvmError(LabError):
    """KVM's tracepoints are unusable: the reason and the remedy."""


@dataclass(frozen=True)
class Address:
    """An address and the direction of the access."""

    ports: bool
    value: int
    direction: str


@dataclass(frozen=True)
class Hits:
    """KVM's counts at an address."""

    exits: int = 0
    accesses: int = 0
    fast: int = 0       # exits that KVM handled by an ioeventfd

    def __add__(self, other: Hits) -> Hits:
        return Hits(self.exits + other.exits, self.accesses + other.accesses,
                    self.fast + other.fast)

    def __sub__(self, other: Hits) -> Hits:
        return Hits(self.exits - other.exits, self.accesses - other.accesses,
                    self.fast - other.fast)


Counts = dict[Address, Hits]


def _address(event: str, entry: hist.Entry) -> Address:
    if event == "kvm_pio":
        return Address(True, int(entry.keys["port"], 16),
                       PIO_RW[entry.keys["rw"]])
    direction = ("write" if event == "kvm_fast_mmio"
                 else MMIO_TYPE[entry.keys["type"]])
    return Address(False, int(entry.keys["gpa"], 16), direction)


def _hits(event: str, entry: hist.Entry) -> Hits:
    hits = entry.values["hitcount"]
    return Hits(hits, entry.values["count"] if event == "kvm_pio" else hits,
                hits if event == "kvm_fast_mmio" else 0)


def collect(texts: dict[str, str]) -> Counts:
    """Parse the text of each event's histogram."""
    counts: Counts = {}
    for event, text in texts.items():
        for entry in hist.parse(text):
            address = _address(event, entry)
            counts[address] = (counts.get(address, Hits())
                               + _hits(event, entry))
    return counts


def testimony(after: Counts, before: Counts, names: AddressMap,
              unseen: frozenset[str] = frozenset()) -> Testimony:
    """KVM's counts for one function between two readings.

    @unseen: registers in windows that do not trap
    """
    accesses: dict[Key, int] = {}
    exits = 0
    for address in after.keys() | before.keys():
        added = after.get(address, Hits()) - before.get(address, Hits())
        if added.exits < 0 or added.accesses < 0:
            raise CountError(f"KVM's count at {address.value:#x} decreased"
                             f" by {-added.exits}: let nobody clear the"
                             " histograms during a measurement")
        name = names.name(address.ports, address.value)
        if name is None or not added.exits:
            continue
        key = (name, address.direction)
        accesses[key] = accesses.get(key, 0) + added.accesses
        exits += added.exits
    return Testimony(accesses, exits, unseen)


def trigger(event: str, threads: Sequence[int]) -> str:
    """The hist trigger of an event, for these vCPU threads only."""
    keys, condition = TRIGGERS[event]
    pids = " || ".join(f"common_pid == {thread}" for thread in threads)
    conditions = [text for text in (condition, f"({pids})") if text]
    return f"hist:{keys}:size={BUCKETS} if {' && '.join(conditions)}"


def _mount_tracefs() -> None:
    if (TRACEFS / "instances").is_dir():
        return
    done = subprocess.run(["mount", "-t", "tracefs", "tracefs", str(TRACEFS)],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise KvmError("KVM's tracepoints are unusable: mounting tracefs"
                       f" on {TRACEFS} failed: {done.stderr.strip()}")


def sweep(owner: str) -> None:
    """Remove the tracing instances of killed runs of a tool."""
    for stale in TRACEFS.glob(f"instances/vfe-{owner}-*"):
        with contextlib.suppress(OSError):
            stale.rmdir()


class Histograms:
    """The histograms; they exist inside a `with` statement.

    @run: runs a command in the guest whose accesses count
    @owner: the tool, for sweep()
    """

    def __init__(self, run: Run, owner: str) -> None:
        self._run = run
        self._threads: list[int] = []
        # Not the process id: in a PID namespace it is always the same, and the
        # instance of a killed run may still exist.
        name = f"vfe-{owner}-{uuid.uuid4().hex[:8]}"
        self._instance = TRACEFS / "instances" / name

    def _event(self, event: str, name: str) -> Path:
        return self._instance / "events" / "kvm" / event / name

    def __enter__(self) -> Histograms:
        _mount_tracefs()
        try:
            self._instance.mkdir()
        except OSError as error:
            raise KvmError(f"cannot make a tracing instance: {error}; this"
                           " needs root and a kernel without lockdown"
                           ) from error
        try:
            self._threads = self._find_threads()
            for event in TRIGGERS:
                self._set(event, trigger(event, self._threads))
        except BaseException:
            self._remove()
            raise
        return self

    def _find_threads(self) -> list[int]:
        port = vcpu.any_port()
        text = (f"hist:keys=common_pid if port >= {port}"
                f" && port < {port + vcpu.MARKS}")
        self._set("kvm_pio", text)
        try:
            vcpu.mark(self._run, port)
            found = self._event("kvm_pio", "hist").read_text()
        finally:
            self._set("kvm_pio", "!" + text)
        return vcpu.marked(found)

    def _set(self, event: str, text: str) -> None:
        path = self._event(event, "trigger")
        try:
            path.write_text(text)
        except OSError as error:
            raise KvmError(
                f"the kernel refuses '{text}' for {path}: {error}; this"
                " needs CONFIG_HIST_TRIGGERS and the module kvm") from error

    def read(self) -> Counts:
        """Read the counts."""
        return collect({event: self._event(event, "hist").read_text()
                        for event in TRIGGERS})

    def _remove(self) -> None:
        for event in TRIGGERS:
            with contextlib.suppress(KvmError):
                if self._threads:
                    self._set(event, "!" + trigger(event, self._threads))
        with contextlib.suppress(OSError):
            self._instance.rmdir()

    def __exit__(self, kind: type[BaseException] | None,
                 value: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._remove()
