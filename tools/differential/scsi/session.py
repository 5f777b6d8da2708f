# SPDX-License-Identifier: GPL-2.0
"""A guest with SCSI hosts, on two sides."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from lab import LabError, pci
from lab.initramfs import More

from ..configs import Config
from ..session import LIB, GuestSession, Side
from ..workload import Workload
from . import image
from .backends import ScsiBackends
from .configs import ScsiConfig
from .meanwhile import Host, action

BIND = """\
. {lib}/scsi.sh
for f in {bdfs}; do
    pci_bind {driver} $f && scsi_disks $f {count} || echo "disk - -"
done"""
# What units left in the kernel before the host began
TRACES = "/run/differential/traces"
# What the device counts of commands; others are of the driver's own making
COUNTED = ("read", "write", "flush", "unmap", "write_same")


class Session(GuestSession):
    """Hosts, each with its units."""

    watch = "disk"
    modules = ("sd_mod", "sg")

    def __init__(self, configs: Sequence[Config], name: str) -> None:
        super().__init__(configs, name)
        self._backends = ScsiBackends(self.folder)
        self._hosts: dict[str, ScsiConfig] = {}
        self._addresses: list[str] = []
        self._ours = ""     # "1" if vfe-device has the units of this turn
        self._before: dict[str, dict[str, Any]] = {}

    def more(self) -> More:
        return image.more()

    def function(self, config: Config, node: str, slot: pci.Slot,
                 ) -> list[str]:
        assert isinstance(config, ScsiConfig)
        self._hosts[node] = config
        return self._backends.function(config, node, slot)

    def end(self) -> None:
        self._backends.close()

    def blank(self, side: Side) -> None:
        for node in side.nodes:
            self._backends.restore(self.guest, node)
            self._backends.blank(node)

    def bind(self, driver: str, side: Side) -> tuple[str, list[str]]:
        said = self.run(pci.script(BIND.format(
            lib=LIB, bdfs=" ".join(side.bdfs), driver=pci.driver_of(driver),
            count=self._hosts[side.nodes[0]].units)))
        lines = [line.split() for line in said.splitlines()
                 if line.startswith("disk ")]
        disks = [line[1] for line in lines]
        self._addresses = [line[2] for line in lines]
        count = sum(self._hosts[node].units for node in side.nodes)
        usable = len(disks) == count and "-" not in disks
        if not usable and driver == self.subject.theirs:
            raise LabError(f"HostError: {driver} has not all of {count} disks:"
                           f" {said}")
        self._ours = ""
        for node in side.nodes:
            if node in self._backends.devices:
                self._ours = "1"
                self._before[node] = self._backends.devices[node].control()
        return said, disks if usable else []

    def prelude(self, names: Sequence[str]) -> str:
        return (f'DISKS="{" ".join(names)}"\nN={names[0]}\n'
                f"D=/dev/{names[0]}\nD2=/dev/{names[-1]}\n"
                f"OURS={self._ours}\n"
                f"A={self._addresses[0]}\nA2={self._addresses[-1]}\n"
                f"TRACES={TRACES}\n"
                f". {LIB}/scsi.sh\nscsi_begin\n")

    def seen(self, side: Side, workload: Workload) -> dict[str, str]:
        """The device's counts, where the commands are known."""
        if not workload.counted:
            return {}
        found = {}
        for node in side.nodes:
            if node not in self._backends.devices:
                continue
            after = self._backends.devices[node].control()
            for kind in ("requests", "bytes"):
                for key, value in after[kind].items():
                    if kind == "bytes" or key in COUNTED:
                        found[f"device.{kind}.{key}"] = str(
                            value - self._before[node][kind][key])
        return found

    @contextlib.contextmanager
    def host(self, side: Side, workload: Workload) -> Iterator[None]:
        """What the host does meanwhile, by the workload's word."""
        if not workload.host:
            yield
            return
        # a script that names TRACES compares with what there was before
        if "TRACES" in workload.script:
            self.run(f". {LIB}/scsi.sh; settle traces; traces >{TRACES}")
        node = side.nodes[0]
        host = Host(self._backends, self.guest, node, self._hosts[node])
        act = action(workload.host)

        problem: list[LabError] = []

        def run() -> None:
            try:
                act(host)
            except LabError as error:
                problem.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            host.over.set()
            thread.join()
        if problem:
            # a fault of the test, whatever the driver
            raise LabError(f"HostError: {problem[0]}")

    def media(self, config: Config) -> list[str]:
        found = []
        one, other = self.sides[config.name]
        for first, second in zip(one.nodes, other.nodes):
            for mine, yours in zip(self._backends.media(first),
                                   self._backends.media(second)):
                done = subprocess.run(
                    ["cmp", str(self._backends.files[mine]),
                     str(self._backends.files[yours])],
                    check=False, stdout=subprocess.PIPE, text=True)
                if done.returncode:
                    text = done.stdout.rpartition("differ: ")[2].strip()
                    found.append(f"the media differ: {text}")
        return found
