# SPDX-License-Identifier: GPL-2.0
"""Stage build: modules for every kernel, by both compilers, and the device,
without a warning.

Builds modules from scratch: make repeats no warning of a file that it does not
compile again. A build that passed on the same input is not repeated.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from lab import build, clang, files, paths, recipe

from . import passed_cache, stage_device
from .context import Context, tail

TIMEOUT = 240
# C=2 sets KBUILD_CHECKSRC, except in the headers of 7.3, which lack the script
# that detects sparse.
SPARSE = ("C=2", "KBUILD_CHECKSRC=2", "CF=-D__CHECK_ENDIAN__")
# Debian builds each kernel with the compiler of its own release; the tree
# has one compiler. kbuild's remark about that is no warning.
REMARK = re.compile(r"the compiler differs from the one used to build"
                    r"|^\s+(The kernel was built by|You are using): "
                    r"|pahole version differs"
                    r"|Skipping BTF generation")
TROUBLE = re.compile(r"\b(warning|error)\b", re.IGNORECASE)


def _inputs(what: str, headers: Path) -> list[str | Path]:
    """All inputs of a build."""
    here = paths.checkout()
    return [what, headers.name, *passed_cache.files_in("drivers", "include"),
            here / "Kbuild", here / "Makefile", Path(__file__)]


def _fresh_copy(kernel: str) -> Path:
    """The module sources, without any output of a build."""
    folder = paths.state() / "build" / f"check-{kernel}"
    files.remove(folder)
    folder.mkdir(parents=True)
    files.mirror_sources(paths.checkout(), folder, ("drivers", "include"),
                         build.is_source)
    for name in ("Kbuild", "Makefile"):
        shutil.copyfile(paths.checkout() / name, folder / name)
    return folder


def complaints(output: str) -> list[str]:
    """Warnings in the output of a build."""
    return [line for line in output.splitlines()
            if TROUBLE.search(line) and not REMARK.search(line)]


def _unchecked(folder: Path, output: str) -> list[str]:
    """Sources that sparse did not check."""
    seen = set(re.findall(r"^\s*CHECK\s+(\S+)", output, re.MULTILINE))
    return [str(path.relative_to(folder))
            for path in sorted((folder / "drivers").rglob("*.c"))
            if not path.name.endswith(".mod.c")
            and not any(name.endswith(str(path.relative_to(folder)))
                        for name in seen)]


def _judge(context: Context, what: str, folder: Path, code: int,
           output: str) -> None:
    """It succeeds, without a warning, and makes all modules."""
    context.tally.judge(f"{what} build",
                        f"exit code {code}\n{tail(output)}" if code else "")
    context.tally.judge(f"{what}: no warning of compiler (W=1), modpost or"
                        " sparse", "\n".join(complaints(output)[:40]))
    made = {path.name for path in folder.rglob("*.ko")}
    missing = [name for name in build.MODULES if f"{name}.ko" not in made]
    context.tally.judge(f"{what} are all there",
                        "missing: " + ", ".join(missing) if missing else "")


def _make(context: Context, headers: Path, folder: Path,
          *words: str) -> tuple[int, str]:
    return context.run(["make", f"-j{os.cpu_count() or 1}", "-C",
                        str(headers), f"M={folder}", "W=1", *words,
                        "modules"], timeout=TIMEOUT)


def _modules(context: Context, kernel: str) -> None:
    what, headers = f"modules for {kernel}", build.headers(kernel)

    def check() -> None:
        context.note(f"{what}, W=1 and sparse")
        folder = _fresh_copy(kernel)
        code, output = _make(context, headers, folder, *SPARSE)
        _judge(context, what, folder, code, output)
        unchecked = _unchecked(folder, output)
        context.tally.judge(
            f"{what}: sparse saw every source",
            "not: " + ", ".join(unchecked) if unchecked else "")
        files.remove(folder)

    passed_cache.once(context, what, _inputs(what, headers), check)


def _clang(context: Context) -> None:
    what = f"modules for {recipe.BOOT_KERNEL} by clang"
    headers = clang.headers()

    def check() -> None:
        context.note(f"{what}, W=1")
        folder = _fresh_copy("clang")
        code, output = _make(context, headers, folder, "CC=clang")
        _judge(context, what, folder, code, output)
        files.remove(folder)

    passed_cache.once(context, what, _inputs(what, headers), check)


def _device(context: Context) -> None:
    context.note("the device")
    code, output = stage_device.make(context, "all")
    context.tally.judge("device builds with -Wall -Wextra -Werror",
                        f"exit code {code}\n{tail(output)}" if code else "")


def run(context: Context) -> None:
    """Build for all kernels, then with the other compiler, then the device."""
    for kernel in recipe.KERNEL_SUITES:
        _modules(context, kernel)
    _clang(context)
    _device(context)
