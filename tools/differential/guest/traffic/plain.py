# SPDX-License-Identifier: GPL-2.0
"""Workloads without a disturbance: what is shown, and traffic of each kind."""

from __future__ import annotations

import re
import selectors
import socket
from collections.abc import Callable

from .ends import (BLOCK, BOUND_S, DUT, ETHERNET, MIB, OTHER, PEER, PING,
                   SENT, Amount, Task, address, connected, counter, datagrams,
                   interface, listener, new_socket, streams)
from .say import must, note, outcome, run, tries

UDP_SEGMENT = 103
FILES = ("addr_len", "address", "broadcast", "carrier", "dev_id", "dev_port",
         "dormant", "duplex", "flags", "gro_flush_timeout", "link_mode",
         "mtu", "name_assign_type", "napi_defer_hard_irqs", "operstate",
         "proto_down", "speed", "testing", "threaded", "tx_queue_len", "type")
# ethtool's questions, and the words of its answers that name the driver
QUESTIONS = ("-i", "-k", "-l", "-g", "-c", "-a", "-x", "-n", "-m", "-T",
             "-P", "--show-priv-flags", "--show-eee", "--show-fec",
             "--show-channels", "--phy-statistics", "")


# Feature bits of virtio 1.4
FEATURES = {
    0: "CSUM", 1: "GUEST_CSUM", 2: "CTRL_GUEST_OFFLOADS", 3: "MTU", 5: "MAC",
    6: "GSO", 7: "GUEST_TSO4", 8: "GUEST_TSO6", 9: "GUEST_ECN",
    10: "GUEST_UFO", 11: "HOST_TSO4", 12: "HOST_TSO6", 13: "HOST_ECN",
    14: "HOST_UFO", 15: "MRG_RXBUF", 16: "STATUS", 17: "CTRL_VQ",
    18: "CTRL_RX", 19: "CTRL_VLAN", 20: "CTRL_RX_EXTRA",
    21: "GUEST_ANNOUNCE", 22: "MQ", 23: "CTRL_MAC_ADDR", 24: "NOTIFY_ON_EMPTY",
    27: "ANY_LAYOUT", 28: "INDIRECT_DESC", 29: "EVENT_IDX", 32: "VERSION_1",
    33: "ACCESS_PLATFORM", 34: "RING_PACKED", 35: "IN_ORDER",
    36: "ORDER_PLATFORM", 37: "SR_IOV", 38: "NOTIFICATION_DATA",
    39: "NOTIF_CONFIG_DATA", 40: "RING_RESET", 41: "ADMIN_VQ",
    50: "DEVICE_STATS", 51: "HASH_TUNNEL", 52: "VQ_NOTF_COAL",
    53: "NOTF_COAL", 54: "GUEST_USO4", 55: "GUEST_USO6", 56: "HOST_USO",
    57: "HASH_REPORT", 59: "GUEST_HDRLEN", 60: "RSS", 61: "RSC_EXT",
    62: "STANDBY", 63: "SPEED_DUPLEX", 64: "RSS_CONTEXT",
    65: "GUEST_UDP_TUNNEL_GSO", 66: "GUEST_UDP_TUNNEL_GSO_CSUM",
    67: "HOST_UDP_TUNNEL_GSO", 68: "HOST_UDP_TUNNEL_GSO_CSUM",
    69: "OUT_NET_HEADER",
}


def _dut(command: str) -> tuple[int, str]:
    return run(interface(DUT, command))


def _accepted() -> list[int]:
    """The feature bits that the driver has accepted."""
    folder = f"/sys/class/net/{DUT}/device"
    status, said = _dut(f"cat {folder}/vfe/features")
    if not status:
        bits = int(said, 16)
        return [bit for bit in range(bits.bit_length()) if bits >> bit & 1]
    # of the kernel's bus: a digit for each bit, the first one first
    digits = must(interface(DUT, f"cat {folder}/features")).strip()
    return [bit for bit, digit in enumerate(digits) if digit == "1"]


def _counts() -> None:
    """The names of statistics, which users know; a driver may have more."""
    _, said = _dut(f"ethtool -S {DUT}")
    for name in re.findall(r"^ +(\S+): \d+$", said, re.MULTILINE):
        outcome(f"ethtool-S.{name}", "there")


