# SPDX-License-Identifier: GPL-2.0
"""Makes initramfs images from the rootfs (inner code).

Two kinds: the guest's, with a user space to test a disk from, and the nested
machine's, which only mounts the rootfs over 9p and moves there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import files, kernel, paths, stubs

HERE = Path(__file__).resolve().parent
BUSYBOX = "/usr/bin/busybox"
KEPT = 4
# One command mounts these, in this order.
MOUNTS = (("proc", "/proc"), ("sysfs", "/sys"), ("devpts", "/dev/pts"),
          ("tmpfs", "/dev/shm"), ("tmpfs", "/run"), ("tmpfs", "/tmp"),
          ("debugfs", "/sys/kernel/debug"),
          ("tracefs", "/sys/kernel/tracing"))

GUEST_PROGRAMS = (
    "bash", "fio", "mke2fs", "mkfs.ext4", "e2fsck", "fsck.ext4", "resize2fs",
    "dumpe2fs", "tune2fs", "kmod", "modprobe", "insmod", "rmmod", "lsmod",
    "modinfo", "lspci", "setpci", "losetup", "blockdev", "blkdiscard",
    "lsblk", "blkid", "taskset", "setpriv", "flock", "fsfreeze", "fstrim",
    "mount", "umount", "findmnt", "sfdisk", "partx", "dd", "timeout", "stat",
    "sync", "truncate", "fallocate", "sha256sum", "cmp", "sort", "head",
    "tail", "date", "chroot", "setsid", "stty", "rtcwake", "dmesg",
    "blkzone",
)
# Modules that a guest may load by name; with their dependencies.
GUEST_MODULES = (
    "virtio_pci", "virtio_console", "virtio_blk", "ext4", "crc32c_generic",
    "crc32c_intel", "loop", "null_blk", "nls_ascii", "scsi_debug",
    "virtio_net", "virtio_rng", "libcrc32c", "brd", "button", "zonefs",
    "virtio_scsi", "sd_mod", "sg",
)


@dataclass(frozen=True)
class More:
    """Additional contents for a kind of guest, named @kind."""

    kind: str
    programs: Sequence[str]
    modules: Sequence[str]
    folders: Sequence[Path] = ()    # of the rootfs, each to its own place
    scripts: Sequence[tuple[str, Path]] = ()    # place in the guest, file
    # Programs with calls to these libraries, for which no stand-in works.
    real: Sequence[str] = ()


NEST_MODULES = ("9p", "9pnet_virtio", "virtio_console", "kvm_amd")


def _find(name: str) -> Path:
    for folder in ("usr/sbin", "usr/bin", "sbin", "bin"):
        path = paths.tree() / folder / name
        if path.exists():
            return path
    raise FileNotFoundError(f"the rootfs has no program {name}")


def libraries_of(program: Path, search: Path | None = None) -> set[str]:
    """What it is linked with, by ldd.

    @search: where to look first
    """
    env = {"LD_LIBRARY_PATH": str(search)} if search else {}
    text = subprocess.run(["ldd", str(program)], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, check=False,
                          env={**os.environ, **env}).stdout
    return set(re.findall(r"(/\S+\.so\S*)", text))


def _make_stubs(folder: Path, names: Sequence[str]) -> None:
    """Stand-ins for libraries that the programs load and never call."""
    folder.mkdir()
    users: dict[Path, set[Path]] = {}
    for name, unused in stubs.UNUSED.items():
        if name not in names:
            continue
        program = _find(name)
        loaded = {Path(library) for library in libraries_of(program)}
        for library in loaded:
            if library.name in unused:
                users.setdefault(library, set()).update(
                    {program}, (one for one in loaded
                                if one.name in stubs.ALSO))
    for library, wanting in users.items():
        stubs.make(sorted(wanting), library, folder / library.name)


def _layout(root: Path) -> None:
    for name in ("usr/bin", "usr/lib", "usr/lib64", "proc", "sys", "dev",
                 "run", "tmp", "root", "mnt", "etc", "var", "newroot"):
        (root / name).mkdir(parents=True)
    # No /sbin: init makes it. Until then the kernel finds no /sbin/modprobe,
    # which it would start uselessly a dozen times while it boots.
    for name, target in (("bin", "usr/bin"), ("lib", "usr/lib"),
                         ("lib64", "usr/lib64"), ("usr/sbin", "bin")):
        (root / name).symlink_to(target)
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/bash\n")
    (root / "etc/group").write_text("root:x:0:\n")
    (root / "etc/mtab").symlink_to("/proc/self/mounts")
    (root / "etc/fstab").write_text("".join(
        f"{kind} {place} {kind} defaults 0 0\n"
        for kind, place in MOUNTS))


def _add_busybox(root: Path) -> None:
    shutil.copy2(BUSYBOX, root / "usr/bin/busybox")
    names = subprocess.run([BUSYBOX, "--list"], stdout=subprocess.PIPE,
                           text=True, check=True).stdout.split()
    for name in names:
        link = root / "usr/bin" / name
        if not link.exists():
            link.symlink_to("busybox")


def _add_programs(root: Path, names: Sequence[str],
                  real: Sequence[str] = ()) -> None:
    stand_ins = root.parent / "stubs"
    _make_stubs(stand_ins, [name for name in names if name not in real])
    libraries: set[str] = set()
    for name in names:
        program = _find(name)
        target = root / "usr/bin" / name
        target.unlink(missing_ok=True)
        shutil.copy2(program, target)
        libraries |= libraries_of(program, stand_ins)
    for library in sorted(libraries):
        place = "usr/lib/" + Path(library).name \
            if library.startswith(str(stand_ins)) else library.lstrip("/")
        target = root / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(library, target)


def _add_folders(root: Path, folders: Sequence[Path]) -> None:
    """Copies folders of the rootfs unchanged, and what their libraries need."""
    libraries: set[str] = set()
    for folder in folders:
        source = paths.tree() / str(folder).lstrip("/")
        shutil.copytree(source, root / str(folder).lstrip("/"),
                        symlinks=True, dirs_exist_ok=True)
        libraries |= {one for module in source.rglob("*.so")
                      for one in libraries_of(module)}
    for library in sorted(libraries):
        target = root / library.lstrip("/")
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(library, target)


def _dependencies(source: Path) -> dict[str, tuple[str, list[str]]]:
    """modules.dep: name -> (path, paths of its dependencies)."""
    listed = source / "modules.dep"
    table = {}
    # a kernel without modules has everything built in
    for line in listed.read_text().splitlines() if listed.exists() else ():
        path, _, needs = line.partition(":")
        name = Path(path).name.split(".")[0].replace("-", "_")
        table[name] = (path, needs.split())
    return table


def _copy_module(source: Path, target: Path) -> None:
    """Unpack them here: that would be slow in a guest under emulation."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.suffix != ".xz":
        shutil.copy2(source, target)
        return
    with open(target, "wb") as out:
        subprocess.run(["xz", "-dc", str(source)], stdout=out, check=True)


