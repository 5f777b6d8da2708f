# SPDX-License-Identifier: GPL-2.0
"""Stage static: checkers of style, types and documentation, and our rules."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

from lab import paths, testkernel

from . import checkpatch, jobs, rules, sources
from .context import Context

SCRIPTS = testkernel.source() / "scripts"
CHECKPATCH_SCRIPT = SCRIPTS / "checkpatch.pl"
CHECKPATCH = ("perl", str(CHECKPATCH_SCRIPT), "--no-tree", "--strict",
              "--terse", "--show-types", "--no-summary", "--file")
KERNEL_DOC = ("perl", str(SCRIPTS / "kernel-doc"), "-none", "-Werror")

# The packages below each folder that imports start from
PYTHON = {"tools": ("lab", "bench", "count", "kunit", "qemu", "insn", "check",
                    "guest", "differential"),
          "tools/device": ("tests",)}


def _name(path: Path) -> str:
    return str(path.relative_to(paths.checkout()))


def checkpatch_files(context: Context, found: Sequence[Path]) -> None:
    """A check a C file."""
    judge = checkpatch.Judge(checkpatch.waivers())
    root = paths.checkout()
    jobs.run(context, [
        jobs.Job(f"checkpatch {_name(path)}", [*CHECKPATCH, _name(path)],
                 root, [path, CHECKPATCH_SCRIPT, checkpatch.EXCEPTIONS],
                 judge.findings) for path in found])


def _waivers(context: Context) -> None:
    """No exception outlived its file."""
    judge = checkpatch.Judge(checkpatch.waivers())
    found = sources.c_files(paths.checkout())
    context.tally.judge("checkpatch exceptions",
                        judge.stale([_name(path) for path in found]))


def kernel_doc(context: Context) -> None:
    """All sources of the kernel side at once."""
    root = paths.checkout()
    found = [path for folder in ("drivers", "include")
             for path in sources.c_files(root / folder)]
    jobs.run(context, [jobs.Job(
        "kernel-doc -none -Werror",
        [*KERNEL_DOC, *(_name(path) for path in found)], root, found)])


def shellcheck(context: Context, found: Sequence[Path]) -> None:
    """A check a script."""
    root = paths.checkout()
    jobs.run(context, [
        jobs.Job(f"shellcheck {_name(path)}",
                 ["shellcheck", "--norc", "-x", "-P", "SCRIPTDIR", _name(path)],
                 root, found)
        for path in found])


def _pylint(top: str, what: Sequence[str]) -> jobs.Job:
    root = paths.checkout()
    style = root / ".pylintrc"
    return jobs.Job(f"pylint {top}",
                    ["pylint", "--rcfile", str(style), *what], root / top,
                    [*_every_python(), style])


def _mypy(top: str) -> jobs.Job:
    root = paths.checkout()
    types = root / ".mypy.ini"
    cache = paths.state() / "mypy" / Path(top).name
    return jobs.Job(f"mypy --strict {top}",
                    ["mypy", "--strict", "--config-file", str(types),
                     "--cache-dir", str(cache),
                     *(word for package in PYTHON[top]
                       for word in ("-p", package))],
                    root / top, [*_every_python(), types])


@functools.cache
def _every_python() -> list[Path]:
    """A type may come from any of them."""
    return [path for path in sources.all_files(paths.checkout())
            if path.suffix == ".py"]


def python_files(context: Context, names: Sequence[str]) -> None:
    """Types of the packages that these files are in, style of the files."""
    todo = []
    for top, packages in PYTHON.items():
        inside = [name.removeprefix(f"{top}/") for name in names
                  if name.startswith(tuple(f"{top}/{package}/"
                                           for package in packages))]
        if inside:
            todo += [_mypy(top), _pylint(top, inside)]
    jobs.run(context, todo)


def _python(context: Context) -> None:
    """mypy and pylint; each reads what several packages share once."""
    jobs.run(context, [job for top, packages in PYTHON.items()
                       for job in (_pylint(top, packages), _mypy(top))])


def our_rules(context: Context) -> None:
    """A check a rule of the project."""
    for name, rule in rules.RULES.items():
        context.note(name)
        context.tally.judge(name, "\n".join(rule(paths.checkout())))


def run(context: Context) -> None:
    """Everything, the quick ones first."""
    root = paths.checkout()
    our_rules(context)
    shellcheck(context, sources.shell_files(root))
    kernel_doc(context)
    checkpatch_files(context, sources.c_files(root))
    _waivers(context)
    _python(context)