def shown() -> None:
    """What ethtool, ip and sysfs show; features of virtio."""
    for bit in _accepted():
        outcome(f"feature.{FEATURES.get(bit, bit)}", "accepted")
    _counts()
    for question in QUESTIONS:
        status, said = _dut(f"ethtool {question} {DUT}")
        outcome(f"ethtool{question}", status)
        for line in said.splitlines():
            key, colon, value = line.partition(":")
            if colon and key != "bus-info":
                outcome(f"ethtool{question}.{key.strip()}", value.strip())
    for kind in ("link", "addr", "neigh"):
        _, said = _dut(f"ip -d {kind} show dev {DUT}")
        for index, line in enumerate(said.splitlines()):
            text = re.sub(r"^\d+: |valid_lft \S+|preferred_lft \S+"
                          r"|parentdev \S+|parentbus \S+|used \S+", "",
                          line.strip())
            outcome(f"ip-{kind}.{index}", " ".join(text.split()))
    for name in FILES:
        _, said = _dut(f"cat /sys/class/net/{DUT}/{name}")
        outcome(f"sysfs.{name}", said.strip())
    _, said = _dut(
        f"busybox sh -c 'cd /sys/class/net/{DUT}; ls -d *; cd queues;"
        " for f in */* */*/*; do [ -d $f ] || echo $f; done;"
        " busybox grep . */xps_cpus */rps_cpus */tx_maxrate'")
    outcome("sysfs.names", " ".join(said.split()))
    _, said = _dut(f"tc qdisc show dev {DUT}")
    outcome("qdisc", re.sub(r"\b[0-9a-f]+:", "", said).strip())


