# SPDX-License-Identifier: GPL-2.0
"""netconsole on vfe_net, on a kernel with lockdep and KCSAN."""

from __future__ import annotations

from dataclasses import replace

from differential.net import image
from lab import pci

from ..machine import GuestCase, Machine
from ..nets import DUT_MAC, NET, STUCK_S
from . import kernels

MACHINE = Machine(
    "debug-net", nets=(("echo", ("--pairs", "2", "--mac", DUT_MAC)),),
    boots=kernels.DEBUG.boots, modules=kernels.DEBUG.modules,
    more=lambda: replace(image.more(), kind="debug-net", modules=()),
    qemu=kernels.MACHINE.qemu, append="kcsan.skip_watch=500", memory=768)
ROUNDS = 4
TARGET = "/sys/kernel/config/netconsole/one"
BIND = """\
pci_no_autoprobe
pci_unbind {bdf}
modprobe {driver}
pci_bind {driver} {bdf} && pci_netdev {bdf}
"""
START = f"""\
ip addr add 10.8.0.2/24 dev $N
ip link set $N up
ping -q -n -c 2 -i 0.2 -W 5 10.8.0.1 >/dev/null
mkdir -p /sys/kernel/config
mount -t configfs none /sys/kernel/config || true
mkdir {TARGET}
cd {TARGET}
echo $N >dev_name
echo 10.8.0.2 >local_ip
echo 10.8.0.1 >remote_ip
ip neigh show 10.8.0.1 dev $N | sed 's/.*lladdr //; s/ .*//' >remote_mac
echo 1 >enabled
ping -f -q -n -w 200 10.8.0.1 >/dev/null 2>&1 &
while [ ! -e /tmp/enough ]; do
	echo "<1>a line of the log" >/dev/kmsg
	sleep 0.01
done >/dev/null 2>&1 &
"""
CHANGES = """\
ethtool -L $N combined 1
ethtool -G $N rx 64 tx 64
ethtool -L $N combined 2
ethtool -G $N rx 128 tx 128
ip link set $N down
ip link set $N up
ip link set $N mtu 1400
ip link set $N mtu 1500
"""
STOP = f"""\
touch /tmp/enough
cat {TARGET}/enabled
echo 0 >{TARGET}/enabled
rmdir {TARGET}
rm /tmp/enough
"""


class Netconsole(GuestCase):
    """Lines go out from any context, while the interface changes."""

    machine = MACHINE

    def test_changes_under_netconsole(self) -> None:
        """No report of a checker, and the lines go out."""
        self.sh(kernels.KCSAN_ON)
        name = self.sh(pci.script(BIND.format(
            bdf=self.bdf("echo"), driver=NET)), STUCK_S).split()[-1]
        self.sh(f"N={name}\n{START}", STUCK_S)
        for _ in range(ROUNDS):
            self.sh(f"N={name}\n{CHANGES}", STUCK_S)
        self.sh("busybox killall ping")
        sent = self.sent(name)
        self.eventually(lambda: self.sent(name) > sent + 10,
                        "no lines go out", 30)
        self.assertEqual(self.sh(STOP).strip(), "1")
        self.assertRegex(self.sh("cat /proc/lockdep_stats"),
                         r"debug_locks: +1\n",
                         "lockdep has switched itself off")

    def sent(self, name: str) -> int:
        """Packets, so far."""
        return int(self.sh(f"cat /sys/class/net/{name}/statistics"
                           "/tx_packets"))
