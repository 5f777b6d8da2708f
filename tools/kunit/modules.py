# SPDX-License-Identifier: GPL-2.0
"""Builds drivers, mock and suites for a kernel (inner code).

Builds in copies of the sources, one per configuration, so that the checkout
stays unchanged and make compiles only changed files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab import build, files, paths, progress, testkernel

from .suites import DRIVERS, MOCK, Suite

FOLDERS = ("drivers", "include", "kunit")


@dataclass(frozen=True)
class Way:
    """How to build modules: the kernel and the flags."""

    name: str               # of the copy
    kernel: Path            # the kernel's build folder
    arch: str = "um"
    flags: Sequence[str] = ()
    cflags: str = ""        # more of the compiler's, for UML
    # headers of kunit/mock that come before all others, for UML
    headers: Sequence[str] = ("dma.h",)

    @property
    def folder(self) -> Path:
        """The folder of the copy."""
        return paths.state() / "build" / f"kunit-{self.name}"

    @property
    def kcflags(self) -> str:
        """The compiler's flags."""
        if self.arch != "um":
            return "-Werror"
        headers = "".join(f" -include {self.folder}/kunit/mock/{name}"
                          for name in self.headers)
        return f"-Werror{headers} {self.cflags}".rstrip()


def mirror(way: Way) -> None:
    """Bring the copy of the sources up to date."""
    folder = way.folder
    build.drop_interrupted(folder)
    build.drop_other(folder, way.kernel)
    root = paths.checkout()
    files.mirror_sources(root, folder, FOLDERS, build.is_source)
    data = (root / "Kbuild").read_bytes()
    copy = folder / "Kbuild"
    if not copy.is_file() or copy.read_bytes() != data:
        copy.write_bytes(data)


def _make(way: Way, suites: Sequence[Suite]) -> None:
    log = paths.logs() / f"kunit-{way.name}-build.log"
    subjects = " ".join(suite.subject for suite in suites)
    chosen = ["CONFIG_VFE_KUNIT_TEST=m", f"VFE_SUITES={subjects}"] \
        if suites else []
    argv = testkernel.make_argv(
        way.kernel, way.arch, f"M={way.folder}", f"KCFLAGS={way.kcflags}",
        "UBSAN_SANITIZE=y", *chosen, *way.flags, "modules")
    what = f"modules and {len(suites)} suites" if suites else "modules"
    with progress.step(f"building {what} ({way.name})", log):
        with build.building(way.folder):
            progress.run_logged(argv, log, what="building the suites",
                                hint="fix the error that make shows above",
                                folder=way.folder)


def make(way: Way, suites: Sequence[Suite], copy: bool = True,
         ) -> dict[str, Path]:
    """Build; the modules by name. Without suites, the drivers alone.

    Without @copy the copy stays as it is: somebody has prepared it.
    """
    with files.lock(way.folder.with_suffix(".lock")):
        if copy:
            mirror(way)
        _make(way, suites)
    # the folder may contain modules of removed or deselected suites
    wanted = {*DRIVERS, *((MOCK, *(suite.module for suite in suites))
                          if suites else ())}
    return {path.stem: path for path in way.folder.rglob("*.ko")
            if path.stem in wanted}
