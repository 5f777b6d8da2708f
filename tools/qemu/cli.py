# SPDX-License-Identifier: GPL-2.0
"""The command line of tools/qemu; runs it on a machine with KVM."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from lab import LabError, extras, files, machine, paths, qemus, text

from . import net_backends, report, run, scsi_backends
from .configs import GROUPS as DISKS, TREES, Group
from .net_configs import GROUPS as NETS, TESTPMD
from .scsi_configs import GROUPS as HOSTS

GROUPS = DISKS + NETS + HOSTS
TIMEOUT_S = 1400
# Under nested emulation, guests are reset now and then.
NESTED_TRIES = 2
AGREED, DIFFERED, UNUSABLE = 0, 1, 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tools/qemu", description="Runs vfe_blk, vfe_net and vfe_scsi"
        " on QEMU's own virtio-blk-pci, virtio-net-pci and virtio-scsi-pci in"
        " every configuration, and compares the drivers' counters with KVM's.")
    parser.add_argument(
        "--configs", action="append", default=[], metavar="PATTERN",
        help="only configurations whose name (MACHINE: CONFIGURATION) matches"
             " or contains this; may be given more than once")
    parser.add_argument("--list", action="store_true",
                        help="list the configurations and exit")
    parser.add_argument("--here", action="store_true",
                        help="measure on this machine, which has KVM")
    # The outer process passes these to the measuring one.
    parser.add_argument("--without", type=json.loads, default={},
                        help=argparse.SUPPRESS)
    parser.add_argument("--tries", type=int, default=1,
                        help=argparse.SUPPRESS)
    return parser


def _names(group: Group) -> list[str]:
    return [f"{group.machine.name}: {one.name}" for one in group.configs]


def selected(patterns: Sequence[str]) -> list[Group]:
    """The groups, with only the selected configurations."""
    names = text.select([name for group in GROUPS for name in _names(group)],
                        patterns)
    if not names:
        raise LabError(f"no configuration matches {', '.join(patterns)}:"
                       " --list names them all", UNUSABLE)
    return [replace(group, configs=configs) for group in GROUPS if (
        configs := tuple(one for one, name in zip(group.configs,
                                                  _names(group))
                         if name in names))]


def missing(groups: Sequence[Group],
            without: Mapping[str, str]) -> dict[str, str]:
    """What the groups need and this machine does not have, and why."""
    needs = sorted({group.machine.needs for group in groups} - {""})
    found = {name: without.get(name) or net_backends.missing(name)
             or scsi_backends.missing(name) for name in needs}
    return {name: why for name, why in found.items() if why}


def _measure(groups: Sequence[Group], given: Mapping[str, str],
             tries: int) -> int:
    without = missing(groups, given)
    able = [group for group in groups if group.machine.needs not in without]
    results = run.run(able, tries)
    print("\n" + report.render(results, without) + "\n", flush=True)
    files.write_json(paths.out() / report.NAME,
                     report.document(results, without))
    bad = any(one.problems for one in results)
    return DIFFERED if bad or not results else AGREED


def fetch(groups: Sequence[Group]) -> dict[str, str]:
    """Prepare versions of QEMU, and testpmd; the reasons for those that
    failed."""
    without = {}
    for one in {group.machine.needs: group.machine
                for group in groups}.values():
        try:
            if one.qemu != TREES:
                qemus.ensure(one.qemu)
            elif one.helper == TESTPMD:
                extras.ensure(net_backends.DPDK)
        except LabError as error:
            without[one.needs] = " ".join(str(error).split())
    return without


def _elsewhere(patterns: Sequence[str], groups: Sequence[Group]) -> int:
    argv = ["--without", json.dumps(fetch(groups))]
    if machine.choose().place == "nest":
        argv += ["--tries", str(NESTED_TRIES)]
    for pattern in patterns:
        argv += ["--configs", pattern]
    return machine.run_tool("qemu", argv, TIMEOUT_S, kvm=True)


def run_command(options: argparse.Namespace) -> int:
    """Run according to the options."""
    groups = selected(options.configs)
    if options.list:
        print("\n".join(name for group in groups for name in _names(group)))
        return AGREED
    if options.here:
        return _measure(groups, options.without, options.tries)
    return _elsewhere(options.configs, groups)


def main(argv: Sequence[str]) -> int:
    """Run the command; its exit status."""
    return run_command(_parser().parse_args(argv))
