# SPDX-License-Identifier: GPL-2.0
"""Stage install: a user's commands to install and uninstall, on a clean Debian.

`make install` and DKMS there, an initramfs that Debian's own tool makes, a boot
from it with the root file system on vfeb0, and the same boot on an identical
function with virtio_blk, whose links in /dev/disk are the reference.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from lab import build, clean, kernel, paths

from . import install_boot
from .context import Context, tail

RULES = "/usr/lib/udev/rules.d/60-persistent-storage-vfe.rules"
NAMES = ("by-id/", "by-path/", "by-uuid/", "by-label/", "by-partuuid/",
         "by-partlabel/")
# All files and folders that a package or make may have brought
LIST = "find /etc /usr /var/lib/dkms -xdev | LC_ALL=C sort"
SOURCES = ("Kbuild", "Makefile", "COPYING", "drivers", "include",
           "tools/install")
INITRAMFS = """\
printf 'virtio_blk\\next4\\n' >>/etc/initramfs-tools/modules
mkinitramfs -o /mnt/initrd {release}
lsinitramfs /mnt/initrd
"""


class Install:
    """The steps, each with one or more checks."""

    def __init__(self, context: Context, view: clean.View) -> None:
        self._context = context
        self._view = view
        self.release = view.release()
        self.kdir = f"/usr/src/linux-headers-{self.release}"
        self._clean = ""

    def sh(self, what: str, script: str) -> str | None:
        """Run a script in the clean Debian; its output, or None if it fails."""
        self._context.note(what)
        code, output = self._view.run(script)
        self._context.log.write(f"$ {script}\n{output}\n")
        good = self._context.tally.judge(
            what, f"exit code {code}\n{tail(output)}" if code else "")
        return output if good else None

    def judge(self, what: str, problem: str) -> None:
        """A check."""
        self._context.tally.judge(what, problem)

    def copy_sources(self) -> None:
        """The sources as after a git clone: nothing is built."""
        target = self._view.given / "vfe"
        for name in SOURCES:
            source = paths.checkout() / name
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            if source.is_file():
                shutil.copy2(source, target / name)
                continue
            for path in sorted(source.rglob("*")):
                copy = target / path.relative_to(paths.checkout())
                if path.is_dir():
                    copy.mkdir(parents=True, exist_ok=True)
                elif build.is_source(path) or name == "tools/install":
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(path, copy)
        self._clean = self._view.run(LIST)[1]

    def undone(self, way: str) -> None:
        """make uninstall removes all installed files."""
        if self.sh(f"make uninstall after {way}",
                   "make -C /mnt/vfe uninstall") is None:
            return
        before = set(self._clean.splitlines())
        after = set(self._view.run(LIST)[1].splitlines())
        self.judge(f"make uninstall after {way} leaves nothing behind",
                   "\n".join(sorted(after - before)))
        self.judge(f"make uninstall after {way} takes nothing else away",
                   "\n".join(sorted(before - after)))

    def by_make(self) -> None:
        """make install, then make uninstall."""
        if self.sh("make install", "make -j2 -C /mnt/vfe install"
                   f" KDIR={self.kdir}") is None:
            return
        self.found("make install", "updates/vfe/")
        self.undone("make install")

    def found(self, way: str, folder: str) -> None:
        """modprobe would load our modules, in this version."""
        text = self._view.run(
            f"for m in {' '.join(build.MODULES)}; do"
            f" modinfo -k {self.release} -F filename $m;"
            f" modinfo -k {self.release} -F version $m; done;"
            f" ls {RULES}")[1]
        lines = text.split()
        version = (paths.checkout() / "include/vfe/version.h").read_text()
        good = (len(lines) == 2 * len(build.MODULES) + 1
                and all(f"/{folder}" in name for name in lines[:-1:2])
                and all(f'"{name}"' in version for name in lines[1:-1:2]))
        self.judge(f"{way}: modules and rules are where they are looked for",
                   "" if good else text)

    def by_dkms(self) -> None:
        """make dkms, and Debian's initramfs with the modules it built."""
        if self.sh("make dkms", "make -C /mnt/vfe dkms"
                   f" DKMS_FLAGS='-k {self.release}'") is None:
            return
        self.found("make dkms", "updates/dkms/")
        status = self._view.run("dkms status")[1]
        self.judge("dkms status: installed",
                   "" if "vfe/" in status and ": installed" in status
                   else status)
        listed = self.sh("mkinitramfs",
                         INITRAMFS.format(release=self.release))
        if listed is not None:
            wanted = ("/vfe.ko", "/vfe_blk.ko", RULES.lstrip("/"))
            missing = [name for name in wanted if name not in listed]
            self.judge("modules and rules are in the initramfs",
                       f"missing: {missing}" if missing else "")
            self.boots()

    def boots(self) -> None:
        """The root on vfeb0; names in /dev/disk as virtio_blk's."""
        with tempfile.TemporaryDirectory(dir=paths.state()) as name:
            folder = Path(name)
            parts = self._parts(folder)
            install_boot.make_disk(parts.boots, folder / "disk")
            seen = {}
            for driver, options, root in (
                    ("vfe_blk", (), "/dev/vfeb0p1"),
                    ("virtio_blk", ("--id", "stock"), "/dev/vda1")):
                self._context.note(f"a boot with the root on {driver}'s disk")
                copy = folder / driver
                shutil.copyfile(folder / "disk", copy)
                source, links = install_boot.boot(
                    driver, parts, copy, options, self._context.accel)
                self._context.log.write("\n".join(links) + "\n")
                self.judge(f"the root file system is on {driver}'s disk",
                           "" if source == root else source)
                seen[driver] = install_boot.plain(links)
        ours, theirs = set(seen["vfe_blk"]), set(seen["virtio_blk"])
        lacking = [kind for kind in NAMES
                   if not any(link.startswith(kind) for link in theirs)]
        self.judge("names in /dev/disk of every kind are compared",
                   f"virtio_blk has none of {lacking}" if lacking else "")
        self.judge("names in /dev/disk are virtio_blk's", "\n".join(
            [*(f"missing: {link}" for link in sorted(theirs - ours)),
             *(f"not virtio_blk's: {link}" for link in sorted(ours - theirs))
             ]))

    def _parts(self, folder: Path) -> install_boot.Parts:
        packed = self._view.find(f"boot/vmlinuz-{self.release}") or \
            self._view.modules / "vmlinuz"
        kernel.extract(packed, folder / "vmlinux")
        boots = kernel.Kernel(folder / "vmlinux", self.release,
                              self._view.modules)
        return install_boot.Parts(boots, self._view.given / "initrd")


def run(context: Context) -> None:
    """Install by make and by DKMS, and uninstall each."""
    with clean.view() as view:
        steps = Install(context, view)
        steps.copy_sources()
        steps.by_make()
        steps.by_dkms()
        steps.undone("make dkms")
