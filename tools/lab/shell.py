# SPDX-License-Identifier: GPL-2.0
"""An interactive guest: bash on the terminal, with the modules and a device."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from . import guest, image, net, progress

DISK = """
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
"""
NETWORK = """
The interface is function 0000:00:10.0, 1af4:10f1 (1af4:1041 with --id stock).
The device answers ARP and ping, for any address, unless --backend says
otherwise.

    modprobe vfe_net            # the interface appears, eth0 for example
    ip link set eth0 up; ip addr add 10.0.0.1/24 dev eth0
    cd /sys/bus/pci/devices/0000:00:10.0
    echo 1 > vfe/reset; ping -c 100 -i 0.01 -q 10.0.0.2
    cat vfe/exits vfe/interrupts

vfe_trap_net, on the same function:

    echo 0000:00:10.0 > driver/unbind
    modprobe vfe_trap_net
    echo vfe_trap_net > driver_override
    echo 0000:00:10.0 > /sys/bus/pci/drivers_probe
"""
HOST = """
The host is function 0000:00:10.0, 1af4:10f8 (1af4:1048 with --id stock). Its
disk is a file of the guest's host, if there is one:

    python3 tools/lab shell --class scsi --unit 0:0,file=PATH

    modprobe sd_mod; modprobe vfe_scsi  # the disk appears: /dev/sda
    cd /sys/bus/pci/devices/0000:00:10.0
    cat vfe/operations vfe/exits

vfe_trap_scsi, on the same function:

    echo 0000:00:10.0 > driver/unbind
    modprobe vfe_trap_scsi
    echo vfe_trap_scsi > driver_override
    echo 0000:00:10.0 > /sys/bus/pci/drivers_probe
"""
OTHER = """
The device is function 0000:00:10.0.
"""
WELCOMES = {"blk": DISK, "net": NETWORK, "scsi": HOST}
LEAVE = """
Leave with exit or Ctrl-D; by force with Ctrl-A X.
"""


def words(lines: int, columns: int) -> str:
    """Parameters of the guest's init on the kernel's command line.

    No name may begin like a parameter of our modules: modprobe reads that line,
    too, and would pass an unknown parameter to the module.
    """
    return f"lab.shell lab.rows={lines} lab.cols={columns}"


def _class(options: Sequence[str]) -> tuple[str, list[str]]:
    """The class among the device's options, and the other options."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--class", dest="device_class", default="blk")
    known, rest = parser.parse_known_args(options)
    return known.device_class, rest


def run(options: Sequence[str], accel: str) -> int:
    """Boot a guest with its console on this terminal."""
    device_class, rest = _class(options)
    with tempfile.TemporaryDirectory() as folder:
        disk = image.copy(Path(folder), "disk.img") \
            if device_class == "blk" else Path()
        spec = guest.DeviceSpec("device", disk, tuple(rest), device_class)
        size = shutil.get_terminal_size()
        machine = guest.Guest(
            [spec], accel=accel, name="shell", memory=1024,
            more=net.TOOLS if device_class == "net" else None,
            append=words(size.lines, size.columns))
        progress.say(f"booting the guest ({accel}); this takes some seconds")
        print(WELCOMES.get(device_class, OTHER) + LEAVE, flush=True)
        return machine.attend()
