# SPDX-License-Identifier: GPL-2.0
"""The command line of the bench; starts it on a machine with KVM."""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from count.target import Target
from insn import cli as insn
from lab import (LabError, build, chroot, files, initramfs, machine, paths,
                 progress)

from . import host, report, row, rows, run, table, targets, workload
from .result import Result
from .service import command as service
from .stall import command as stall

OPS = 1000
QUICK_OPS = 100
TIMEOUT_S = 3000
OLD_S = 24 * 3600

# Other measurements, each with its own command, and the options that it accepts
ONLY = {"service": service, "stall": stall}
INSN = "insn"
TAKEN = {"service": {"quick", "rows", "parameters", "list"},
         "stall": {"quick", "rows", "list"},
         "insn": {"quick", "parameters", "out", "targets"}}
OPTIONS = ("ops", "rows", "quick", "out", "targets", "list", "parameters",
           "apart")

AGREED, DIFFERED, UNUSABLE, MISSED = 0, 1, 2, 3


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tools/bench", description="Measures the VM exits per operation"
        " of a virtual disk, by driver and configuration, with three"
        " witnesses.")
    parser.add_argument(
        "--ops", type=_count, metavar="N",
        help=f"operations per row (default {OPS}); rows of the register"
             f" window do only 1/{row.TRAP_SHARE} of them")
    parser.add_argument(
        "--rows", action="append", default=[], metavar="PATTERN",
        help="only rows whose name begins with this or matches it; may be"
             " given more than once")
    parser.add_argument("--quick", action="store_true",
                        help=f"--ops {QUICK_OPS}; without --rows, only some"
                             " rows")
    parser.add_argument("--out", type=Path, metavar="DIR",
                        help="folder for bench.json (default: out/)")
    parser.add_argument("--targets", action="store_true",
                        help="exit status"
                             f" {MISSED} if a target of the project is missed")
    parser.add_argument("--list", action="store_true",
                        help="list the rows and exit")
    parser.add_argument("--apart", action="store_true",
                        help="in pairs on QEMU's devices, give the vCPU a CPU"
                             " of its own: TCP streams vary less")
    parser.add_argument("--here", action="store_true",
                        help="measure on this machine, which has KVM and a"
                             " QEMU with vfio-user-pci")
    parser.add_argument("--only", choices=sorted((*ONLY, INSN)),
                        help="run this measurement instead of the rows")
    parser.add_argument("--parameters", default="", metavar="TEXT",
                        help="module parameters of vfe_blk, with --only"
                             " service or insn")
    # The outer process passes these to the inner ones.
    parser.add_argument("--prepare", action="store_true",
                        help=argparse.SUPPRESS)
    parser.add_argument("--outside", type=json.loads, help=argparse.SUPPRESS)
    parser.add_argument("--kvm", default=host.HOST, help=argparse.SUPPRESS)
    parser.add_argument("--into", help=argparse.SUPPRESS)
    return parser


def _selected(options: argparse.Namespace) -> list[row.Row]:
    ops = options.ops or (QUICK_OPS if options.quick else OPS)
    every = rows.all_rows(ops)
    if options.quick and not options.rows:
        every = [one for one in every if one.brief]
    selected = row.select(every, options.rows)
    if not selected:
        raise LabError(f"no row matches {', '.join(options.rows)}: --list"
                       " names them all", UNUSABLE)
    problem = workload.too_many(selected)
    if problem:
        raise LabError(f"{ops} operations a row are too many: {problem}; use"
                       " a smaller --ops, or fewer --rows", UNUSABLE)
    return selected


