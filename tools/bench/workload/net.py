# SPDX-License-Identifier: GPL-2.0
"""Network interfaces: their peers, traffic, and the interface's counts."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from count import net
from count.device import Control
from count.driver import Run
from lab import LabError, initramfs, paths, pci
from lab import net as lab_net
from lab.guest import Guest

from ..row import Function, Row, Setup
from . import net_load, net_peer, net_window
from .interface import Outcome, Regions, Requests, limit_s
from .net_load import Job

# A function of our device answers itself. Without ARP, so that only the
# workload's packets count; the addresses that nobody has, too.
FIND = """\
netdev=$(pci_netdev {bdf}) || {{ echo $netdev; exit 1; }}
cd /sys/class/net/$netdev || exit 1
ip addr add {address}/24 dev $netdev && ip link set $netdev up || exit 1
for host in {peer} {nobody}; do
    ip neigh replace $host lladdr {mac} dev $netdev nud permanent || exit 1
done
{tune}
for n in $(seq 100); do
    read -r state <operstate
    [ $state = down ] || break
    sleep 0.1
done
[ $state != down ] || {{ echo "no carrier on $netdev"; exit 1; }}
echo $netdev"""
# Some emulated hardware loses the first packet; its driver recovers later.
WARM = """\
for n in $(seq 10); do ping -q -c 1 -W 1 {peer} >/tmp/warm && break; done
"""
# For busy polling: no interrupts while a socket polls.
POLLED = """\
echo 1000 >napi_defer_hard_irqs
echo 1000000000 >gro_flush_timeout"""
TUNED = "ethtool {options} || exit 1"


class Interface:
    """The interface of a driver on a function."""

    def __init__(self, tell: Run, setup: Setup, bdf: str,
                 control: Control | None) -> None:
        self._tell = tell
        self._setup = setup
        self._bdf = bdf
        self._control = control
        self._name = ""

    def find(self) -> None:
        """Wait for the interface, and give it addresses."""
        there = net_peer.network(self._setup.function)
        for line in self._setup.told:
            assert self._control is not None
            self._control(line)
        self._name = self._tell(pci.script(FIND.format(
            bdf=self._bdf, address=there.guest, peer=there.peer,
            nobody=there.nobody, mac=there.peer_mac,
            tune=self._tuning()))).split()[-1]
        if self._setup.function.qemu is not None:
            self._tell(WARM.format(peer=there.peer))

    def _tuning(self) -> str:
        if self._setup.tune:
            return TUNED.format(options=self._setup.tune)
        return POLLED if self._setup.polled else ""

    def above(self) -> str:
        """A command that prints the interface's counts."""
        return net.command(self._name)

    def job(self, row: Row, part: int = 1) -> Job:
        """A measured run, one of @part runs of this row."""
        return Job(row.rw, net_peer.network(self._setup.function),
                   row.ops // part, row.depth, row.setup.polled,
                   self._control)


class Net:
    """The class of network interfaces."""

    layer = "interface"
    plain = False

    def contents(self) -> initramfs.More:
        """Programs that make traffic."""
        return lab_net.load()

    def around(self, functions: Sequence[Function],
               ) -> contextlib.AbstractContextManager[None]:
        """The peers of QEMU's own devices."""
        return net_peer.peers(functions)

    def backings(self, folder: Path,
                 functions: Sequence[Function]) -> dict[str, Path]:
        """None: a device answers itself, and QEMU's have a tap."""
        del folder, functions
        return {}

    def qemu_device(self, function: Function, slot: pci.Slot,
                    backing: Path) -> list[str]:
        """A device of QEMU's on a tap."""
        del backing
        properties = dict(function.qemu or {})
        properties.pop("delay", None)       # of the tap
        model = str(properties.pop("model", "virtio-net-pci"))
        return lab_net.on_tap(net_peer.network(function), slot, model,
                              properties)

    def too_many(self, rows: Sequence[Row]) -> str:
        """There is no limit."""
        del rows
        return ""

    def work(self, tell: Run, setup: Setup, bdf: str, regions: Regions,
             control: Control | None) -> Interface:
        """The interface of a function."""
        del regions
        return Interface(tell, setup, bdf, control)

    def run(self, guest: Guest, jobs: Sequence[Job]) -> list[Outcome]:
        """One after the other."""
        found = []
        for job in jobs:
            with net_load.source(job):
                result = guest.run(net_load.command(job), limit_s(job.ops),
                                   check=False)
            if result.rc:
                raise LabError(f"{job.kind} ended with status {result.rc}:"
                               f" {result.out.strip()[-400:]}")
            found.append(net_load.parse(job, result.out))
        return found

    def verify(self, guest: Guest, jobs: Sequence[Job]) -> None:
        """The workloads compare their own numbers of answers."""

    def requests(self, setup: Setup, after: str, before: str,
                 interrupts: int) -> Requests:
        """The interface's counts."""
        done = net.parse(after) - (net.parse(before) if before
                                   else net.InterfaceState())
        notes = (f"{done.lost} packets were dropped or had an error",
                 ) if done.lost else ()
        cost = None
        if setup.style == "trap":
            cost = net_window.predict(
                done, interrupts, net_window.read_constants(paths.checkout()),
                window=str(setup.options["window"]),
                string_io=bool(setup.options["string_io"]))
        return Requests(
            done.packets, f"{done.sent} packets sent, {done.received}"
            " received", notes, cost)

    def operations(self, asked: Requests, outcome: Outcome) -> int:
        """Those of the workload: one may need several packets."""
        return asked.count if outcome.least else outcome.ios

    def served(self, requests: Mapping[str, int]) -> int:
        """The packets."""
        return sum(requests.get(name, 0) for name in ("tx", "rx"))

    def describe(self, row: Row) -> dict[str, Any]:
        """The traffic."""
        return {"traffic": row.rw, "at_once": row.depth}
