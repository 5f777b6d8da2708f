# SPDX-License-Identifier: GPL-2.0
"""Where a virtio function has its registers, by its configuration space.

For devices that have no control socket to say so. The names are those of
include/vfe/wire.h, so that what KVM saw can be held against what the driver
says; offsets of the common structure are those of virtio 1.4, 4.1.4.3, and of
the legacy interface those of 4.1.4.10.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from .addresses import Bar, Register

SIZE = 256          # of the part of configuration space that has all of it
STATUS, CAPABILITIES = 0x06, 0x34
STATUS_CAP_LIST = 0x10
CAP_VENDOR, CAP_MSIX = 0x09, 0x11
# cfg_type of a virtio capability (4.1.4)
COMMON, NOTIFY, ISR, DEVICE = 1, 2, 3, 4

COMMON_REGISTERS = (
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
# The vectors are there while MSI-X is on, the configuration moves behind them
# then: what lies there has one name for all.
LEGACY_REST = "legacy_device_config"
LEGACY_REGISTERS = (
    ("legacy_device_features", 0, 4), ("legacy_driver_features", 4, 4),
    ("legacy_queue_address", 8, 4), ("legacy_queue_size", 12, 2),
    ("legacy_queue_select", 14, 2), ("legacy_queue_notify", 16, 2),
    ("legacy_device_status", 18, 1), ("legacy_isr_status", 19, 1),
    (LEGACY_REST, 20, 0x1000),
)
LEGACY_BAR = 0
# Registers that the driver names apart and this map does not.
SAME = {"legacy_config_vector": LEGACY_REST,
        "legacy_queue_vector": LEGACY_REST}
# Those of a structure that is one range.
WHOLE = {NOTIFY: ("notify", "notify"), ISR: ("isr_status", "isr"),
         DEVICE: ("device_config", "device")}


class LayoutError(Exception):
    """Configuration space that cannot be understood."""


@dataclass(frozen=True)
class Layout:
    """A function's registers, and the BARs that hold none of them."""

    registers: tuple[Register, ...]
    msix_bars: frozenset[int]
    modern: bool

    def without_msix(self, bars: list[Bar]) -> list[Bar]:
        """The BARs but for that of the vector table: it is the kernel's PCI
        code that writes there, and QEMU itself that answers."""
        return [one for one in bars if one.index not in self.msix_bars]


def _capabilities(space: bytes) -> Iterator[tuple[int, int]]:
    """Identity and place of each capability."""
    if not space[STATUS] & STATUS_CAP_LIST:
        return
    place, seen = space[CAPABILITIES] & ~3, set[int]()
    while place:
        if place in seen or place + 2 > len(space):
            raise LayoutError(f"the list of capabilities is broken at"
                              f" {place:#x}")
        seen.add(place)
        yield space[place], place
        place = space[place + 1] & ~3


def _structure(space: bytes, place: int) -> list[Register]:
    kind, index = space[place + 3], space[place + 4]
    offset, length = struct.unpack_from("<II", space, place + 8)
    if kind == COMMON:
        return [Register(name, "common", index, offset + at, size)
                for name, at, size in COMMON_REGISTERS if at < length]
    if kind in WHOLE:
        name, window = WHOLE[kind]
        return [Register(name, window, index, offset, length)]
    return []


def parse(space: bytes) -> Layout:
    """The registers of a virtio function, modern or legacy."""
    if len(space) < SIZE:
        raise LayoutError(f"{len(space)} bytes of configuration space, not"
                          f" {SIZE}: is this root?")
    registers: list[Register] = []
    msix = set()
    for identity, place in _capabilities(space):
        if identity == CAP_VENDOR:
            registers += _structure(space, place)
        elif identity == CAP_MSIX:
            msix.add(space[place + 4] & 7)
    modern = bool(registers)
    # In this order, as the notify structure may be in the legacy one's BAR.
    registers += [Register(name, "legacy", LEGACY_BAR, at, size)
                  for name, at, size in LEGACY_REGISTERS]
    return Layout(tuple(registers), frozenset(msix), modern)
