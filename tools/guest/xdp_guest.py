# SPDX-License-Identifier: GPL-2.0
"""A guest with two joined network functions, and programs for XDP.

"ea" is the interface under test, in the guest's own network namespace; "eb",
in the namespace "peer", sends to it. The kernel's driver has "eb".
"""

from __future__ import annotations

import atexit
import os
import re
import subprocess
import tempfile
import unittest
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from lab import files, kernel_log, net, paths, pci
from lab.guest import DeviceSpec, Guest

SOURCES = Path(__file__).resolve().parent / "xdp"
PROGRAMS = {
    "udpcheck": ("gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror"),
    "xskecho": ("gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror",
                "-l:libxdp.a", "-l:libbpf.a", "-lelf", "-lz"),
    "programs.bpf": ("clang", "-target", "bpf", "-O2", "-g", "-Wall",
                     "-Wextra", "-Werror", "-Wno-unused-parameter",
                     "-I/usr/include/x86_64-linux-gnu", "-c"),
}
KEPT = 2
OURS, KERNELS = "vfe_net", "virtio-pci"
HERE, THERE = "10.9.0.1", "10.9.0.2"
QEMU_SLOTS = (pci.Slot(0x14), pci.Slot(0x15))

BIND = """\
set -e
pci_no_autoprobe
pci_unbind {a} {b}
modprobe virtio_net
modprobe vfe_net
pci_bind {driver} {a}
pci_bind virtio-pci {b}
ip link set "$(pci_netdev {a})" name ea
ip link set "$(pci_netdev {b})" name eb
ip netns add peer
ip link set eb netns peer
ip addr add {here}/24 dev ea
ip link set ea up
ip netns exec peer ip addr add {there}/24 dev eb
ip netns exec peer ip link set eb up
ip netns exec peer ip link set lo up
# a program or a socket may take the questions for addresses, too
ip neigh replace {there} dev ea \
    lladdr "$(ip netns exec peer cat /sys/class/net/eb/address)"
ip netns exec peer ip neigh replace {here} dev eb \
    lladdr "$(cat /sys/class/net/ea/address)"
mountpoint -q /sys/fs/bpf || mount -t bpf bpf /sys/fs/bpf
mkdir /sys/fs/bpf/t
bpftool prog loadall /tmp/programs.bpf /sys/fs/bpf/t
"""

TIDY = """\
bpftool net detach xdpdrv dev ea 2>/dev/null
rm -rf /sys/fs/bpf/t
ip netns del peer 2>/dev/null
ip link del v0 2>/dev/null
sleep 0.2
pci_unbind {a} {b}
rmmod vfe_net virtio_net
dmesg -c
"""


def program(name: str) -> Path:
    """A program of xdp/, compiled if its source changed."""
    argv, source = PROGRAMS[name], SOURCES / f"{name}.c"
    folder = paths.state() / "xdp"
    target = folder / f"{name}-{files.digest([*argv, source])}"
    with files.lock(folder / "lock"):
        if not target.is_file():
            files.remove_old(folder, f"{name}-*", KEPT)
            files.make_whole(target, lambda path: subprocess.run(
                [argv[0], str(source), "-o", str(path), *argv[1:]],
                check=True))
            target.chmod(0o755)
    return target


def on_qemu(folder: Path, properties: str = "") -> list[str]:
    """QEMU's own devices, joined by datagrams, without offloads of receive."""
    ends = folder / "a", folder / "b"
    argv = [*net.dgram("na", ends[0], ends[1]),
            *net.dgram("nb", ends[1], ends[0])]
    for number, (slot, back) in enumerate(zip(QEMU_SLOTS, ("na", "nb"))):
        argv += ["-device",
                 f"virtio-net-pci,netdev={back},bus=pcie.0,romfile=,"
                 f"addr={slot.number:#x},mac=52:54:00:09:00:0{number}"
                 + properties]
    return argv


def on_ours(folder: Path) -> list[DeviceSpec]:
    """Our devices, joined by a socket, with all offloads."""
    return [DeviceSpec(f"net-{end}", device_class="net", options=(
        "--id", "stock", "--backend", f"pair:{folder / 'pair'}",
        "--mac", f"52:54:00:09:01:0{end}")) for end in (0, 1)]


