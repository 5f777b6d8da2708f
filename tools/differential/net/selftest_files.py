# SPDX-License-Identifier: GPL-2.0
"""The kernel's selftests of network drivers, for a guest (inner code).

They come from Debian's linux-source, and what their Python needs from other
packages of Debian; all of it stays in the cache. To have no download, put the
packages into its folder state/selftests/SERIES/packages.
"""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from pathlib import Path

from lab import LabError, files, paths, progress

PYTHON = ("python3-yaml", "libyaml-0-2")
TESTS = "tools/testing/selftests"
# Of the sources
WANTED = ("tools/testing/selftests/drivers/net", "tools/testing/selftests/net",
          "tools/testing/selftests/kselftest*", "tools/include",
          "tools/net/ynl/pyynl", "Documentation/netlink/specs", "include/uapi")
# For the guest; other drivers' tests are not
COPIED = (f"{TESTS}/net/lib", f"{TESTS}/net/lib.sh", f"{TESTS}/drivers/net",
          f"{TESTS}/net/forwarding", f"{TESTS}/kselftest",
          "tools/net/ynl/pyynl", "Documentation/netlink/specs")
OTHERS = ("netdevsim", "mlxsw", "dsa", "ocelot", "microchip")
# Programs and the folder of each. toeplitz needs a library of netlink made from
# the specifications; its test fails with both drivers before it starts that.
PROGRAMS = (("net/lib", "csum"), ("net/lib", "gro"), ("net/lib", "xdp_helper"),
            ("drivers/net", "napi_id_helper"))
# A package that only a check of the schemas of netlink needs
JSONSCHEMA = "def validate(*_, **__):\n    pass\n"


class Files:
    """What is in the cache, for a series of kernels."""

    def __init__(self, series: str) -> None:
        self.series = series
        self.folder = paths.state() / "selftests" / series
        self.packages = self.folder / "packages"
        self.sources = self.folder / f"linux-source-{series}"
        self.log = paths.logs() / "selftests.log"

    def _run(self, what: str, *argv: str, cwd: Path | None = None) -> None:
        with progress.step(what), open(self.log, "a", encoding="utf-8") as log:
            done = subprocess.run(argv, cwd=cwd, stdin=subprocess.DEVNULL,
                                  stdout=log, stderr=log, check=False)
        if done.returncode:
            raise LabError(f"{what} ended with status {done.returncode}:"
                           f" {paths.shown(self.log)}")

    def _package(self, name: str) -> Path:
        found = sorted(self.packages.glob(f"{name}_*.deb"))
        if not found:
            raise LabError(f"no package {name} in"
                           f" {paths.shown(self.packages)}")
        return found[-1]

    def _download(self) -> None:
        """By the rootfs's lists of packages, in a state of their own."""
        names = [name for name in (f"linux-source-{self.series}", *PYTHON)
                 if not list(self.packages.glob(f"{name}_*.deb"))]
        if not names:
            return
        state = self.folder / "apt"
        (state / "lists/partial").mkdir(parents=True, exist_ok=True)
        options = ("-o", f"Dir::State::Lists={state / 'lists'}", "-o",
                   f"Dir::Cache={state}", "-o", "APT::Sandbox::User=root")
        self._run("apt-get update", "apt-get", *options, "update")
        self._run(f"downloading {' '.join(names)}", "apt-get", *options,
                  "download", *names, cwd=self.packages)

    def _unpack(self) -> None:
        if self.sources.is_dir():
            return
        name = self.sources.name
        with_names = " ".join(f"'{name}/{one}'" for one in WANTED)
        fresh = self.folder / "fresh"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        self._run(
            f"unpacking the selftests of {name}", "bash", "-o", "pipefail",
            "-c", 'dpkg-deb --fsys-tarfile "$1" | tar -xO'
            f" ./usr/src/{name}.tar.xz | xz -dcq -T0 | tar -x --wildcards"
            f" {with_names}", "bash", str(self._package(name)), cwd=fresh)
        (fresh / name).rename(self.sources)
        fresh.rmdir()

    def _compile(self) -> None:
        """The programs, and those for XDP."""
        tests = self.sources / TESTS
        for folder, name in PROGRAMS:
            here = tests / folder
            if (here / f"{name}.c").is_file() and not (here / name).is_file():
                self._run(f"compiling {name}", "gcc", "-O2", "-w",
                          f"-I{tests}", f"-I{tests / 'net'}",
                          f"-I{tests / 'net/lib'}", f"{name}.c", "-o", name,
                          "-lpthread", cwd=here)
        for one in (*(tests / "net/lib").glob("*.bpf.c"),
                    *(tests / "drivers/net").rglob("*.bpf.c")):
            made = one.with_suffix(".o")
            if not made.is_file():
                self._run(f"compiling {one.name}", "clang", "-target", "bpf",
                          "-O2", "-g", "-w", "-mcpu=v3",
                          "-I/usr/include/x86_64-linux-gnu", f"-I{tests}",
                          "-D__x86_64__", "-D__TARGET_ARCH_x86", "-c",
                          one.name, "-o", made.name, cwd=one.parent)

    def _python(self, root: Path) -> None:
        """What the tests import, in a folder of its own."""
        there = root / "python"
        there.mkdir()
        for name in PYTHON:
            unpacked = root / "unpacked"
            self._run(f"unpacking {name}", "dpkg-deb", "-x",
                      str(self._package(name)), str(unpacked))
        modules = unpacked / "usr/lib/python3/dist-packages"
        for one in (*modules.iterdir(),
                    *unpacked.glob("usr/lib/*/libyaml-0.so.2*")):
            one.rename(there / one.name)
        shutil.rmtree(unpacked)
        (there / "jsonschema.py").write_text(JSONSCHEMA)

    def _pack(self, target: Path) -> None:
        root = self.folder / "root"
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir()
        self._python(root)
        for name in COPIED:
            source, there = self.sources / name, root / name
            there.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, there, symlinks=True,
                                ignore=shutil.ignore_patterns("*.c", *OTHERS))
            else:
                shutil.copy2(source, there)
        with tarfile.open(target, "w:gz", compresslevel=1) as packed:
            packed.add(root, ".")
        shutil.rmtree(root)

    def packed(self) -> Path:
        """The archive for the guest; makes what is missing."""
        self.packages.mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        target = self.folder / "selftests.tar.gz"
        with files.lock(self.folder / "lock"):
            if not target.is_file():
                self._download()
                self._unpack()
                self._compile()
                files.make_whole(target, self._pack)
        return target


def place(test: str) -> tuple[str, str, str]:
    """The folder, the file and the case of a test, "FOLDER/FILE[:CASE]"."""
    path, _, case = test.partition(":")
    folder, _, name = path.rpartition("/")
    return folder, name, case
