# SPDX-License-Identifier: GPL-2.0
"""A guest with functions for both drivers, and one turn of a driver."""

from __future__ import annotations

import abc
import contextlib
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab import LabError, kernel_log, paths, pci
from lab.guest import Guest
from lab.initramfs import More

from .compare import Turn, complaints, parse_watch
from .configs import Config, Mode
from .workload import Workload

MEMORY_MB = 1024
BIND_S = 60
# Rounds of watch.sh (seconds) without a completion that count as a hang.
BOUND = 20
# QEMU's device and the kernel's words for an IOMMU in each mode
IOMMU = ("-device", "intel-iommu,intremap=on,device-iotlb=on")
IOMMU_APPEND = {
    "strict": "intel_iommu=on iommu.passthrough=0 iommu.strict=1",
    "pt": "intel_iommu=on iommu=pt"}
TIMED_OUT = (124, 137)      # statuses of timeout(1)
FIRST_SLOT, LAST_SLOT, FUNCTIONS = 0x03, 0x1e, 8
LIB = "/usr/lib/differential"
BEGIN = """\
mkdir -p /run/differential
echo 60 >/proc/sys/kernel/hung_task_timeout_secs
echo 100 >/proc/sys/kernel/hung_task_warnings
pci_unbind {bdfs}
pci_no_autoprobe
modprobe -a {modules}
"""


@dataclass(frozen=True)
class Side:
    """One of the two sides of a configuration: functions and their names in
    QEMU."""

    nodes: tuple[str, ...]
    slots: tuple[pci.Slot, ...]

    @property
    def bdfs(self) -> list[str]:
        """The functions' addresses in the guest."""
        return [slot.bdf for slot in self.slots]


