# SPDX-License-Identifier: GPL-2.0
"""One guest per group, two guests at a time (inner code, with KVM)."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from count import kvm
from count.addresses import AddressMap
from lab import (LabError, image, kernel_log, net as lab_net, paths, pci,
                 peers, progress, qemus)
from lab.errors import one_line
from lab.guest import Guest
from lab.initramfs import More

from . import functions as parts
from . import net_configs, net_functions as net, scsi_configs
from . import scsi_functions as scsi
from .checks import ConfigResult, check, check_net, check_scsi
from .configs import TREES, Config, Group, GuestKind
from .functions import Bound
from .net_backends import Backends

MEMORY_MB = 384
COMMAND_S = 180
TRAFFIC_S = 480
GUESTS = 2
# Mark the vCPUs of one guest at a time: threads that access the ports meanwhile
# are its vCPUs.
_MARKING = threading.Lock()

def _problem(error: Exception) -> str:
    return one_line(error)[:600]


class AnyFunction(Protocol):
    """What a function of each class of devices has."""

    @property
    def config(self) -> Config:
        """Its configuration."""

    @property
    def bdf(self) -> str:
        """Its address in the guest."""


class GroupRun:
    """A guest with the functions of a group: disks."""

    take, bind, counts, release = (parts.TAKE, parts.BIND, parts.COUNTS,
                                   parts.RELEASE)
    bind_kernels = ""       # with the kernel's driver
    kernels = ""            # its name
    what = "disk"

    def __init__(self, group: Group, folder: Path,
                 backends: Backends) -> None:
        self._backends = backends
        self._machine: GuestKind = group.machine
        self._folder = folder
        self._functions: Sequence[AnyFunction] = self._placed(group)
        self._bdfs = " ".join(one.bdf for one in self._functions)
        self._guest = self._new_guest()
        self.fell_over = False  # the guest ended without a word of its kernel

    def _more(self) -> More | None:
        """Additional contents of the guest."""
        return None

    def _placed(self, group: Group) -> Sequence[AnyFunction]:
        return parts.placed(group.configs)

    def _arguments(self, function: AnyFunction) -> list[str]:
        """QEMU's, for a function."""
        assert isinstance(function, parts.Function)
        disk = self._folder / f"{self._machine.name}-{function.bdf}.img"
        with open(disk, "wb") as handle:
            handle.truncate(parts.DISK_MB << 20)
        return function.arguments(disk)

    def _new_guest(self) -> Guest:
        machine = self._machine
        argv = [word for device in machine.devices
                for word in ("-device", device)]
        for function in self._functions:
            argv += self._arguments(function)
        qemu = qemus.TREES if machine.qemu == TREES else \
            qemus.get(machine.qemu)
        return Guest(accel="kvm", cpus=machine.cpus, memory=MEMORY_MB,
                     append=machine.append, qemu_args=argv, qemu=qemu,
                     machine=machine.properties, name=f"qemu-{machine.name}",
                     more=self._more(),
                     logs=self.logs(machine.name),
                     descriptors=self._backends.descriptors)

    @staticmethod
    def logs(name: str) -> Path:
        """The folder of a guest's logs, and those of its back ends."""
        folder = paths.logs() / f"qemu-{name}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _tell(self, text: str) -> str:
        script = pci.script(text.replace("{bdfs}", self._bdfs))
        return self._guest.run(script, COMMAND_S).out

    def run(self) -> list[ConfigResult]:
        """Boot, measure, power off; a result for each function."""
        with contextlib.ExitStack() as stack:
            with progress.step(f"{self._machine.name}: booting"):
                self._backends.start()
                stack.enter_context(self._guest)
            try:
                with _MARKING:
                    histograms = stack.enter_context(kvm.Histograms(
                        lambda text: self._guest.run(text).out, "qemu"))
                return self._measure(histograms)
            except LabError:
                self.fell_over = self._guest.ended() and \
                    not kernel_log.complaints(self._guest.console())
                self._guest.keep_logs()
                raise

    def _measure(self, histograms: kvm.Histograms) -> list[ConfigResult]:
        results = self._ours(histograms)
        if not self._machine.by_turns:
            return results
        with progress.step(f"{self._machine.name}: {self.kernels}"):
            wrong = self._kernels_turn()
        return [replace(result, problems=(
            *result.problems, *wrong.get(result.config.name, [])))
            for result in results]

    def _kernels_turn(self) -> dict[str, list[str]]:
        """The same traffic by the kernel's driver; its problems, by
        configuration."""
        bound = parts.parse_bound(self._tell(self.bind_kernels))
        wrong = self._traffic(bound)
        self._tell(self.release)
        return {one.config.name: [
            f"{self.kernels}: {problem}" for problem in wrong.get(
                bound[one.bdf].name if one.bdf in bound else "",
                [f"no {self.what}"])] for one in self._functions}

    def _ours(self, histograms: kvm.Histograms) -> list[ConfigResult]:
        name = self._machine.name
        with progress.step(f"{name}: {len(self._functions)} functions"):
            self._tell(self.take)
            names = parts.parse_names(
                self._tell(parts.NAMES),
                [function.bdf for function in self._functions])
            before = histograms.read()
            bound = parts.parse_bound(self._tell(self.bind))
            wrong = self._traffic(bound)
            counts = parts.parse_counts(self._tell(self.counts))
            after = histograms.read()
            log = self._tell(self.release)
        results = []
        for function in self._functions:
            config, bdf = function.config, function.bdf
            problems = self._probe(config, bdf, bound.get(bdf), log)
            if config.refused or problems:
                results.append(ConfigResult(name, config, tuple(problems)))
                continue
            results.append(self.check(
                name, config, counts.get(bdf, {}), names[bdf], after, before,
                wrong.get(bound[bdf].name, ["no traffic"])))
        return results + self._log_result(log)

    def _probe(self, config: Config, bdf: str, bound: Bound | None,
               log: str) -> list[str]:
        """The problems of the probe."""
        lines = [line for line in log.splitlines() if bdf in line]
        said = " / ".join(lines[-3:])
        named = bound.name if bound else ""
        if config.refused:
            if named:
                return [f"has a {self.what}, {named}; the driver should refuse"
                        " it"]
            return [] if any(config.refused in line for line in lines) else \
                [f"refused without a word of {config.refused}: {said}"]
        if not named:
            return [f"no {self.what}: {said or 'and nothing in the log'}"]
        if bound and bound.domain != self._machine.domain:
            return [f"its IOMMU domain is '{bound.domain}', not"
                    f" '{self._machine.domain}'"]
        return []

    def _traffic(self, bound: Mapping[str, Bound]) -> dict[str, list[str]]:
        """Use each function; the problems, by the names of its disk."""
        disks = {bound[function.bdf].name: function.config.queues
                 for function in self._functions
                 if function.bdf in bound and bound[function.bdf].name}
        if not disks:
            return {}
        command = parts.fio_command(disks, self._machine.cpus)
        result = self._guest.run(command, COMMAND_S, check=False)
        try:
            return parts.parse_fio(result.out)
        except LabError as error:
            return {disk: [_problem(error)] for disk in disks}

    @staticmethod
    def check(machine: str, config: Config, counts: Mapping[str, str],
              names: AddressMap, after: kvm.Counts, before: kvm.Counts,
              problems: list[str]) -> ConfigResult:
        """All checks of a bound function."""
        return check(machine, config, counts, names, after, before, problems)

    def _log_result(self, log: str) -> list[ConfigResult]:
        """The kernel's log is a separate check."""
        said = kernel_log.complaints(
            log.partition(parts.BEGIN)[2] or log)
        whole = Config("the guest's kernel has nothing to say")
        return [ConfigResult(self._machine.name, whole, tuple(said[:5]))]