def _measure(options: argparse.Namespace) -> int:
    measured = run.run(_selected(options), options.kvm, options.outside,
                       options.apart)
    reached = targets.check(measured.results)
    # --into has priority: the folder of --out may be on another machine.
    folder = paths.out() / options.into if options.into else \
        options.out or paths.out()
    written = files.write_json(folder / report.NAME, report.document(
        measured.host, measured.guest, measured.results, reached,
        measured.lost))
    again = [one.row.name for one in measured.results if one.again]
    # line by line: a nested machine's port takes 32 KiB of a write, no more
    for line in ("", *table.render(measured.results, reached).splitlines(), ""):
        print(line, flush=True)
    progress.say(f"wrote {written.name}")
    if measured.lost:
        progress.say("the nested machine lost the guest's virtual CPU"
                     f" {len(measured.lost)} times; measured again:"
                     f" {', '.join(measured.lost)}")
    if again:
        progress.say(f"{len(again)} rows needed a second try, as the emulation"
                     f" stopped the first: {', '.join(again)}")
    return _status(measured.results, reached if options.targets else [])


def _status(results: Sequence[Result], judged: Sequence[Target]) -> int:
    """The exit status, and a line with the reason."""
    failed = [one.row.name for one in results if one.error]
    if failed:
        progress.say(f"{len(failed)} of {len(results)} rows failed:"
                     f" {', '.join(failed)}")
    differ = [one.row.name for one in results
              if not (one.agree or one.error)]
    if differ:
        progress.say(f"{len(differ)} of {len(results)} rows whose witnesses"
                     f" differ: {', '.join(differ)}")
    if failed or differ:
        return DIFFERED
    progress.say(f"{len(results)} rows measured, the witnesses agree in all")
    missed = [target for target in judged if not target.reached]
    if missed:
        progress.say(f"{len(missed)} of {len(judged)} targets missed")
        return MISSED
    return AGREED


def _prepare(chosen: Sequence[row.Row], argv: Sequence[str]) -> None:
    """Make what the guests need besides, here: a nested machine is slow."""
    if not all(workload.of(one.setup.function).plain for one in chosen):
        machine.prepare()
        code = chroot.run(["python3", f"{paths.INNER_CHECKOUT}/tools/bench",
                           "--here", "--prepare", *argv])
        if code:
            raise SystemExit(code)


def _elsewhere(options: argparse.Namespace, argv: Sequence[str]) -> int:
    _prepare(_selected(options), argv)  # reports mistakes before any set-up
    nested = machine.choose().place == "nest"
    inner = [*argv, "--outside", json.dumps(host.machine()),
             "--kvm", host.NESTED if nested else host.HOST]
    if options.out is None:
        return machine.run_tool("bench", inner, TIMEOUT_S, kvm=True)
    # The nested machine has out/, not the folder of the option.
    paths.out().mkdir(parents=True, exist_ok=True)
    for stale in paths.out().glob(".bench-*"):      # folders of killed runs
        if time.time() - stale.stat().st_mtime > OLD_S:
            files.remove(stale)
    with tempfile.TemporaryDirectory(prefix=".bench-",
                                     dir=paths.out()) as name:
        into = Path(name)
        code = machine.run_tool("bench", [*inner, "--into", into.name],
                                TIMEOUT_S, kvm=True)
        if (into / report.NAME).is_file():
            options.out.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(into / report.NAME, options.out / report.NAME)
        return code


def _only(options: argparse.Namespace, argv: Sequence[str]) -> int:
    """Run one of the other measurements."""
    if options.only == INSN:
        return insn.command(options)
    chosen = ONLY[options.only]
    names = chosen.names(options)
    if options.list:
        print("\n".join(names))
        return AGREED
    # Always emulated: the comparison is of policy, not of speed.
    return chosen.measure(options) if options.here else \
        machine.run_tool("bench", argv, chosen.TIMEOUT_S)


def main(argv: Sequence[str]) -> int:
    """Run the command; its exit status."""
    parser = _parser()
    options = parser.parse_args(argv)
    if options.only:
        for name in OPTIONS:
            if getattr(options, name) and name not in TAKEN[options.only]:
                parser.error(f"--{name} does not apply to --only"
                             f" {options.only}: leave it out")
        return _only(options, argv)
    if options.list:
        print("\n".join(one.name for one in _selected(options)))
        return AGREED
    if options.prepare:
        for more in workload.contents(_selected(options)):
            initramfs.guest(build.modules(), more=more)
        return AGREED
    return _measure(options) if options.here else _elsewhere(options, argv)
