# SPDX-License-Identifier: GPL-2.0
"""The printed list of configurations, and out/qemu.json."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .checks import ConfigResult

SCHEMA = "vfe-qemu/1"
NAME = "qemu.json"

COLUMNS = (("configuration", 40), ("ops", 5), ("exits: driver", 13),
           ("KVM", 6), ("kicks", 6), ("fast", 5), ("interr.", 7), ("", 6))


def _line(cells: Sequence[object]) -> str:
    parts = [str(cell).ljust(width) if index == 0 else str(cell).rjust(width)
             for index, (cell, (_, width)) in enumerate(zip(cells, COLUMNS))]
    return " ".join(parts).rstrip()


def _row(result: ConfigResult) -> str:
    word = "FAILED" if result.problems else "ok"
    if not result.exits:
        return _line((result.name, *["-"] * 6, word))
    return _line((result.name, result.operations, result.exits["driver"],
                  result.exits["kvm"], result.kicks, result.fast_kicks,
                  result.interrupts, word))


def render(results: Sequence[ConfigResult],
           without: Mapping[str, str]) -> str:
    """All that is printed at the end."""
    lines = [_line([title for title, _ in COLUMNS]),
             _line(["-" * width for _, width in COLUMNS])]
    lines += [_row(result) for result in results]
    lines += ["", "exits: by the device's addresses, from before the probe"
              " on. fast: kicks that KVM gave to an", "ioeventfd at once;"
              " they are exits, and among them."]
    lines += [f"left out: QEMU {version}: {why}"
              for version, why in without.items()]
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


def write(folder: Path, results: Sequence[ConfigResult],
          without: Mapping[str, str]) -> None:
    """Write it whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / (NAME + ".part")
    part.write_text(json.dumps({
        "schema": SCHEMA, "left_out": dict(without),
        "configurations": [_as_json(result) for result in results],
    }, indent=1) + "\n", encoding="utf-8")
    os.replace(part, folder / NAME)