class NetRun(GroupRun):
    """A guest with network functions."""

    take, bind, counts, release = (net.TAKE, net.BIND, net.COUNTS,
                                   net.RELEASE)
    bind_kernels, kernels = net.BIND_KERNELS, "virtio_net"
    what = "network interface"
    check = staticmethod(check_net)

    def _more(self) -> More | None:
        return lab_net.load()

    def _placed(self, group: Group) -> Sequence[AnyFunction]:
        others = [one.configs for one in net_configs.GROUPS
                  if one.machine.name < group.machine.name]
        return net.placed([one for one in group.configs
                           if isinstance(one, net_configs.NetConfig)],
                          1 + sum(map(len, others)))

    def _arguments(self, function: AnyFunction) -> list[str]:
        assert isinstance(function, net.NetFunction)
        return function.arguments(self._backends)

    def _traffic(self, bound: Mapping[str, Bound]) -> dict[str, list[str]]:
        names = {bdf: one.name for bdf, one in bound.items() if one.name}
        mine = [one for one in self._functions
                if isinstance(one, net.NetFunction) and one.bdf in names]
        said = self._guest.run(net.traffic(
            mine, names, self._machine.cpus), TRAFFIC_S, check=False).out
        return {names[bdf]: wrong
                for bdf, wrong in net.problems(said, mine).items()}