class GuestSession(abc.ABC):
    """A guest with two sides of each configuration.

    The drivers swap sides from case to case.
    """

    watch = ""      # of watch.sh: the kind of what it watches
    append = ""
    modules: Sequence[str] = ()     # to load, beside the drivers

    def __init__(self, configs: Sequence[Config], name: str) -> None:
        self.configs = tuple(configs)
        self.name = name
        self.sides: dict[str, tuple[Side, Side]] = {}
        # Function 0 of each slot first: without it the others are not found.
        self.slots = iter([pci.Slot(slot, number)
                           for number in range(FUNCTIONS)
                           for slot in range(FIRST_SLOT, LAST_SLOT + 1)])
        # pylint: disable-next=consider-using-with
        self._temporary = tempfile.TemporaryDirectory(prefix="vfe-",
                                                      dir="/tmp")
        self.folder = Path(self._temporary.name)
        self.subject = self.configs[0].subject
        self._modes = {self.subject.ours: "", self.subject.theirs: ""}
        self._guest: Guest | None = None

    # What classes of devices have of their own -------------------------

    @abc.abstractmethod
    def more(self) -> More:
        """Additional contents of the guest."""

    @abc.abstractmethod
    def function(self, config: Config, node: str, slot: pci.Slot,
                 ) -> list[str]:
        """QEMU's arguments for a function; starts what it needs."""

    @abc.abstractmethod
    def bind(self, driver: str, side: Side) -> tuple[str, list[str]]:
        """Bind a driver to the functions; what was printed, and the names of
        its disks or interfaces, none if it refused one."""

    @abc.abstractmethod
    def prelude(self, names: Sequence[str]) -> str:
        """The beginning of each workload's script."""

    def blank(self, side: Side) -> None:
        """Before a turn: media and the like are as new."""

    def end(self) -> None:
        """End what function() started."""

    def descriptors(self) -> list[int]:
        """What QEMU inherits, after function()."""
        return []

    def media(self, config: Config) -> list[str]:
        """The differences between the media of the two sides."""
        del config
        return []

    def foreign_panic(self, workload: Workload, trace: str) -> str:
        """A known fault of the kernel in a workload, that is not our driver's:
        what it is; "" for any other.

        @trace: what the kernel printed when it panicked
        """
        del workload, trace
        return ""

    def spoilt_by(self, workload: Workload) -> bool:
        """Whether another driver than ours may have written into memory that
        is not its own during a workload: later turns need a new guest."""
        del workload
        return False

    def seen(self, side: Side, workload: Workload) -> dict[str, str]:
        """What the devices have seen while the workload ran: outcomes."""
        del side, workload
        return {}

    def host(self, side: Side, workload: Workload,
             ) -> contextlib.AbstractContextManager[None]:
        """What the host does while the workload runs."""
        del side, workload
        return contextlib.nullcontext()

    # The guest ---------------------------------------------------------

    def start(self) -> None:
        """Boot, with no driver bound to a function."""
        try:
            self._boot()
        except BaseException:
            self.close(force=True)
            raise

    def _boot(self) -> None:
        iommu = self.configs[0].iommu
        argv: list[str] = [*IOMMU] if iommu else []
        for config in self.configs:
            sides = []
            for side in "ab":
                nodes = [f"{config.name}-{side}{index}"
                         for index in range(config.width)]
                slots = [next(self.slots) for _ in nodes]
                for node, slot in zip(nodes, slots):
                    argv += self.function(config, node, slot)
                sides.append(Side(tuple(nodes), tuple(slots)))
            self.sides[config.name] = (sides[0], sides[1])
        self._guest = Guest(
            accel="tcg", cpus=max(config.cpus for config in self.configs),
            memory=MEMORY_MB, qemu_args=argv, more=self.more(),
            append=f"{self.append} {IOMMU_APPEND.get(iommu, '')}".strip(),
            machine=",kernel-irqchip=split" if iommu else "", name=self.name,
            logs=paths.logs() / self.name, descriptors=self.descriptors())
        self._guest.boot()
        self._guest.run(pci.script(BEGIN.format(
            bdfs=" ".join(bdf for pair in self.sides.values()
                          for side in pair for bdf in side.bdfs),
            modules=" ".join((self.subject.theirs, self.subject.ours,
                              *self.modules)))))

    @property
    def guest(self) -> Guest:
        """The guest; it runs."""
        assert self._guest is not None
        return self._guest

    def close(self, force: bool) -> None:
        """Power off; kill it if the guest may be stuck."""
        guest, self._guest = self._guest, None
        try:
            if guest is not None:
                if force:
                    guest.kill()
                else:
                    guest.shutdown()
        finally:
            self.end()
            self._temporary.cleanup()

    # A turn ------------------------------------------------------------

    def run(self, script: str, limit: float = BIND_S) -> str:
        """What a script prints, whatever its status."""
        return self.guest.run(script, limit, check=False).out

    def _parameters(self, driver: str, mode: Mode) -> None:
        """Reload the module if its parameters change."""
        wanted = mode.parameters(driver)
        if self._modes[driver] != wanted:
            self.run(f"modprobe -r {driver} && modprobe {driver} {wanted}")
            self._modes[driver] = wanted

    def turn(self, driver: str, config: Config, side: int, mode: Mode,
             workload: Workload) -> Turn:
        """Bind a driver to a side, run, unbind; never raises LabError."""
        mine = self.sides[config.name][side]
        self.blank(mine)
        began = time.monotonic()
        turn = Turn(driver, "lost")
        try:
            self._parameters(driver, mode)
            turn = self._watched(driver, mine, workload)
        except LabError as error:
            turn.text = str(error)
            turn.foreign = self.foreign_panic(workload, kernel_log.panic_trace(
                self.guest.console()))
        turn.seconds = time.monotonic() - began
        return turn

    def _watch(self, driver: str, script: str, limit: float) -> Turn:
        """Run watch.sh. The clock of the emulated processor may jump; then the
        limit in the guest ends the script early."""
        began, uptime = time.monotonic(), self._uptime()
        result = self.guest.run(script, limit, check=False)
        turn = parse_watch(driver, result.out)
        if turn.verdict == "lost":
            took = time.monotonic() - began
            gained = self._uptime() - uptime - took
            turn.text += f"\nwatch.sh ended with status {result.rc}; the" \
                f" guest's clock gained {gained:.1f} s"
            if result.rc in TIMED_OUT and took < limit and \
                    not kernel_log.find(self.run("dmesg")):
                turn.foreign = f"the guest's clock jumped by {gained:.0f} s"
        return turn

    def _uptime(self) -> float:
        return float(self.guest.run("cat /proc/uptime").out.split()[0])

    def _watched(self, driver: str, side: Side,
                 workload: Workload) -> Turn:
        self.run("dmesg -C")
        said, names = self.bind(driver, side)
        if not names:
            # If a driver refuses a function, the compared log says why.
            turn = Turn(driver, "no disk", "", text=said)
        else:
            script = (f"{self.prelude(names)}. {LIB}/lib.sh\n"
                      f"{workload.script}")
            watch = (f"cat >/run/differential/script <<'END OF SCRIPT'\n"
                     f"{script}\nEND OF SCRIPT\n"
                     f"bash {LIB}/watch.sh {self.watch} {BOUND}"
                     f" {workload.limit} {int(workload.busy)}"
                     f" /run/differential/script {' '.join(names)}")
            with self.host(side, workload):
                turn = self._watch(driver, watch, workload.limit + 90)
        turn.outcomes.update(self.seen(side, workload))
        turn.log = complaints(self.run("dmesg -r"), names, side.bdfs)
        if turn.usable:
            dropped = self.run(pci.script(
                f"pci_unbind {' '.join(side.bdfs)} && echo dropped"))
            if "dropped" not in dropped:
                turn.verdict, turn.status = "hang", "in unbind"
        return turn
