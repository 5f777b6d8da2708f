# SPDX-License-Identifier: GPL-2.0
"""`--only service`: from the command line to the table."""

from __future__ import annotations

import argparse
import contextlib
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from lab import LabError, files, paths, progress

from . import cells, spread, table
from .measure import Measurement
from .rig import Rig

ROUNDS, QUICK_ROUNDS = 3, 2
RUN_MS, QUICK_RUN_MS = 600, 500
# Time limits: for the rounds of all cells, and for repeated cells after that
ROUNDS_S, QUICK_ROUNDS_S = 950.0, 100.0
MORE_S, QUICK_MORE_S = 190.0, 20.0
TIMEOUT_S = 3400
MEASURED, FAILED, UNUSABLE = 0, 1, 2


def _selected(options: argparse.Namespace) -> list[cells.Cell]:
    found = cells.select(cells.every(options.quick), options.rows)
    if not found:
        raise LabError(f"no cell matches {', '.join(options.rows)}: --list"
                       " names them all", UNUSABLE)
    return found


def names(options: argparse.Namespace) -> list[str]:
    """The cells of the options; LabError if there are none."""
    return [cell.name for cell in _selected(options)]


def _notes(options: argparse.Namespace) -> list[str]:
    notes = [f"at depth 1 there is no {cells.BATCH}"]
    if options.quick:
        notes.append("--quick leaves out models and depths, and the NBD"
                     " server behind QEMU's device")
    return notes


def _run_ms(quick: bool) -> int:
    return QUICK_RUN_MS if quick else RUN_MS


def _class(chosen: Sequence[cells.Cell], quick: bool,
           parameters: str) -> Measurement:
    """The cells of a class of devices, in a guest."""
    rounds = QUICK_ROUNDS if quick else ROUNDS
    with tempfile.TemporaryDirectory(prefix="vfe-service-") as name, \
            contextlib.ExitStack() as stack:
        with progress.step("booting the guest, binding both drivers"):
            rig = stack.enter_context(Rig(Path(name), chosen, parameters))
        measured = Measurement(rig, chosen, _run_ms(quick))
        until = time.monotonic() + (QUICK_ROUNDS_S if quick else ROUNDS_S)
        measured.rounds(rounds, until)
        measured.more_rounds(rounds, until + (QUICK_MORE_S if quick
                                              else MORE_S))
    return measured


def measure(options: argparse.Namespace) -> int:
    """Measure them; the exit status."""
    chosen = _selected(options)
    lanes: list[spread.Lane] = []
    errors: dict[cells.Cell, str] = {}
    for kind in cells.KINDS:
        here = [cell for cell in chosen if cell.kind == kind]
        if here:
            measured = _class(here, options.quick, options.parameters
                              if kind == cells.BLK else "")
            lanes += measured.lanes
            errors |= measured.errors
    ratios = spread.ratios(lanes)
    about = {"quick": options.quick, "run_ms": _run_ms(options.quick),
             "parameters": options.parameters}
    print("\n" + table.render(lanes, ratios, errors,
                              _notes(options)) + "\n", flush=True)
    written = files.write_json(
        paths.out() / table.NAME,
        table.document(lanes, ratios, errors, about))
    progress.say(f"wrote {written.name}")
    return FAILED if errors else MEASURED
