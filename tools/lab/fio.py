# SPDX-License-Identifier: GPL-2.0
"""What fio says it did."""

from __future__ import annotations

import json
from typing import Any

from .errors import LabError

Job = dict[str, Any]


class FioError(LabError):
    """fio failed, found wrong data, or said something unexpected."""


def every_job(text: str) -> list[Job]:
    """Each job's part of fio's JSON, also of those that failed."""
    try:
        data = json.JSONDecoder().raw_decode(text[max(text.find("{"), 0):])[0]
        return [{"error": job["error"], **job} for job in data["jobs"]]
    except (ValueError, LookupError, TypeError):
        raise FioError("fio gave no result: "
                       + text.strip()[-300:]) from None


def jobs(text: str) -> list[Job]:
    """Each job's part; FioError, with fio's words, if one failed."""
    found = every_job(text)
    for job in found:
        if job["error"]:
            raise FioError(f"fio failed with error {job['error']}:"
                           f" {text[:text.find('{')].strip()[-300:]}")
    return found
