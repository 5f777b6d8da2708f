# SPDX-License-Identifier: GPL-2.0
"""The network functions of one guest: QEMU's options, the guest's commands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lab import pci, peers

from .functions import BEGIN, FIRST_SLOT, SLOTS
from .net_backends import Backends
from .net_configs import NetConfig

DRIVER = "vfe_net"
PINGS = 20
SIZES = (56, 1472, 6000)
STREAMS = ("TCP_STREAM", "TCP_MAERTS")
STREAM_BYTES = 2_000_000
# From each CPU, to use all pairs: TCP connections, one request on each.
CONNECTIONS, REQUEST = 16, 100


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

    def arguments(self, backends: Backends) -> list[str]:
        """Of QEMU; makes the back end."""
        return [*backends.netdev(self.config, self.network),
                *pci.device("virtio-net-pci", self.slot, {
                    "netdev": self.network.tap, "multifunction": "on",
                    "romfile": "", "mac": self.network.guest_mac,
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

_BIND = """\
for f in {bdfs}; do
    netdev=- domain=-
    ! pci_bind DRIVER $f || netdev=$(pci_netdev $f) || netdev=-
    type=$PCI/devices/$f/iommu_group/type
    [ ! -e $type ] || read -r domain <$type
    echo "$f $netdev $domain"
done 2>/dev/null"""
BIND = _BIND.replace("DRIVER", DRIVER)
BIND_KERNELS = "modprobe virtio_net\n" + _BIND.replace("DRIVER", "virtio-pci")

COUNTS = """\
cd /sys/bus/pci/devices || exit 1
for f in {bdfs}; do
    [ -d $f/vfe ] || continue
    for name in exits operations interrupts features state vectors \
                'registers/*' 'windows/*' 'queues/*/*'; do
        files="$files $f/vfe/$name"
    done
    files="$files $f/net/*/statistics/*"
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


def _flows(one: NetFunction, cpus: int) -> list[str]:
    """Commands that use each pair: a queue is chosen by the CPU, or by a
    connection's hash."""
    if one.config.queues == 1:
        return []
    lines = ["failed="]
    lines += [f"taskset -c {cpu} netload turns {one.network.peer}"
              f" {peers.PORT} {CONNECTIONS} {REQUEST} {CONNECTIONS} >/dev/null"
              f" 2>&1 || failed=\"$failed {cpu}\"" for cpu in range(cpus)]
    return [*lines, f"echo '{one.bdf} flows:' ${{failed:-whole}}"]


def _one(one: NetFunction) -> list[str]:
    peer = one.network.peer
    lines = [f"echo '{one.bdf} ping {size}:' $(ping -q -i 0.01 -c {PINGS}"
             f" -W 10 -s {size} {peer} 2>&1)" for size in SIZES]
    return lines + [
        f"netperf -4 -P 0 -H {peer} -t {test} -l -{STREAM_BYTES} >/dev/null"
        f" 2>&1; echo '{one.bdf} {test}:' $?" for test in STREAMS]


def traffic(functions: Sequence[NetFunction], names: Mapping[str, str],
            cpus: int) -> str:
    """A script: pings, whose contents ping compares, and streams both ways;
    with several pairs, flows that use them all.

    @names: interfaces by address
    @cpus: of the guest
    """
    mine = [(one, names[one.bdf]) for one in functions if names.get(one.bdf)]
    lines = ["ip -batch - <<EOF"]
    for one, name in mine:
        lines += [f"addr add {one.network.guest}/24 dev {name}",
                  f"link set {name} up"]
    lines.append("EOF\nsleep 1")
    for one, _ in mine:
        lines += _one(one) + _flows(one, cpus)
    # No more packets, while the counts are read one after the other.
    lines.append("ip -batch - <<EOF")
    lines += [f"neigh replace {one.network.peer} lladdr"
              f" {one.network.peer_mac} dev {name} nud permanent"
              for one, name in mine]
    return "\n".join([*lines, "EOF\n"])


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
        for test in STREAMS:
            if said.get(test) != "0":
                wrong.append(f"netperf {test}: status"
                             f" {said.get(test, 'none')}")
        flows = said.get("flows", "nothing")
        if one.config.queues > 1 and flows != "whole":
            wrong.append(f"flows that failed, by CPU: {flows}")
    return found
