# SPDX-License-Identifier: GPL-2.0
"""Random configurations, modes and workloads of disks."""

from __future__ import annotations

import random

from .case import Case, fits
from .catalogue import WORKLOADS
from .configs import DEFAULT, DIRECT, MODES, POLL, Config, Mode
from .workload import Fio, Workload

CONFIGS, STEPS = 4, 16
SCHEDULERS = ("none", "mq-deadline", "kyber", "bfq")
DISTURBERS = ("scheduler", "hotplug", "flush", "limits", "reader", "sysfs")
# Largest amount of data per run, in MiB: emulation is slow.
VOLUME_MB = 96
OPERATIONS = 6000
# Limit of fio's buffers: the guest has 1 GiB; more wakes its OOM killer.
BUFFERS_MB = 256
CUT = ("full-ring", "errors")      # too long, or has its own backend


def random_config(rng: random.Random, index: int, cpus: int) -> Config:
    """A random function."""
    backend = rng.choices(
        ("file", "null", "null-slow", "nbd", "throttled", "vhost-user"),
        (8, 4, 2, 2, 1, 3))[0]
    queues = rng.choice((1, 1, 2, 4))
    size = rng.choice((4, 8, 16, 32, 64, 64, 128, 256))
    properties: dict[str, object] = {"num-queues": queues, "queue-size": size}
    if rng.random() < 0.6:
        properties.update(DIRECT)
    if rng.random() < 0.2:
        properties["event_idx"] = "off"
    if backend != "vhost-user":
        if rng.random() < 0.4:
            properties["packed"] = "on"
            if rng.random() < 0.5:
                properties["in_order"] = "on"
        if rng.random() < 0.15:
            properties["vectors"] = rng.choice((0, 1, 2))
        if rng.random() < 0.15:
            properties["logical_block_size"] = 4096
            properties["physical_block_size"] = 4096
        if rng.random() < 0.15:
            properties["write-cache"] = "off"
        if rng.random() < 0.1:
            properties["seg-max-adjust"] = "off"
    return Config(f"random-{index}", properties, backend, cpus,
                  2 if rng.random() < 0.15 else 1)


def _block(rng: random.Random, config: Config) -> int:
    smallest = int(str(config.properties.get("logical_block_size", 512)))
    return max(smallest, rng.choice((512, 4096, 4096, 8192, 12288, 65536,
                                     131072, 262144, 524288, 1048576)))


def random_fio(rng: random.Random, config: Config, mode: Mode) -> Workload:
    """A run of fio with a random scheduler and a disturbance."""
    verify = config.keeps_data and rng.random() < 0.6
    engine = rng.choice(("libaio", "libaio", "libaio", "io_uring",
                         "io_uring", "psync", "mmap"))
    block = _block(rng, config)
    jobs = 1 if engine == "mmap" else rng.choice((1, 1, 2, 4))
    depth = 1 if engine in ("psync", "mmap") else \
        rng.choice((1, 2, 4, 8, 16, 32, 64, 128, 256))
    depth = min(depth, (BUFFERS_MB << 20) // (jobs * block))
    # A range of whole blocks, not too large.
    volume = min(VOLUME_MB << 20, OPERATIONS * block)
    size = max(1, volume // jobs >> 20)
    size = size if block <= 1 << 20 else max(size, 1)
    reads, writes = ("read", "randread"), ("write", "randwrite")
    kinds = writes if verify else (*reads, *writes, "randrw", "rw")
    poll = engine == "io_uring" and (mode is POLL or rng.random() < 0.2)
    job = Fio(rng.choice(kinds), engine, str(block), depth, size, jobs,
              batch=rng.choice((0, 0, depth, max(1, depth // 2)))
              if depth > 1 else 0,
              poll=poll, verify=verify, seed=rng.randrange(1, 1 << 31),
              direct=engine != "mmap" and (poll or rng.random() < 0.9))
    script = f"schedule {rng.choice(SCHEDULERS)}\n"
    disturber = rng.choice((*DISTURBERS, *[""] * 6))
    if disturber:
        script += f"disturb {disturber}\n"
    script += job.command() + "calm\n"
    name = " ".join([disturber and f"beside-{disturber}",
                     script.split("\n", 1)[0], *job.arguments()[2:]]).strip()
    return Workload(name, script, busy=True,
                    compared=verify and not disturber, data=verify,
                    limit=240)


def random_workload(rng: random.Random, config: Config,
                    mode: Mode) -> Workload:
    """A run of fio in two of three cases, else one of the catalogue."""
    if rng.random() < 0.66:
        return random_fio(rng, config, mode)
    fitting = [workload for name, workload in WORKLOADS.items()
               if fits(config, workload) and name not in CUT]
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
        found.append(Case(config, mode, random_workload(rng, config, mode)))
    return found
