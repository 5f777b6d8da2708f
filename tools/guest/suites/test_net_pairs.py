# SPDX-License-Identifier: GPL-2.0
"""As many queue pairs as the device can have: each of them carries packets."""

from __future__ import annotations

import re
from dataclasses import replace

from ..nets import DUT_MAC, NETS, PEER_MAC, NetCase

PAIRS = 16
FLOWS = 400
_PAIR = ("--pairs", str(PAIRS), "--backend", "pair:FOLDER/pairs")
MACHINE = replace(NETS, name="net-pairs", nets=(
    ("left", ("--id", "stock", "--mac", DUT_MAC, *_PAIR)),
    ("right", ("--id", "stock", "--mac", PEER_MAC, *_PAIR))))
# Each flow sends a datagram, and gets it back.
TRIPS = f"""\
import os, threading
from traffic.ends import DUT, PEER, datagrams
from traffic.say import outcome

there = datagrams(PEER)

def answer():
    while True:
        data, sender = there.recvfrom(100)
        there.sendto(data, sender)

threading.Thread(target=answer, daemon=True).start()
whole = 0
for flow in range({FLOWS}):
    # each processor has its own queues
    os.sched_setaffinity(0, (flow % 2,))
    with datagrams(DUT) as one:
        one.sendto(b"%d" % flow, there.getsockname())
        whole += one.recv(100) == b"%d" % flow
outcome("trips", whole)
"""


class Pairs(NetCase):
    """Sixteen pairs on two processors."""

    machine = MACHINE

    def packets(self) -> dict[str, int]:
        """Of each queue, by its name: rx0 to tx15."""
        found = re.findall(r"\b([rt]x\d+)_packets: (\d+)",
                           self.dut("ethtool -S dut"))
        return {name: int(value) for name, value in found}

    def test_each_pair_carries_packets(self) -> None:
        """Both directions, by the hash of the flow; and again with fewer."""
        self.join()
        for pairs in (PAIRS, 5, PAIRS):
            self.dut(f"ethtool -L dut combined {pairs}")
            before = self.packets()
            self.assertEqual(self.python(TRIPS)["trips"], str(FLOWS))
            after = self.packets()
            self.assertEqual(len(after), 2 * pairs)
            still = [name for name, value in after.items()
                     if value == before[name]]
            self.assertEqual(still, [])
        self.whole("tcp 2")
