# SPDX-License-Identifier: GPL-2.0
"""`--only stall`: both drivers while storage or machine is stalled."""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab import LabError, files, paths, progress
from lab.errors import one_line

from .scene import BACKEND, PAUSE, SCENES, Seen, Stage

DRIVERS = ("virtio_blk", "vfe_blk")
SECONDS = {BACKEND: 170.0, PAUSE: 60.0}
QUICK_SECONDS = {BACKEND: 45.0, PAUSE: 10.0}
# Smaller differences between times do not count.
ALLOWED_S = 2.0
TIMEOUT_S = 1500
SCHEMA, NAME = "vfe-stall/1", "stall.json"
MEASURED, FAILED, UNUSABLE = 0, 1, 2

Result = Mapping[str, Any]


def _one(scene: str, driver: str, seconds: float) -> Result:
    found: dict[str, Any] = {"scene": scene, "driver": driver,
                             "seconds": seconds, "error": "", "seen": None}
    name = f"stall-{driver}"
    with tempfile.TemporaryDirectory(prefix="vfe-stall-") as folder, \
            progress.step(f"{scene}, {driver}: {seconds:.0f} s"):
        try:
            with Stage(Path(folder), name) as stage:
                stage.bind(driver)
                found["seen"] = dataclasses.asdict(
                    stage.play(scene, seconds))
        except LabError as error:
            found["error"] = one_line(error)[:400]
    return found


def worse(ours: Seen, kernels: Seen) -> list[str]:
    """The results in which ours is worse."""
    found = []
    for text, mine, theirs in (
            ("heartbeat gap", ours.beat_gap_s, kernels.beat_gap_s),
            ("monitor gap", ours.monitor_gap_s, kernels.monitor_gap_s),
            ("time until it continued", ours.again_s, kernels.again_s)):
        if mine > theirs + ALLOWED_S:
            found.append(f"{text} {mine:.1f} s, virtio_blk's {theirs:.1f} s")
    return found + [problem for problem in ours.problems
                    if problem not in kernels.problems]


def _compare(results: list[Result]) -> list[str]:
    lines = []
    for scene in SCENES:
        by_driver = {one["driver"]: one for one in results
                     if one["scene"] == scene}
        seen = [by_driver[driver]["seen"] for driver in DRIVERS
                if driver in by_driver]
        if len(seen) == 2 and all(seen):
            lines += [f"{scene}: {text}" for text in
                      worse(Seen(**seen[1]), Seen(**seen[0]))]
    return lines


def render(results: list[Result]) -> str:
    """The table."""
    lines = [f"{'what stops':10}{'s':>5}  {'driver':12}{'heartbeat gap':>14}"
             f"{'monitor gap':>13}{'continued':>13}  errors"]
    for one in results:
        head = f"{one['scene']:10}{one['seconds']:>5.0f}  {one['driver']:12}"
        if one["error"]:
            lines.append(f"{head}FAILED: {one['error']}")
            continue
        seen = Seen(**one["seen"])
        lines.append(f"{head}{seen.beat_gap_s:>12.1f} s"
                     f"{seen.monitor_gap_s:>11.1f} s{seen.again_s:>11.1f} s"
                     f"  {'; '.join(seen.problems) or 'none'}")
        lines += [f"    {line}" for line in seen.log[:6]]
    lines += ["worse than virtio_blk:"] + [
        f"  {line}" for line in _compare(results) or ["nothing"]]
    return "\n".join(lines)


def names(options: argparse.Namespace) -> list[str]:
    """The scenes of the options; LabError for an unknown one."""
    unknown = set(options.rows) - set(SCENES)
    if unknown:
        raise LabError(f"no scene {', '.join(sorted(unknown))}: use"
                       f" {' or '.join(SCENES)}", UNUSABLE)
    return [scene for scene in SCENES
            if not options.rows or scene in options.rows]


def measure(options: argparse.Namespace) -> int:
    """Measure them; the exit status."""
    seconds = QUICK_SECONDS if options.quick else SECONDS
    results = [_one(scene, driver, seconds[scene])
               for scene in names(options) for driver in DRIVERS]
    print("\n" + render(results) + "\n", flush=True)
    files.write_json(paths.out() / NAME,
                     {"schema": SCHEMA, "results": results})
    progress.say(f"wrote {NAME}")
    return FAILED if any(one["error"] for one in results) else MEASURED
