# SPDX-License-Identifier: GPL-2.0
"""Boots a guest with network interfaces and measures workload by workload
(inner code).

Each driver has two functions of QEMU's, each on a tap of the host: packets go
out by the first, come in by the first, or go through both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial

from count import driver as guest_side
from lab import build, net, pci, peers, progress
from lab.errors import LabError
from lab.peers import PORT, Network

from . import counted, limits
from .counted import CountedGuest
from .measure import Measured
from .sample import Cost, Sample
from .symbols import Symbols

OURS, KERNELS = "vfe_net", "virtio_net"
DRIVERS = (OURS, KERNELS)
BASE_OPS = 64       # at the start of a run, to be taken off
BURST = 32      # datagrams without an answer
SMALL, SEGMENT = 18, 1000       # bytes of a datagram
STREAM_BYTES = 65536
DISCARD = 9

_BIND = """\
pci_no_autoprobe
echo 1 >/proc/sys/net/ipv4/ip_forward
for name in all default; do
    echo 0 >/proc/sys/net/ipv4/conf/$name/rp_filter
done
modprobe {module} || exit 1
pci_bind {driver} {bdf} || exit 1
netdev=$(pci_netdev {bdf}) || {{ echo $netdev; exit 1; }}
ip addr add {guest}/24 dev $netdev && ip link set $netdev up || exit 1
# Off by default in virtio_net.
ethtool -K $netdev tx-udp-segmentation on || exit 1
for host in {peer} {nobody}; do
    ip neigh replace $host lladdr {mac} dev $netdev nud permanent || exit 1
done"""
_TAKE = """\
netload take 0.0.0.0 {port} {ops} 1 {burst} >/tmp/take 2>&1 &
sleep 0.2"""
_TAKEN = """\
for n in $(seq 100); do
    [ ! -s /tmp/take ] || break
    sleep 0.1
done
cat /tmp/take"""


@dataclass(frozen=True)
class Load:
    """A workload: where packets go."""

    name: str
    text: str
    ops: int
    way: str            # a key of WAYS
    size: int = SMALL
    at_once: int = 1
    segments: int = 0   # nobody counts them
    kernels: int = 0


LOADS = (
    Load("net-tx", "UDP datagrams of 18 bytes, sent one by one", 4160, "out"),
    Load("net-tx-gso", "UDP datagrams of 1000 bytes, sent 32 at once", 8256,
         "out", SEGMENT, 32),
    Load("net-rx", "UDP datagrams of 18 bytes, received 32 by 32", 4160,
         "in"),
    Load("net-forward", "UDP datagrams of 18 bytes, forwarded 32 by 32", 4160,
         "through"),
    Load("net-stream", "64 KiB by TCP, sent", 1088, "stream", STREAM_BYTES),
    Load("net-maerts", "64 KiB by TCP, received", 1088, "maerts",
         STREAM_BYTES),
)


@dataclass(frozen=True)
class Interface:
    """A function and its network."""

    driver: str
    first: bool

    @property
    def network(self) -> Network:
        """Its number."""
        return Network(1 + 2 * (self.driver == KERNELS) + (not self.first))

    @property
    def slot(self) -> pci.Slot:
        """Its place in the guest."""
        return pci.Slot(3 + self.network.number)

    @property
    def namespace(self) -> str:
        """The host's, of the second network."""
        return f"vfe-{self.driver}"

    def bind(self) -> str:
        """A script that binds the driver."""
        there = self.network
        return pci.script(_BIND.format(
            module=self.driver, driver=pci.driver_of(self.driver),
            bdf=self.slot.bdf, guest=there.guest, peer=there.peer,
            nobody=there.nobody, mac=there.peer_mac))


INTERFACES = tuple(Interface(driver, first) for driver in DRIVERS
                   for first in (True, False))


def _netload(mode: str, address: str, ops: int, size: int) -> list[str]:
    return [str(peers.netload()), mode, address, str(PORT), str(ops),
            str(size), str(BURST)]


