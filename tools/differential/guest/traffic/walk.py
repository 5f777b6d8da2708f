# SPDX-License-Identifier: GPL-2.0
"""A random walk over all that users set, from a seed, under traffic."""

from __future__ import annotations

import contextlib
import random
import re
from collections.abc import Callable

from .ends import DUT, MIB, PEER, address, interface, streams
from .load import Load, load
from .say import note, outcome, run
from .xdp import DROP, PASS, attached

Step = Callable[[random.Random, contextlib.ExitStack], str]
FEATURES = ("tx", "sg", "tso", "gso", "gro", "rx-gro-hw",
            "rx-udp-gro-forwarding", "rx-gro-list")


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
    return _set(interface(DUT, f"ethtool -K {DUT} {rng.choice(FEATURES)}"
                               f" {rng.choice(('on', 'off'))}"))


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


def _threaded(rng: random.Random, _: contextlib.ExitStack) -> str:
    word = rng.choice("01")
    status, _said = run(interface(
        DUT, f"busybox sh -c 'echo {word} >/sys/class/net/{DUT}/threaded'"))
    return f"threaded {word} -> {status}"


def _xdp(rng: random.Random, stack: contextlib.ExitStack) -> str:
    """A program: it replaces the one before it, or takes it away."""
    stack.close()
    kind = rng.choice(("pass", "pass", "linear", "none", "drop"))
    if kind == "none":
        return "no program"
    try:
        if kind == "drop":
            with attached(DROP):
                run("sleep 0.1")
        else:
            stack.enter_context(attached(PASS, kind == "pass"))
    except OSError as error:
        return f"program {kind}: {error.strerror}"
    return f"program {kind}"


STEPS: tuple[Step, ...] = (_mtu, _ring, _channels, _feature, _link, _filter,
                           _moderation, _threaded, _xdp)


def walk(seed: str = "1", steps: str = "24") -> None:
    """The same steps for both drivers; streams move after each."""
    rng = random.Random(int(seed))
    # No frame of the peer is too long for a page, where a program needs that.
    run(f"ip -n {PEER} link set {PEER} mtu 1500")
    under = ""
    with contextlib.ExitStack() as stack, load() as streams_:
        for number in range(int(steps)):
            step = rng.choice(STEPS)
            said = step(rng, stack)
            name = f"step.{number:02}.{step.__name__}"
            if step is not _xdp:
                name += under
            # Whichever driver accepts the program, the outcomes have the same
            # names for both.
            elif re.match("program (pass|linear)", said):
                under = ".under"
            else:
                under = ""
            outcome(name, said)
            _moves(streams_, number)
        stack.close()
    streams("end", MIB)


def _moves(streams_: Load, number: int) -> None:
    streams_.moves(f"step.{number:02}")


WALK: dict[str, Callable[..., None]] = {"walk": walk}
