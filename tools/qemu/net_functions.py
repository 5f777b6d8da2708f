# SPDX-License-Identifier: GPL-2.0
"""The network functions of one guest: QEMU's options, the guest's commands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lab import pci, peers, speed

from .functions import BEGIN, FIRST_SLOT, SLOTS
from .net_backends import Backends, peer_of
from .net_configs import TESTPMD, NetConfig

DRIVER = "vfe_net"
PINGS = 20
SIZES = (56, 1472, 6000)
HEADERS = 28        # of a ping
STREAMS = ("TCP_STREAM", "TCP_MAERTS")
STREAM_S = 30       # a stalled stream costs no more, and no other function
# From each CPU, to use all pairs: TCP connections, one request on each.
CONNECTIONS, REQUEST = 16, 100


@dataclass(frozen=True)
class NetFunction:
    """A configuration, its slot in the guest, and its network."""

    config: NetConfig
    slot: pci.Slot
    network: peers.Network
    peer: pci.Slot | None = None    # of the function at testpmd's other end

    @property
    def bdf(self) -> str:
        """Its address in the guest."""
        return self.slot.bdf

    def arguments(self, backends: Backends) -> list[str]:
        """Of QEMU; makes the back end."""
        there, properties = self.network, self.config.qemu_properties()
        argv = [*backends.netdev(self.config, there),
                *_device(self.slot, there.tap, there.guest_mac, properties)]
        if self.peer:
            several = ("mq", "vectors")
            argv += _device(self.peer, peer_of(there), there.peer_mac, {
                key: properties[key] for key in several if key in properties})
        return argv


def _device(slot: pci.Slot, netdev: str, mac: str,
            properties: Mapping[str, object]) -> list[str]:
    return pci.device("virtio-net-pci", slot, {
        "netdev": netdev, "multifunction": "on", "romfile": "", "mac": mac,
        **properties})


def _slot(index: int) -> pci.Slot:
    return pci.Slot(FIRST_SLOT + index % SLOTS, index // SLOTS)


def placed(configs: Sequence[NetConfig], first: int) -> list[NetFunction]:
    """A slot and a network for each.

    @first: the number of the first network
    """
    return [NetFunction(
        config, _slot(index), peers.Network(first + index),
        _slot(len(configs) + index) if config.backend == TESTPMD else None)
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


# The other end of a function that testpmd joins with another one of the guest
_PEER = """\
if [ ! -e /run/netns/{space} ]; then
    modprobe virtio_net
    ip netns add {space}
    ip link set $(pci_netdev {bdf}) netns {space} name peer
    ip -n {space} -batch - <<EOF
addr add {peer}/24 dev peer
neigh replace {guest} lladdr {guest_mac} dev peer nud permanent
link set peer up
EOF
    for server in "netserver -D -4" "netload serve 0.0.0.0 {port} 1 1 1"; do
        setsid ip netns exec {space} $server </dev/null >/dev/null 2>&1 &
    done
fi"""


def sizes(config: NetConfig) -> tuple[int, ...]:
    """The sizes of pings."""
    return tuple(size for size in SIZES
                 if config.has_fragments or size + HEADERS <= config.mtu)


def _peer(one: NetFunction) -> list[str]:
    if not one.peer:
        return []
    there = one.network
    return [_PEER.format(space=there.tap, bdf=one.peer.bdf, peer=there.peer,
                         guest=there.guest, guest_mac=there.guest_mac,
                         port=peers.PORT)]


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


# ping ends two round trips after its last packet: on a busy machine it misses a
# late answer, which the kernel counts.
_ANSWERS = """\
answers() {
    set -- $(grep '^Icmp: [0-9]' /proc/net/snmp)
    echo ${11}
}"""
_PING = f"""\
before=$(answers)
said=$(ping -q -i 0.01 -c {PINGS} -W 10 -s {{size}} {{peer}} 2>&1)
case $said in *" {PINGS} received"*) ;; *) sleep 5 ;; esac
echo '{{bdf}} ping {{size}}:' $said: answers $(($(answers) - before))"""


def _one(one: NetFunction) -> list[str]:
    peer = one.network.peer
    lines = [_PING.format(bdf=one.bdf, size=size, peer=peer)
             for size in sizes(one.config)]
    limit = f"timeout {speed.scaled(STREAM_S):.0f}"
    return lines + [
        f"{limit} netperf -4 -P 0 -H {peer} -t {test}"
        f" -l -{one.config.stream_bytes} >/dev/null 2>&1;"
        f" echo '{one.bdf} {test}:' $?" for test in STREAMS]


def traffic(functions: Sequence[NetFunction], names: Mapping[str, str],
            cpus: int) -> str:
    """A script: pings, whose contents ping compares, and streams both ways;
    with several pairs, flows that use them all.

    @names: interfaces by address
    @cpus: of the guest
    """
    mine = [(one, names[one.bdf]) for one in functions if names.get(one.bdf)]
    lines = [_ANSWERS, *(line for one, _ in mine for line in _peer(one))]
    lines.append("ip -batch - <<EOF")
    for one, name in mine:
        lines += [f"addr add {one.network.guest}/24 dev {name}",
                  f"link set {name} mtu {one.config.mtu} up"]
    lines.append("EOF\nsleep 1")
    for one, _ in mine:
        lines += _one(one) + _flows(one, cpus)
    # No more packets, while the counts are read one after the other.
    lines.append("ip -batch - <<EOF")
    lines += [f"neigh replace {one.network.peer} lladdr"
              f" {one.network.peer_mac} dev {name} nud permanent"
              for one, name in mine]
    return pci.script("\n".join([*lines, "EOF\n"]))


def problems(text: str, functions: Sequence[NetFunction],
             ) -> dict[str, list[str]]:
    """What is wrong with each function's traffic, by its address."""
    found: dict[str, list[str]] = {}
    for one in functions:
        said = dict(re.findall(rf"^{re.escape(one.bdf)} ([^:]+): (.*)$",
                               text, re.M))
        wrong = found.setdefault(one.bdf, [])
        for size in sizes(one.config):
            line = said.get(f"ping {size}", "nothing")
            if not line.endswith(f" answers {PINGS}") or "wrong" in line:
                wrong.append(f"ping of {size} bytes: {line[-160:]}")
        for test in STREAMS:
            if said.get(test) != "0":
                wrong.append(f"netperf {test}: status"
                             f" {said.get(test, 'none')}")
        flows = said.get("flows", "nothing")
        if one.config.queues > 1 and flows != "whole":
            wrong.append(f"flows that failed, by CPU: {flows}")
    return found
