# SPDX-License-Identifier: GPL-2.0
"""fio's options, and its results."""

from __future__ import annotations

import json
from typing import Any

from .errors import LabError

Job = dict[str, Any]


class FioError(LabError):
    """fio failed, found wrong data, or said something unexpected."""


def load(rw: str, block: object, depth: int = 1, *, engine: str = "libaio",
         batch: int = 0, polled: bool = False) -> list[str]:
    """Options for the requests of a job.

    @batch: submit this many at once, and wait for this many
    """
    argv = [f"--rw={rw}", f"--bs={block}", f"--iodepth={depth}",
            f"--ioengine={engine}"]
    if batch:
        argv += [f"--iodepth_batch_submit={batch}",
                 f"--iodepth_batch_complete_min={batch}"]
    return [*argv, "--hipri"] if polled else argv


def every_job(text: str) -> list[Job]:
    """Each job's part of fio's JSON, also of those that failed."""
    try:
        data = json.JSONDecoder().raw_decode(text[max(text.find("{"), 0):])[0]
        return [{"error": job["error"], **job} for job in data["jobs"]]
    except (ValueError, LookupError, TypeError):
        raise FioError("fio printed no JSON; see what it printed instead:"
                       f" {text.strip()[-300:]}") from None


def jobs(text: str) -> list[Job]:
    """Each job's part; FioError, with fio's words, if one failed."""
    found = every_job(text)
    for job in found:
        if job["error"]:
            raise FioError(f"fio failed with error {job['error']}:"
                           f" {text[:text.find('{')].strip()[-300:]}")
    return found
