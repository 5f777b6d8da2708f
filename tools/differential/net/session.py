# SPDX-License-Identifier: GPL-2.0
"""A guest with network functions, each with a peer in the same guest."""

from __future__ import annotations

import contextlib
import random
import re
import threading
from collections.abc import Iterator, Sequence

from lab import LabError, pci
from lab.initramfs import More

from ..configs import Config
from ..session import LIB, GuestSession, Side
from ..workload import Workload
from . import image, links
from .configs import NetConfig

# The same on both sides, whose links are not joined
DUT_MAC, PEER_MAC = "52:54:00:09:00:02", "52:54:00:09:00:01"
# How long the link is up, or down, in turn. TCP doubles the time between its
# attempts: with regular times it might find the link down each time.
UP_S, DOWN_S = (0.3, 1.5), (0.1, 0.4)

BIND = """\
. {lib}/net.sh
take_down
pci_unbind {peers}
pci_bind virtio-pci {peer} && P=$(pci_netdev {peer}) || exit 1
echo "$P" >/run/differential/peer
pci_bind {driver} {dut} && N=$(pci_netdev {dut}) && echo "net $N"
"""
# Workloads that suspend
SUSPEND = ("suspend", "kept")
FREED = re.compile(r"RIP: 0010:virtqueue_\w+\+.*\]  start_xmit\+\S+"
                   r" \[virtio_net\]", re.DOTALL)


class Session(GuestSession):
    """Interfaces, on two sides."""

    watch = "net"
    append = "ipv6.disable=0"

    def __init__(self, configs: Sequence[Config], name: str) -> None:
        super().__init__(configs, name)
        self._link = links.Link(self.folder)
        self._peers: dict[str, pci.Slot] = {}

    def more(self) -> More:
        return image.more()

    def function(self, config: Config, node: str, slot: pci.Slot,
                 ) -> list[str]:
        assert isinstance(config, NetConfig)
        self._peers[node] = there = next(self.slots)
        return self._link.functions(config, node, (slot, there),
                                    (DUT_MAC, PEER_MAC))

    def foreign_panic(self, workload: Workload, trace: str) -> str:
        """virtio_net, which also drives the peers, transmits into freed queues
        during suspend."""
        if workload.name in SUSPEND and "[vfe" not in trace and \
                FREED.search(trace):
            return "virtio_net transmitted into freed queues and panicked"
        return ""

    def spoilt_by(self, workload: Workload) -> bool:
        """What virtio_net wrote into freed queues without a panic."""
        return workload.name in SUSPEND

    def end(self) -> None:
        self._link.remove()

    def descriptors(self) -> list[int]:
        return [end.fileno() for end in self._link.sockets]

    def bind(self, driver: str, side: Side) -> tuple[str, list[str]]:
        said = self.run(pci.script(BIND.format(
            lib=LIB, driver=pci.driver_of(driver), dut=side.bdfs[0],
            peer=self._peers[side.nodes[0]].bdf,
            # whose addresses are the same
            peers=" ".join(peer.bdf for peer in self._peers.values()))))
        return said, [line.split()[1] for line in said.splitlines()
                      if line.startswith("net ")]

    def prelude(self, names: Sequence[str]) -> str:
        return (f"N={names[0]}\nP=$(</run/differential/peer)\n"
                f". {LIB}/net.sh\nset_up || exit 1\n")

    @contextlib.contextmanager
    def host(self, side: Side, workload: Workload) -> Iterator[None]:
        """With "flap", the link goes down and up."""
        if workload.host != "flap":
            yield
            return
        over = threading.Event()

        def flap() -> None:
            up, rng = True, random.Random(side.nodes[0])
            with contextlib.suppress(LabError):
                while not over.wait(rng.uniform(*(UP_S if up else DOWN_S))):
                    up = not up
                    self._link.set(self.guest, side.nodes[0], up)
                self._link.set(self.guest, side.nodes[0], True)

        thread = threading.Thread(target=flap)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
