# SPDX-License-Identifier: GPL-2.0
"""out/bench.json. Later versions add to it and keep its names."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import ladder
from .result import Result
from .target import Target

SCHEMA = "vfe-bench/1"
NAME = "bench.json"


def document(host: dict[str, Any], guest: dict[str, Any],
             results: Sequence[Result],
             targets: Sequence[Target]) -> dict[str, Any]:
    """The whole report."""
    return {
        "schema": SCHEMA, "host": host, "guest": guest,
        "jobs": [result.as_json() for result in results],
        "ladder": ladder.as_json(results),
        "targets": [{"target": target.text, "measured": target.measured,
                     "reached": target.reached} for target in targets],
    }


def write(folder: Path, report: dict[str, Any]) -> Path:
    """Write it whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / NAME
    part = target.with_suffix(".json.part")
    part.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    os.replace(part, target)
    return target
