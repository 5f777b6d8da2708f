# SPDX-License-Identifier: GPL-2.0
"""Stage build: modules for every kernel, and the device, without a warning.

Modules are built afresh each time: make says nothing about a file that it
does not compile again.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from lab import build, files, paths, recipe

from . import stage_device
from .context import Context, tail

TIMEOUT = 240
SPARSE = ("C=2", "CF=-D__CHECK_ENDIAN__")
# sparse 0.6.4, Debian's, cannot parse the __typeof_unqual__ of 7.3's headers
# (which ignore C=2 in silence for that).
NO_SPARSE = ("7.3",)
# Debian builds each kernel with the compiler of its own release; the tree
# has one compiler. kbuild remarks on that, which says nothing about us.
REMARK = re.compile(r"the compiler differs from the one used to build"
                    r"|^\s+(The kernel was built by|You are using): "
                    r"|pahole version differs"
                    r"|Skipping BTF generation")
TROUBLE = re.compile(r"\b(warning|error)\b", re.IGNORECASE)


def _fresh_copy(kernel: str) -> Path:
    """The module sources with nothing built beside them."""
    folder = paths.state() / "build" / f"check-{kernel}"
    files.remove(folder)
    folder.mkdir(parents=True)
    files.mirror_sources(paths.checkout(), folder, ("drivers", "include"),
                         build.is_source)
    for name in ("Kbuild", "Makefile"):
        shutil.copyfile(paths.checkout() / name, folder / name)
    return folder


def complaints(output: str) -> list[str]:
    """The lines of a build that no build should have."""
    return [line for line in output.splitlines()
            if TROUBLE.search(line) and not REMARK.search(line)]


def _unchecked(folder: Path, output: str) -> list[str]:
    """Sources that sparse was not run on."""
    seen = set(re.findall(r"^\s*CHECK\s+(\S+)", output, re.MULTILINE))
    return [str(path.relative_to(folder))
            for path in sorted((folder / "drivers").rglob("*.c"))
            if not path.name.endswith(".mod.c")
            and not any(name.endswith(str(path.relative_to(folder)))
                        for name in seen)]


def _modules(context: Context, kernel: str) -> None:
    sparse = () if kernel in NO_SPARSE else SPARSE
    context.note(f"modules for {kernel}, W=1{' and sparse' * bool(sparse)}")
    folder = _fresh_copy(kernel)
    argv = ["make", f"-j{os.cpu_count() or 1}", "-C",
            str(build.headers(kernel)), f"M={folder}", "W=1", *sparse,
            "modules"]
    code, output = context.run(argv, timeout=TIMEOUT)
    context.tally.judge(f"modules for {kernel} build",
                        f"exit code {code}\n{tail(output)}" if code else "")
    context.tally.judge(f"modules for {kernel}: no warning of gcc (W=1),"
                        " modpost or sparse",
                        "\n".join(complaints(output)[:40]))
    if sparse:
        unchecked = _unchecked(folder, output)
        context.tally.judge(f"modules for {kernel}: sparse saw every source",
                            "not: " + ", ".join(unchecked) if unchecked
                            else "")
    made = {path.name for path in folder.rglob("*.ko")}
    missing = [name for name in build.MODULES if f"{name}.ko" not in made]
    context.tally.judge(f"modules for {kernel} are all there",
                        "missing: " + ", ".join(missing) if missing else "")
    files.remove(folder)


def _device(context: Context) -> None:
    context.note("the device")
    code, output = stage_device.make(context, "all")
    context.tally.judge("device builds with -Wall -Wextra -Werror",
                        f"exit code {code}\n{tail(output)}" if code else "")


def run(context: Context) -> None:
    """All kernels, then the device."""
    for kernel in recipe.KERNEL_SUITES:
        _modules(context, kernel)
    _device(context)
