# SPDX-License-Identifier: GPL-2.0
"""Makes the rootfs: a Debian root with all that the lab builds and boots."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import paths, progress, recipe
from .errors import LabError

DEFAULT_MIRROR = "http://deb.debian.org/debian"
# Programs that the host needs, and their packages.
HOST_COMMANDS = {"mmdebstrap": "mmdebstrap", "unshare": "util-linux"}
HOST_FILES = {"/usr/share/keyrings/debian-archive-keyring.gpg":
              "debian-archive-keyring"}

# Children and mounts end with the process namespace.
APART = ("unshare", "--mount", "--pid", "--fork", "--kill-child",
         "--mount-proc")


def path() -> Path:
    """The path of this recipe's rootfs, which may not exist yet."""
    return paths.cache() / f"tree-{recipe.key()}"


def need_root(what: str) -> None:
    """LabError unless the user is root."""
    if os.geteuid() != 0:
        raise LabError(f"{what} needs root: run it with sudo, or as root",
                       exit_code=2)


def mirror() -> str:
    """The Debian mirror the host itself uses; $VFE_MIRROR overrides it."""
    given = os.environ.get("VFE_MIRROR")
    if given:
        return given
    apt = Path("/etc/apt")
    for source in [apt / "sources.list",
                   *sorted((apt / "sources.list.d").glob("*"))]:
        if source.suffix not in (".list", ".sources"):
            continue
        found = _mirror_in(source)
        if found:
            return found
    return DEFAULT_MIRROR


def _mirror_in(source: Path) -> str | None:
    try:
        text = source.read_text(errors="replace")
    except OSError:
        return None
    for line in text.splitlines():
        if line.lstrip().startswith(("deb ", "deb\t", "URIs:")):
            match = re.search(r"(https?://\S+/debian)/?(?=\s|$)", line)
            if match:
                return match.group(1)
    return None


def proxy() -> list[str]:
    """The proxy of the host's apt, for the rootfs's apt."""
    options: list[str] = []
    if shutil.which("apt-config") is None:
        return options
    for name in ("Acquire::http::Proxy", "Acquire::https::Proxy"):
        found = subprocess.run(["apt-config", "dump", "--format", "%v",
                                name], stdout=subprocess.PIPE, text=True,
                               check=False).stdout.strip()
        if found:
            options.append(f'--aptopt={name} "{found}"')
    return options


def _missing_packages() -> list[str]:
    missing = {package for command, package in HOST_COMMANDS.items()
               if shutil.which(command) is None}
    missing |= {package for name, package in HOST_FILES.items()
                if not Path(name).exists()}
    return sorted(missing)


def install_host_packages() -> None:
    """Install the programs that make the rootfs, if missing."""
    missing = _missing_packages()
    if not missing:
        return
    names = " ".join(missing)
    if shutil.which("apt-get") is None:
        raise LabError(f"missing on this machine: {names}; install them"
                       " (Debian's names)", exit_code=2)
    log = paths.logs() / "host-packages.log"
    hint = f"install by hand: apt-get install {names}"
    with progress.step(f"installing on this machine: {names}", log):
        progress.run_logged(["apt-get", "update"], log, what="apt-get update",
                            hint=hint)
        progress.run_logged(["apt-get", "install", "-y",
                             "--no-install-recommends", *missing], log,
                            what="apt-get install", hint=hint)


def _check_space(folder: Path) -> None:
    free = shutil.disk_usage(folder).free // 2**20
    if free < recipe.SIZE_MB:
        raise LabError(
            f"no room for the lab: {folder} has {free} MB free and"
            f" {recipe.SIZE_MB} MB are needed; free some, or set VFE_CACHE to"
            " a folder on a larger disk")


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Lock: one run makes the rootfs; a second run waits for it."""
    with open(folder / "tree.lock", "w", encoding="ascii") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with progress.step("another run is making the rootfs: waiting"):
                fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _remove(folder: Path) -> None:
    # Nothing should be mounted here; do not follow a mount in any case.
    subprocess.run(["rm", "-rf", "--one-file-system", str(folder)],
                   check=True)


def _mmdebstrap(target: Path) -> list[str]:
    uri = mirror()
    hook = f"{sys.executable} {Path(__file__).with_name('tree_hook.py')}"
    argv = ["mmdebstrap", "--variant=apt", "--architectures=amd64",
            # Mirrors may be frozen at a date: their Release has run out.
            "--aptopt=Acquire::Check-Valid-Until \"false\"",
            "--aptopt=Acquire::Check-Date \"false\"",
            "--aptopt=Acquire::Languages \"none\"",
            "--aptopt=Acquire::Retries \"3\"",
            "--dpkgopt=force-unsafe-io",
            "--include=" + ",".join(recipe.PACKAGES),
            f"--setup-hook={hook} setup \"$1\"",
            f"--customize-hook={hook} customize \"$1\""]
    argv += [f"--dpkgopt=path-exclude={item}"
             for item in recipe.EXCLUDED_PATHS]
    argv += proxy()
    argv += [recipe.BASE_SUITE, str(target)]
    argv += [f"deb {uri} {suite} main" for suite in recipe.SUITES]
    return argv


def _make(target: Path) -> None:
    temporary = target.with_name(target.name + ".making")
    _remove(temporary)
    _check_space(target.parent)
    install_host_packages()
    log = paths.logs() / "tree.log"
    argv = [*APART, *_mmdebstrap(temporary)]
    try:
        with progress.step(f"making the Debian rootfs from {mirror()}", log):
            progress.run_logged(
                argv, log, what="making the rootfs",
                hint="check the network and the mirror (VFE_MIRROR=URI sets"
                     " another) and run this again")
        temporary.rename(target)
    finally:
        _remove(temporary)


def _is_complete(target: Path) -> bool:
    return (target / recipe.also_stamp()).exists()


def _complete(target: Path) -> None:
    """Add what a rootfs of an earlier checkout lacks."""
    log = paths.logs() / "tree-complete.log"
    hook = Path(__file__).with_name("tree_hook.py")
    with progress.step("adding sources of the kernel to the rootfs", log):
        progress.run_logged(
            [*APART, sys.executable, str(hook), "complete", str(target),
             *(option.removeprefix("--aptopt=") for option in proxy())], log,
            what="adding sources to the rootfs",
            hint=f"check the network and run this again, or remove {target},"
                 " which the next run makes anew")


def ensure() -> Path:
    """The rootfs; makes it if necessary."""
    target = path()
    if target.is_dir() and _is_complete(target):
        return target
    need_root("making the lab's rootfs")
    folder = paths.cache()
    folder.mkdir(parents=True, exist_ok=True)
    with _lock(folder):
        if not target.is_dir():
            _make(target)
            _mention_others(target)
        elif not _is_complete(target):
            _complete(target)
    return target


def _mention_others(target: Path) -> None:
    """Trees of other recipes stay: another checkout may be using them."""
    for other in sorted(target.parent.glob("tree-*")):
        if other.is_dir() and other != target:
            progress.say(f"{other} is of another recipe: remove it if no"
                         " other checkout uses it")
