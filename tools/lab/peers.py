# SPDX-License-Identifier: GPL-2.0
"""The other end of a guest's network: taps on the guest's host, and servers.

The taps are in a network namespace of the process, which ends with it. Nobody
has the address "nobody": the host drops its packets without a word.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import files, paths, progress
from .errors import LabError

SOURCES = Path(__file__).resolve().parent / "netload"
FLAGS = ("-std=gnu11", "-O2", "-g0", "-Wall", "-Wextra", "-Werror", "-static")
KEPT = 2
CLONE_NEWNET = 0x40000000
# of netload serve
PORT = 7007


@dataclass(frozen=True)
class Network:
    """A network of a guest's function and its host, by a number."""

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


def netload() -> Path:
    """The program in netload/, compiled if its sources changed."""
    sources = sorted(SOURCES.glob("*.[ch]"))
    folder = paths.state() / "netload"
    target = folder / f"netload-{files.digest([*FLAGS, *sources])}"
    with files.lock(folder / "lock"):
        if not target.is_file():
            files.remove_old(folder, "netload-*", KEPT)
            files.make_whole(target, lambda path: _compile(path, sources))
            target.chmod(0o755)
    return target


def _compile(target: Path, sources: list[Path]) -> None:
    run("gcc", *FLAGS, "-o", str(target),
        *(str(path) for path in sources if path.suffix == ".c"))


def run(*argv: str) -> None:
    """Run a command on the guest's host; LabError if it fails."""
    done = subprocess.run(argv, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise LabError(f"'{' '.join(argv)}' failed: {done.stdout.strip()}")


def apart() -> None:
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
    run("ip", "link", "set", "lo", "up")


def tap(there: Network, delay: Sequence[str] = (), queues: int = 1) -> None:
    """Make a tap, for QEMU's netdev of this name.

    @delay: netem's options, for what the host sends to the guest
    """
    several = ["multi_queue"] if queues > 1 else []
    # Built into some kernels.
    subprocess.run(["modprobe", "-aq", "tun", "sch_netem"], check=False)
    run("ip", "tuntap", "add", "dev", there.tap, "mode", "tap", "vnet_hdr",
        *several)
    run("ip", "link", "set", there.tap, "address", there.peer_mac, "up")
    run("ip", "addr", "add", f"{there.peer}/24", "dev", there.tap)
    run("ip", "neigh", "replace", there.guest, "lladdr", there.guest_mac,
        "dev", there.tap, "nud", "permanent")
    if delay:
        run("tc", "qdisc", "add", "dev", there.tap, "root", "netem",
            "limit", "10000", *delay)


def move(there: Network, namespace: str, back: Network) -> None:
    """Move a tap that QEMU has opened to another namespace of the host; what
    this one sends there goes through the guest, from the network @back."""
    inside = ("ip", "-n", namespace)
    run("ip", "netns", "add", namespace)
    run("ip", "link", "set", there.tap, "netns", namespace)
    run(*inside, "link", "set", there.tap, "up")
    run(*inside, "addr", "add", f"{there.peer}/24", "dev", there.tap)
    run(*inside, "neigh", "replace", there.guest, "lladdr", there.guest_mac,
        "dev", there.tap, "nud", "permanent")
    run(*inside, "route", "add", f"{back.peer}/32", "via", there.guest)
    run("ip", "route", "add", f"{there.peer}/32", "via", back.guest)


@contextlib.contextmanager
def server(*argv: str, log: Path = Path(os.devnull),
           env: Mapping[str, str] | None = None) -> Iterator[None]:
    """A program on the guest's host, which is stopped at the end."""
    with open(log, "wb") as sink, \
            subprocess.Popen(progress.owned(list(argv)), env=env,
                             stdin=subprocess.DEVNULL, stdout=sink,
                             stderr=subprocess.STDOUT,
                             start_new_session=True) as process:
        try:
            yield
        finally:
            progress.stop_group(process, grace=2)


@contextlib.contextmanager
def servers() -> Iterator[None]:
    """netserver, and netload serve."""
    with server("netserver", "-D", "-4"), \
            server(str(netload()), "serve", "0.0.0.0", str(PORT), "1", "1",
                   "1"):
        yield
