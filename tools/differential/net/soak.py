# SPDX-License-Identifier: GPL-2.0
"""Random configurations and workloads of networks."""

from __future__ import annotations

import random
from dataclasses import replace

from ..case import Case, fits
from ..workload import Workload
from .catalogue import WORKLOADS, walk
from .configs import CONFIGS, DEFAULT, MODES

STEPS, FUNCTIONS = 16, 4
WALKS = 0.5     # the share of random walks among the workloads
FLAPS = 0.25    # and of those in which the link goes down and up
# README.md says why
CUT = ("tcp-1g", "alone-1g", "shown", "kept", "pressure")
STOPS = ("rss",)


def _walk(rng: random.Random) -> Workload:
    return walk(rng.randrange(1 << 31),
                "flap" if rng.random() < FLAPS else "")


def episode(rng: random.Random) -> list[Case]:
    """The steps in one guest."""
    cpus = rng.choice((1, 2, 2))
    configs = [replace(one, cpus=cpus)
               for one in rng.sample([one for one in CONFIGS
                                      if one.name not in STOPS], FUNCTIONS)]
    mode = rng.choice((DEFAULT, DEFAULT, *MODES))
    found = []
    for _ in range(STEPS):
        config = rng.choice(configs)
        fitting = [one for name, one in WORKLOADS.items()
                   if fits(config, one) and name not in CUT]
        found.append(Case(config, mode, _walk(rng) if rng.random() < WALKS
                          else rng.choice(fitting)))
    return found
