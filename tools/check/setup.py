# SPDX-License-Identifier: GPL-2.0
"""What stages share and is made but once: before them, without a limit.

It takes as long as it gets on, and goes on where it was cut off; a stage's
limit is for its tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from kunit import runs
from lab import (LabError, build, chroot, clang, clean, progress, qemus,
                 recipe)

from guest.debug import kernels

CHECK = ["python3", "/vfe/tools/check", "--set-up"]


@dataclass(frozen=True)
class SetUp:
    """One thing to have, and how it is had."""

    name: str
    make: Callable[[], object]
    outside: bool = False       # not in the tree


def _qemus() -> None:
    """The stage leaves out what cannot be had, and says so once more."""
    for version in recipe.OTHER_QEMUS:
        try:
            qemus.ensure(version)
        except LabError as error:
            progress.say(f"QEMU {version} cannot be had: {error}")


def _modules() -> None:
    for kernel in recipe.KERNEL_SUITES:
        build.modules(kernel)


# In the order of their making: what most stages wait for comes first.
ALL = (
    SetUp("um", runs.kernel),
    SetUp("modules", _modules),
    SetUp("clang", clang.headers),
    SetUp("qemus", _qemus, outside=True),
    SetUp("clean", clean.ensure, outside=True),
    SetUp("x86", kernels.DEBUG.folder),
)


def by_name(name: str) -> SetUp:
    """The one of a name; KeyError if there is none."""
    return {item.name: item for item in ALL}[name]


def _problem(item: SetUp) -> str:
    """Have it; why not, if not."""
    try:
        if item.outside:
            item.make()
            return ""
        code = chroot.run([*CHECK, item.name], timeout=None)
    except LabError as error:
        return str(error)
    return f"ended with {code}; what it said is above" if code else ""


def have(names: Iterable[str],
         items: Sequence[SetUp] = ALL) -> dict[str, str]:
    """Make what is named; those that cannot be had, and why."""
    wanted = set(names)
    found = {item.name: _problem(item) for item in items
             if item.name in wanted}
    return {name: problem for name, problem in found.items() if problem}
