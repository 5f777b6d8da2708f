# SPDX-License-Identifier: GPL-2.0
"""A guest with functions for both drivers, and one turn of a driver."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab import LabError, paths, pci, progress
from lab.guest import Guest

from . import image
from .backends import Backends
from .compare import Turn, complaints, parse_watch
from .configs import Config, Mode
from .workload import Workload

MEMORY_MB = 1024
BIND_S = 60
# Rounds of watch.sh (seconds) without a completion that count as a hang.
BOUND = 20
FIRST_SLOT, LAST_SLOT, FUNCTIONS = 0x03, 0x1e, 8
LIB = f"/{image.PLACE}"
# If a driver refuses a function, the compared kernel log has the message.
BIND = """\
for f in {bdfs}; do
    pci_bind {driver} $f && disk=$(pci_disk $f) && echo "disk $disk" ||
        echo "disk -"
done"""
BEGIN = """\
mkdir -p /run/differential
echo 60 >/proc/sys/kernel/hung_task_timeout_secs
echo 100 >/proc/sys/kernel/hung_task_warnings
pci_unbind {bdfs}
pci_no_autoprobe
modprobe virtio_blk
modprobe vfe_blk
"""


@dataclass(frozen=True)
class Side:
    """One of the two sides of a configuration: functions and block nodes."""

    nodes: tuple[str, ...]
    slots: tuple[pci.Slot, ...]

    @property
    def bdfs(self) -> list[str]:
        """The functions' addresses in the guest."""
        return [slot.bdf for slot in self.slots]


class Session:
    """A guest with two sides of each configuration.

    The drivers swap sides from case to case.
    """

    def __init__(self, configs: Sequence[Config], name: str) -> None:
        self.configs = tuple(configs)
        self.name = name
        self.sides: dict[str, tuple[Side, Side]] = {}
        self._folder = tempfile.TemporaryDirectory(  # pylint: disable=R1732
            prefix="vfe-", dir="/tmp")
        self._backends = Backends(Path(self._folder.name))
        self._modes = {"vfe_blk": "", "virtio_blk": ""}
        self._guest: Guest | None = None

    def start(self) -> None:
        """Boot, with no driver bound to a function."""
        try:
            self._boot()
        except BaseException:
            self.close(force=True)
            raise

    def _boot(self) -> None:
        argv: list[str] = []
        free = iter(pci.Slot(slot, number) for number in range(FUNCTIONS)
                    for slot in range(FIRST_SLOT, LAST_SLOT + 1))
        for config in self.configs:
            sides = []
            for side in "ab":
                nodes = [f"{config.name}-{side}{index}"
                         for index in range(config.width)]
                slots = [next(free) for _ in nodes]
                for node, slot in zip(nodes, slots):
                    argv += self._backends.function(config, node, slot)
                sides.append(Side(tuple(nodes), tuple(slots)))
            self.sides[config.name] = (sides[0], sides[1])
        self._guest = Guest(
            accel="tcg", cpus=max(config.cpus for config in self.configs),
            memory=MEMORY_MB, qemu_args=argv, more=image.more(),
            name=self.name, logs=paths.logs() / self.name)
        self._guest.boot()
        self._guest.run(pci.script(BEGIN.format(bdfs=" ".join(
            bdf for pair in self.sides.values() for side in pair
            for bdf in side.bdfs))))

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
            self._backends.close()
            self._folder.cleanup()

    # A turn ------------------------------------------------------------

    def _run(self, script: str, limit: float = BIND_S) -> str:
        assert self._guest is not None
        return self._guest.run(script, limit, check=False).out

    def _parameters(self, driver: str, mode: Mode) -> None:
        """Reload the module if its parameters change."""
        wanted = mode.parameters(driver)
        if self._modes[driver] != wanted:
            self._run(f"modprobe -r {driver} && modprobe {driver} {wanted}")
            self._modes[driver] = wanted

    def turn(self, driver: str, config: Config, side: int, mode: Mode,
             workload: Workload) -> Turn:
        """Bind a driver to a side, run, unbind; never raises LabError."""
        mine = self.sides[config.name][side]
        for node in mine.nodes:
            self._backends.blank(node)
        began = time.monotonic()
        turn = Turn(driver, "lost")
        try:
            self._parameters(driver, mode)
            turn = self._watched(driver, mine, workload)
        except LabError as error:
            turn.text = str(error)
        turn.seconds = time.monotonic() - began
        return turn

    def _watched(self, driver: str, side: Side,
                 workload: Workload) -> Turn:
        bdfs = " ".join(side.bdfs)
        self._run("dmesg -C")
        said = self._run(pci.script(BIND.format(
            bdfs=bdfs, driver=pci.driver_of(driver))))
        disks = [line.split()[1] for line in said.splitlines()
                 if line.startswith("disk ")]
        if len(disks) != len(side.bdfs) or "-" in disks:
            turn = Turn(driver, "no disk", "", text=said)
        else:
            script = (f'DISKS="{" ".join(disks)}"\nN={disks[0]}\n'
                      f"D=/dev/{disks[0]}\nD2=/dev/{disks[-1]}\n"
                      f". {LIB}/lib.sh\n{workload.script}")
            watch = (f"cat >/run/differential/script <<'END OF SCRIPT'\n"
                     f"{script}\nEND OF SCRIPT\n"
                     f"bash {LIB}/watch.sh {BOUND} {workload.limit}"
                     f" {int(workload.busy)} /run/differential/script"
                     f" {' '.join(disks)}")
            turn = parse_watch(driver, self._run(watch, workload.limit + 90))
        turn.log = complaints(self._run("dmesg -r"), disks, side.bdfs)
        if turn.usable:
            dropped = self._run(pci.script(f"pci_unbind {bdfs} &&"
                                           " echo dropped"))
            if "dropped" not in dropped:
                turn.verdict, turn.status = "hang", "in unbind"
        return turn

    def media(self, config: Config) -> list[str]:
        """The differences between the media of the two sides."""
        found = []
        one, other = self.sides[config.name]
        for first, second in zip(one.nodes, other.nodes):
            done = subprocess.run(
                ["cmp", str(self._backends.files[first]),
                 str(self._backends.files[second])],
                check=False, stdout=subprocess.PIPE, text=True)
            if done.returncode:
                text = done.stdout.rpartition("differ: ")[2].strip()
                found.append(f"the media differ: {text}")
        return found


def report_guest(session: Session) -> None:
    """Print the name of this guest."""
    names = ", ".join(config.name for config in session.configs)
    progress.say(f"guest {session.name}: {names}")
