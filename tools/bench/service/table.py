# SPDX-License-Identifier: GPL-2.0
"""The printed table, and out/service.json."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from . import spread
from .cells import LOAD_TEXT, LOADS, Cell
from .spread import METRICS, Lane, Ratio

SCHEMA = "vfe-service/1"
NAME = "service.json"
HEAD = (f"{'model':12}{'depth':>5}  {'load':8}{'lane':8}{'op/s':>8}"
        + "".join(f"{metric:>19}" for metric in METRICS))

Ratios = Mapping[str, Ratio]


def _mark(metric: str, ratio: Ratio) -> str:
    if ratio.lost(metric):
        return "-"
    return "+" if ratio.won(metric) else " "


def _line(lane: Lane, ratios: Ratios) -> str:
    cell = lane.cell
    kernels = statistics.median(one.kernel.iops for one in lane.rounds)
    text = (f"{cell.model:12}{cell.depth:>5}  {cell.load:8}{lane.name:8}"
            f"{kernels:>8.0f}")
    for metric, ratio in ratios.items():
        text += (f"   {ratio.value:>5.2f} ({ratio.spread * 100:>5.1f} %)"
                 f"{_mark(metric, ratio)}")
    return text.rstrip()


def render(lanes: Sequence[Lane], ratios: Sequence[Ratios],
           errors: Mapping[Cell, str], notes: Sequence[str]) -> str:
    """The table and its summary."""
    lines = []
    parts = list(dict.fromkeys((lane.cell.kind, lane.cell.device)
                               for lane in lanes))
    for part in parts:
        lines += [f"vfe_{part[0]} / virtio_{part[0]} on three identical"
                  f" functions, {part[1]}", HEAD]
        lines += [_line(lane, found) for lane, found in
                  zip(lanes, ratios, strict=True)
                  if (lane.cell.kind, lane.cell.device) == part] + [""]
    lines += ["op/s: the kernel's driver's. Ratios: median of pairs that ran"
              " by turns; in brackets the largest difference of",
              "the kernel's from itself. -: worse by more, +: better by more."]
    lines += [f"{load}: {LOAD_TEXT[load]}" for load in LOADS]
    lines += [f"{cell.name} failed: {text}" for cell, text in errors.items()]
    lines += list(notes)
    lost = [(lane, metric) for lane, found in
            zip(lanes, ratios, strict=True)
            for metric in spread.losses(found)]
    lines.append(f"{len(lanes)} lanes, {len(lost)} figures worse than"
                 " the kernel's by more than the spread"
                 + (":" if lost else ""))
    lines += [f"  {lane.cell.name} {lane.name}: {metric}"
              for lane, metric in lost]
    return "\n".join(lines)


def _lane_json(lane: Lane, ratios: Ratios) -> dict[str, Any]:
    return {
        "name": f"{lane.cell.name} {lane.name}",
        **dataclasses.asdict(lane.cell), "lane": lane.name,
        "service": lane.cell.spec,
        "rounds": [dataclasses.asdict(one) for one in lane.rounds],
        **{metric: {"ratio": ratio.value, "spread": ratio.spread,
                    "lost": ratio.lost(metric),
                    "pairs": lane.pairs(metric),
                    "identical": lane.identical(metric)}
           for metric, ratio in ratios.items()},
    }


def document(lanes: Sequence[Lane], ratios: Sequence[Ratios],
             errors: Mapping[Cell, str], about: Mapping[str, Any],
             ) -> dict[str, Any]:
    """The whole result."""
    return {"schema": SCHEMA, **about,
            "lanes": [_lane_json(lane, found) for lane, found in
                      zip(lanes, ratios, strict=True)],
            "errors": {cell.name: text for cell, text in errors.items()}}
