# SPDX-License-Identifier: GPL-2.0
"""Stage build: modules for every kernel, by both compilers, without a warning.

Modules are built afresh: make says nothing about a file that it does not
compile again. A build that passed over the same bytes passes again, and is
not repeated; one that failed is.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from lab import build, clang, files, paths, recipe

from . import passed_cache
from .context import Context, tail

TIMEOUT = 240
# KBUILD_CHECKSRC is what C=2 sets; it does not in the headers of 7.3, which
# lack the script that looks for sparse.
SPARSE = ("C=2", "KBUILD_CHECKSRC=2", "CF=-D__CHECK_ENDIAN__")
NEWEST = list(recipe.KERNEL_SUITES)[-1]
# Debian builds each kernel with the compiler of its own release; the rootfs
# has one compiler. kbuild remarks on that, which says nothing about us.
REMARK = re.compile(r"the compiler differs from the one used to build"
                    r"|^\s+(The kernel was built by|You are using): "
                    r"|pahole version differs"
                    r"|Skipping BTF generation")
# not the name of a file, which kbuild prints as it compiles: error.o
TROUBLE = re.compile(r"\b(warning|error)\b(?!\.[a-z])", re.IGNORECASE)


def _inputs(what: str, headers: Path) -> list[str | Path]:
    """All that the outcome of a build depends on."""
    here = paths.checkout()
    return [what, headers.name, *passed_cache.files_in("drivers", "include"),
            here / "Kbuild", here / "Makefile", Path(__file__)]


def copy_sources(folder: Path) -> None:
    """Bring a copy of the modules' sources up to date."""
    folder.mkdir(parents=True, exist_ok=True)
    files.mirror_sources(paths.checkout(), folder, ("drivers", "include"),
                         build.is_source)
    for name in ("Kbuild", "Makefile"):
        shutil.copyfile(paths.checkout() / name, folder / name)


def _fresh_copy(kernel: str) -> Path:
    """The module sources with nothing built beside them."""
    folder = paths.state() / "build" / f"check-{kernel}"
    files.remove(folder)
    copy_sources(folder)
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


def _judge(context: Context, what: str, folder: Path, code: int,
           output: str) -> None:
    """It ends well, without a warning, and all modules are there."""
    context.tally.judge(f"{what} build",
                        f"exit code {code}\n{tail(output)}" if code else "")
    context.tally.judge(f"{what}: no warning of compiler (W=1), modpost or"
                        " sparse", "\n".join(complaints(output)[:40]))
    made = {path.name for path in folder.rglob("*.ko")}
    missing = [name for name in build.MODULES if f"{name}.ko" not in made]
    context.tally.judge(f"{what} are all there",
                        "missing: " + ", ".join(missing) if missing else "")


def make(context: Context, headers: Path, folder: Path,
         *words: str) -> tuple[int, str]:
    """make in such a copy, with warnings that an ordinary build leaves out."""
    return context.run(["make", f"-j{os.cpu_count() or 1}", "-C",
                        str(headers), f"M={folder}", "W=1", *words,
                        "modules"], timeout=TIMEOUT)


def _modules(context: Context, kernel: str) -> None:
    """The short form runs sparse for one kernel only."""
    sparse = context.whole or kernel == NEWEST
    what = f"modules for {kernel}, W=1{' and sparse' if sparse else ''}"
    headers = build.headers(kernel)

    def check() -> None:
        context.note(what)
        folder = _fresh_copy(kernel)
        code, output = make(context, headers, folder,
                            *(SPARSE if sparse else ()))
        _judge(context, what, folder, code, output)
        if sparse:
            unchecked = _unchecked(folder, output)
            context.tally.judge(
                f"{what}: every source",
                "not: " + ", ".join(unchecked) if unchecked else "")
        files.remove(folder)

    passed_cache.once(context, what, _inputs(what, headers), check)


def _clang(context: Context) -> None:
    what = f"modules for {recipe.BOOT_KERNEL} by clang"
    headers = clang.headers()

    def check() -> None:
        context.note(f"{what}, W=1")
        folder = _fresh_copy("clang")
        code, output = make(context, headers, folder, "CC=clang")
        _judge(context, what, folder, code, output)
        files.remove(folder)

    passed_cache.once(context, what, _inputs(what, headers), check)


def run(context: Context) -> None:
    """The kernels, then the other compiler.

    The short form has the oldest and the newest kernel: the set-up compiles
    for that of the guests, and the device.
    """
    for kernel in recipe.KERNEL_SUITES:
        if context.whole or kernel != recipe.BOOT_KERNEL:
            _modules(context, kernel)
    if context.whole:
        _clang(context)
