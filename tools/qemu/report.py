# SPDX-License-Identifier: GPL-2.0
"""The printed list of configurations, and out/qemu.json."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .judge import Outcome

SCHEMA = "vfe-qemu/1"
NAME = "qemu.json"

COLUMNS = (("configuration", 40), ("ops", 5), ("exits: driver", 13),
           ("KVM", 6), ("kicks", 6), ("fast", 5), ("interr.", 7), ("", 6))


def _line(cells: Sequence[object]) -> str:
    parts = [str(cell).ljust(width) if index == 0 else str(cell).rjust(width)
             for index, (cell, (_, width)) in enumerate(zip(cells, COLUMNS))]
    return " ".join(parts).rstrip()


def _row(outcome: Outcome) -> str:
    word = "FAILED" if outcome.problems else "ok"
    if not outcome.exits:
        return _line((outcome.name, *["-"] * 6, word))
    return _line((outcome.name, outcome.operations, outcome.exits["driver"],
                  outcome.exits["kvm"], outcome.kicks, outcome.fast_kicks,
                  outcome.interrupts, word))


def render(outcomes: Sequence[Outcome], without: Mapping[str, str]) -> str:
    """All that is printed at the end."""
    lines = [_line([title for title, _ in COLUMNS]),
             _line(["-" * width for _, width in COLUMNS])]
    lines += [_row(outcome) for outcome in outcomes]
    lines += ["", "exits: by the device's addresses, from before the probe"
              " on. fast: kicks that KVM gave to an", "ioeventfd at once;"
              " they are exits, and among them."]
    lines += [f"left out: QEMU {version}: {why}"
              for version, why in without.items()]
    lines += [f"{outcome.name}: {problem}" for outcome in outcomes
              for problem in outcome.problems]
    return "\n".join(lines)


def _as_json(outcome: Outcome) -> dict[str, Any]:
    config = outcome.config
    return {
        "name": outcome.name, "machine": outcome.machine,
        "properties": config.qemu_properties(),
        "iothread": config.iothread,
        "ok": not outcome.problems, "problems": list(outcome.problems),
        "features": sorted(outcome.features), "ops": outcome.operations,
        "exits": {name: count for name, count in outcome.exits.items()
                  if count is not None},
        "kicks": outcome.kicks, "fast_kicks": outcome.fast_kicks,
        "interrupts": outcome.interrupts,
    }


def write(folder: Path, outcomes: Sequence[Outcome],
          without: Mapping[str, str]) -> None:
    """Write it whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / (NAME + ".part")
    part.write_text(json.dumps({
        "schema": SCHEMA, "left_out": dict(without),
        "configurations": [_as_json(outcome) for outcome in outcomes],
    }, indent=1) + "\n", encoding="utf-8")
    os.replace(part, folder / NAME)
