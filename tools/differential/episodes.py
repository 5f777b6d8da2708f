# SPDX-License-Identifier: GPL-2.0
"""The soak: random cases from a seed.

Each guest is an episode with a generator of its own, so that `--episode N`
repeats one without those before it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

from lab import progress

from .case import Case, CaseResult
from .case import run as run_case
from .kind import Kind


def episode(kind: Kind, seed: int, number: int) -> list[Case]:
    """The cases in one guest."""
    return kind.episode(random.Random(f"{seed}:{number}"))


def _tell(cases: list[Case], seed: int, number: int) -> None:
    progress.say(f"episode {number} of --seed {seed}")
    for config in dict.fromkeys(case.config for case in cases):
        told = " ".join(f"{key}={value}"
                        for key, value in config.properties.items())
        print(f"    {config.name}: {config.backend}, {config.cpus} CPUs,"
              f" {config.width} wide, {told}", flush=True)


def run(kind: Kind, seed: int, seconds: float,
        only: int | None = None) -> Iterator[CaseResult]:
    """Run until the time is over, or one episode."""
    end = time.monotonic() + seconds
    number = only or 0
    guests = kind.guests("differential-soak")
    try:
        while time.monotonic() < end:
            cases = episode(kind, seed, number)
            _tell(cases, seed, number)
            guests.plan([case.config for case in cases])
            for step, case in enumerate(cases):
                if time.monotonic() >= end:
                    return
                yield run_case(guests, case, swap=bool(step % 2))
            guests.close()
            if only is not None:
                return
            number += 1
    finally:
        guests.discard()
