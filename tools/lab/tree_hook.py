# SPDX-License-Identifier: GPL-2.0
"""Hooks that mmdebstrap runs while it makes the rootfs.

    tree_hook.py setup ROOT       before reading packages: preferences
    tree_hook.py customize ROOT   after installing packages: kernels, scripts
    tree_hook.py complete ROOT    later: sources that it lacks

Everything runs in a chroot at ROOT. Do not use the host's apt with a
configuration for the rootfs, as mmdebstrap does: with one option missing, dpkg
would install on the host.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# pylint: disable=wrong-import-position
from lab import recipe  # noqa: E402


# As mmdebstrap has them, see tree.py
APT = ('APT::Sandbox::User "root"', 'Acquire::Check-Valid-Until "false"',
       'Acquire::Check-Date "false"', 'Acquire::Languages "none"')


def _in(root: Path, *argv: str, cwd: str = "/") -> None:
    subprocess.run(["chroot", str(root), "sh", "-c",
                    'cd "$1" && shift && exec "$@"', "sh", cwd, *argv],
                   check=True)


def _output(root: Path, *argv: str) -> str:
    return subprocess.run(["chroot", str(root), *argv], check=True,
                          stdout=subprocess.PIPE, text=True).stdout


def setup(root: Path) -> None:
    """Pin the suites before the first package is chosen."""
    folder = root / "etc/apt/preferences.d"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vfe").write_text(recipe.preferences())


def _named_by(root: Path, meta: str, kernel: str) -> str:
    """The package that the kernel metapackage of a series depends on."""
    for stanza in _output(root, "apt-cache", "show", meta).split("\n\n"):
        version = re.search(r"^Version: (\S+)", stanza, re.M)
        depends = re.search(r"^Depends: (.*)", stanza, re.M)
        if not version or not depends:
            continue
        if not version.group(1).startswith(kernel + "."):
            continue
        base = meta.removesuffix("-amd64")
        exact = re.search(rf"({re.escape(base)}-\d\S*)", depends.group(1))
        if exact:
            return exact.group(1)
    raise SystemExit(f"no {meta} of the {kernel} series in {recipe.SUITES}:"
                     " use a mirror that has it (VFE_MIRROR)")


def _depends(root: Path, package: str) -> list[str]:
    """The first alternative of each thing that a package depends on."""
    shown = _output(root, "apt-cache", "show", "--no-all-versions", package)
    found = re.search(r"^Depends: (.*)", shown, re.M)
    items = found.group(1).split(",") if found else []
    return [re.split(r"[\s|(:]", item.strip())[0] for item in items]


def _header_packages(root: Path) -> tuple[list[str], list[str]]:
    """Packages to unpack, and packages (compilers) to install.

    The headers of some kernels depend on the kernel itself, which depends on an
    initramfs maker and systemd, which the rootfs does not need.
    """
    unpack: list[str] = []
    install: list[str] = []
    for kernel in recipe.KERNEL_SUITES:
        package = _named_by(root, "linux-headers-amd64", kernel)
        unpack.append(package)
        for name in _depends(root, package):
            if name.startswith(("linux-headers-", "linux-kbuild-")):
                unpack.append(name)
            elif not name.startswith(("linux-image-", "linux-base")):
                install.append(name)
    return unpack, install


def _image_parts(root: Path, image: str) -> list[str]:
    """The packages that a kernel is split into, where it is."""
    release = image.removeprefix("linux-image-")
    return [name for name in _depends(root, image)
            if name in (f"linux-base-{release}", f"linux-binary-{release}",
                        f"linux-modules-{release}")]


def _download(root: Path, folder: str, packages: list[str]) -> list[str]:
    """Download packages to a folder of the rootfs; return their paths there."""
    inside = Path("/") / Path(folder).relative_to(root)
    # apt drops its privileges for downloads, but only root can write here.
    _in(root, "apt-get", "-o", "APT::Sandbox::User=root", "download",
        *packages, cwd=str(inside))
    return [str(inside / path.name)
            for path in sorted(Path(folder).glob("*.deb"))]


def _unpack(root: Path, packages: list[str]) -> None:
    """Unpack packages without their scripts."""
    # Not dpkg -x: it would put a folder where /lib is a symlink.
    script = ('dpkg-deb --fsys-tarfile "$1" | tar -C / -x'
              " --keep-directory-symlink --exclude=./usr/share/doc")
    with tempfile.TemporaryDirectory(dir=root / "tmp") as folder:
        for archive in _download(root, folder, packages):
            print("unpacking", Path(archive).name, flush=True)
            _in(root, "sh", "-c", script, "sh", archive)


def _kernels(root: Path) -> None:
    unpack, install = _header_packages(root)
    images = [_named_by(root, "linux-image-amd64", kernel)
              for kernel in recipe.KERNEL_SUITES]
    parts = [part for image in images for part in _image_parts(root, image)]
    _in(root, "apt-get", "-y", "-o", "Dpkg::Use-Pty=false", "install",
        "--no-install-recommends", *install)
    _unpack(root, [*images, *parts, *unpack, *recipe.UNPACKED])
    for image in images:
        _in(root, "depmod", image.removeprefix("linux-image-"))


def _kernel_source(root: Path) -> None:
    source = f"linux-source-{recipe.BOOT_KERNEL}"
    without = " ".join(f"--exclude='{source}/{pattern}'"
                       for pattern in recipe.SOURCE_WITHOUT)
    with tempfile.TemporaryDirectory(dir=root / "tmp") as folder:
        package = _download(root, folder, [source])[0]
        print("unpacking", Path(package).name, flush=True)
        script = (f'dpkg-deb --fsys-tarfile "$1" |'
                  f" tar -xO ./usr/src/{source}.tar.xz | xz -dcq -T0 |"
                  f" tar -C /usr/src -x --wildcards {without}")
        _in(root, "bash", "-o", "pipefail", "-c", script, "bash", package)
        # the names of builds contain it
        version = Path(package).name.split("_")[1]
        (root / "usr/src" / source / ".version-of-package").write_text(
            version + "\n")
        _also(root, source, package)


def _also(root: Path, source: str, package: str) -> None:
    """Unpack the files that recipe.SOURCE_WITHOUT left out."""
    names = " ".join(f"'{source}/{pattern}'" for pattern in recipe.SOURCE_ALSO)
    script = (f'dpkg-deb --fsys-tarfile "$1" |'
              f" tar -xO ./usr/src/{source}.tar.xz | xz -dcq -T0 |"
              " tar -C /usr/src -x --wildcards --no-wildcards-match-slash"
              f" {names}")
    _in(root, "bash", "-o", "pipefail", "-c", script, "bash", package)
    (root / recipe.also_stamp()).touch()


def complete(root: Path, *options: str) -> None:
    """Add sources to a rootfs that was made before they were needed; of the
    same version as the others."""
    source = f"linux-source-{recipe.BOOT_KERNEL}"
    version = (root / "usr/src" / source / ".version-of-package").read_text()
    # mmdebstrap removed the lists, and its options for a proxy
    conf = root / "etc/apt/apt.conf.d/99vfe"
    conf.write_text("".join(f"{option};\n" for option in (*APT, *options)))
    _in(root, "apt-get", "update")
    with tempfile.TemporaryDirectory(dir=root / "tmp") as folder:
        package = _download(root, folder, [f"{source}={version.strip()}"])[0]
        print("unpacking", Path(package).name, flush=True)
        _also(root, source, package)
    conf.unlink()
    _in(root, "apt-get", "clean")


def customize(root: Path) -> None:
    """Add the kernels, their headers and the sources of one."""
    # In parallel: the sources take the longest, and one processor.
    with ThreadPoolExecutor() as pool:
        source = pool.submit(_kernel_source, root)
        _kernels(root)
        source.result()
    for folder in ("vfe", "state", "out"):
        (root / folder).mkdir(exist_ok=True)


def main(command: str, root: Path, *options: str) -> None:
    """Run one hook."""
    if command == "complete":
        complete(root, *options)
    else:
        {"setup": setup, "customize": customize}[command](root)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
