# SPDX-License-Identifier: GPL-2.0
"""A random walk over all that users set, from a seed, under traffic."""

from __future__ import annotations

import contextlib
import random
import re
from collections.abc import Callable

from .ends import DUT, MIB, PEER, PING, address, interface, streams
from .filters import CHANGED, OWN
from .load import Load, load
from .say import must, note, outcome, run
from .xdp import DROP, PASS, attached, reflecting, reflects
from .xsk import socket_beside

Step = Callable[[random.Random, contextlib.ExitStack], str]
FEATURES = ("tx", "sg", "tso", "gso", "gro", "rx-gro-hw",
            "rx-udp-gro-forwarding", "rx-gro-list", "rxhash",
            "tx-udp-segmentation")
VLAN = "walk5"


def _set(command: str) -> str:
    status, said = run(command)
    if status:
        note(f"{command}: {said.strip()}")
    return f"{command.partition(DUT + ' ')[2]} -> {status}"


def _mtu(rng: random.Random, _: contextlib.ExitStack) -> str:
    return _set(f"ip -n {DUT} link set {DUT} mtu"
                f" {rng.choice((1500, 1500, 1280, 1000, 4000, 9000, 65535))}")


def _ring(rng: random.Random, _: contextlib.ExitStack) -> str:
    """The ring of received frames has room for one of 64 KiB, without which
    QEMU's device stops for ever."""
    way = rng.choice(("rx", "tx"))
    size = rng.choice((4, 16, 64, 128, 256, 256))
    if way == "rx":
        size = max(size, 64)
    return _set(interface(DUT, f"ethtool -G {DUT} {way} {size}"))


def _channels(rng: random.Random, _: contextlib.ExitStack) -> str:
    return _set(interface(DUT, f"ethtool -L {DUT} combined"
                               f" {rng.choice((1, 2, 3, 4))}"))


def _feature(rng: random.Random, _: contextlib.ExitStack) -> str:
    said = _set(interface(DUT, f"ethtool -K {DUT} {rng.choice(FEATURES)}"
                               f" {rng.choice(('on', 'off'))}"))
    if said.endswith("-> 0"):
        return said
    # The stack tries again what a driver has refused, with the next one.
    shown = run(interface(DUT, f"ethtool -k {DUT}"))[1]
    waits = re.search(r"rx-gro-hw: \w+ \[requested", shown)
    return f"{said}, rx-gro-hw waits" if waits else said


def _link(rng: random.Random, _: contextlib.ExitStack) -> str:
    run(f"ip -n {DUT} link set {DUT} down")
    said = _set(f"ip -n {DUT} link set {DUT} up")
    run(f"ip -n {DUT} neigh replace {address(PEER)} lladdr"
        f" 52:54:00:09:00:01 dev {DUT} nud permanent")
    del rng
    return said


def _filter(rng: random.Random, _: contextlib.ExitStack) -> str:
    return _set(f"ip -n {DUT} link set {DUT}"
                f" {rng.choice(('promisc', 'allmulticast'))}"
                f" {rng.choice(('on', 'off'))}")


def _moderation(rng: random.Random, _: contextlib.ExitStack) -> str:
    return _set(interface(
        DUT, f"ethtool -C {DUT} {rng.choice(('rx', 'tx'))}-frames"
             f" {rng.choice((0, 1, 1, 8))}"))


def _usecs(rng: random.Random, _: contextlib.ExitStack) -> str:
    return _set(interface(
        DUT, f"ethtool -C {DUT} {rng.choice(('rx', 'tx'))}-usecs"
             f" {rng.choice((0, 16, 200, 2000))}"))


def _steering(rng: random.Random, _: contextlib.ExitStack) -> str:
    """The table of RSS, or its key."""
    key = rng.randbytes(40).hex(":")
    return _set(interface(DUT, f"ethtool -X {DUT} " + rng.choice((
        "equal 1", "equal 2", "equal 3", "default", f"hkey {key}"))))


