# SPDX-License-Identifier: GPL-2.0
"""Random configurations and workloads of SCSI hosts."""

from __future__ import annotations

import random
from dataclasses import replace

from ..case import Case, fits
from ..configs import DEFAULT, DIRECT, Config, Mode
from ..soak import random_fio
from ..workload import Workload
from .catalogue import WORKLOADS, walk
from .configs import DEVICE, MODES, ScsiConfig

CONFIGS, STEPS = 4, 16
WALKS, FIO = 0.35, 0.35     # shares of the workloads
# The same each time, and long.
CUT = ("conformance",)
OFF = ("packed", "in_order", "event_idx", "indirect_desc")
SERVICES = ("exponential:1000", "lognormal:3000:0.7",
            "bimodal:200:20000:5", "constant:500")


def _of_qemu(rng: random.Random) -> dict[str, object]:
    found: dict[str, object] = {
        "num_queues": rng.choice((1, 1, 2, 4)),
        "virtqueue_size": rng.choice((16, 32, 64, 64, 128, 256, 1024)),
        "seg_max_adjust": "on"}
    if rng.random() < 0.4:
        found.update(DIRECT)
    if rng.random() < 0.2:
        found["event_idx"] = "off"
    if rng.random() < 0.4:
        found["packed"] = "on"
        if rng.random() < 0.5:
            found["in_order"] = "on"
    if rng.random() < 0.15:
        found["vectors"] = rng.choice((0, 2, 3, 4))
    if rng.random() < 0.1:
        found.update({"max_sectors": 256, "cmd_per_lun": 8})
    return found


def _options(rng: random.Random) -> tuple[str, ...]:
    """Of vfe-device."""
    found = ["--queues", str(rng.choice((1, 2, 4)))]
    off = [name for name in OFF if rng.random() < 0.4]
    if rng.random() < 0.4:
        found += ["--service", rng.choice(SERVICES)]
        off.append("in_order")
    if off:
        found += ["--features-off", ",".join(dict.fromkeys(off))]
    return tuple(found)


def random_config(rng: random.Random, index: int, cpus: int) -> ScsiConfig:
    """A random host."""
    backend = rng.choices(
        ("file", "null", "null-slow", "nbd", "throttled", DEVICE),
        (8, 2, 1, 1, 1, 6))[0]
    name = f"random-{index}"
    units = rng.choice((1, 1, 1, 2, 5))
    width = 2 if rng.random() < 0.1 else 1
    if backend == DEVICE:
        return ScsiConfig(
            name, backend=backend, cpus=cpus, width=width, units=units,
            options=_options(rng),
            spec="block-size=4096" if rng.random() < 0.15 else "")
    disk: dict[str, object] = {}
    if rng.random() < 0.15:
        disk = {"logical_block_size": 4096, "physical_block_size": 4096}
    return ScsiConfig(name, _of_qemu(rng), backend, cpus, width, units,
                      disk=disk)


def _sized(config: ScsiConfig) -> Config:
    """As random_fio() reads the size of a block."""
    size = 4096 if config.disk or config.spec else 512
    return replace(config, properties={**config.properties,
                                       "logical_block_size": size})


def _workload(rng: random.Random, config: ScsiConfig,
              mode: Mode) -> Workload:
    share = rng.random()
    if share < WALKS and config.keeps_data:
        return walk(rng.randrange(1 << 31), rng.random() < 0.5)
    if share < WALKS + FIO:
        return random_fio(rng, _sized(config), mode)
    fitting = [one for name, one in WORKLOADS.items()
               if fits(config, one) and name not in CUT]
    return rng.choice(fitting)


def episode(rng: random.Random) -> list[Case]:
    """The steps in one guest."""
    cpus = rng.choice((1, 2, 2))
    configs = [random_config(rng, index, cpus) for index in range(CONFIGS)]
    mode = rng.choice((DEFAULT, DEFAULT, *MODES))
    found = []
    for step in range(STEPS):
        if step == STEPS // 2:
            mode = rng.choice((DEFAULT, *MODES))
        config = rng.choice(configs)
        found.append(Case(config, mode, _workload(rng, config, mode)))
    return found
