# SPDX-License-Identifier: GPL-2.0
"""Boots Debian's own initramfs, with the root file system on a disk.

Compares the links in /dev/disk, which udev creates in that initramfs, between
the driver under test and the kernel's virtio_blk.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab import initramfs, kernel, paths
from lab.guest import DeviceSpec, Guest

SERIAL = "root-disk"
LABEL = "vfe-root"
UUID = "5a6f7d0e-33c5-4a5b-9d5e-0f6a1b2c3d4e"
PART_UUID = "0b1c2d3e-4f50-4162-8374-95a6b7c8d9ea"
SIZE_MB = 96
BOOT_TIMEOUT = 240.0
_LINKS = """\
find /dev/disk -type l | while read -r link; do
	echo "${link#/dev/disk/} $(readlink -f "$link")"
done
"""


@dataclass(frozen=True)
class Parts:
    """The system to boot."""

    boots: kernel.Kernel
    initrd: Path


def make_disk(boots: kernel.Kernel, target: Path) -> None:
    """A disk with a partition that holds the guest's user space."""
    root = target.with_suffix(".root")
    root.mkdir()
    with open(initramfs.guest(None, boots), "rb") as archive:
        subprocess.run(["cpio", "-idm", "--quiet"], stdin=archive, cwd=root,
                       check=True)
    with open(target, "wb") as disk:
        disk.truncate(SIZE_MB << 20)
    subprocess.run(["sfdisk", "-q", str(target)], check=True, text=True,
                   input="label: gpt\nstart=2048, name=\"the root\","
                         f" uuid={PART_UUID}\n")
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-b", "4096", "-L", LABEL,
                    "-U", UUID, "-E", "offset=1048576,root_owner=0:0",
                    "-d", str(root), str(target), f"{SIZE_MB - 2}M"],
                   check=True)


def boot(name: str, parts: Parts, disk: Path, options: Sequence[str],
         accel: str) -> tuple[str, list[str]]:
    """Boot with root=UUID=...; the device of the root, and all links."""
    spec = DeviceSpec("root", disk, ("--serial", SERIAL, *options))
    with_root = Guest(
        [spec], accel=accel, name=f"install-{name}", boots=parts.boots,
        initrd=parts.initrd, append=f"root=UUID={UUID} rw init=/init",
        logs=paths.out() / "check" / "guests" / f"install-{name}")
    with_root.boot(BOOT_TIMEOUT)
    try:
        source = with_root.run("findmnt -n -o SOURCE /").out.strip()
        links = with_root.run(_LINKS).out.splitlines()
    finally:
        with_root.shutdown()
    return source, links


def plain(links: Sequence[str]) -> list[str]:
    """Links without the necessary differences: the name of the disk, and the
    number of earlier disks."""
    return sorted(
        link.replace("/dev/vfeb0p", "DISK part ").replace(
            "/dev/vda1", "DISK part 1").replace("/dev/vfeb0", "DISK").replace(
            "/dev/vda", "DISK")
        for link in links if not link.startswith("by-diskseq/"))
