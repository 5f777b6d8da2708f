# SPDX-License-Identifier: GPL-2.0
"""Additional contents of the guest: file systems, dm, md, udev."""

from __future__ import annotations

from pathlib import Path

from lab import paths
from lab.initramfs import More

HERE = Path(__file__).resolve().parent
PLACE = "usr/lib/differential"
SCRIPTS = ("lib.sh", "watch.sh", "watch_disk.sh")
PROGRAMS = (
    "xfs_io", "mkfs.xfs", "xfs_repair", "mkfs.btrfs", "btrfs", "mkswap",
    "swapon", "swapoff", "cryptsetup", "dmsetup", "mdadm", "udevadm",
    "wipefs",
)
MODULES = (
    "xfs", "btrfs", "dm_crypt", "raid1", "kyber_iosched", "bfq", "essiv",
    "aesni_intel", "aes_generic", "xts", "cbc", "crc32c_generic",
    "xxhash_generic", "blake2b_generic", "sha256_generic", "algif_skcipher",
)


def _rules() -> list[tuple[str, Path]]:
    """The project's udev rules."""
    return [(f"etc/udev/rules.d/{path.name}", path)
            for folder in ("drivers", "tools")
            for path in sorted((paths.checkout() / folder).rglob("*.rules"))]


def more() -> More:
    """The guest of the differential runner."""
    return More("differential", PROGRAMS, MODULES, (Path("/usr/lib/udev"),),
                (*((f"{PLACE}/{name}", HERE / "guest" / name)
                   for name in SCRIPTS), *_rules()), real=("kmod",))
