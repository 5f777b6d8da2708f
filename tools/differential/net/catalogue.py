# SPDX-License-Identifier: GPL-2.0
"""The workloads of networks, with names; guest/traffic has their programs."""

from __future__ import annotations

import re

from ..workload import Workload


def _traffic(name: str, words: str = "", *, busy: bool = False,
             limit: int = 150, cpus: int = 1, host: str = "",
             title: str = "") -> Workload:
    return Workload(title or name, f"traffic {name} {words}\n", busy=busy,
                    limit=limit, cpus=cpus, host=host)


def walk(seed: int, host: str = "") -> Workload:
    """Random steps under traffic, from a seed; the host may do something
    meanwhile."""
    return _traffic("walk", str(seed), limit=400, host=host,
                    title="-".join(filter(None, ("walk", host, str(seed)))))


def _counted(name: str, words: str = "", limit: int = 150,
             title: str = "") -> Workload:
    """With the counts of both ends."""
    return _traffic("counted", f"{name} {words}", limit=limit,
                    title=title or name)


def _tunnel(title: str, words: str) -> Workload:
    """QEMU's device has features for them if the host's taps do (Linux 6.17),
    vfe-device has them always; else the stack segments."""
    return _traffic("tunnel", words, limit=300, title=f"tunnel-{title}")


_ALL = (
    _traffic("shown"),
    _counted("ping"),
    _counted("tcp"),
    _counted("tcp", "1024", limit=1200, title="tcp-1g"),
    _counted("tcp6"),
    _counted("udp", limit=300),
    _traffic("offloads", limit=400),
    _traffic("alone", limit=400),
    _traffic("alone", "1024", limit=7200, title="alone-1g"),
    _traffic("rr"),
    _traffic("crr"),
    _traffic("netperf"),
    _traffic("last"),
    _traffic("last-namespace"),
    _traffic("mtu", limit=300),
    _traffic("jumbo"),
    _traffic("rings", limit=300),
    _traffic("smallest"),
    _traffic("channels", limit=300),
    _traffic("down-up", limit=300),
    _traffic("under", title="flap", host="flap"),
    _traffic("namespace"),
    _traffic("unbind"),
    _traffic("suspend"),
    _traffic("kept"),
    _traffic("resize", limit=300),
    _traffic("uppers", limit=300),
    _traffic("pressure"),
    _traffic("netconsole"),
    _traffic("filters"),
    _traffic("vlans"),
    _traffic("corpus"),
    _traffic("xdp"),
    _traffic("xdp-under", limit=300),
    _traffic("xsk", limit=300),
    _traffic("xsk-life", limit=300),
    _tunnel("vxlan", "vxlan udpcsum"),
    _tunnel("vxlan-no-sum", "vxlan noudpcsum"),
    _tunnel("vxlan-6", "vxlan udp6zerocsumtx,udp6zerocsumrx 6 6"),
    _tunnel("vxlan-4-in-6", "vxlan udp6zerocsumtx,udp6zerocsumrx 6 4"),
    _tunnel("geneve", "geneve udpcsum"),
    walk(1),
    walk(1, "flap"),
)


class _Workloads(dict[str, Workload]):
    """By name, and any walk by its seed."""

    def __missing__(self, name: str) -> Workload:
        found = re.fullmatch(r"walk-(?:(flap)-)?(\d+)", name)
        if not found:
            raise KeyError(name)
        return walk(int(found[2]), found[1] or "")


WORKLOADS = _Workloads((workload.name, workload) for workload in _ALL)
