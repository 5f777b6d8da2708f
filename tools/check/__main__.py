# SPDX-License-Identifier: GPL-2.0
"""The command line of the check: `python3 tools/check --help`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# pylint: disable=wrong-import-position
from check import run_all, run_stage, setup, stages  # noqa: E402
from lab import entry, tree  # noqa: E402


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="check", description="Runs every test of the project, in stages."
        " Needs root, and first builds what is missing.")
    names = [stage.name for stage in stages.STAGES]
    parser.add_argument("--only", action="append", default=[],
                        metavar="STAGE", choices=names,
                        help="only this stage; may be given more than once")
    parser.add_argument("--tests", action="append", default=[],
                        metavar="TEXT", help="in stages of unit tests, only"
                        " tests with this in their name")
    parser.add_argument("--list", action="store_true",
                        help="list the stages and exit")
    # one stage: in its own process, then in its place (host, tree or guest)
    parser.add_argument("--start", choices=names, help=argparse.SUPPRESS)
    parser.add_argument("--here", choices=names, help=argparse.SUPPRESS)
    parser.add_argument("--set-up", help=argparse.SUPPRESS,
                        choices=[item.name for item in setup.ALL])
    parser.add_argument("--accel", default="tcg", choices=("tcg", "kvm"),
                        help=argparse.SUPPRESS)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; its exit code."""
    options = _parser().parse_args(argv)
    if options.list:
        for stage in stages.STAGES:
            print(f"{stage.name:11} {stage.text}")
        return 0
    if options.set_up:
        setup.by_name(options.set_up).make()
        return 0
    if options.here:
        return run_stage.run(stages.by_name(options.here), options.accel,
                         options.tests)
    tree.need_root("make check")
    if options.start:
        return run_all.start(stages.by_name(options.start), options.tests)
    return run_all.run(options.only, options.tests)


if __name__ == "__main__":
    sys.exit(entry.run("check", main))