def _out(guest: CountedGuest, driver: str, load: Load, ops: int) -> int:
    there = Interface(driver, True).network
    return _done(guest.tell(f"netload send {there.nobody} {DISCARD} {ops}"
                            f" {load.size} {load.at_once}"), ops)


def _in(guest: CountedGuest, driver: str, load: Load, ops: int) -> int:
    there = Interface(driver, True).network
    guest.tell(_TAKE.format(port=PORT, ops=ops, burst=BURST))
    peers.run(*_netload("feed", there.guest, ops, load.size))
    return _done(guest.tell(_TAKEN), ops)


def _through(guest: CountedGuest, driver: str, load: Load, ops: int) -> int:
    del guest       # works by itself
    far = Interface(driver, False)
    with peers.server("ip", "netns", "exec", far.namespace,
                      *_netload("take", far.network.peer, ops, 1)):
        peers.run("sleep", "0.3")
        peers.run(*_netload("feed", far.network.peer, ops, load.size))
    return ops


def _stream(guest: CountedGuest, driver: str, load: Load, ops: int) -> int:
    there = Interface(driver, True).network
    guest.tell(f"netperf -H {there.peer} -4 -P 0 -t TCP_{load.way.upper()}"
               f" -l -{ops * load.size}")
    return ops


def _done(text: str, ops: int) -> int:
    if f"ops {ops} " not in text:
        raise LabError(f"netload did not do {ops} operations, but printed"
                       f" '{text.strip()}'")
    return ops


WAYS = {"out": _out, "in": _in, "through": _through, "stream": _stream,
        "maerts": _stream}


def _run(guest: CountedGuest, load: Load, runs: int,
         symbols: Symbols) -> dict[str, Cost]:
    """Run both drivers by turns under a workload."""
    samples: dict[str, list[Sample]] = {name: [] for name in DRIVERS}
    with progress.step(f"{load.text}: {runs} runs of each driver"):
        for driver in DRIVERS:      # fills caches
            WAYS[load.way](guest, driver, load, BASE_OPS)
        for _ in range(runs):
            for driver in DRIVERS:
                samples[driver].append(guest.once(
                    symbols, partial(WAYS[load.way], guest, driver, load),
                    BASE_OPS, load.ops))
    return {driver: Cost(samples[driver],
                         interrupts=_interrupts(guest, driver, load))
            for driver in DRIVERS}


def _interrupts(guest: CountedGuest, driver: str, load: Load) -> float:
    """Of an operation, on both functions, in a separate run."""
    def count() -> int:
        return sum(guest_side.read(guest.tell, one.slot.bdf).interrupts
                   for one in INTERFACES if one.driver == driver)

    before = count()
    WAYS[load.way](guest, driver, load, load.ops)
    return (count() - before) / load.ops


@contextmanager
def _networks() -> Iterator[None]:
    """Taps on the host."""
    peers.apart()
    for one in INTERFACES:
        peers.tap(one.network)
    try:
        yield
    finally:
        for driver in DRIVERS:
            with suppress(LabError):    # not made yet
                peers.run("ip", "netns", "del",
                          Interface(driver, False).namespace)


def measure(chosen: Sequence[Load], runs: int, parameters: str) -> Measured:
    """Measure both drivers under the workloads."""
    argv = [word for one in INTERFACES for word in net.on_tap(
        one.network, one.slot, "virtio-net-pci", {"disable-legacy": "on"})]
    found: dict[tuple[str, str], Cost] = {}
    with _networks(), peers.servers(), \
            counted.booted(argv, "insn-net", net.load()) as guest:
        for one in INTERFACES:
            guest.tell(one.bind())
        for driver in DRIVERS:
            near, far = (Interface(driver, first) for first in (True, False))
            peers.move(far.network, far.namespace, near.network)
        symbols = guest.learn()
        for load in chosen:
            costs: Mapping[str, Cost] = _run(guest, load, runs, symbols)
            found.update({(load.name, driver): cost
                          for driver, cost in costs.items()})
    return Measured(DRIVERS, chosen, found, build.release(), parameters,
                    limits.NET_OWN_PART)
