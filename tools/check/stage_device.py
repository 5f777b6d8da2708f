# SPDX-License-Identifier: GPL-2.0
"""Stage device: the device, sanitized, against the tests beside it."""

from __future__ import annotations

import os
from pathlib import Path

from lab import build, files, paths

from . import units
from .context import Context, tail

MAKE_CHECK_TIMEOUT = 120
SUITE_TIMEOUT = 300


def _root() -> Path:
    return paths.state() / "build" / "check-device"


def sources() -> Path:
    """A writable copy of the device's sources."""
    folder = _root()
    folder.mkdir(parents=True, exist_ok=True)
    files.mirror_sources(paths.checkout(), folder,
                         ("tools/device", "include"), build.is_source)
    return folder / "tools/device"


def make(context: Context, target: str) -> tuple[int, str]:
    """make in the copy, results in a folder of its own."""
    build.drop_interrupted(_root())
    folder = sources()
    out = folder.parent.parent / "out"
    out.mkdir(exist_ok=True)
    with build.building(_root()):
        return context.run(["make", f"-j{os.cpu_count() or 1}", "-C",
                            str(folder), f"O={out}", target],
                           timeout=MAKE_CHECK_TIMEOUT)


def run(context: Context) -> None:
    """The C unit tests, then the suites against the sanitized device."""
    context.note("the device's own unit tests")
    code, output = make(context, "check")
    context.tally.judge("make -C tools/device check",
                        f"exit code {code}\n{tail(output)}" if code else "")
    context.note("building it with sanitizers")
    code, output = make(context, "san")
    if not context.tally.judge(
            "make -C tools/device san",
            f"exit code {code}\n{tail(output)}" if code else ""):
        return
    binary = sources().parent.parent / "out" / "vfe-device-san"
    units.run(context, paths.checkout() / "tools/device", "tests",
              timeout=SUITE_TIMEOUT, env={"VFE_DEVICE": str(binary)})
