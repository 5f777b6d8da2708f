# SPDX-License-Identifier: GPL-2.0
"""Samples that tests share: a small function, and KVM's counts of it."""

from __future__ import annotations

import struct

from count import layout
from count.addresses import AddressMap, Bar
from count.registers import Register

# A `resource` file in sysfs: ports, memory, nothing, nothing, memory, ...
RESOURCE = """\
0x000000000000c040 0x000000000000c07f 0x0000000000040101
0x00000000febd0000 0x00000000febd1fff 0x0000000000040200
0x0000000000000000 0x0000000000000000 0x0000000000000000
0x0000000000000000 0x0000000000000000 0x0000000000000000
0x0000380000000000 0x0000380000003fff 0x0000000000140204
0x0000000000000000 0x0000000000000000 0x0000000000000000
0x0000000000000000 0x0000000000000000 0x0000000000000000
"""

REGISTERS = (
    Register("device_status", "common", 4, 20, 1),
    Register("isr_status", "isr", 4, 0x1000, 1),
    Register("notify", "notify", 4, 0x3000, 0x1000),
    Register("port_command", "port", 0, 0x0c, 4),
    Register("port_data", "port", 0, 0x18, 4),
    Register("memory_aperture", "memory", 1, 0x1000, 0x1000),
)

NAMES = AddressMap(
    (Bar(0, 0xc040, 0xc080, True), Bar(1, 0xfebd0000, 0xfebd2000, False),
     Bar(4, 0x380000000000, 0x380000004000, False)), REGISTERS)

# The forms in which the kernel prints histograms.
MMIO_HIST = """\
# event histogram
#
# trigger info: hist:keys=gpa.hex,type:vals=hitcount:sort=hitcount:size=16384 \
if type != 0 && (common_pid == 371) [active]
#

{ gpa: 380000001000, type:          1 } hitcount:          3
{ gpa: fee000b0, type:          2 } hitcount:         11
{ gpa: 380000003000, type:          2 } hitcount:       1000

Totals:
    Hits: 1014
    Entries: 3
    Dropped: 0
"""

PIO_HIST = """\
# event histogram
#
# trigger info: hist:keys=port.hex,rw:vals=hitcount,count:sort=hitcount:\
size=16384 if (common_pid == 371) [active]
#

{ port: c04c, rw:          1 } hitcount:          2  count:          2
{ port: c058, rw:          0 } hitcount:          8  count:       2048

Totals:
    Hits: 10
    Entries: 2
    Dropped: 0
"""

EMPTY_HIST = """\
# event histogram
#

Totals:
    Hits: 0
    Entries: 0
    Dropped: 0
"""


def space(*capabilities: bytes) -> bytes:
    """Configuration space with these capabilities, each without its next."""
    data = bytearray(layout.SIZE)
    struct.pack_into("<H", data, layout.VENDOR, layout.VIRTIO)
    place, last = 0x40, layout.CAPABILITIES
    for capability in capabilities:
        data[layout.STATUS] |= layout.STATUS_CAP_LIST
        data[last] = place
        data[place:place + len(capability)] = capability
        last, place = place + 1, place + 0x18
    return bytes(data)


def structure(kind: int, index: int, offset: int, length: int) -> bytes:
    """A virtio capability."""
    return struct.pack("<BBBBBxxxII", layout.CAP_VENDOR, 0, 16, kind, index,
                       offset, length)


MSIX = struct.pack("<BBHII", layout.CAP_MSIX, 0, 1, 1, 0x801)
MODERN = space(MSIX, structure(layout.COMMON, 4, 0, 0x38),
               structure(layout.ISR, 4, 0x1000, 1),
               structure(layout.DEVICE, 4, 0x2000, 0x1000),
               structure(layout.NOTIFY, 4, 0x3000, 0x1000),
               structure(layout.NOTIFY, 2, 0, 4),
               structure(5, 0, 0, 0))
