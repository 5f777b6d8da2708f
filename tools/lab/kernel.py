# SPDX-License-Identifier: GPL-2.0
"""The kernels of guests, in the form that boots fastest (inner code).

Debian's bzImage unpacks itself, which takes many seconds under emulation.
Its payload is the plain ELF kernel, which QEMU can start directly (PVH). A
kernel that testkernel.py built is such a file from the start.
"""

from __future__ import annotations

import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import build, files, paths, recipe
from .errors import LabError

# Offsets in the boot protocol's header (Documentation/arch/x86/boot.rst).
SETUP_SECTS = 0x1F1
PAYLOAD = 0x248
UNPACKERS = {b"\xfd7zXZ": ("xz", "-dcq", "--single-stream"),
             b"\x28\xb5\x2f\xfd": ("zstd", "-dcq"),
             b"\x1f\x8b": ("gzip", "-dcq")}


@dataclass(frozen=True)
class Kernel:
    """A kernel for a guest."""

    image: Path
    release: str
    modules: Path       # the folder of its modules and their lists


def debian(series: str = recipe.BOOT_KERNEL) -> Kernel:
    """Debian's kernel of a series; guests boot one by default."""
    release = build.release(series)
    return Kernel(vmlinux(series), release, Path("/lib/modules") / release)


def built(folder: Path) -> Kernel:
    """A kernel of testkernel.py, by its build folder."""
    name = folder / "include/config/kernel.release"
    return Kernel(folder / "vmlinux", name.read_text().strip(), folder)


def bzimage(series: str = recipe.BOOT_KERNEL) -> Path:
    """Debian's packaged kernel: its path depends on its age."""
    release = build.release(series)
    boot = paths.tree() / "boot" / f"vmlinuz-{release}"
    if boot.exists():
        return boot
    return paths.tree() / "lib/modules" / release / "vmlinuz"


def _payload(image: bytes) -> bytes:
    setup = (image[SETUP_SECTS] or 4) + 1
    offset, length = struct.unpack_from("<II", image, PAYLOAD)
    start = setup * 512 + offset
    return image[start:start + length]


def extract(packed: Path, target: Path) -> None:
    """Unpack the ELF kernel that a bzImage holds."""
    payload = _payload(packed.read_bytes())
    for magic, command in UNPACKERS.items():
        if payload.startswith(magic):
            break
    else:
        raise LabError(f"{packed} is compressed by none of xz, zstd and"
                       f" gzip: its data begin with {payload[:6]!r}; add its"
                       " program to UNPACKERS in tools/lab/kernel.py")
    with open(target, "wb") as out:
        # Without the four bytes of size at the end, about which some unpackers
        # complain.
        subprocess.run(command, input=payload[:-4], stdout=out,
                       stderr=subprocess.DEVNULL, check=False)
    with open(target, "rb") as made:
        if made.read(4) != b"\x7fELF":
            raise LabError(f"{packed} unpacks to no ELF kernel: install its"
                           " package again, or remove the rootfs so that"
                           " the next run makes it anew")
    # An unpacker without disk space ends like a successful one: check the size.
    size, = struct.unpack("<I", payload[-4:])
    if target.stat().st_size != size:
        raise LabError(f"unpacking {packed} gave {target.stat().st_size}"
                       f" of {size} bytes: is the disk full?")


def vmlinux(series: str = recipe.BOOT_KERNEL) -> Path:
    """The unpacked kernel of a series; unpacks it once."""
    folder = paths.state() / "kernel"
    target = folder / f"vmlinux-{build.release(series)}"
    with files.lock(folder / "lock"):
        if not target.is_file():
            files.make_whole(target,
                             lambda path: extract(bzimage(series), path))
    return target
