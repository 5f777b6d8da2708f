# SPDX-License-Identifier: GPL-2.0
"""The table, the targets, and out/insn.json (schema vfe-insn/1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from count.pairs import Figure
from count.target import Target

from . import limits, memory, net_measure, owners
from .measure import Measured, Workload
from .sample import Cost, ratio

NAME = "insn.json"
SCHEMA = "vfe-insn/1"
LEAST = 1.0     # instructions an operation below which no function is named


def _pair(measured: Measured, load: Workload) -> tuple[Cost, Cost]:
    ours, kernels = measured.drivers
    return measured.costs[load.name, ours], measured.costs[load.name, kernels]


def targets_of(measured: Measured) -> list[Target]:
    """The demands on each workload."""
    found = []
    for load in measured.loads:
        ours, kernels = _pair(measured, load)
        whole = ratio(ours, kernels, "kernel")
        found += [
            limits.at_most(f"{load.name}: instructions of the whole kernel",
                           whole.value, limits.WHOLE_KERNEL,
                           whole.lowest if measured.noisy else None,
                           measured.drivers[1]),
            limits.at_most(f"{load.name}: instructions of the driver's own"
                           " part", ratio(ours, kernels, "own").value,
                           measured.own_part, of=measured.drivers[1])]
        if ours.segments is None or kernels.segments is None:
            continue
        theirs = load.kernels or load.segments
        off = max(abs(ours.segments / load.segments - 1),
                  abs(kernels.segments / theirs - 1))
        found.append(Target(
            f"{load.name}: {load.segments} segments a request"
            + (f", {theirs} with {measured.drivers[1]}" if load.kernels
               else " with both drivers"),
            f"{ours.segments:.2f} and {kernels.segments:.2f}",
            off <= limits.SEGMENTS))
    return found


def memory_targets(disks: Sequence[memory.Pair]) -> list[Target]:
    """The demands on the memory of a disk or an interface."""
    found = []
    for pair in disks:
        kernels = pair.drivers[1]
        found.append(limits.at_most(
            f"memory of {pair.what}, {pair.name}", pair.ratio,
            limits.NET_MEMORY if kernels == net_measure.KERNELS
            else limits.MEMORY, of=kernels))
        for driver, disk in zip(pair.drivers, (pair.ours, pair.kernels)):
            found.append(Target(
                f"memory of {pair.what} of {driver}, {pair.name}: tracepoints"
                " and free pages agree", f"{disk.held.total} and {disk.pages}",
                disk.agree))
    return found


def _figure(one: Figure, runs: int) -> str:
    """One run has no spread to show."""
    return f"{one.value:.0f}" + (f" ±{50 * one.spread:.1f}%" if runs > 1
                                 else "")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _row(load: Workload, driver: str, cost: Cost) -> str:
    parts, runs = cost.parts, len(cost.samples)
    return (f"{load.name:11} {driver:10} {_figure(cost.kernel, runs):>14}"
            f" {_figure(cost.own, runs):>13}"
            + "".join(f" {round(parts[kind]):>7d}" for kind in owners.KINDS)
            + f" {cost.user.value:>7.0f} {_number(cost.segments):>6}"
              f" {_number(cost.interrupts):>6}")


HEAD = (f"{'workload':11} {'driver':10} {'whole kernel':>14} {'own part':>13}"
        f" {'driver':>7} {'alloc':>7} {'sg':>7} {'DMA':>7} {'memory':>7}"
        f" {'locks':>7} {'buffers':>7} {'regs':>7} {'time':>7} {'user':>7}"
        f" {'segs':>6} {'intr':>6}")


def render(measured: Measured) -> str:
    """The table for a person: instructions for an operation."""
    lines = ["Instructions of the guest for an operation, medians", HEAD]
    for load in measured.loads:
        for driver in measured.drivers:
            lines.append(_row(load, driver, measured.costs[load.name, driver]))
        whole, own = (ratio(*_pair(measured, load), name)
                      for name in ("kernel", "own"))
        lines.append(f"{'':11} {'ratio':10} {whole.value:>14.3f}"
                     f" {own.value:>13.3f}   {load.text}")
    return "\n".join(lines)


def _spread(one: Figure) -> dict[str, float]:
    return {"median": round(one.value, 1), "lowest": round(one.lowest, 1),
            "highest": round(one.highest, 1)}


def _functions(cost: Cost, helping: bool) -> list[list[Any]]:
    return [[round(count, 1), name.module, name.name, owners.kind(name)]
            for count, name in cost.ranked(helping) if count >= LEAST]


def _cost(cost: Cost) -> dict[str, Any]:
    return {
        "runs": len(cost.samples), "whole_kernel": _spread(cost.kernel),
        "own_part": _spread(cost.own),
        "own_part_by_kind": {kind: round(value, 1)
                             for kind, value in cost.parts.items()},
        "user": _spread(cost.user), "segments": cost.segments,
        "interrupts": cost.interrupts, "scheduler": cost.scheduler,
        "functions": _functions(cost, False),
        "helping_the_driver": _functions(cost, True),
    }


def _workload(measured: Measured, load: Workload) -> dict[str, Any]:
    pair = _pair(measured, load)
    whole, own = (ratio(*pair, name) for name in ("kernel", "own"))
    return {
        "name": load.name, "text": load.text,
        "ratio": {name: {key: round(value, 4) for key, value in
                         (("median", one.value), ("lowest", one.lowest),
                          ("highest", one.highest))}
                  for name, one in (("whole_kernel", whole),
                                    ("own_part", own))},
        "drivers": {driver: _cost(cost)
                    for driver, cost in zip(measured.drivers, pair)},
    }


def document(every: Sequence[Measured], disks: Sequence[memory.Pair],
             targets: Sequence[Target]) -> dict[str, Any]:
    """All of it."""
    return {
        "schema": SCHEMA,
        "kernel": every[0].release if every else None,
        "parameters": every[0].parameters if every else "",
        "workloads": [_workload(measured, load)
                      for measured in every for load in measured.loads],
        "memory": [pair.document() for pair in disks],
        "targets": [one.as_json() for one in targets],
    }
