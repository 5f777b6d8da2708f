# SPDX-License-Identifier: GPL-2.0
"""Stage lint: style and types of the files that changed, and a build at W=1.

The files are those that the run names, in place of tests. For each save: what
reads the whole tree is left to the stage static.
"""

from __future__ import annotations

from lab import build, paths, recipe

from . import changes, stage_build, stage_static
from .context import Context, tail

KERNEL_SIDE = ("drivers/", "include/")


def _modules(context: Context) -> None:
    """Only what changed is compiled, in a copy that is kept for that."""
    context.note("modules, W=1")
    folder = paths.state() / "build" / "lint"
    build.drop_interrupted(folder)
    stage_build.copy_sources(folder)
    with build.building(folder):
        code, output = stage_build.make(context, build.headers(
            recipe.BOOT_KERNEL), folder)
    context.tally.judge("modules at W=1", "\n".join(
        stage_build.complaints(output))
        or (f"exit code {code}\n{tail(output)}" if code else ""))


def run(context: Context) -> None:
    """Each checker over the files that it is for."""
    names = list(context.patterns)
    found = changes.present(names)
    stage_static.our_rules(context)
    stage_static.shellcheck(
        context, [path for path in found if path.suffix == ".sh"])
    stage_static.checkpatch_files(
        context, [path for path in found if path.suffix in (".c", ".h")])
    if any(name.startswith(KERNEL_SIDE) for name in names):
        stage_static.kernel_doc(context)
        _modules(context)
    stage_static.python_files(
        context, [str(path.relative_to(paths.checkout())) for path in found
                  if path.suffix == ".py"])
