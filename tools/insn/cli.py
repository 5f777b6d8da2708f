# SPDX-License-Identifier: GPL-2.0
"""The command line; runs the measurement in the rootfs."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from lab import LabError, files, machine, paths, progress

from . import functions, measure, memory, net_measure, probe, report
from .loads import LOADS, Load

EVERY: tuple[Load | net_measure.Load, ...] = (*LOADS, *net_measure.LOADS)
RUNS = 3
# QUEUESxENTRIES, in a guest with one processor per queue
DISKS, QUICK_DISKS = ("4x1024", "64x1024", "net"), ("4x1024", "net")
TIMEOUT_S = 1700

MEASURED, UNUSABLE, MISSED = 0, 2, 3
WRITES = ("randwrite",)
ALL, NOTHING = "all", "none"
INTERFACE = "net"       # an idle network interface, in --disks


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tools/insn", description="Counts the instructions per operation"
        " and the memory per disk, with our drivers and with the"
        " kernel's.")
    parser.add_argument("--loads", default=ALL, metavar="NAMES",
                        help="workloads, separated by commas:"
                             f" {', '.join(load.name for load in EVERY)};"
                             f" {NOTHING} for none (default: all)")
    parser.add_argument("--disks", metavar="SIZES",
                        help="queues and entries of the disks of which to"
                             f" measure the memory; {INTERFACE} for an idle"
                             " network interface (default:"
                             f" {','.join(DISKS)});"
                             f" {NOTHING} for none")
    parser.add_argument("--runs", type=int, metavar="N",
                        help=f"runs of each driver (default: {RUNS})")
    parser.add_argument("--quick", action="store_true",
                        help=f"no writes, disks {','.join(QUICK_DISKS)}")
    parser.add_argument("--parameters", default="", metavar="TEXT",
                        help="module parameters of vfe_blk")
    parser.add_argument("--targets", action="store_true",
                        help=f"exit status {MISSED} if a target is missed")
    parser.add_argument("--out", type=Path, metavar="DIR",
                        help="folder for insn.json (default: out/)")
    parser.add_argument("--here", action="store_true",
                        help=argparse.SUPPRESS)
    parser.add_argument("--into", default="", help=argparse.SUPPRESS)
    return parser


def _names(text: str) -> list[str]:
    return [] if text == NOTHING else [name for name in text.split(",") if name]


def chosen(text: str, quick: bool = False) -> list[Load | net_measure.Load]:
    """The workloads with these names; LabError for an unknown name."""
    if text == ALL:
        return [load for load in EVERY if not (
            quick and isinstance(load, Load) and load.rw in WRITES)]
    known = {load.name: load for load in EVERY}
    wrong = [name for name in _names(text) if name not in known]
    if wrong:
        raise LabError(f"no workload {', '.join(wrong)}: use some of"
                       f" {', '.join(known)}", UNUSABLE)
    return [known[name] for name in _names(text)]


def sizes(text: str) -> list[tuple[int, int] | None]:
    """Parse queues and entries, None for the interface; LabError if
    invalid."""
    found: list[tuple[int, int] | None] = []
    for name in _names(text):
        if name == INTERFACE:
            found.append(None)
            continue
        queues, _, entries = name.partition("x")
        if not (queues.isdecimal() and entries.isdecimal()
                and int(queues) and int(entries)):
            raise LabError(f"--disks: '{name}' is neither QUEUESxENTRIES, as in"
                           f" 4x1024, nor {INTERFACE}", UNUSABLE)
        found.append((int(queues), int(entries)))
    return found


def _measure(loads: Sequence[Load | net_measure.Load], runs: int,
             parameters: str) -> Iterator[measure.Measured]:
    """A guest for each class of devices."""
    for kind in functions.KINDS.values():
        disks = [load for load in loads if isinstance(load, Load)
                 and load.kind == kind.name]
        if disks:
            yield measure.measure(kind, disks, runs, parameters
                                  if kind == functions.BLK else "")
    networks = [load for load in loads if isinstance(load, net_measure.Load)]
    if networks:
        yield net_measure.measure(networks, runs, "")


def _here(options: argparse.Namespace) -> int:
    default = QUICK_DISKS if options.quick else DISKS
    loads = chosen(options.loads, options.quick)
    disks = sizes(options.disks or ",".join(default))
    measured = []
    for one in _measure(loads, options.runs or RUNS, options.parameters):
        print("\n" + report.render(one) + "\n", flush=True)
        measured.append(one)
    pairs = [probe.measure(*size) if size else probe.measure_interface()
             for size in disks]
    if pairs:
        print("\n" + memory.render(pairs) + "\n", flush=True)
    targets = [*(target for one in measured
                 for target in report.targets_of(one)),
               *report.memory_targets(pairs)]
    print("\n".join(map(str, targets)) + "\n", flush=True)
    written = files.write_json(
        paths.out() / options.into / report.NAME,
        report.document(measured, pairs, targets))
    progress.say(f"wrote {written.name}")
    missed = [one for one in targets if not one.reached]
    return MISSED if options.targets and missed else MEASURED


def _elsewhere(options: argparse.Namespace, argv: Sequence[str]) -> int:
    chosen(options.loads)       # report mistakes before any set-up
    sizes(options.disks or "")
    more = []
    if options.out is not None:
        folder = options.out.resolve()
        if not folder.is_relative_to(paths.out()):
            raise LabError(f"--out must be below {paths.out()}", UNUSABLE)
        more = ["--into", str(folder.relative_to(paths.out()))]
    # Never with KVM: the plugin sees only an emulated processor.
    return machine.run_tool("insn", [*argv, *more], TIMEOUT_S)


def main(argv: Sequence[str]) -> int:
    """Run the command; its exit status."""
    options = _parser().parse_args(argv)
    return _here(options) if options.here else _elsewhere(options, argv)


def command(options: argparse.Namespace) -> int:
    """For tools/bench --only insn, by the options of tools/bench."""
    argv = ["--parameters", options.parameters]
    argv += [f"--{word}" for word in ("quick", "targets")
             if getattr(options, word, False)]
    if options.out is not None:
        argv += ["--out", str(options.out)]
    return main(argv)