class XdpCase(unittest.TestCase):
    """Tests of one guest; each binds both interfaces anew."""

    ours: ClassVar[bool] = True
    cpus: ClassVar[int] = 2
    name: ClassVar[str] = "xdp"
    _guests: ClassVar[dict[str, Guest]] = {}    # of all classes, by name

    @classmethod
    def setUpClass(cls) -> None:
        if cls.name in cls._guests:
            return
        folder = Path(tempfile.mkdtemp(prefix="xdp-", dir="/tmp"))
        specs: Sequence[DeviceSpec] = on_ours(folder) if cls.ours else ()
        guest = Guest(specs, accel=os.environ.get("VFE_ACCEL", "tcg"),
                      name=f"check-{cls.name}", cpus=cls.cpus, memory=768,
                      qemu_args=() if cls.ours else on_qemu(folder),
                      logs=paths.out() / "check" / "guests" / cls.name,
                      more=net.TOOLS)
        guest.boot(150)
        atexit.register(guest.shutdown)
        cls._guests[cls.name] = guest
        for name in PROGRAMS:
            guest.put(program(name).read_bytes(), f"/tmp/{name}")
            guest.run(f"chmod +x /tmp/{name}")

    @property
    def guest(self) -> Guest:
        """The guest."""
        return self._guests[self.name]

    @property
    def bdfs(self) -> tuple[str, str]:
        """The addresses of both functions."""
        if self.ours:
            return (self.guest.devices["net-0"].bdf,
                    self.guest.devices["net-1"].bdf)
        return QEMU_SLOTS[0].bdf, QEMU_SLOTS[1].bdf

    def tearDown(self) -> None:
        """No test leaves a report of a checker or a program."""
        log = self.unbind()
        found = kernel_log.find(log)
        self.assertEqual(found, "", f"{found}\n{log[-6000:]}")

    # --- actions of tests ---

    def sh(self, script: str, timeout: float = 60) -> str:
        """Run a script that must succeed."""
        return self.guest.run("set -e\n" + script, timeout).out

    def bind(self, driver: str = OURS) -> None:
        """Both interfaces, and the programs, none loaded."""
        a, b = self.bdfs
        self.sh(pci.script(BIND.format(a=a, b=b, driver=driver, here=HERE,
                                       there=THERE)))

    def unbind(self) -> str:
        """Neither; the kernel's log."""
        a, b = self.bdfs
        return self.guest.run(pci.script(TIDY.format(a=a, b=b)),
                              check=False).out

    def load(self, name: str, dev: str = "ea") -> None:
        """Replace the program of an interface."""
        self.sh(f"bpftool net attach xdpdrv pinned /sys/fs/bpf/t/{name}"
                f" dev {dev} overwrite")

    def unload(self, dev: str = "ea") -> None:
        """No program."""
        self.sh(f"bpftool net detach xdpdrv dev {dev}")

    def at_peer(self, command: str, timeout: float = 60) -> str:
        """A command in the peer's namespace, whatever its status."""
        return self.guest.run(f"ip netns exec peer {command}", timeout,
                              check=False).out

    def echoed(self, size: int, count: int = 400,
               to: str = HERE) -> tuple[int, int]:
        """Datagrams that came back, the same and others."""
        out = self.at_peer(f"/tmp/udpcheck {to} {size} {count}")
        found = re.search(r"same (\d+) other (\d+)", out)
        assert found is not None, out
        return int(found[1]), int(found[2])

    def pings(self, size: int = 56) -> bool:
        """Does the peer reach the stack?

        The kernel takes a socket's memory from the driver some time after the
        socket's process has ended. That resets the queue, and packets of this
        moment are lost: a second try.
        """
        ping = f"ping -c 3 -i 0.1 -W 1 -s {size} {HERE}"
        return any(" 0% packet loss" in self.at_peer(ping) for _ in range(2))

    def count(self, name: str, dev: str = "ea") -> int:
        """A counter of the netdev."""
        return int(self.sh(f"cat /sys/class/net/{dev}/statistics/{name}"))
