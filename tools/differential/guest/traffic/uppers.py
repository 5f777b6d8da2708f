# SPDX-License-Identifier: GPL-2.0
"""Interfaces on top of the tested one, made and removed under traffic."""

from __future__ import annotations

import re
from collections.abc import Callable

from .ends import DUT, PEER, PING, address, interface
from .load import load
from .say import outcome, run, tries

# What is made in the tested interface's namespace, and in the peer's: lines of
# `ip -batch`; and how it is removed
LINKS = {
    "vlan": (f"link add link {DUT} name up0 type vlan id 5",
             f"link add link {PEER} name up0 type vlan id 5"),
    "macvlan": (f"link add link {DUT} name up0 type macvlan mode bridge",
                f"link add link {PEER} name up0 type macvlan mode bridge"),
    "ipvlan": (f"link add link {DUT} name up0 type ipvlan mode l2",
               f"link add link {PEER} name up0 type macvlan mode bridge"),
    "macvtap": (f"link add link {DUT} name up0 type macvtap mode passthru",
                f"link add link {PEER} name up0 type macvlan mode bridge"),
    "vxlan": (f"link add up0 type vxlan id 7 dstport 4789 local"
              f" {address(DUT)} remote {address(PEER)} dev {DUT}",
              f"link add up0 type vxlan id 7 dstport 4789 local"
              f" {address(PEER)} remote {address(DUT)} dev {PEER}"),
}
MASTERS = {
    "bridge": "link add up0 type bridge",
    "bond": "link add up0 type bond mode active-backup miimon 100",
    "bond-rr": "link add up0 type bond mode balance-rr miimon 100",
}
MIRROR = f"""\
ip -n {DUT} link add up0 type veth peer name up1
ip -n {DUT} link set up0 up; ip -n {DUT} link set up1 up
tc -n {DUT} qdisc add dev {DUT} clsact
for way in ingress egress; do
	tc -n {DUT} filter add dev {DUT} $way protocol all matchall \\
		action mirred egress mirror dev up0 || exit 1
done"""


def _batch(name: str, lines: str) -> str:
    return f"ip -n {name} -batch - <<'END'\n{lines}\nEND"


def _neighbour() -> None:
    """A link that was down has forgotten it."""
    run(f"ip -n {DUT} neigh replace {address(PEER)} lladdr"
        f" 52:54:00:09:00:01 dev {DUT} nud permanent")


def _link(name: str) -> None:
    for end, number, line in zip((DUT, PEER), (2, 1), LINKS[name]):
        tries(f"{name}.{end}", _batch(
            end, f"{line}\naddr add 10.77.0.{number}/24 dev up0\n"
                 "link set up0 up"))
    if name != "macvtap":       # whose frames a process would answer
        _, said = run(interface(DUT, f"{PING} -W 5 10.77.0.1"))
        found = re.search(r"\d+ received", said)
        outcome(f"{name}.ping", found[0] if found else said)


def _unlink(name: str) -> None:
    for end in (DUT, PEER):
        tries(f"{name}.{end}.gone", f"ip -n {end} link del up0")


def _master(name: str) -> None:
    down = "" if name == "bridge" else f"link set {DUT} down\n"
    tries(name, _batch(DUT, f"{MASTERS[name]}\n{down}"
                            f"link set {DUT} master up0\nlink set up0 up\n"
                            f"link set {DUT} up"))
    _neighbour()


def _no_master(name: str) -> None:
    tries(f"{name}.gone", _batch(DUT, f"link set {DUT} nomaster\n"
                                      f"link del up0\nlink set {DUT} up"))
    _neighbour()


def uppers(rounds: str = "1") -> None:
    """Each kind, with streams that go on."""
    with load() as streams_:
        for number in range(int(rounds)):
            for name in LINKS:
                _link(name)
                streams_.moves(f"{name}.on.{number}")
                _unlink(name)
                streams_.moves(f"{name}.off.{number}")
            for name in MASTERS:
                _master(name)
                streams_.moves(f"{name}.on.{number}")
                _no_master(name)
                streams_.moves(f"{name}.off.{number}")
            tries("mirror", MIRROR)
            streams_.moves(f"mirror.on.{number}")
            tries("mirror.gone", f"tc -n {DUT} qdisc del dev {DUT} clsact;"
                                 f" ip -n {DUT} link del up0")
            streams_.moves(f"mirror.off.{number}")


UPPERS: dict[str, Callable[..., None]] = {"uppers": uppers}
