# SPDX-License-Identifier: GPL-2.0
"""The power goes, in good order or not: what was written is there after.

The cut: a guest is killed while it writes files and makes them last. From
the record of its disk, the disks that a power cut could have left at many
points are made; each must be whole after its journal was played back, and
hold all files that fsync() had returned for. A writer that lets no flush
through is the proof that the test can fail.
"""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from lab import image
from lab.guest import DeviceSpec, Guest

from ..disks import QemuDisk
from ..machine import (SECTOR, GuestCase, behind, boot, make_disk, new_folder)
from ..record import Record

CUTS = 8
# Entries at the end of the record may have been cut off half-way.
RAGGED = 64
KEPT_FILES = 25
FILES = 20              # written when the power goes
MARK = b"vfe mark "

# Numbers its files; a sector behind the file system says which of them last.
# Others are overwritten, renamed and removed beside, and no fsync is
# called for those.
WRITER = """\
set +e
n=0
mkdir -p {mount}/kept
while :; do
    n=$((n + 1))
    yes "file $n" | head -c $((n * 7919 % 150000 + 1)) >{mount}/kept/$n
    sync {mount}/kept/$n
    printf '%-512s' "vfe mark $n" | dd of={disk} bs=512 seek={sector} \\
        oflag=direct conv=notrunc 2>/dev/null
    mv {mount}/kept/$((n - 3)) {mount}/kept/$((n - 3)).old 2>/dev/null
    rm -f {mount}/kept/$((n - {kept})).old
done &
while :; do
    dd if=/dev/zero of={mount}/noise bs=16k count=16 2>/dev/null
    mv {mount}/noise {mount}/noise2
    sleep 0.1
done &
"""