class ScsiRun(GroupRun):
    """A guest with SCSI hosts."""

    take, bind, counts, release = (scsi.TAKE, scsi.BIND, scsi.COUNTS,
                                   scsi.RELEASE)
    bind_kernels, kernels = scsi.BIND_KERNELS, "virtio_scsi"
    what = "unit"
    check = staticmethod(check_scsi)

    def _more(self) -> More | None:
        return scsi.more()

    def _placed(self, group: Group) -> Sequence[AnyFunction]:
        others = [one.configs for one in scsi_configs.GROUPS
                  if one.machine.name < group.machine.name]
        return scsi.placed([one for one in group.configs
                            if isinstance(one, scsi_configs.ScsiConfig)],
                           1 + sum(map(len, others)))

    def _arguments(self, function: AnyFunction) -> list[str]:
        assert isinstance(function, scsi.ScsiFunction)
        disk = self._folder / f"{self._machine.name}-{function.bdf}.img"
        with open(disk, "wb") as handle:
            if not function.config.writable:
                with open(image.raw_base(), "rb") as source:
                    handle.write(source.read(parts.DISK_MB << 20))
            handle.truncate(parts.DISK_MB << 20)
        return function.arguments(disk, self._backends)

    def _traffic(self, bound: Mapping[str, Bound]) -> dict[str, list[str]]:
        units = {bound[one.bdf].name: one.config for one in self._functions
                 if isinstance(one, scsi.ScsiFunction)
                 and one.bdf in bound and bound[one.bdf].name}
        if not units:
            return {}
        said = self._guest.run(scsi.fio_command(units, self._machine.cpus),
                               COMMAND_S, check=False).out
        try:
            return scsi.parse_fio(said, units)
        except LabError as error:
            return {name: [_problem(error)] for name in units}


def _kind(group: Group) -> type[GroupRun]:
    """By the class of its devices."""
    for what, kind in ((net_configs.NetConfig, NetRun),
                       (scsi_configs.ScsiConfig, ScsiRun)):
        if isinstance(group.configs[0], what):
            return kind
    return GroupRun


def _say(name: str, results: Sequence[ConfigResult]) -> None:
    """The results of a group, when it ends: a run that is stopped has no
    table of all."""
    wrong = [one for one in results if one.problems]
    progress.say(f"{name}: {len(results) - len(wrong)} ok" + "".join(
        f"\n  {one.config.name} FAILED: {one.problems[0]}" for one in wrong))


def _run_group(group: Group, folder: Path, tries: int) -> list[ConfigResult]:
    """Its results. @tries: more than one where the emulation of the machine
    with KVM may reset a guest. Back ends of a network are made once only."""
    name = group.machine.name
    kind = _kind(group)
    if kind is NetRun:
        tries = 1
    one: GroupRun | None = None
    try:
        with Backends(folder, kind.logs(name)) as backends:
            one = kind(group, folder, backends)
            results = one.run()
            _say(name, results)
            return results
    except LabError as error:
        if tries > 1 and one and one.fell_over:
            progress.say(f"{name}: once more, as the emulation stopped it:"
                         f" {_problem(error)}")
            return _run_group(group, folder, tries - 1)
        progress.say(f"{name} FAILED: {_problem(error)}")
        return [ConfigResult(name, config, (_problem(error),))
                for config in group.configs]


def run(groups: Sequence[Group], tries: int) -> list[ConfigResult]:
    """Run them all; @tries of a group that the emulation stops."""
    kvm.sweep("qemu")
    peers.apart()
    with tempfile.TemporaryDirectory(prefix="vfe-qemu-",
                                     dir="/tmp") as name:
        with peers.servers(), ThreadPoolExecutor(GUESTS) as pool:
            return [result for found in pool.map(
                        lambda group: _run_group(group, Path(name), tries),
                        groups)
                    for result in found]