def _fragments(source: str, version: int, size: int) -> tuple[int, int]:
    """Packets of a datagram with these bytes behind the IP header, and their
    bytes on the link."""
    mtu = int(must(interface(source, f"cat /sys/class/net/{source}/mtu")))
    head = 20 if version == 4 else 40
    if size + head <= mtu:
        return 1, ETHERNET + head + size
    head += 0 if version == 4 else 8
    count = -(-size // ((mtu - head) // 8 * 8))
    return count, count * (ETHERNET + head) + size


def _sent(source: str, version: int, size: int, count: int) -> None:
    """Datagrams that the stack cuts into fragments: the count is exact."""
    packets, octets = (count * one
                       for one in _fragments(source, version, size))
    SENT.append(Amount(source, (packets, packets), (octets, octets)))


PINGS = (0, 1, 18, 56, 1000, 1472, 1473, 2952, 4000, 8972, 20000, 65507)


def ping() -> None:
    """Echoes of sizes up to the largest, whole and in fragments."""
    for version, most in ((4, 65507), (6, 65487)):
        there = address(PEER, socket.AF_INET if version == 4
                        else socket.AF_INET6)
        for size in PINGS:
            _, said = _dut(f"{PING} -{version} -W 5 -s {min(size, most)}"
                           f" {there}")
            found = re.search(r"\d+ packets.*received[^,]*", said)
            outcome(f"ping{version}.{size}", found[0] if found else said)
            for name in (DUT, PEER):
                _sent(name, version, min(size, most) + 8, 3)
    before = [counter(name, f"{way}_packets") for name in (DUT, PEER)
              for way in ("rx", "tx")]
    _dut(f"ping -q -f -n -c 400 -w 20 {address(PEER)}")
    after = [counter(name, f"{way}_packets") for name in (DUT, PEER)
             for way in ("rx", "tx")]
    for name in (DUT, PEER):
        _sent(name, 4, 56 + 8, 400)
    # and a few that ask again for the other's address
    counts = [new - old for new, old in zip(after, before)]
    outcome("flood.packets", "all" if all(400 <= n < 410 for n in counts)
            else counts)


def tcp(size: str = "16") -> None:
    """Streams of some MiB both ways."""
    streams("tcp", int(size) * MIB)


def tcp6(size: str = "8") -> None:
    """By IPv6."""
    streams("tcp6", int(size) * MIB, socket.AF_INET6)


def _burst_sent(source: str, family: int, size: int, count: int,
                parts: int) -> None:
    """The stack segments datagrams, or the device."""
    if parts == 1:
        _sent(source, 4 if family == socket.AF_INET else 6, size + 8, count)
        return
    head = ETHERNET + (28 if family == socket.AF_INET else 48)
    SENT.append(Amount(source, (count, count * parts), (
        count * (size + head), count * (size + parts * head))))


def burst(source: str, family: int, size: int, count: int,
           segment: int = 0) -> str:
    """Datagrams one way; those that come and their contents."""
    pause = 16
    with datagrams(OTHER[source], family) as sink, \
            datagrams(source, family) as tap:
        tap.connect(sink.getsockname()[:2])
        if segment:
            tap.setsockopt(socket.SOL_UDP, UDP_SEGMENT, segment)
        expected = size // segment if segment else 1
        _burst_sent(source, family, size, count, expected)
        seen, wrong = 0, 0
        for number in range(count):
            data = BLOCK[number:number + size]
            try:
                tap.send(data)
            except OSError as error:
                return f"send: {error.strerror}"
            if number % pause != pause - 1 and number != count - 1:
                continue
            while seen < (number + 1) * expected:
                try:
                    got = sink.recv(1 << 17)
                except TimeoutError:
                    return f"{seen} of {count * expected}"
                first, part = divmod(seen, expected)
                start = first + part * (segment or size)
                wrong += got != BLOCK[start:start + (segment or size)]
                seen += 1
        return f"{seen} came, {wrong} wrong"


def udp(kind: str = "all") -> None:
    """Datagrams of sizes, alone and for the device to segment (gso)."""
    alone = () if kind == "gso" else (1, 18, 512, 1472, 1473, 9000, 65000)
    for family, name in ((socket.AF_INET, "udp"), (socket.AF_INET6, "udp6")):
        for source in (DUT, PEER):
            for size in alone:
                outcome(f"{name}.{size}.from-{source}", burst(
                    source, family, size, 96))
            for segment, parts in ((1, 8), (100, 60), (1000, 32),
                                   (1400, 45)):
                outcome(f"{name}-gso.{segment}x{parts}.from-{source}", burst(
                    source, family, segment * parts, 48, segment))


def _answer(door: socket.socket, number: int) -> str:
    """Give every connection its bytes back, until all are closed."""
    with selectors.DefaultSelector() as ready:
        ready.register(door, selectors.EVENT_READ)
        closed = 0
        while closed < number:
            events = ready.select(BOUND_S)
            if not events:
                return f"{closed} of {number} closed"
            for key, _ in events:
                one = key.fileobj
                assert isinstance(one, socket.socket)
                if one is door:
                    made, _ = door.accept()
                    ready.register(made, selectors.EVENT_READ)
                    continue
                data = one.recv(4096)
                if data:
                    one.sendall(data)
                    continue
                ready.unregister(one)
                one.close()
                closed += 1
    return "ended"


def _round_trips(source: str, connections: int, each: int) -> str:
    """Requests of a byte on connections, one open request on each."""
    with listener(OTHER[source]) as door, \
            selectors.DefaultSelector() as ready:
        server = Task(lambda: _answer(door, connections))
        left = {}
        for _ in range(connections):
            made = new_socket(source)
            made.connect(door.getsockname()[:2])
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            ready.register(made, selectors.EVENT_READ)
            left[made.fileno()] = each
            made.send(b"x")
        done = 0
        while ready.get_map():
            events = ready.select(BOUND_S)
            if not events:
                return f"{done} answers, then none for {BOUND_S:g} s"
            for key, _ in events:
                one = key.fileobj
                assert isinstance(one, socket.socket)
                done += len(one.recv(64))
                left[one.fileno()] -= 1
                if left[one.fileno()]:
                    one.send(b"x")
                else:
                    ready.unregister(one)
                    one.close()
        return f"{done} answers, server {server.text()}"


def rr() -> None:
    """Requests and answers on 1, 8 and 64 connections."""
    for source in (DUT, PEER):
        for connections, each in ((1, 300), (8, 60), (64, 10)):
            outcome(f"rr.{connections}.from-{source}", _round_trips(
                source, connections, each))


def _once(source: str) -> None:
    one, other = connected(source, OTHER[source])
    with one, other:
        one.sendall(b"y" * 3000)
        one.shutdown(socket.SHUT_WR)
        seen = 0
        while piece := other.recv(4096):
            seen += len(piece)
        if seen != 3000:
            raise OSError(f"{seen} bytes")


def crr() -> None:
    """Connections of a request each."""
    for source in (DUT, PEER):
        done = 0
        try:
            for _ in range(60):
                _once(source)
                done += 1
        except OSError as error:
            note(f"crr: {error}")
        outcome(f"crr.from-{source}", done)


def netperf() -> None:
    """The measuring program ends as it should."""
    must(interface(PEER, f"netserver -4 -L {address(PEER)} -p 12865"))
    for test in ("TCP_STREAM", "TCP_MAERTS", "TCP_RR", "TCP_CRR", "UDP_RR"):
        tries(test, interface(DUT, f"netperf -H {address(PEER)} -4 -t {test}"
                              " -l -200" if test.endswith("RR") else
                              f"netperf -H {address(PEER)} -4 -t {test}"
                              " -l -4000000"))
    run("busybox pkill netserver")


PLAIN: dict[str, Callable[..., None]] = {
    "shown": shown, "ping": ping, "tcp": tcp, "tcp6": tcp6, "udp": udp,
    "rr": rr, "crr": crr, "netperf": netperf}
