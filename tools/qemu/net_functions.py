# SPDX-License-Identifier: GPL-2.0
"""The network functions of one guest: QEMU's options, taps, the guest's
commands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lab import net, pci, peers

from .functions import BEGIN, FIRST_SLOT, SLOTS
from .net_configs import NetConfig

DRIVER = "vfe_net"
PINGS = 20
SIZES = (56, 1472, 6000)
STREAM_BYTES = 2_000_000


@dataclass(frozen=True)
class NetFunction:
    """A configuration, its slot in the guest, and its network."""

    config: NetConfig
    slot: pci.Slot
    network: peers.Network

    @property
    def bdf(self) -> str:
        """Its address in the guest."""
        return self.slot.bdf

    def arguments(self) -> list[str]:
        """Of QEMU; makes the tap."""
        queues = self.config.queues
        peers.tap(self.network, queues=queues)
        several = {"queues": queues} if queues > 1 else {}
        name = self.network.tap
        return [*net.netdev("tap", name, ifname=name, script="no",
                            downscript="no", vhost=False, **several),
                *pci.device("virtio-net-pci", self.slot, {
                    "netdev": name, "multifunction": "on", "romfile": "",
                    "mac": self.network.guest_mac,
                    **self.config.qemu_properties()})]


def placed(configs: Sequence[NetConfig], first: int) -> list[NetFunction]:
    """A slot and a network for each.

    @first: the number of the first network
    """
    return [NetFunction(config, pci.Slot(FIRST_SLOT + index % SLOTS,
                                         index // SLOTS),
                        peers.Network(first + index))
            for index, config in enumerate(configs)]


TAKE = f"""\
echo {BEGIN} >/dev/kmsg
pci_no_autoprobe
modprobe {DRIVER} && pci_unbind {{bdfs}}"""

BIND = f"""\
for f in {{bdfs}}; do
    netdev=- domain=-
    ! pci_bind {DRIVER} $f || netdev=$(pci_netdev $f) || netdev=-
    type=$PCI/devices/$f/iommu_group/type
    [ ! -e $type ] || read -r domain <$type
    echo "$f $netdev $domain"
done 2>/dev/null"""

COUNTS = """\
cd /sys/bus/pci/devices || exit 1
for f in {bdfs}; do
    [ -d $f/vfe ] || continue
    for name in exits operations interrupts features state vectors \
                'registers/*' 'windows/*' 'queues/*/*'; do
        files="$files $f/vfe/$name"
    done
done
busybox grep -s . $files
true"""

RELEASE = f"""\
for f in {{bdfs}}; do
    pci_unbind $f && [ ! -e $PCI/devices/$f/driver ] ||
        echo "$f keeps its driver"
done
modprobe -r {DRIVER}
dmesg"""


def traffic(functions: Sequence[NetFunction],
            names: Mapping[str, str]) -> str:
    """A script: pings, whose contents ping compares, and streams both ways.

    @names: interfaces by address
    """
    lines = ["ip -batch - <<EOF"]
    mine = [one for one in functions if names.get(one.bdf)]
    for one in mine:
        name = names[one.bdf]
        lines += [f"addr add {one.network.guest}/24 dev {name}",
                  f"link set {name} up"]
    lines.append("EOF\nsleep 1")
    for one in mine:
        peer = one.network.peer
        for size in SIZES:
            lines.append(f"echo '{one.bdf} ping {size}:' $(ping -q"
                         f" -i 0.01 -c {PINGS} -W 10 -s {size} {peer} 2>&1)")
        for test in ("TCP_STREAM", "TCP_MAERTS"):
            lines.append(f"netperf -4 -P 0 -H {peer} -t {test} -l"
                         f" -{STREAM_BYTES} >/dev/null 2>&1;"
                         f" echo '{one.bdf} {test}:' $?")
    return "\n".join(lines)


def problems(text: str, functions: Sequence[NetFunction],
             ) -> dict[str, list[str]]:
    """What is wrong with each function's traffic, by its address."""
    found: dict[str, list[str]] = {}
    for one in functions:
        said = dict(re.findall(rf"^{re.escape(one.bdf)} ([^:]+): (.*)$",
                               text, re.M))
        wrong = found.setdefault(one.bdf, [])
        for size in SIZES:
            line = said.get(f"ping {size}", "nothing")
            if f" {PINGS} received" not in line or "wrong" in line:
                wrong.append(f"ping of {size} bytes: {line[-160:]}")
        for test in ("TCP_STREAM", "TCP_MAERTS"):
            if said.get(test) != "0":
                wrong.append(f"netperf {test}: status"
                             f" {said.get(test, 'none')}")
    return found
