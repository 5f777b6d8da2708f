# SPDX-License-Identifier: GPL-2.0
"""The command line of the KUnit runner: `python3 tools/kunit --help`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# pylint: disable=wrong-import-position
from kunit import runs, suites  # noqa: E402
from lab import LabError, chroot, errors, paths, progress, tree  # noqa: E402

HERE = ["python3", "/vfe/tools/kunit", "--here"]
TIMEOUT = 3600.0


def _conformance(_options: argparse.Namespace) -> int:
    return runs.show_conformance()


def _run(options: argparse.Namespace) -> int:
    return runs.run(options.only)


WHAT: dict[str, Callable[[argparse.Namespace], int]] = {
    "conformance": _conformance, "run": _run}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kunit", description="Runs the KUnit suites of kunit/ on a user"
        " mode kernel with the kernel's checkers on; needs root, and makes"
        " all that is missing first. Results go to out/kunit/.")
    parser.add_argument("what", nargs="?", default="run", choices=sorted(WHAT),
                        metavar="WHAT", help="run (default): the suites;"
                        " conformance: the table of a driver's duties, each"
                        " with its test and result")
    parser.add_argument("--only", action="append", default=[],
                        metavar="SUBJECT", help="only the suite"
                        " kunit/SUBJECT_test.c; may be given more than once")
    parser.add_argument("--list", action="store_true",
                        help="name the suites and end")
    parser.add_argument("--here", action="store_true",
                        help=argparse.SUPPRESS)
    return parser


def main(argv: Sequence[str]) -> int:
    """Run what was asked for; its exit code."""
    options = _parser().parse_args(argv)
    if options.list:
        for suite in suites.find(paths.checkout()):
            print(suite.subject)
        return 0
    suites.choose(suites.find(paths.checkout()), options.only)
    if options.here:
        return WHAT[options.what](options)
    tree.need_root("make kunit")
    return chroot.run([*HERE, *argv], timeout=TIMEOUT)


if __name__ == "__main__":
    try:
        with progress.terminate_as_interrupt():
            sys.exit(main(sys.argv[1:]))
    except LabError as problem:
        print(f"kunit: {problem}", file=sys.stderr)
        sys.exit(problem.exit_code)
    except errors.SYSTEM_ERRORS as problem:
        print(f"kunit: {errors.one_line(problem)}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("kunit: interrupted; run it again to go on", file=sys.stderr)
        sys.exit(130)
