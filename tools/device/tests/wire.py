# SPDX-License-Identifier: GPL-2.0
"""Registers and constants, stated apart from wire.h so that tests compare."""

from __future__ import annotations

import enum
from dataclasses import dataclass

SECTOR = 512

BAR_PORT, BAR_MEMORY, BAR_MSIX, BAR_VIRTIO = 0, 1, 2, 4
BAR_SIZES = {BAR_PORT: 64, BAR_MEMORY: 0x2000, BAR_MSIX: 0x2000,
             BAR_VIRTIO: 0x4000}
APERTURE = 0x1000
DOORBELL_IDLE = 0xffffffff
NO_VECTOR = 0xffff

# where each window starts: region and offset
WINDOWS = {
    "common": (BAR_VIRTIO, 0x0000),
    "isr": (BAR_VIRTIO, 0x1000),
    "device": (BAR_VIRTIO, 0x2000),
    "notify": (BAR_VIRTIO, 0x3000),
    "port": (BAR_PORT, 0),
    "memory": (BAR_MEMORY, 0),
}


class Status(enum.IntFlag):
    """device_status of virtio 1.4, 2.1."""

    ACKNOWLEDGE = 1
    DRIVER = 2
    DRIVER_OK = 4
    FEATURES_OK = 8
    NEEDS_RESET = 64
    FAILED = 128


class Feature(enum.IntEnum):
    """Bit numbers of features, the block device's and the ring's."""

    SIZE_MAX = 1
    SEG_MAX = 2
    RO = 5
    BLK_SIZE = 6
    FLUSH = 9
    TOPOLOGY = 10
    CONFIG_WCE = 11
    MQ = 12
    DISCARD = 13
    WRITE_ZEROES = 14
    INDIRECT_DESC = 28
    EVENT_IDX = 29
    VERSION_1 = 32
    ACCESS_PLATFORM = 33
    RING_PACKED = 34
    IN_ORDER = 35
    ORDER_PLATFORM = 36
    NOTIFICATION_DATA = 38
    NOTIF_CONFIG_DATA = 39
    RING_RESET = 40


class Request(enum.IntEnum):
    """Types of block requests, virtio 1.4, 5.2.6."""

    IN = 0
    OUT = 1
    FLUSH = 4
    GET_ID = 8
    DISCARD = 11
    WRITE_ZEROES = 13


OK, IOERR, UNSUPP = 0, 1, 2

DESC_NEXT, DESC_WRITE, DESC_INDIRECT = 1, 2, 4

# packed rings, virtio 1.4, 2.8.1, 2.8.10
DESC_AVAIL, DESC_USED = 1 << 7, 1 << 15
WRAP = 1 << 15
EVENT_ENABLE, EVENT_DISABLE, EVENT_DESC = 0, 1, 2


class WindowCommand(enum.IntEnum):
    """Commands of the register window."""

    READ = 1
    WRITE = 2
    FLUSH = 3
    IDENTIFY = 4


class WindowStatus(enum.IntFlag):
    """Status of the register window."""

    READY = 0x01
    BUSY = 0x02
    DRQ = 0x04
    ERR = 0x08
    IRQ = 0x10


class WindowError(enum.IntEnum):
    """Why a request of the register window failed."""

    NONE = 0
    COMMAND = 1
    RANGE = 2
    READONLY = 3
    IO = 4


@dataclass(frozen=True)
class Register:
    """A register by its place in its window."""

    name: str
    window: str
    offset: int
    size: int

    @property
    def region(self) -> int:
        """The region that holds it."""
        return WINDOWS[self.window][0]

    @property
    def place(self) -> int:
        """Its offset in that region."""
        return WINDOWS[self.window][1] + self.offset


_COMMON = (
    ("device_feature_select", 0, 4), ("device_feature", 4, 4),
    ("driver_feature_select", 8, 4), ("driver_feature", 12, 4),
    ("config_msix_vector", 16, 2), ("num_queues", 18, 2),
    ("device_status", 20, 1), ("config_generation", 21, 1),
    ("queue_select", 22, 2), ("queue_size", 24, 2),
    ("queue_msix_vector", 26, 2), ("queue_enable", 28, 2),
    ("queue_notify_off", 30, 2), ("queue_desc_lo", 32, 4),
    ("queue_desc_hi", 36, 4), ("queue_driver_lo", 40, 4),
    ("queue_driver_hi", 44, 4), ("queue_device_lo", 48, 4),
    ("queue_device_hi", 52, 4), ("queue_notif_config_data", 56, 2),
    ("queue_reset", 58, 2),
)

_WINDOW = (
    ("sector_lo", 0x00), ("sector_hi", 0x04), ("count", 0x08),
    ("command", 0x0c), ("status", 0x10), ("error", 0x14), ("data", 0x18),
    ("control", 0x1c),
)


def _registers() -> dict[str, Register]:
    table = [Register(name, "common", offset, size)
             for name, offset, size in _COMMON]
    table += [Register("notify", "notify", 0, 0x1000),
              Register("isr_status", "isr", 0, 1),
              Register("device_config", "device", 0, 0x1000),
              Register("memory_aperture", "memory", APERTURE, 0x1000)]
    for window in ("port", "memory"):
        table += [Register(f"{window}_{name}", window, offset, 4)
                  for name, offset in _WINDOW]
    return {register.name: register for register in table}


REGISTERS = _registers()
