# SPDX-License-Identifier: GPL-2.0
"""Set-up that stages share. It runs once, before them, without a time limit.

It may run as long as it makes progress, and an interrupted set-up is resumed.
The limit of a stage is for its tests alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from guest.debug import kernels
from kunit import runs
from lab import (LabError, build, chroot, clang, clean, extras, machine,
                 progress, qemus, recipe)

CHECK = ["python3", "/vfe/tools/check", "--set-up"]


@dataclass(frozen=True)
class SetUp:
    """One part of the set-up, and the function that makes it."""

    name: str
    make: Callable[[], object]
    outside: bool = False       # not in the rootfs


def _qemus() -> None:
    """The stage skips whatever is not available, and reports it again."""
    wanted = [(f"QEMU {version}", partial(qemus.ensure, version))
              for version in recipe.OTHER_QEMUS]
    wanted += [(name, partial(extras.ensure, name))
               for name in extras.PACKAGES]
    for name, ensure in wanted:
        try:
            ensure()
        except LabError as error:
            progress.say(f"{name} cannot be had: {error}")


def _modules() -> None:
    for kernel in recipe.KERNEL_SUITES:
        build.modules(kernel)


# In order: the part that most stages wait for comes first.
ALL = (
    SetUp("guests", machine.prepare, outside=True),
    SetUp("scsi", partial(extras.ensure, "scsi"), outside=True),
    SetUp("um", runs.kernel),
    SetUp("modules", _modules),
    SetUp("clang", clang.headers),
    SetUp("qemus", _qemus, outside=True),
    SetUp("clean", clean.ensure, outside=True),
    SetUp("x86", kernels.DEBUG.folder),
)


def by_name(name: str) -> SetUp:
    """The part with a name; KeyError if there is none."""
    return {item.name: item for item in ALL}[name]


def _problem(item: SetUp) -> str:
    """Make it; the reason if that fails."""
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
    """Make the named parts; those that failed, with reasons."""
    wanted = set(names)
    found = {item.name: _problem(item) for item in items
             if item.name in wanted}
    return {name: problem for name, problem in found.items() if problem}
