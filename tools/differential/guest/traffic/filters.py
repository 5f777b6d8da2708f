# SPDX-License-Identifier: GPL-2.0
"""Addresses, VLANs and promiscuous mode: which frames come in."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import time
from collections.abc import Callable

from .ends import DUT, PEER, PING, address, interface, within
from .say import must, outcome, run, tries

ETH_P_ALL, ETH_P_TEST = 3, 0x88b5
SOL_PACKET, PACKET_AUXDATA = 263, 8
OWN, STRANGE = "52:54:00:09:00:02", "52:54:00:09:77:77"
CHANGED = "52:54:00:09:00:22"
GROUPS = ("01:00:5e:01:02:03", "33:33:00:01:02:03")
DESTINATIONS = (OWN, CHANGED, STRANGE, *GROUPS, "01:80:c2:00:00:0e",
                "ff:ff:ff:ff:ff:ff")
ASKED = 10      # times at the most


def mac(text: str) -> bytes:
    """The bytes of an address."""
    return bytes.fromhex(text.replace(":", ""))


def packet_socket(name: str, protocol: int = ETH_P_ALL) -> socket.socket:
    """A socket for whole frames on the interface of an end."""
    with within(name):
        made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                             socket.htons(protocol))
        made.bind((name, protocol))
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    made.settimeout(5)
    return made


def _seen(one: socket.socket, sink: socket.socket) -> list[str]:
    """The destinations of the frames that come in."""
    for number, there in enumerate(DESTINATIONS):
        one.send(mac(there) + mac("52:54:00:09:00:01")
                 + struct.pack("!HB", ETH_P_TEST, number) + b"q" * 60)
    time.sleep(0.3)
    seen = []
    with contextlib.suppress(BlockingIOError):
        while True:
            seen.append(DESTINATIONS[sink.recv(200)[14]])
    return sorted(seen)


def come(key: str) -> None:
    """Which destinations of the peer's frames reach the interface. A work item
    of the driver tells the device: ask until the answer stays the same."""
    with packet_socket(DUT, ETH_P_TEST) as sink, packet_socket(PEER) as one:
        sink.setblocking(False)
        seen = _seen(one, sink)
        for _ in range(ASKED):
            before, seen = seen, _seen(one, sink)
            if seen == before:
                break
        outcome(f"come.{key}", seen)


def filters() -> None:
    """Each kind of filter, set and taken away again."""
    come("first")
    for word in ("promisc", "allmulticast", "multicast"):
        for state in ("on", "off"):
            tries(f"{word}.{state}",
                  f"ip -n {DUT} link set {DUT} {word} {state}")
            come(f"{word}.{state}")
    must(f"ip -n {DUT} link set {DUT} multicast on")
    for group in GROUPS:
        tries(f"join.{group}",
              f"ip -n {DUT} maddr add {group} dev {DUT}")
    come("joined")
    for group in GROUPS:
        run(f"ip -n {DUT} maddr del {group} dev {DUT}")
    come("left")
    tries("macvlan", f"ip -n {DUT} link add mv0 link {DUT} address {STRANGE}"
                     " type macvlan mode bridge && "
                     f"ip -n {DUT} link set mv0 up")
    come("macvlan")
    run(f"ip -n {DUT} link del mv0")
    come("macvlan.gone")
    must(f"for n in $(seq 100); do echo maddr add 01:00:5e:02:00:"
         f"$(printf %02x $n) dev {DUT}; done | ip -n {DUT} -batch -")
    come("many")
    must(f"for n in $(seq 100); do echo maddr del 01:00:5e:02:00:"
         f"$(printf %02x $n) dev {DUT}; done | ip -n {DUT} -batch -")
    for text in (CHANGED, "01:00:00:00:00:01", "00:00:00:00:00:00", OWN):
        tries(f"address.{text}",
              f"ip -n {DUT} link set {DUT} address {text}")
        come(f"address.{text}")
    for word in ("down", "up"):
        must(f"ip -n {DUT} link set {DUT} {word}")
    come("up")


def vlans() -> None:
    """VLANs, one in another, with pings over each."""
    for name, own, other in ((DUT, 2, 1), (PEER, 1, 2)):
        must(f"""ip -n {name} -batch - <<EOF
link add link {name} name v100 type vlan id 100
link add link {name} name v4094 type vlan id 4094
link add link v100 name v100.7 type vlan id 7
link add link {name} name s300 type vlan proto 802.1ad id 300
link add link s300 name s300.5 type vlan id 5
link set v100 up
link set v4094 up
link set v100.7 up
link set s300 up
link set s300.5 up
addr add 10.100.0.{own}/24 dev v100
addr add 10.101.0.{own}/24 dev v4094
addr add 10.102.0.{own}/24 dev v100.7
addr add 10.103.0.{own}/24 dev s300
addr add 10.104.0.{own}/24 dev s300.5
EOF""")
        del other
    for number in range(100, 105):
        for size in (56, 1400, 1472, 3000):
            _, said = run(interface(
                DUT, f"{PING} -W 3 -s {size} 10.{number}.0.1"))
            found = re.search(r"\d+ packets.*received[^,]*", said)
            outcome(f"vlan.{number}.{size}", found[0] if found else said)
    for name in (DUT, PEER):
        must(f"for one in v100 v4094 s300; do ip -n {name} link del $one;"
             " done")
    _, said = run(interface(DUT, f"{PING} {address(PEER)}"))
    outcome("without", "3 received" in said)


FILTERS: dict[str, Callable[..., None]] = {"filters": filters,
                                           "vlans": vlans}
