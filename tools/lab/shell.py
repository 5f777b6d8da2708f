# SPDX-License-Identifier: GPL-2.0
"""An interactive guest: bash on the terminal, with the modules and a device."""

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

    No name may begin like a parameter of our modules: modprobe reads that line,
    too, and would pass an unknown parameter to the module.
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