def _add_modules(root: Path, names: Iterable[str], extra: Iterable[Path],
                 of: kernel.Kernel) -> None:
    target = root / "usr/lib/modules" / of.release
    (target / "extra").mkdir(parents=True)
    table = _dependencies(of.modules)
    wanted: set[str] = set()
    for name in names:
        if name in table:       # else it is built into this kernel
            path, needs = table[name]
            wanted |= {path, *needs}
    for path in sorted(wanted):
        _copy_module(of.modules / path, target / path.removesuffix(".xz"))
    for module in extra:
        subprocess.run(["strip", "--strip-debug", "-o",
                        str(target / "extra" / module.name), str(module)],
                       check=True)
    for name in ("modules.builtin", "modules.builtin.modinfo",
                 "modules.order"):
        shutil.copy2(of.modules / name, target / name)
    subprocess.run(["depmod", "-b", str(root / "usr"), of.release],
                   check=True)


def _pack(root: Path, archive: Path) -> None:
    names = "\n".join(sorted(str(path.relative_to(root))
                             for path in root.rglob("*")))
    with open(archive, "wb") as out:
        subprocess.run(["cpio", "-o", "-H", "newc", "--quiet", "-R", "0:0",
                        "--reproducible"], cwd=root, stdout=out,
                       input=names.encode(), check=True)


def _cached(kind: str, parts: Sequence[bytes | str | Path],
            programs: Sequence[str], modules: Sequence[str],
            extra: Sequence[Path], scripts: dict[str, Path],
            of: kernel.Kernel, folders: Sequence[Path] = (),
            real: Sequence[str] = ()) -> Path:
    key = files.digest([kind, of.release, *programs, *modules, *parts,
                        *map(str, folders), *real, *scripts,
                        *(path.name for path in extra), *extra,
                        *scripts.values(), Path(__file__),
                        HERE / "stubs.py"])
    folder = paths.state() / "initramfs"
    target = folder / f"{kind}-{key}.cpio"
    with files.lock(folder / f"{kind}.lock"):
        if target.is_file():
            return target
        files.remove_old(folder, f"{kind}-*.cpio", KEPT)
        for part in folder.glob(f".{kind}-*"):
            files.remove(part)      # of a run that was killed

        def make(archive: Path) -> None:
            with tempfile.TemporaryDirectory() as name:
                root = Path(name) / "root"
                _layout(root)
                _add_busybox(root)
                _add_programs(root, programs, real)
                _add_modules(root, modules, extra, of)
                _add_folders(root, folders)
                for path, script in scripts.items():
                    (root / path).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(script, root / path)
                    (root / path).chmod(0o755)
                _pack(root, archive)

        files.make_whole(target, make)
    return target


def guest(modules: Path | None = None, of: kernel.Kernel | None = None,
          more: More | None = None) -> Path:
    """The guest's initramfs, with the .ko files in `modules`."""
    extra = sorted(modules.glob("*.ko")) if modules else []
    kind = "guest" if of is None else of.release
    scripts = {"init": HERE / "guest_init.sh",
               "usr/bin/vfe-agent": HERE / "guest_agent.sh"}
    if more is None:
        return _cached(kind, [], GUEST_PROGRAMS, GUEST_MODULES, extra,
                       scripts, of or kernel.debian())
    return _cached(f"{more.kind}-{kind}", [],
                   (*GUEST_PROGRAMS, *more.programs),
                   (*GUEST_MODULES, *more.modules), extra,
                   {**scripts, **dict(more.scripts)}, of or kernel.debian(),
                   more.folders, more.real)


def nest() -> Path:
    """The nested machine's initramfs."""
    return _cached("nest", [], ("kmod", "modprobe"), NEST_MODULES, [],
                   {"init": HERE / "nest_init.sh"}, kernel.debian())
