# SPDX-License-Identifier: GPL-2.0
"""Parses the histograms that the kernel's hist triggers keep.

A histogram file looks like this, with one line per entry:

    # trigger info: hist:keys=port.hex,rw:vals=hitcount,count:... [active]
    { port: c018, rw:          0 } hitcount:      256  count:      256
    Totals:
        Hits: 256
        Entries: 1
        Dropped: 0
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .counts import CountError

_ENTRY = re.compile(r"^\{(?P<keys>[^}]*)\}(?P<values>.*)$")
_PAIR = re.compile(r"([a-z_]+):\s*(\S+)")
_TOTAL = re.compile(r"^\s+(Hits|Entries|Dropped): (\d+)$")


@dataclass(frozen=True)
class Entry:
    """One bucket: its keys as text, its sums as numbers."""

    keys: dict[str, str]
    values: dict[str, int]


def _pairs(text: str) -> dict[str, str]:
    return {name: value.rstrip(",") for name, value in _PAIR.findall(text)}


def parse(text: str) -> list[Entry]:
    """The buckets of a histogram.

    Rejects a histogram that dropped an event, or whose buckets do not add up to
    its total.
    """
    entries = []
    totals: dict[str, int] = {}
    for line in text.splitlines():
        bucket = _ENTRY.match(line)
        total = _TOTAL.match(line)
        if bucket:
            values = {name: int(value) for name, value
                      in _pairs(bucket.group("values")).items()}
            entries.append(Entry(_pairs(bucket.group("keys")), values))
        elif total:
            totals[total.group(1)] = int(total.group(2))
    _check(entries, totals)
    return entries


def _check(entries: list[Entry], totals: dict[str, int]) -> None:
    if not {"Hits", "Entries", "Dropped"} <= totals.keys():
        raise CountError(f"the histogram has no totals after {len(entries)}"
                         " entries: it was cut short; read it again")
    if totals["Dropped"]:
        raise CountError(f"the histogram dropped {totals['Dropped']} events:"
                         " give it more buckets (BUCKETS in"
                         " tools/count/kvm.py)")
    if totals["Entries"] != len(entries):
        raise CountError(f"the histogram reports {totals['Entries']} entries"
                         f" and lists {len(entries)}: it was cut short; read"
                         " it again")
    hits = sum(entry.values.get("hitcount", 0) for entry in entries)
    if totals["Hits"] != hits:
        raise CountError(f"the histogram reports {totals['Hits']} hits, and"
                         f" its buckets add up to {hits}: it changed while"
                         " it was read; read it again")
