# SPDX-License-Identifier: GPL-2.0
"""Debian packages for few tests, which the rootfs does not have.

The rootfs's apt fetches them, and what they depend on and the rootfs lacks.
They are unpacked into the state folder, which inner code also has; the rootfs
stays as it is.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from . import chroot, files, paths, progress, recipe, tree
from .errors import LabError

# Increase this when the way to unpack them changes.
VERSION = 1
# The packages of each purpose, of the rootfs's suite
PACKAGES = {
    # ports for guests (vhost-user), and what testpmd is linked with
    "dpdk": ("librte-net-vhost25", "librte-mempool-ring25", *(
        f"librte-{name}25" for name in (
            "bitratestats", "bpf", "cmdline", "crypto-scheduler", "gro", "gso",
            "latencystats", "net-bnxt", "net-bond", "net-dpaa", "net-i40e",
            "net-iavf", "net-ice", "net-ixgbe", "net-mlx5-", "pdump"))),
    # commands for SCSI units in guests: sg_inq and its like, and the tests of
    # a target that came with libiscsi
    "scsi": ("sg3-utils", "libiscsi-bin"),
}
# Packages that are unpacked without what they depend on
ALONE: Mapping[str, tuple[str, ...]] = {
    # testpmd; it depends on all of DPDK, and on the headers of that
    "dpdk": ("dpdk-dev",),
}
LIBRARIES = "usr/lib/x86_64-linux-gnu"
LIMIT_S = 900

# Arguments: the folder, the packages alone, the others
_FETCH = """\
set -e
cd "$1"
alone=$2
shift 2
export APT_CONFIG="$PWD/apt/conf"
mkdir -p apt/lists/partial apt/cache/archives/partial
apt-get update
apt-get install -y --no-install-recommends --download-only "$@"
[ -z "$alone" ] || (cd apt/cache/archives && apt-get download $alone)
for archive in apt/cache/archives/*.deb; do
    dpkg-deb -x "$archive" .
done
"""


def _folder(name: str) -> Path:
    text = " ".join((str(VERSION), recipe.key(), *PACKAGES[name],
                     *ALONE.get(name, ())))
    key = hashlib.sha256(text.encode()).hexdigest()[:8]
    return paths.state() / "extras" / f"{name}-{key}"


def configuration(inside: str) -> str:
    """apt's: it keeps all its files in this folder.

    @inside: the folder's path in the rootfs
    """
    options = {
        "Dir::Etc::SourceList": f"{inside}/sources",
        "Dir::Etc::SourceParts": "-",
        "Dir::State::Lists": f"{inside}/lists",
        "Dir::Cache": f"{inside}/cache",
        # Only root can write there, and nothing is installed.
        "APT::Sandbox::User": "root",
        "Debug::NoLocking": "true",
    }
    lines = [f'{key} "{value}"' for key, value in options.items()]
    lines += [option.removeprefix("--aptopt=") for option in tree.proxy()]
    return "".join(f"{line};\n" for line in lines)


def _make(name: str, folder: Path) -> None:
    inside = f"{paths.INNER_STATE}/extras/{folder.name}"
    apt = folder / "apt"
    apt.mkdir(parents=True)
    (apt / "conf").write_text(configuration(f"{inside}/apt"))
    (apt / "sources").write_text(
        f"deb {tree.mirror()} {recipe.BASE_SUITE} main\n")
    log = paths.logs() / f"extras-{name}.log"
    with progress.step(f"fetching Debian's packages of {name} from"
                       f" {tree.mirror()}", log):
        code = chroot.run(["sh", "-c", _FETCH, "sh", inside,
                           " ".join(ALONE.get(name, ())), *PACKAGES[name]],
                          timeout=LIMIT_S, log=log)
    if code:
        raise LabError(f"no packages of {name} from {tree.mirror()}:"
                       f" {progress.last_lines(log, 2)}; check the network"
                       " and the mirror (VFE_MIRROR=URI sets another); the"
                       f" log is {log}")
    for unused in ("apt", "usr/share/doc", "usr/include"):
        files.remove(folder / unused)


def ensure(name: str) -> None:
    """Prepare the packages of a purpose for get(); LabError if that fails
    (outer code)."""
    folder = _folder(name)
    if folder.is_dir():
        return
    tree.need_root(f"fetching packages of {name}")
    files.make_once(folder, lambda path: _make(name, path))


def get(name: str) -> Path:
    """The folder with their files, after ensure() (inner code)."""
    folder = _folder(name)
    if not folder.is_dir():
        raise LabError(f"Debian's packages of {name} are not in {folder}:"
                       " extras.ensure() fetches them, outside of the rootfs")
    return folder


def environment(folder: Path) -> Mapping[str, str]:
    """For a program in the folder: its libraries."""
    return {**os.environ, "LD_LIBRARY_PATH": str(folder / LIBRARIES)}
