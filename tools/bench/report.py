# SPDX-License-Identifier: GPL-2.0
"""The contents of out/bench.json.

Later versions may add fields, but never rename one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from count.target import Target

from . import ladder, rows
from .result import Result

SCHEMA = "vfe-bench/1"
NAME = "bench.json"


def document(host: dict[str, Any], guest: dict[str, Any],
             results: Sequence[Result],
             targets: Sequence[Target],
             lost: Sequence[str]) -> dict[str, Any]:
    """The whole report.

    @lost: rows that were measured again, as the guest's virtual CPU was lost
    """
    return {
        "schema": SCHEMA, "host": host, "guest": guest,
        "jobs": [result.as_json() for result in results],
        "ladder": ladder.as_json(ladder.steps(rows.rungs(), results)),
        "targets": [target.as_json() for target in targets],
        "lost_cpu": list(lost),
    }
