# SPDX-License-Identifier: GPL-2.0
"""Samples that the tests share: a small function and what it did."""

from __future__ import annotations

from bench.addresses import AddressMap, Bar, Register
from bench.counts import Testimony
from bench.fio import Outcome
from bench.result import Result, Traffic
from bench.rows import Row, all_rows
from bench.witness import compare

# As the guest's sysfs shows it: ports, memory, nothing, nothing, memory, ...
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


def row(name: str) -> Row:
    """A row of the table by its name."""
    return next(row for row in all_rows(1000) if row.name == name)


def result(name: str = "virtio-msix-d1-randread", driver: int = 1000,
           kvm: int = 1000, device: int = 1000) -> Result:
    """A measured row with these counts of kicks."""
    key = ("notify", "write")
    verdict = compare({
        "driver": Testimony({key: driver}, driver),
        "kvm": Testimony({key: kvm}, kvm),
        "device": Testimony({key: device}, device)})
    traffic = Traffic(ops=1000, kicks=1000, interrupts=1000, all_exits=4800,
                      seconds=2.0, idle_per_s=45.0, start_exits=15.0)
    outcome = Outcome(1000, 2000, 500.0, 1_900_000, 2_500_000)
    return Result(row(name), verdict, traffic, outcome)
