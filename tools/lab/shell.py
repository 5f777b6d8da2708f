# SPDX-License-Identifier: GPL-2.0
"""An interactive guest: bash on the terminal, with the modules and a device."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from . import guest, image, progress

WELCOME = """
The disk is function 0000:00:10.0, 1af4:10f2 (1af4:1042 with --id stock).

    modprobe vfe_blk            # the disk appears: /dev/vfeb0
    mount /dev/vfeb0 /mnt       # real files, and fio.dat
    umount /mnt
    cd /sys/bus/pci/devices/0000:00:10.0
    cat vfe/operations vfe/exits

vfe_trap_blk, on the same disk:

    echo 0000:00:10.0 > driver/unbind
    modprobe vfe_trap_blk
    echo vfe_trap_blk > driver_override
    echo 0000:00:10.0 > /sys/bus/pci/drivers_probe

Leave with exit or Ctrl-D; by force with Ctrl-A X.
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