def _address(rng: random.Random, _: contextlib.ExitStack) -> str:
    said = _set(f"ip -n {DUT} link set {DUT} address"
                f" {rng.choice((OWN, CHANGED))}")
    mine = must(interface(DUT, f"cat /sys/class/net/{DUT}/address")).strip()
    run(f"ip -n {PEER} neigh replace {address(DUT)} lladdr {mine} dev {PEER}"
        " nud permanent")
    return said


def _vlan(rng: random.Random, _: contextlib.ExitStack) -> str:
    """It comes, and pings cross it, or it goes."""
    if rng.random() < 0.3:
        return _set(f"ip -n {DUT} link del {VLAN}")
    said = _set(f"ip -n {DUT} link add link {DUT} name {VLAN} type vlan id 5")
    run(f"ip -n {DUT} addr add 10.55.0.2/24 dev {VLAN};"
        f" ip -n {DUT} link set {VLAN} up")
    # the link may be down for a moment
    answers = any(not run(interface(DUT, f"{PING} -W 10 10.55.0.1"))[0]
                  for _ in range(3))
    return f"{said}, {'answers' if answers else 'silent'}"


def _threaded(rng: random.Random, _: contextlib.ExitStack) -> str:
    word = rng.choice("01")
    status, _said = run(interface(
        DUT, f"busybox sh -c 'echo {word} >/sys/class/net/{DUT}/threaded'"))
    return f"threaded {word} -> {status}"


def _xdp(rng: random.Random, stack: contextlib.ExitStack) -> str:
    """A program: it replaces the one before it, or takes it away."""
    stack.close()
    kind = rng.choice(("pass", "linear", "none", "drop", "tx", "redirect",
                       "socket"))
    if kind == "none":
        return "no program"
    try:
        if kind == "drop":
            with attached(DROP):
                run("sleep 0.1")
        elif kind == "socket":
            return f"program socket: {stack.enter_context(socket_beside())}"
        elif kind in ("tx", "redirect"):
            stack.enter_context(attached(reflecting(kind)))
            return f"program {kind}: {reflects()}"
        else:
            stack.enter_context(attached(PASS, kind == "pass"))
    except OSError as error:
        return f"program {kind}: {error.strerror}"
    return f"program {kind}"


STEPS: tuple[Step, ...] = (_mtu, _ring, _channels, _feature, _feature, _link,
                           _filter, _moderation, _usecs, _steering, _address,
                           _vlan, _threaded, _xdp, _xdp)


def _under() -> bool:
    """Whether a program is attached."""
    return "prog/xdp" in must(f"ip -n {DUT} -d link show dev {DUT}")


def walk(seed: str = "1", steps: str = "24") -> None:
    """The same steps for both drivers; streams move after each."""
    rng = random.Random(int(seed))
    # No frame of the peer is too long for a page, where a program needs that.
    run(f"ip -n {PEER} link set {PEER} mtu 1500\n"
        f"ip -n {PEER} link add link {PEER} name {VLAN} type vlan id 5\n"
        f"ip -n {PEER} addr add 10.55.0.1/24 dev {VLAN}\n"
        f"ip -n {PEER} link set {VLAN} up")
    with contextlib.ExitStack() as stack, load() as streams_:
        for number in range(int(steps)):
            if _under():
                outcome(f"step.{number:02}.program", "attached")
            step = rng.choice(STEPS)
            outcome(f"step.{number:02}.{step.__name__}", step(rng, stack))
            _moves(streams_, number)
        stack.close()
    run(f"ip -n {DUT} link del {VLAN}; ip -n {PEER} link del {VLAN}")
    streams("end", MIB)


def _moves(streams_: Load, number: int) -> None:
    streams_.moves(f"step.{number:02}")


WALK: dict[str, Callable[..., None]] = {"walk": walk}