def content(number: int) -> bytes:
    """Of the file of this number."""
    size = number * 7919 % 150000 + 1
    line = f"file {number}\n".encode()
    return (line * (size // len(line) + 1))[:size]


def mark_of(disk: Path) -> int:
    """The number of the file that the disk itself says is the last."""
    with disk.open("rb") as file:
        file.seek(behind())
        data = file.read(SECTOR)
    return int(data[len(MARK):]) if data.startswith(MARK) else 0


def marked(record: Record, cut: int) -> int:
    """The last file that is known to last when the power is cut there."""
    sector = behind() // SECTOR
    last = 0
    for entry in record.entries[:cut]:
        if entry.sector == sector and entry.size:
            data = record.data(entry)
            if data.startswith(MARK):
                last = max(last, int(data[len(MARK):]))
    return last


def names(number: int) -> tuple[str, str]:
    """Under which a file may be found: the cut may undo a renaming."""
    return f"kept/{number}", f"kept/{number}.old"


def run(*argv: str) -> tuple[int, str]:
    """A command of the rootfs."""
    done = subprocess.run(argv, stdout=subprocess.PIPE, check=False,
                          stderr=subprocess.STDOUT, timeout=120)
    return done.returncode, done.stdout.decode(errors="replace")


class Cut:
    """What a power cut could leave of a recorded disk."""

    def __init__(self, folder: Path, record: Record) -> None:
        self.folder = folder
        self.record = record

    def problem(self, cut: int, seed: int) -> str:
        """What is wrong with the disk after a cut; "" if nothing is."""
        disk = image.copy(self.folder, "cut.img")
        self.record.apply(disk, self.record.survivors(cut, seed))
        # Plays the journal back, and repairs safely: removed inodes that were
        # open, counts that derive from the bitmaps.
        code, said = run("e2fsck", "-fp", str(disk))
        if code & ~1:
            return f"e2fsck ended with {code}: {said}"
        code, said = run("e2fsck", "-fn", str(disk))
        if code:
            return f"e2fsck after that ended with {code}: {said}"
        return self._files(disk, marked(self.record, cut))

    def _files(self, disk: Path, last: int) -> str:
        out = self.folder / "files"
        shutil.rmtree(out, True)
        out.mkdir()
        run("debugfs", "-R", f"rdump /kept {out}", str(disk))
        # the next turn of the writer may be about to remove one more
        for number in range(max(1, last - KEPT_FILES + 6), last + 1):
            found = [out / name for name in names(number)
                     if (out / name).exists()]
            if not found:
                return f"file {number} of {last} is lost"
            if found[0].read_bytes() != content(number):
                return f"file {number} of {last} has other content"
        return ""


class Power(GuestCase):
    """Guests that end."""

    def setUp(self) -> None:
        self.folder = new_folder()
        self.addCleanup(shutil.rmtree, self.folder, True)

    def tearDown(self) -> None:
        """Its guests have ended; the common one was not used."""

    def start(self, name: str, *disks: QemuDisk) -> None:
        """A guest with the main disk as it is, and these."""
        path = self.folder / "main.img"
        if not path.exists():
            make_disk(self.folder, "main")
        self.guest: Guest = boot(name, [DeviceSpec("main", path)],
                                 disks=disks)
        self.addCleanup(self.guest.kill)
        self.disks = {disk.name: disk for disk in disks}

    @pytest.mark.slow
    def test_data_outlive_the_guest(self) -> None:
        """Off in good order, on again; killed with the driver bound."""
        self.start("power-1")
        self.mount(self.bind("main"))
        self.sh("head -c 3000000 /dev/urandom >/mnt/kept; sync;"
                " busybox sha256sum /mnt/kept >/mnt/kept.sum; umount /mnt")
        self.guest.shutdown()
        self.start("power-2")
        self.mount(self.bind("main"))
        self.sh("busybox sha256sum -c /mnt/kept.sum")
        self.check_files()

    def recorded(self, name: str, slot: int) -> QemuDisk:
        """A disk whose writes are on record."""
        return QemuDisk(name, slot, make_disk(self.folder, name),
                        self._empty(f"{name}.log"))

    def _empty(self, name: str) -> Path:
        path = self.folder / name
        path.touch()
        return path

    def writes(self, name: str, prepare: str = "") -> None:
        """Files are written from here to the end of the guest."""
        disk = self.bind(name)
        self.sh(f"{prepare.format(disk=disk[5:])}\nmkdir -p /mnt/{name};"
                f" mount -t ext4 {disk} /mnt/{name}\n"
                + WRITER.format(mount=f"/mnt/{name}", disk=disk,
                                sector=behind() // SECTOR, kept=KEPT_FILES))

    def cut(self, name: str, prepare: str = "") -> Record:
        """Kill a guest in mid-write; the record of its disk."""
        disk = self.recorded(name, 0x9)
        self.start(f"cut-{name}", disk)
        self.writes(name, prepare)
        self.eventually(lambda: mark_of(disk.path) >= FILES,
                        f"fewer than {FILES} files written", 60)
        self.guest.kill()
        assert disk.record is not None
        return Record(disk.record)

    def problems(self, record: Record) -> list[str]:
        """Of the disks that cuts at random places could have left."""
        chance = random.Random(len(record.entries))
        cut = Cut(self.folder, record)
        first = next(number for number in range(len(record.entries))
                     if marked(record, number + 1) > 2)
        found = []
        for seed in range(CUTS):
            place = chance.randrange(first, len(record.entries) - RAGGED)
            found.append(cut.problem(place, seed))
        return [text for text in found if text]

    @pytest.mark.slow
    def test_power_cut(self) -> None:
        """Whole after every cut, and mountable with the last state."""
        record = self.cut("flushed")
        flushes = sum(entry.flush for entry in record.entries)
        self.assertGreaterEqual(flushes, FILES)
        self.assertEqual(self.problems(record), [])

    @pytest.mark.slow
    def test_power_cut_without_flushes(self) -> None:
        """The counter-proof: a queue that believes that there is no cache to
        flush."""
        record = self.cut("unflushed", "echo 'write through'"
                          " >/sys/block/{disk}/queue/write_cache")
        self.assertNotEqual(self.problems(record), [])
