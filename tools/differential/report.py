# SPDX-License-Identifier: GPL-2.0
"""The results of a run: progress lines, and out/differential.json."""

from __future__ import annotations

from pathlib import Path

from lab import files, progress

from .case import CaseResult

SCHEMA = "vfe-differential/1"
SAME, DIFFERED, NOTHING = 0, 1, 2
SHOWN = 2500


class Results:
    """The verdicts of a run."""

    def __init__(self, title: str, verbose: bool = False) -> None:
        self.title = title
        self.verbose = verbose
        self.verdicts: list[CaseResult] = []

    def add(self, verdict: CaseResult) -> None:
        """Print one, and record it."""
        self.verdicts.append(verdict)
        progress.say(verdict.line())
        if self.verbose:
            for turn in verdict.turns.values():
                print(f"--- {turn.driver}: gap {turn.gap}", flush=True)
                for key, value in turn.outcomes.items():
                    print(f"{key}={value}", flush=True)
        if verdict.problems or self.verbose:
            for turn in verdict.turns.values():
                if turn.text.strip():
                    print(f"--- {turn.driver} printed:\n"
                          f"{turn.text[-SHOWN:].rstrip()}", flush=True)

    def write(self, folder: Path) -> None:
        """Write the results."""
        document = {
            "schema": SCHEMA, "title": self.title,
            "cases": [{
                "name": verdict.case.name, "problems": verdict.problems,
                "notes": verdict.notes,
                "turns": {driver: {
                    "verdict": turn.verdict, "status": turn.status,
                    "gap": turn.gap, "seconds": round(turn.seconds, 1),
                    "log": turn.log, "text": turn.text[-SHOWN:]}
                    for driver, turn in verdict.turns.items()},
            } for verdict in self.verdicts]}
        files.write_json(folder / "differential.json", document)

    def close(self) -> int:
        """The last lines; the exit status."""
        bad = [verdict for verdict in self.verdicts if verdict.problems]
        for verdict in bad:
            print(f"DIFFERS {verdict.case.name}: {verdict.problems[0]}")
        print(f"{self.title}: {len(self.verdicts)} cases,"
              f" {len(bad)} differ", flush=True)
        if not self.verdicts:
            return NOTHING
        return DIFFERED if bad else SAME
