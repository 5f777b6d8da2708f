# SPDX-License-Identifier: GPL-2.0
"""Configurations of a disk: its function's properties, its backend, the
drivers' mode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from .compare import Subject
from .documented import DOCUMENTED

DISK_MB = 512
SUBJECT = Subject("vfe_blk", "virtio_blk", DOCUMENTED)


@dataclass(frozen=True)
class Config:
    """A kind of function; each driver gets @width of them."""

    subject: ClassVar[Subject] = SUBJECT

    name: str
    properties: Mapping[str, object] = field(default_factory=dict,
                                              hash=False)
    backend: str = "file"
    cpus: int = 2
    width: int = 1      # functions per driver: md needs two
    units: int = 1      # disks of a function, where it may have several
    iommu: str = ""     # the guest has one, in this mode

    @property
    def keeps_data(self) -> bool:
        """Whether reads return written data, and the host can read it, too."""
        return not self.backend.startswith("null")


@dataclass(frozen=True)
class Mode:
    """Parameters of both drivers' modules."""

    name: str
    ours: str = ""
    theirs: str = ""

    def parameters(self, driver: str) -> str:
        """The parameters of one driver."""
        return self.ours if driver.startswith("vfe_") else self.theirs


DEFAULT = Mode("default")
POLL = Mode("poll", "poll_queues=1", "poll_queues=1")
MODES = (
    DEFAULT, POLL,
    Mode("shared", "interrupts=shared"),
    Mode("single", "interrupts=single"),
    Mode("intx", "interrupts=intx"),
    Mode("adaptive", "adaptive_poll=50"),
    Mode("one-queue", "queues=1", "num_request_queues=1"),
)

DIRECT = {"indirect_desc": "off"}
PACKED = {"packed": "on"}
EACH = {"num-queues": 2}


def ring(size: int, **properties: object) -> dict[str, object]:
    """By default one queue of a size, without indirect descriptors."""
    return {"num-queues": 1, "queue-size": size, **DIRECT, **properties}


IN_ORDER = {"packed": "on", "in_order": "on"}

CONFIGS = (
    Config("plain"),
    Config("plain-1cpu", cpus=1),
    Config("queues-2", {"num-queues": 2}),
    Config("queues-4", {"num-queues": 4}),
    Config("ring-64", ring(64)),
    Config("ring-64-1cpu", ring(64), cpus=1),
    Config("ring-64-null", ring(64), backend="null"),
    Config("ring-64-null-1cpu", ring(64), backend="null", cpus=1),
    # One queue per processor: only then does the block layer complete requests
    # in a batch in the interrupt while another processor submits.
    Config("ring-64-each-null", ring(64, **EACH), backend="null"),
    Config("direct-each-null", {**DIRECT, **EACH}, backend="null"),
    Config("ring-64-each", ring(64, **EACH)),
    Config("ring-4-null", ring(4), backend="null"),
    Config("ring-8-null", ring(8), backend="null"),
    Config("ring-16-null", ring(16), backend="null"),
    Config("ring-16", ring(16)),
    Config("ring-8", ring(8)),
    Config("ring-4", ring(4)),
    Config("ring-16-indirect", {"num-queues": 1, "queue-size": 16}),
    Config("ring-4-indirect", {"num-queues": 1, "queue-size": 4}),
    Config("packed", PACKED),
    Config("packed-16", ring(16, **PACKED)),
    Config("packed-64", ring(64, **PACKED)),
    Config("in-order", IN_ORDER),
    Config("in-order-16", ring(16, **IN_ORDER)),
    Config("in-order-16-indirect",
           {"num-queues": 1, "queue-size": 16, **IN_ORDER}),
    Config("no-event-idx", {"event_idx": "off"}),
    Config("legacy", {"disable-modern": "on", "disable-legacy": "off"}),
    Config("no-vectors", {"vectors": 0}),
    Config("writethrough", {"write-cache": "off", "config-wce": "off"}),
    Config("blocks-4096", {"logical_block_size": 4096,
                           "physical_block_size": 4096}),
    Config("topology", {"physical_block_size": 4096, "min_io_size": 8192,
                        "opt_io_size": 65536, "serial": "differential-000001",
                        "discard_granularity": 65536}),
    Config("seg-max", {"seg-max-adjust": "off"}),
    Config("null", backend="null"),
    Config("null-slow", backend="null-slow"),
    Config("nbd", backend="nbd"),
    Config("throttled", backend="throttled"),
    Config("errors", backend="errors"),
    Config("vhost-user", {"num-queues": 2}, backend="vhost-user"),
    Config("vhost-user-ring-64", ring(64), backend="vhost-user"),
    Config("pair", width=2),
)
