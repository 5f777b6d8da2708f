# SPDX-License-Identifier: GPL-2.0
"""Stage static: checkers of style, types and documentation, and our rules."""

from __future__ import annotations

from pathlib import Path

from lab import paths, testkernel

from . import checkpatch, jobs, rules, sources
from .context import Context

SCRIPTS = testkernel.source() / "scripts"
CHECKPATCH_SCRIPT = SCRIPTS / "checkpatch.pl"
CHECKPATCH = ("perl", str(CHECKPATCH_SCRIPT), "--no-tree", "--strict",
              "--terse", "--show-types", "--no-summary", "--file")
KERNEL_DOC = ("perl", str(SCRIPTS / "kernel-doc"), "-none", "-Werror")

# folder that imports start from, and the packages below it
PYTHON = (("tools", ("lab", "bench", "count", "kunit", "qemu", "insn",
                     "check",                    "guest", "differential")),
          ("tools/device", ("tests",)))


def _name(path: Path) -> str:
    return str(path.relative_to(paths.checkout()))


def _checkpatch(context: Context) -> None:
    """One check per file, and one that no exception is without its file."""
    judge = checkpatch.Judge(checkpatch.waivers())
    root = paths.checkout()
    found = sources.c_files(root)
    jobs.run(context, [
        jobs.Job(f"checkpatch {_name(path)}", [*CHECKPATCH, _name(path)],
                 root, [path, CHECKPATCH_SCRIPT, checkpatch.EXCEPTIONS],
                 judge.findings) for path in found])
    context.tally.judge("checkpatch exceptions",
                        judge.stale([_name(path) for path in found]))


def _kernel_doc(context: Context) -> None:
    """Check all kernel sources with one command."""
    root = paths.checkout()
    found = [path for folder in ("drivers", "include")
             for path in sources.c_files(root / folder)]
    jobs.run(context, [jobs.Job(
        "kernel-doc -none -Werror",
        [*KERNEL_DOC, *(_name(path) for path in found)], root, found)])


def _shellcheck(context: Context) -> None:
    root = paths.checkout()
    found = sources.shell_files(root)
    jobs.run(context, [
        jobs.Job(f"shellcheck {_name(path)}",
                 ["shellcheck", "--norc", "-x", "-P", "SCRIPTDIR", _name(path)],
                 root, found)
        for path in found])


def _python(context: Context) -> None:
    """Run mypy and pylint, one check per package each."""
    root = paths.checkout()
    every = [path for path in sources.all_files(root)
             if path.suffix == ".py"]
    todo = []
    for top, packages in PYTHON:
        for package in packages:
            types, style = root / ".mypy.ini", root / ".pylintrc"
            todo += [
                jobs.Job(f"mypy --strict {top}/{package}",
                         ["mypy", "--strict", "--config-file", str(types),
                          "--cache-dir",
                          str(paths.state() / "mypy" / package),
                          "-p", package], root / top, [*every, types]),
                jobs.Job(f"pylint {top}/{package}",
                         ["pylint", "--rcfile", str(style), package],
                         root / top, [*every, style])]
    jobs.run(context, todo)


def run(context: Context) -> None:
    """Run all, the quick ones first."""
    for name, rule in rules.RULES.items():
        context.note(name)
        context.tally.judge(name, "\n".join(rule(paths.checkout())))
    _shellcheck(context)
    _kernel_doc(context)
    _checkpatch(context)
    _python(context)
