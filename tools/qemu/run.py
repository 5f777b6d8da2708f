# SPDX-License-Identifier: GPL-2.0
"""One guest per group, two guests at a time (inner code, with KVM)."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from count import kvm
from lab import LabError, kernel_log, pci, progress, qemus
from lab.errors import one_line
from lab.guest import Guest

from . import functions as parts
from .configs import TREES, Config, Group, GuestKind
from .functions import Bound
from .checks import ConfigResult, check

MEMORY_MB = 384
COMMAND_S = 180
GUESTS = 2
# Mark the vCPUs of one guest at a time: threads that access the ports meanwhile
# are its vCPUs.
_MARKING = threading.Lock()

def _problem(error: Exception) -> str:
    return one_line(error)[:600]


class GroupRun:
    """A guest with the functions of a group."""

    def __init__(self, group: Group, folder: Path) -> None:
        self._machine: GuestKind = group.machine
        self._functions = parts.placed(group.configs)
        self._bdfs = parts.all_bdfs(self._functions)
        self._guest = self._new_guest(folder)

    def _new_guest(self, folder: Path) -> Guest:
        machine = self._machine
        argv = [word for device in machine.devices
                for word in ("-device", device)]
        for function in self._functions:
            disk = folder / f"{machine.name}-{function.bdf}.img"
            with open(disk, "wb") as handle:
                handle.truncate(parts.DISK_MB << 20)
            argv += function.arguments(disk)
        qemu = qemus.TREES if machine.qemu == TREES else \
            qemus.get(machine.qemu)
        return Guest(accel="kvm", cpus=machine.cpus, memory=MEMORY_MB,
                     append=machine.append, qemu_args=argv, qemu=qemu,
                     machine=machine.properties, name=f"qemu-{machine.name}")

    def _tell(self, text: str) -> str:
        script = pci.script(text.replace("{bdfs}", self._bdfs))
        return self._guest.run(script, COMMAND_S).out

    def run(self) -> list[ConfigResult]:
        """Boot, measure, power off; a result for each function."""
        with contextlib.ExitStack() as stack:
            with progress.step(f"{self._machine.name}: booting"):
                stack.enter_context(self._guest)
            with _MARKING:
                histograms = stack.enter_context(kvm.Histograms(
                    lambda text: self._guest.run(text).out, "qemu"))
            return self._measure(histograms)

    def _measure(self, histograms: kvm.Histograms) -> list[ConfigResult]:
        name = self._machine.name
        with progress.step(f"{name}: {len(self._functions)} functions"):
            self._tell(parts.TAKE)
            names = parts.parse_names(self._tell(parts.NAMES),
                                      self._functions)
            before = histograms.read()
            bound = parts.parse_bound(self._tell(parts.BIND))
            wrong = self._fio(bound)
            counts = parts.parse_counts(self._tell(parts.COUNTS))
            after = histograms.read()
            log = self._tell(parts.RELEASE)
        results = []
        for function in self._functions:
            config, bdf = function.config, function.bdf
            problems = self._probe(config, bdf, bound.get(bdf), log)
            if config.refused or problems:
                results.append(ConfigResult(name, config, tuple(problems)))
                continue
            results.append(check(name, config, counts.get(bdf, {}),
                                  names[bdf], after, before,
                                  wrong.get(bound[bdf].disk, ["no fio"])))
        return results + self._log_result(log)

    def _probe(self, config: Config, bdf: str, bound: Bound | None,
               log: str) -> list[str]:
        """The problems of the probe."""
        lines = [line for line in log.splitlines() if bdf in line]
        said = " / ".join(lines[-3:])
        disk = bound.disk if bound else ""
        if config.refused:
            if disk:
                return [f"has a disk, {disk}; the driver should refuse it"]
            return [] if any(config.refused in line for line in lines) else \
                [f"refused without a word of {config.refused}: {said}"]
        if not disk:
            return [f"no disk: {said or 'and nothing in the log'}"]
        if bound and bound.domain != self._machine.domain:
            return [f"its IOMMU domain is '{bound.domain}', not"
                    f" '{self._machine.domain}'"]
        return []

    def _fio(self, bound: Mapping[str, Bound]) -> dict[str, list[str]]:
        disks = {bound[function.bdf].disk: function.config.queues
                 for function in self._functions
                 if function.bdf in bound and bound[function.bdf].disk}
        if not disks:
            return {}
        command = parts.fio_command(disks, self._machine.cpus)
        result = self._guest.run(command, COMMAND_S, check=False)
        try:
            return parts.parse_fio(result.out)
        except LabError as error:
            return {disk: [_problem(error)] for disk in disks}

    def _log_result(self, log: str) -> list[ConfigResult]:
        """The kernel's log is a separate check."""
        said = kernel_log.complaints(
            log.partition(parts.BEGIN)[2] or log)
        whole = Config("the guest's kernel has nothing to say")
        return [ConfigResult(self._machine.name, whole, tuple(said[:5]))]


def _run_group(group: Group, folder: Path) -> list[ConfigResult]:
    try:
        return GroupRun(group, folder).run()
    except LabError as error:
        progress.say(f"{group.machine.name} FAILED: {_problem(error)}")
        return [ConfigResult(group.machine.name, config, (_problem(error),))
                for config in group.configs]


def run(groups: Sequence[Group]) -> list[ConfigResult]:
    """Run them all."""
    kvm.sweep("qemu")
    with tempfile.TemporaryDirectory(prefix="vfe-qemu-",
                                     dir="/tmp") as name:
        with ThreadPoolExecutor(GUESTS) as pool:
            return [result for found in pool.map(
                        lambda group: _run_group(group, Path(name)), groups)
                    for result in found]
