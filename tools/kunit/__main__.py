# SPDX-License-Identifier: GPL-2.0
"""The command line of the KUnit runner: `python3 tools/kunit --help`."""

from __future__ import annotations

import argparse
import subprocess
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
    return runs.run(options.words)


WHAT: dict[str, Callable[[argparse.Namespace], int]] = {
    "conformance": _conformance, "coverage": _coverage,
    "proof": _proof, "staged": _staged}


EPILOG = """SUITES: names, folders or patterns, as core/irq, core or '*/irq*'.
WHAT is one of
  conformance  list a driver's duties, each with its test and result
  coverage     measure which lines and branches of the drivers the suites run
  proof        seed bugs in a copy and check that the suites find them
  stage DIR    copy drivers and suites into the kernel sources in DIR
  staged       do that, and run them with the kernel's own kunit.py
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kunit", description="Runs the KUnit suites of kunit/ on a user"
        " mode kernel with the\nkernel's checkers enabled. Needs root, and"
        " first builds what is missing. Results\ngo to out/kunit/.",
        epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", metavar="WHAT | SUITES",
                        help="see below")
    parser.add_argument("--for", action="append", default=[], dest="sources",
                        metavar="FILE", help="run the suites that test a source"
                        " file; may be given more than once")
    parser.add_argument("--changed", action="store_true",
                        help="run the suites that test the files that git"
                        " shows as changed")
    parser.add_argument("--list", action="store_true",
                        help="list the suites and exit")
    parser.add_argument("--here", action="store_true",
                        help=argparse.SUPPRESS)
    return parser


def _changed() -> list[str]:
    """Files that differ from the last commit, and new ones."""
    root = ["git", "-C", str(paths.checkout())]
    found = ""
    for words in (["diff", "--name-only", "HEAD"],
                  ["ls-files", "--others", "--exclude-standard"]):
        found += subprocess.run([*root, *words], stdout=subprocess.PIPE,
                                text=True, check=True).stdout
    return found.split()


def _patterns(options: argparse.Namespace) -> list[str]:
    """The suites to run; all if none is named."""
    if not options.sources and not options.changed:
        return list(options.words)
    names = [*options.sources, *(_changed() if options.changed else ())]
    chosen = suites.for_sources(suites.find(paths.checkout()), names)
    if not chosen:
        raise LabError(f"no suite tests {', '.join(names) or 'no change'}", 2)
    return chosen


def main(argv: Sequence[str]) -> int:
    """Run the command; its exit code."""
    options = _parser().parse_args(argv)
    if options.list:
        for suite in suites.find(paths.checkout()):
            print(suite.subject)
        return 0
    what = options.words[0] if options.words else ""
    if what == "stage":
        if len(options.words) != 2:
            raise LabError("stage: name the folder of a kernel's sources", 2)
        stage.stage(Path(options.words[1]))
        return 0
    if what not in WHAT:
        argv = options.words = _patterns(options)
        suites.choose(suites.find(paths.checkout()), options.words)
    if options.here:
        return WHAT.get(what, _run)(options)
    tree.need_root("make kunit")
    # It may build a kernel first; all that it does has limits of its own.
    speed.remember()
    return chroot.run([*HERE, *argv], timeout=None)


if __name__ == "__main__":
    sys.exit(entry.run("kunit", lambda: main(sys.argv[1:])))
