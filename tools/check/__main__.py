# SPDX-License-Identifier: GPL-2.0
"""The command line of the check: `python3 tools/check --help`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# pylint: disable=wrong-import-position
from check import changes, run_all, run_stage, setup, stages  # noqa: E402
from lab import entry, tree  # noqa: E402


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="check", description="Runs the tests of the project in stages."
        " Needs root, and first makes what they need. Does not run again"
        " a stage that passed with the same inputs.")
    names = [stage.name for stage in stages.STAGES]
    parser.add_argument("--tier", default="check",
                        choices=(stages.LINT, *stages.TIERS),
                        help="lint: style of the changed files;"
                        " test: before a commit; check: before a push"
                        " (default); all: before a release, each stage in"
                        " its long form")
    parser.add_argument("--only", action="append", default=[],
                        metavar="STAGE", choices=names,
                        help="only this stage, of any tier; may be given"
                        " more than once")
    parser.add_argument("--tests", action="append", default=[],
                        metavar="TEXT", help="only tests with this in their"
                        " name, in stages guest, quirks, device, tools, debug"
                        " and kernels")
    parser.add_argument("--changed", nargs="?", const="", metavar="COMMIT",
                        help="only stages with an input that differs from"
                        " this commit (default: from the upstream branch)")
    parser.add_argument("--fresh", action="store_true", help="also run"
                        " stages that passed with the same inputs")
    parser.add_argument("--list", action="store_true",
                        help="list the stages with their tiers, and exit")
    # one stage: in a process of its own, then where it belongs
    parser.add_argument("--start", choices=names, help=argparse.SUPPRESS)
    parser.add_argument("--here", choices=names, help=argparse.SUPPRESS)
    parser.add_argument("--whole", action="store_true",
                        help=argparse.SUPPRESS)
    parser.add_argument("--set-up", help=argparse.SUPPRESS,
                        choices=[item.name for item in setup.ALL])
    parser.add_argument("--accel", default="tcg", choices=("tcg", "kvm"),
                        help=argparse.SUPPRESS)
    return parser


def _chosen(options: argparse.Namespace) -> list[stages.Stage]:
    if options.only:
        chosen = [stage for stage in stages.STAGES
                  if stage.name in options.only]
    else:
        chosen = stages.of_tier(options.tier)
    if options.changed is not None and options.tier != stages.LINT:
        names = changes.since(options.changed or changes.base())
        chosen = stages.of_files(chosen, names)
    return chosen


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stages that the options name; the exit code."""
    options = _parser().parse_args(argv)
    if options.list:
        for stage in stages.STAGES:
            print(f"{stage.name:12} {stage.tier:6} {stage.text}")
        return 0
    if options.set_up:
        setup.by_name(options.set_up).make()
        return 0
    if options.tier == stages.LINT and not options.start:
        options.tests += changes.since(options.changed or changes.base())
    wish = run_all.Wish(options.tests, options.whole or options.tier == "all",
                        options.fresh)
    if options.here:
        return run_stage.run(stages.by_name(options.here), options.accel,
                             wish.patterns, wish.whole)
    tree.need_root("make check")
    if options.start:
        return run_all.start(stages.by_name(options.start), wish)
    return run_all.run(_chosen(options), wish)


if __name__ == "__main__":
    sys.exit(entry.run("check", main))
