# SPDX-License-Identifier: GPL-2.0
"""The printed list of configurations, and out/qemu.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lab import text

from .checks import ConfigResult

SCHEMA = "vfe-qemu/1"
NAME = "qemu.json"

COLUMNS = (("configuration", 40), ("ops", 5), ("exits: driver", 13),
           ("KVM", 6), ("kicks", 6), ("fast", 5), ("interr.", 7), ("", 6))


WIDTHS = [width for _, width in COLUMNS]


def _row(result: ConfigResult) -> str:
    word = "FAILED" if result.problems else "ok"
    cells: list[object] = [
        result.name, result.operations, result.exits.get("driver"),
        result.exits.get("kvm"), result.kicks, result.fast_kicks,
        result.interrupts, word]
    if not result.exits:
        cells = [result.name, *["-"] * 6, word]
    return text.line(cells, WIDTHS)


def render(results: Sequence[ConfigResult],
           without: Mapping[str, str]) -> str:
    """The final output."""
    lines = [text.line([title for title, _ in COLUMNS], WIDTHS),
             text.line(["-" * width for width in WIDTHS], WIDTHS)]
    lines += [_row(result) for result in results]
    lines += ["", "exits: by the device's addresses, from before the probe"
              " on. fast: kicks that KVM gave to an", "ioeventfd at once;"
              " they are exits, and among them."]
    lines += [f"left out: {name}: {why}" for name, why in without.items()]
    lines += [f"{result.name}: {problem}" for result in results
              for problem in result.problems]
    return "\n".join(lines)


def _as_json(result: ConfigResult) -> dict[str, Any]:
    config = result.config
    return {
        "name": result.name, "machine": result.machine,
        "properties": config.qemu_properties(),
        "iothread": config.iothread,
        "ok": not result.problems, "problems": list(result.problems),
        "features": sorted(result.features), "ops": result.operations,
        "exits": {name: count for name, count in result.exits.items()
                  if count is not None},
        "kicks": result.kicks, "fast_kicks": result.fast_kicks,
        "interrupts": result.interrupts,
    }


def document(results: Sequence[ConfigResult],
             without: Mapping[str, str]) -> dict[str, Any]:
    """The complete qemu.json."""
    return {"schema": SCHEMA, "left_out": dict(without),
            "configurations": [_as_json(result) for result in results]}
