# SPDX-License-Identifier: GPL-2.0
"""A clean Debian, like a user's machine, for tests of installation.

Outer code makes it once, separately from the rootfs: builds and guests must not
depend on it. Inner code works in an overlay (a view), which leaves it
unchanged.
"""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import files, paths, progress, tree
from .errors import LabError

SUITE = "trixie"
PACKAGES = ("dkms", "initramfs-tools", "kmod", "linux-headers-amd64",
            "linux-image-amd64", "make", "udev", "zstd")
# Increase this when the way to make it changes.
VERSION = 1
# The installation of the kernel makes an initramfs, which takes a minute with
# all modules.
_SETUP = ('mkdir -p "$1/etc/initramfs-tools/conf.d";'
          ' printf "MODULES=list\\nCOMPRESS=zstd\\nCOMPRESSLEVEL=1\\n"'
          ' >"$1/etc/initramfs-tools/conf.d/lab"')
_UNUSED = ("usr/share/doc", "usr/share/locale", "usr/share/man",
           "var/cache/apt", "var/lib/apt/lists")
_ENTER = r"""
set -e
root=$1 over=$2
shift 2
mount -t overlay -o "lowerdir=$root,upperdir=$over/upper,workdir=$over/work" \
	overlay "$over/view"
mount -t proc proc "$over/view/proc"
mount --bind /dev "$over/view/dev"
mount --bind "$over/given" "$over/view/mnt"
rc=0
chroot "$over/view" sh -ec "$1" || rc=$?
exit "$rc"
"""


def _folder() -> Path:
    text = f"{VERSION} {SUITE} {' '.join(PACKAGES)} {_SETUP} {_UNUSED}"
    key = hashlib.sha256(text.encode()).hexdigest()[:8]
    return paths.state() / "clean" / f"{SUITE}-{key}"


def _make(folder: Path) -> None:
    log = paths.logs() / "clean.log"
    argv = [*tree.APART, "mmdebstrap", "--variant=apt",
            "--architectures=amd64",
            # Mirrors may be frozen at a date: their Release has run out.
            "--aptopt=Acquire::Check-Valid-Until \"false\"",
            "--aptopt=Acquire::Check-Date \"false\"",
            "--aptopt=Acquire::Languages \"none\"",
            "--aptopt=Acquire::Retries \"3\"",
            "--dpkgopt=force-unsafe-io", *tree.proxy(),
            "--include=" + ",".join(PACKAGES), f"--setup-hook={_SETUP}",
            SUITE, str(folder), f"deb {tree.mirror()} {SUITE} main"]
    with progress.step(f"making a clean Debian {SUITE} from {tree.mirror()}",
                       log):
        progress.run_logged(argv, log, what=f"making a clean Debian {SUITE}",
                            hint="check the network and the mirror"
                                 " (VFE_MIRROR=URI sets another)")
    for name in _UNUSED:
        files.remove(folder / name)


def ensure() -> Path:
    """Prepare it for view() (outer code)."""
    folder = _folder()
    if folder.is_dir():
        return folder
    tree.need_root("making a clean Debian")
    tree.install_host_packages()
    with files.lock(folder.parent / "lock"):
        if not folder.is_dir():
            for old in folder.parent.glob(f"{SUITE}-*"):
                files.remove(old)
            files.make_whole(folder, _make)
    return folder


class View:
    """The clean Debian with the changes of a test (inner code)."""

    def __init__(self, root: Path, over: Path) -> None:
        self._root = root
        self._over = over
        self.given = over / "given"     # /mnt in the view
        for name in ("upper", "work", "view", "given"):
            (over / name).mkdir()

    def run(self, script: str, timeout: float = 600) -> tuple[int, str]:
        """Run a shell script in it; its exit code and its output."""
        argv = [*tree.APART, "sh", "-c", _ENTER, "sh", str(self._root),
                str(self._over), script]
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, errors="replace",
                              stderr=subprocess.STDOUT, check=False,
                              timeout=timeout)
        return done.returncode, done.stdout

    def find(self, name: str) -> Path | None:
        """The path of a file of it, for this process."""
        for layer in (self._over / "upper", self._root):
            path = layer / name.lstrip("/")
            if path.is_file():
                return path
        return None

    def release(self) -> str:
        """The release of its kernel."""
        found = sorted((self._root / "usr/lib/modules").iterdir())
        return found[-1].name

    @property
    def modules(self) -> Path:
        """The folder of its kernel's modules."""
        return self._root / "usr/lib/modules" / self.release()


@contextmanager
def view() -> Iterator[View]:
    """A view of the clean Debian; its changes are discarded afterwards."""
    root = _folder()
    if not root.is_dir():
        raise LabError(f"there is no clean Debian in {root}: run `make check"
                       " ARGS=\"--only install\"`, which makes it")
    for stale in paths.state().glob("clean-view-*"):
        files.remove(stale)
    with tempfile.TemporaryDirectory(prefix="clean-view-",
                                     dir=paths.state()) as name:
        yield View(root, Path(name))
