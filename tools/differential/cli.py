# SPDX-License-Identifier: GPL-2.0
"""The command line of the differential runner."""

from __future__ import annotations

import argparse
import datetime
import random
from collections.abc import Sequence

from lab import extras, machine, paths, progress

from . import episodes, plan, report
from .case import Case
from .kind import Kind
from .net import plan as net_plan
from .net import selftests
from .scsi import image as scsi_image
from .scsi import plan as scsi_plan

SAME, DIFFERED, UNUSABLE = 0, 1, 2
KINDS = {kind.name: kind for kind in (plan.BLK, net_plan.NET, scsi_plan.SCSI)}
TIMEOUT_S, SELFTESTS_S = 3600, 4 * 3600
GRACE_S = 900


def today() -> int:
    """The number of the day, for the cases that take turns."""
    return datetime.date.today().toordinal()


def stage_cases(kind: Kind, day: int) -> list[Case]:
    """The cases of `make check-all`."""
    others = kind.rotation(day)
    if others:
        progress.say(f"--class {kind.name} stage --day {day}: also "
                     + " ".join(case.name for case in others))
    return [*kind.cases(kind.stage), *others]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tools/differential", description="Runs the same workloads with"
        " our driver and with the kernel's, by turns, on identical functions"
        " in one guest, and compares the results.")
    parser.add_argument("--class", dest="kind", choices=list(KINDS),
                        default="blk", help="class of devices: vfe_blk beside"
                        " virtio_blk (the default), vfe_net beside virtio_net,"
                        " or vfe_scsi beside virtio_scsi")
    parser.add_argument("--list", action="store_true",
                        help="list the cases, configurations, modes and"
                             " workloads, and exit")
    parser.add_argument("--here", action="store_true",
                        help=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    run = commands.add_parser("run", help="run cases by name:"
                              " CONFIGURATION/MODE/WORKLOAD, a pattern, or"
                              " the name of a configuration or a workload")
    run.add_argument("names", nargs="+", metavar="NAME")
    run.add_argument("--repeat", type=int, default=1, metavar="N",
                     help="run each case N times")
    run.add_argument("--verbose", action="store_true",
                     help="print the outcome of each turn")
    commands.add_parser("all", help="run all listed cases")
    stage = commands.add_parser("stage", help="run the cases of"
                                " `make check-all`")
    stage.add_argument("--day", type=int, metavar="N", default=today(),
                       help="with the other cases of this day (default: of"
                            " today)")
    tests = commands.add_parser("selftests", help="run the kernel's selftests"
                                " of network drivers: all of the list, or"
                                " [FOLDER/]FILE[:CASE] of its folder"
                                " drivers/net")
    tests.add_argument("names", nargs="*", metavar="TEST")
    tests.add_argument("--limit", type=int, default=300, metavar="SECONDS",
                       help="stop a test after this time (default: 300)")
    tests.add_argument("--driver", action="append", metavar="NAME",
                       help="only with this driver")
    walk = commands.add_parser("soak", help="run random workloads in random"
                              " configurations")
    walk.add_argument("--minutes", type=float, default=60, metavar="N",
                      help="stop after N minutes (default: 60)")
    walk.add_argument("--seed", type=int, metavar="N",
                      default=random.SystemRandom().randrange(1 << 32),
                      help="repeat the soak with this seed")
    walk.add_argument("--episode", type=int, metavar="N",
                      help="repeat only this episode")
    walk.add_argument("--keep-going", action="store_true",
                      help="continue after a difference")
    return parser


def _list(kind: Kind) -> int:
    print("cases:")
    for case in kind.cases(kind.every):
        print(f"  {case.name}")
    for title, names in (
            ("configurations", [one.name for one in kind.configs]),
            ("modes", [one.name for one in kind.modes]),
            ("workloads", list(kind.workloads))):
        print(f"{title}:\n  {' '.join(names)}")
    return SAME


def _named(kind: Kind, chosen: Sequence[Case], repeat: int = 1,
           verbose: bool = False) -> int:
    results = report.Results("named", verbose)
    for verdict in kind.run(chosen, repeat):
        results.add(verdict)
    results.write(paths.out())
    return results.close()


def _soak(options: argparse.Namespace) -> int:
    results = report.Results(
        f"--class {options.kind} soak --seed {options.seed}")
    progress.say(f"soak: --class {options.kind}, --minutes"
                 f" {options.minutes:g} --seed {options.seed}")
    for verdict in episodes.run(KINDS[options.kind], options.seed,
                                options.minutes * 60, options.episode):
        results.add(verdict)
        if verdict.problems and not options.keep_going:
            break
    results.write(paths.out())
    return results.close()


def _here(options: argparse.Namespace) -> int:
    kind = KINDS[options.kind]
    if options.command == "soak":
        return _soak(options)
    if options.command == "selftests":
        return selftests.run(options.driver or selftests.BOTH, options.names,
                             options.limit)
    if options.command == "run":
        return _named(kind, kind.select(options.names),
                      options.repeat, options.verbose)
    if options.command == "stage":
        return _named(kind, stage_cases(kind, options.day))
    return _named(kind, kind.cases(kind.every))


def main(argv: Sequence[str]) -> int:
    """Run the command; its exit status."""
    parser = _parser()
    options = parser.parse_args(argv)
    if options.list:
        return _list(KINDS[options.kind])
    if not options.command:
        parser.error("which COMMAND? run, all, stage or soak")
    if options.here:
        return _here(options)
    if options.command == "run":
        KINDS[options.kind].select(options.names)   # report mistakes early
    words = list(argv)
    timeout = float(TIMEOUT_S)
    if options.command == "soak":
        words += [] if "--seed" in words else ["--seed", str(options.seed)]
        timeout = options.minutes * 60 + GRACE_S
    if options.command == "selftests":
        timeout = SELFTESTS_S
    if options.kind == "scsi":
        extras.ensure(scsi_image.EXTRAS)
    return machine.run_tool("differential", words, timeout)
