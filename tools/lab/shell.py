# SPDX-License-Identifier: GPL-2.0
"""A guest to play in: bash on the terminal, modules and a device at hand."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from . import guest, image, progress

WELCOME = """ The function is 1af4:10f2, or 1af4:1042 with --id stock (see lspci
-nn). modprobe vfe_blk our driver: /dev/vfeb0 mount /dev/vfeb0 /mnt the disk
holds real files and fio.dat echo vfe_trap_blk
>/sys/bus/pci/devices/0000:00:10.0/driver_override then unbind, modprobe,
drivers_probe: vfe_trap_blk on the same disk grep .
/sys/bus/pci/devices/0000:00:10.0/vfe/* the counters Leave with exit or Ctrl-D;
by force with Ctrl-A X.
"""


def words(lines: int, columns: int) -> str:
    """Parameters of the guest's init on the kernel's command line.

    None may begin as a parameter of a module of ours does: modprobe reads
    that line too, and would give the module a parameter it does not know.
    """
    return f"lab.shell lab.rows={lines} lab.cols={columns}"


def run(options: Sequence[str], accel: str) -> int:
    """Boot a guest with its console on this terminal."""
    with tempfile.TemporaryDirectory() as folder:
        disk = image.copy(Path(folder), "disk.img")
        spec = guest.DeviceSpec("disk", disk, tuple(options))
        size = shutil.get_terminal_size()
        machine = guest.Guest(
            [spec], accel=accel, name="shell", memory=1024,
            append=words(size.lines, size.columns))
        progress.say(f"booting the guest ({accel}); this takes some seconds")
        print(WELCOME, flush=True)
        return machine.attend()
