# SPDX-License-Identifier: GPL-2.0
"""Instructions per operation on a ring, compared with the kernel's.

callgrind counts the programs of tools/ring/cost; all three have the same main
and the same compiler flags, and each count excludes the cost of counting.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab import LabError

PROGRAMS = {"kernel": "cost-kernel", "vfe": "cost-vfe",
            "uncounted": "cost-vfe-uncounted"}
SHAPES = {"one": "one piece", "chain": "three pieces, a chain",
          "table": "three pieces, a table",
          "own": "three pieces, the driver's table"}
CASES = {
    f"{layout}{shape}{event}": f"{layout_text}{shape_text}{event_text}"
    for layout, layout_text in (("", "split: "), ("packed-", "packed: "))
    for shape, shape_text in SHAPES.items()
    for event, event_text in (("", ""), ("-event", ", EVENT_IDX"))
}
# the device wants a kick or not, so a sum has one of the two
SUMS = {"total": ("add", "kick", "get"),
        "total_suppressed": ("add", "suppressed", "get")}
COUNTERS_PERCENT = 1.0  # their largest share of add, kick and get
OPERATIONS = ("add", "kick", "suppressed", "get")
PART = re.compile(r"^desc: Trigger: Client Request: (\S+) (\S+)$.*?"
                  r"^totals: (\d+)$", re.MULTILINE | re.DOTALL)

Counts = Mapping[str, Mapping[str, float]]


def argv(program: Path, result: Path) -> list[str]:
    """How to count a program."""
    return ["valgrind", "--tool=callgrind", "--collect-atstart=no",
            "--combine-dumps=yes", f"--callgrind-out-file={result}",
            str(program)]


def read(dump: str, rounds: int) -> dict[str, dict[str, float]]:
    """Instructions by case and operation; LabError if one is missing."""
    totals = {(case, op): int(count) for case, op, count
              in PART.findall(dump)}
    found: dict[str, dict[str, float]] = {}
    for case in CASES:
        try:
            empty = totals[case, "empty"]
            row = {op: (totals[case, op] - empty) / rounds
                   for op in OPERATIONS}
        except KeyError as missing:
            raise LabError(f"callgrind has no count of {missing}:"
                           " see out/check/ring.log") from missing
        if min(row.values()) <= 0:
            raise LabError(f"callgrind counted {row} in {case}, and no"
                           " operation takes 0 instructions: see"
                           " out/check/ring.log")
        for name, parts in SUMS.items():
            row[name] = sum(row[part] for part in parts)
        found[case] = row
    return found


@dataclass(frozen=True)
class Table:
    """The counts of all programs."""

    counts: Mapping[str, Counts]

    def over_kernel(self) -> list[str]:
        """Cases in which our ring needs more instructions than the kernel's."""
        return [f"{text}: {self.counts['vfe'][case][total]:.1f}, kernel's"
                f" {self.counts['kernel'][case][total]:.1f}"
                for case, text in CASES.items() for total in SUMS
                if self.counts["vfe"][case][total]
                > self.counts["kernel"][case][total]]

    def counters(self, case: str, total: str) -> float:
        """The cost of the counters, in percent."""
        without = self.counts["uncounted"][case][total]
        return 100 * (self.counts["vfe"][case][total] - without) / without

    def over_budget(self) -> list[str]:
        """Cases in which the counters cost too much."""
        return [f"{text}: {self.counters(case, total):.1f} %"
                for case, text in CASES.items() for total in SUMS
                if self.counters(case, total) > COUNTERS_PERCENT]

    def text(self) -> str:
        """The table: our ring and the kernel's, by operation."""
        lines = ["instructions of one buffer: vfe / kernel's virtio_ring.c",
                 f"{'':52}{'add':>11}{'kick':>11}{'(not)':>11}{'get':>11}"
                 f"{'sum':>11}{'counters':>16}"]
        for case, title in CASES.items():
            ours, theirs = (self.counts[name][case]
                            for name in ("vfe", "kernel"))
            cells = "".join(f"{f'{ours[op]:.0f} / {theirs[op]:.0f}':>11}"
                            for op in (*OPERATIONS, "total"))
            share = " ".join(f"{self.counters(case, total):.1f} %"
                             for total in SUMS)
            lines.append(f"{title:52}{cells}{share:>16}")
        lines.append("kick: the decision, with a device that wants one; (not):"
                     " that does not. sum: add, kick, get. counters: their"
                     " share of the sum with kick, and with (not).")
        return "\n".join(lines)

    def save(self, path: Path) -> None:
        """The results as JSON."""
        shares = {case: {total: round(self.counters(case, total), 2)
                         for total in SUMS} for case in CASES}
        path.write_text(json.dumps({"instructions": self.counts,
                                    "counters_percent": shares}, indent=2)
                        + "\n")
