# SPDX-License-Identifier: GPL-2.0
"""The command line of the KUnit runner: `python3 tools/kunit --help`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# pylint: disable=wrong-import-position
from kunit import proof, runs, stage, suites  # noqa: E402
from lab import LabError, chroot, entry, paths, speed, tree  # noqa: E402

HERE = ["python3", "/vfe/tools/kunit", "--here"]


def _conformance(_options: argparse.Namespace) -> int:
    return runs.show_conformance()


def _coverage(_options: argparse.Namespace) -> int:
    return runs.show_coverage()


def _proof(_options: argparse.Namespace) -> int:
    return proof.show()


def _staged(_options: argparse.Namespace) -> int:
    problems = stage.prove()
    for problem in problems:
        print(f"--- FAILED {problem}")
    return 1 if problems else 0


def _run(options: argparse.Namespace) -> int:
    return runs.run(options.only)


WHAT: dict[str, Callable[[argparse.Namespace], int]] = {
    "conformance": _conformance, "coverage": _coverage,
    "proof": _proof, "run": _run, "staged": _staged}


EPILOG = """WHAT is one of
  run          the suites (default)
  conformance  the table of a driver's duties, each with its test and result
  coverage     lines and branches of the drivers that the suites run
  proof        seed bugs in a copy and check that the suites find them
  stage DIR    copy drivers and suites into the kernel sources in DIR
  staged       do that, and run them with the kernel's own kunit.py
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kunit", description="Runs the KUnit suites of kunit/ on a user"
        " mode kernel\nwith the kernel's checkers enabled. Needs root, and"
        " first builds what is missing.\nResults go to out/kunit/.",
        epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", default="run", metavar="WHAT",
                        choices=sorted([*WHAT, "stage"]), help="see below")
    parser.add_argument("folder", nargs="?", metavar="DIR", type=Path,
                        help=argparse.SUPPRESS)
    parser.add_argument("--only", action="append", default=[],
                        metavar="SUITES", help="only these, as"
                        " core/irq, core or '*/irq*'; may be given more than"
                        " once")
    parser.add_argument("--list", action="store_true",
                        help="list the suites and exit")
    parser.add_argument("--here", action="store_true",
                        help=argparse.SUPPRESS)
    return parser


def main(argv: Sequence[str]) -> int:
    """Run the command; its exit code."""
    options = _parser().parse_args(argv)
    if options.list:
        for suite in suites.find(paths.checkout()):
            print(suite.subject)
        return 0
    if options.what == "stage":
        if options.folder is None:
            raise LabError("stage: name the folder of a kernel's sources", 2)
        stage.stage(options.folder)
        return 0
    suites.choose(suites.find(paths.checkout()), options.only)
    if options.here:
        return WHAT[options.what](options)
    tree.need_root("make kunit")
    # It may build a kernel first; all that it does has limits of its own.
    speed.remember()
    return chroot.run([*HERE, *argv], timeout=None)


if __name__ == "__main__":
    sys.exit(entry.run("kunit", lambda: main(sys.argv[1:])))
