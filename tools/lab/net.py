# SPDX-License-Identifier: GPL-2.0
"""Networks of guests: additional contents of a guest, QEMU's -netdev.

    Guest([DeviceSpec("net", device_class="net")], more=net.TOOLS)

For the other end see peers.py.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from . import pci, peers
from .initramfs import More

# What a measurement needs: programs that start quickly under emulation.
PROGRAMS = ("ip", "ethtool", "ping", "netperf", "netserver", "tc", "nstat")
# The kernel's drivers for QEMU's network devices, and what joins interfaces.
MODULES = (
    "virtio_net", "ne2k_pci", "8139cp", "8139too", "e1000", "e1000e", "tun",
    "veth", "dummy", "bridge", "8021q", "netconsole", "sch_netem", "sch_fq",
    "sch_ingress", "cls_bpf", "act_bpf", "act_mirred", "cls_matchall",
    "xsk_diag", "inet_diag", "tcp_diag", "udp_diag", "vxlan", "geneve",
    "ip_gre", "macvlan", "macvtap", "ifb",
)
# What tests need besides: traffic of other kinds, captures, XDP.
MORE_PROGRAMS = ("iperf3", "tcpdump", "bpftool", "xdp-loader", "xdp-bench",
                 "xdp-trafficgen", "ss", "bridge")
_XDP = Path("/usr/lib/x86_64-linux-gnu/bpf")
TOOLS = More("net-tools", (*PROGRAMS, *MORE_PROGRAMS), MODULES, (_XDP,))
# And a Python with scapy, 40 MB: give its guest 1024 MB of memory.
PYTHON = More("net-python", (*PROGRAMS, *MORE_PROGRAMS, "python3"), MODULES,
              (_XDP, Path("/usr/lib/python3.13"),
               Path("/usr/lib/python3/dist-packages/scapy")))


def load() -> More:
    """For a measurement; with netload, which it compiles."""
    return More("net", PROGRAMS, MODULES,
                scripts=(("usr/bin/netload", peers.netload()),))


def netdev(kind: str, name: str, **options: object) -> list[str]:
    """QEMU's -netdev; in names of options "_" stands for "-"."""
    return ["-netdev", json.dumps(
        {"type": kind, "id": name, **{key.replace("_", "-"): value
                                      for key, value in options.items()}})]


def on_tap(there: peers.Network, slot: pci.Slot, model: str,
           properties: Mapping[str, object]) -> list[str]:
    """QEMU's options for a device of its own on a tap of peers.tap()."""
    # The guest's firmware boots from none.
    return [*netdev("tap", there.tap, ifname=there.tap, script="no",
                    downscript="no"),
            *pci.device(model, slot, {
                "netdev": there.tap, "mac": there.guest_mac, "romfile": "",
                **properties})]


def dgram(name: str, local: Path, remote: Path) -> list[str]:
    """QEMU's -netdev that sends each frame as a datagram to a socket."""
    return netdev("dgram", name, local={"type": "unix", "path": str(local)},
                  remote={"type": "unix", "path": str(remote)})
