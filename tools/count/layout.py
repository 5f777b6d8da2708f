# SPDX-License-Identifier: GPL-2.0
"""The registers of a virtio function, from its configuration space.

For devices without a control socket: the virtio capabilities (virtio 1.4,
4.1.4) give the address of each structure, include/vfe/wire.h the registers in
it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from . import registers
from .addresses import AddressMap, parse_resource
from .counts import CountError
from .registers import Register

SIZE = 256          # offsets in configuration space
VENDOR = 0x00
VIRTIO = 0x1af4     # the vendor of virtio functions (4.1.2)
STATUS, CAPABILITIES = 0x06, 0x34
STATUS_CAP_LIST = 0x10
CAP_VENDOR, CAP_MSIX = 0x09, 0x11
# cfg_type of a virtio capability (4.1.4)
COMMON, NOTIFY, ISR, DEVICE = 1, 2, 3, 4

LEGACY_BAR = 0
# Structures that count under one name each.
WHOLE = {NOTIFY: registers.NOTIFY, ISR: registers.ISR,
         DEVICE: registers.DEVICE}


@dataclass(frozen=True)
class Layout:
    """A function's registers, and the BARs of its MSI-X structures."""

    registers: tuple[Register, ...]
    msix_bars: frozenset[int]

    def names(self, resource: str,
              mapped: Sequence[Register] = ()) -> AddressMap:
        """Names for the addresses of a function.

        Addresses in the BAR of the MSI-X table have none: the kernel's PCI
        code writes there, and QEMU itself answers.

        @resource: the function's file of this name in sysfs
        @mapped: the device's answer to `map`, if it has a control socket
        """
        bars = [one for one in parse_resource(resource)
                if one.index not in self.msix_bars]
        return AddressMap(bars, mapped or self.registers)


def _capabilities(space: bytes) -> Iterator[tuple[int, int]]:
    """Identity and position of each capability."""
    if not space[STATUS] & STATUS_CAP_LIST:
        return
    place, seen = space[CAPABILITIES] & ~3, set[int]()
    while place:
        if place in seen or place + 2 > len(space):
            raise CountError("the list of PCI capabilities does not end:"
                             f" {place:#x} comes twice or is outside; see"
                             " lspci -vv of the function")
        seen.add(place)
        yield space[place], place
        place = space[place + 1] & ~3


def _structure(space: bytes, place: int) -> list[Register]:
    kind, index = space[place + 3], space[place + 4]
    offset, length = struct.unpack_from("<II", space, place + 8)
    if kind == COMMON:
        return [replace(one, bar_index=index, offset=offset + one.offset)
                for one in registers.table()[registers.COMMON]
                if one.offset < length]
    if kind in WHOLE:
        one = registers.table()[WHOLE[kind]][0]
        return [replace(one, bar_index=index, offset=offset, size=length)]
    return []


def parse(space: bytes) -> Layout:
    """The registers of a virtio function, modern or legacy; none of another
    function, whose accesses count by their offsets."""
    if len(space) < SIZE:
        raise CountError(f"{len(space)} bytes of configuration space, not"
                         f" {SIZE}: read it as root")
    found: list[Register] = []
    msix = set()
    for identity, place in _capabilities(space):
        if identity == CAP_VENDOR:
            found += _structure(space, place)
        elif identity == CAP_MSIX:
            msix.add(space[place + 4] & 7)
    if struct.unpack_from("<H", space, VENDOR)[0] != VIRTIO:
        return Layout((), frozenset(msix))
    # Last, since the notify structure may be in the BAR of these registers.
    found += [replace(one, bar_index=LEGACY_BAR)
              for one in registers.legacy()]
    return Layout(tuple(found), frozenset(msix))
