# SPDX-License-Identifier: GPL-2.0
"""Traffic of a fixed amount, and what both ends count of it.

The counts of two drivers cannot be equal to a packet: neighbours ask for
addresses, and each segments and acknowledges TCP in its own way. So each count
is compared with the bounds that follow from what was sent. Errors and drops
have none: the link loses nothing.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from .ends import OTHER, SENT, counters
from .plain import ping, tcp, tcp6, udp
from .say import note, outcome

BAD = re.compile("err|drop|collisions|missed|nohandler")
# Packets of the neighbourhood during a workload, and the bytes of each
OTHERS, OTHERS_SIZE = 16, 120
STILL_S, WAIT_S = 1.2, 15
WORKLOADS: dict[str, Callable[..., None]] = {
    "ping": ping, "tcp": tcp, "tcp6": tcp6, "udp": udp}


def _still() -> dict[str, dict[str, int]]:
    """The counters of both ends when they do not change any more: a driver may
    count a packet as sent only when it takes its buffer back."""
    end = time.monotonic() + WAIT_S
    last: dict[str, dict[str, int]] = {}
    while True:
        now = {name: counters(name) for name in OTHER}
        if now == last or time.monotonic() > end:
            return now
        last = now
        time.sleep(STILL_S)


def _verdict(value: int, least: int, most: int) -> str:
    return "as sent" if least <= value <= most else \
        "too few" if value < least else "too many"


def counted(name: str, *words: str) -> None:
    """A workload of plain.py, then the counts."""
    before = _still()
    SENT.clear()
    WORKLOADS[name](*words)
    after = _still()
    seen = {end: {key: value - before[end][key]
                  for key, value in after[end].items()} for end in OTHER}
    for source, sink in OTHER.items():
        mine = [amount for amount in SENT if amount.source == source]
        bounds = {
            "packets": (sum(one.packets[0] for one in mine),
                        sum(one.packets[1] for one in mine) + OTHERS),
            "bytes": (sum(one.octets[0] for one in mine),
                      sum(one.octets[1] for one in mine)
                      + OTHERS * OTHERS_SIZE)}
        for end, way in ((source, "tx"), (sink, "rx")):
            for what, (least, most) in bounds.items():
                value = seen[end][f"{way}_{what}"]
                outcome(f"counts.{end}.{way}_{what}",
                        _verdict(value, least, most))
                note(f"{end} {way}_{what}: {value}, of {least} to {most}")
    for end, counts in seen.items():
        outcome(f"counts.{end}.bad", {
            key: value for key, value in counts.items()
            if value and BAD.search(key)} or "none")


COUNTED: dict[str, Callable[..., None]] = {"counted": counted}
