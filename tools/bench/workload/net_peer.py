# SPDX-License-Identifier: GPL-2.0
"""The other end of each function's network.

A function of QEMU's own has a tap on the guest's host, where servers run. The
taps are in a network namespace of the bench, which ends with it. Nobody has the
address "nobody": the host drops its packets without a word.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lab import LabError, progress

from ..row import Function
from . import net_load

CLONE_NEWNET = 0x40000000
START_S = 20
# Netem's models of a tap, towards the guest
DELAYS = {"constant": "delay 5ms", "varying": "delay 5ms 3ms 25%"}


@dataclass(frozen=True)
class Network:
    """The addresses of a function's network."""

    number: int

    @property
    def tap(self) -> str:
        """The host's interface."""
        return f"vfetap{self.number}"

    @property
    def guest(self) -> str:
        """The guest's address."""
        return f"10.0.{self.number}.2"

    @property
    def peer(self) -> str:
        """The address of the host, or of our device's echo."""
        return f"10.0.{self.number}.1"

    @property
    def nobody(self) -> str:
        """An address whose packets are dropped, or echoed by our device."""
        return f"10.0.{self.number}.99"

    @property
    def guest_mac(self) -> str:
        """The function's."""
        return f"52:54:00:00:{self.number:02x}:02"

    @property
    def peer_mac(self) -> str:
        """The tap's."""
        return f"52:54:00:00:{self.number:02x}:01"


def network(function: Function) -> Network:
    """The network of a function."""
    return Network(function.number)


def _run(*argv: str) -> None:
    done = subprocess.run(argv, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise LabError(f"'{' '.join(argv)}' failed: {done.stdout.strip()}")


def _apart() -> None:
    """Into a network namespace of its own, with QEMU and all it starts."""
    # Python has os.unshare() from 3.12 on.
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        raise LabError("no network namespace: "
                       + os.strerror(ctypes.get_errno()))
    # No router solicitations or the like from the host.
    with contextlib.suppress(OSError):      # a kernel without IPv6
        for name in ("all", "default"):
            with open(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6", "w",
                      encoding="ascii") as file:
                file.write("1")
    _run("ip", "link", "set", "lo", "up")


def _make(there: Network, delay: str) -> None:
    subprocess.run(["modprobe", "-a", "tun", "sch_netem"], check=False)
    _run("ip", "tuntap", "add", "dev", there.tap, "mode", "tap", "vnet_hdr")
    _run("ip", "link", "set", there.tap, "address", there.peer_mac, "up")
    _run("ip", "addr", "add", f"{there.peer}/24", "dev", there.tap)
    _run("ip", "neigh", "replace", there.guest, "lladdr", there.guest_mac,
         "dev", there.tap, "nud", "permanent")
    if delay:
        _run("tc", "qdisc", "add", "dev", there.tap, "root", "netem",
             "limit", "10000", *DELAYS[delay].split())


@contextlib.contextmanager
def _server(*argv: str) -> Iterator[None]:
    with subprocess.Popen(progress.owned(list(argv)),
                          stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL,
                          start_new_session=True) as server:
        try:
            yield
        finally:
            progress.stop_group(server, grace=2)


@contextlib.contextmanager
def peers(functions: Sequence[Function]) -> Iterator[None]:
    """Makes what QEMU's own of these functions need."""
    own = [one for one in functions if one.qemu is not None]
    if not own:
        yield
        return
    _apart()
    for one in own:
        _make(network(one), str((one.qemu or {}).get("delay", "")))
    with _server("netserver", "-D", "-4"), \
            _server(str(net_load.program()), "serve", "0.0.0.0",
                    str(net_load.SERVER_PORT), "1", "1", "1"):
        yield
