# SPDX-License-Identifier: GPL-2.0
"""A virtio driver over a vfio-user client, found by its capabilities."""

from __future__ import annotations

import os
import select
import struct
import time
from dataclasses import dataclass
from typing import Iterator, Sequence

from .ram import Ram
from .packed import PackedRing
from .ring import Queue, Ring, Segment
from .vfio_user import (IRQ_INTX, IRQ_MSIX, REGION_CONFIG, Client, IrqSet)
from .wire import (NO_VECTOR, OK, REGISTERS, SECTOR, Feature, Request, Status)

DEFAULT_FEATURES = (Feature.VERSION_1, Feature.FLUSH, Feature.MQ,
                    Feature.DISCARD, Feature.WRITE_ZEROES, Feature.CONFIG_WCE,
                    Feature.INDIRECT_DESC, Feature.SEG_MAX, Feature.SIZE_MAX,
                    Feature.BLK_SIZE, Feature.TOPOLOGY)
COMPLETION_TIMEOUT = 5.0
CAP_VENDOR = 9
PCI_COMMAND = 0x04
BUS_MASTER = 0x0004


@dataclass(frozen=True)
class Capability:
    """A capability of configuration space."""

    offset: int
    kind: int
    body: bytes


class Config:
    """PCI configuration space."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def read(self, offset: int, size: int) -> int:
        """Read a number of configuration space."""
        return self.client.read_int(REGION_CONFIG, offset, size)

    def write(self, offset: int, size: int, value: int) -> None:
        """Write a number of configuration space."""
        self.client.write_int(REGION_CONFIG, offset, size, value)

    def capabilities(self) -> Iterator[Capability]:
        """The list, bounded; a loop or a stray pointer is an error."""
        offset, seen = self.read(0x34, 1), set()
        while offset:
            if offset in seen or offset < 0x40 or offset & 3:
                raise AssertionError(f"capability pointer {offset:#x}")
            seen.add(offset)
            kind = self.read(offset, 1)
            length = self.read(offset + 2, 1) if kind == CAP_VENDOR else 12
            body = self.client.read(REGION_CONFIG, offset, length)
            yield Capability(offset, kind, body)
            offset = body[1]

    def virtio(self, cfg_type: int) -> Capability:
        """The first virtio capability of a type."""
        for cap in self.capabilities():
            if cap.kind == CAP_VENDOR and cap.body[3] == cfg_type:
                return cap
        raise AssertionError(f"no virtio capability of type {cfg_type}")


class Interrupts:
    """Eventfds for the vectors of one interrupt index."""

    def __init__(self, client: Client, index: int, count: int) -> None:
        self.client = client
        self.index = index
        self.fds = [os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
                    for _ in range(count)]
        # as QEMU does, a vector at a time: one descriptor a message
        for vector, fd in enumerate(self.fds):
            client.set_irqs(index, IrqSet.DATA_EVENTFD | IrqSet.TRIGGER,
                            vector, 1, [fd])

    def count(self, vector: int = 0) -> int:
        """How often a vector fired since last asked."""
        try:
            return os.eventfd_read(self.fds[vector])
        except BlockingIOError:
            return 0

    def wait(self, vector: int = 0, timeout: float = 2.0) -> int:
        """Wait for a vector to fire; 0 if it does not."""
        select.select([self.fds[vector]], [], [], timeout)
        return self.count(vector)

    def unmask(self) -> None:
        """INTx is masked by firing: let it fire again."""
        self.client.set_irqs(self.index, IrqSet.DATA_NONE | IrqSet.UNMASK)

    def close(self) -> None:
        """Close the eventfds here."""
        for fd in self.fds:
            os.close(fd)


class Virtio:
    """The driver: registers, life cycle, queues."""

    def __init__(self, client: Client, ram: Ram) -> None:
        self.client = client
        self.ram = ram
        self.config = Config(client)
        self.rings: dict[int, Queue] = {}
        self.features = 0
        self._irqs: list[Interrupts] = []

    def get(self, name: str) -> int:
        """Read a register."""
        reg = REGISTERS[name]
        return self.client.read_int(reg.region, reg.place, reg.size)

    def set(self, name: str, value: int) -> None:
        """Write a register."""
        reg = REGISTERS[name]
        self.client.write_int(reg.region, reg.place, reg.size, value)

    def device_config(self, offset: int, size: int) -> int:
        """Read from the device structure."""
        reg = REGISTERS["device_config"]
        return self.client.read_int(reg.region, reg.place + offset, size)

    def capacity(self) -> int:
        """Sectors, as two halves within one generation."""
        while True:
            before = self.get("config_generation")
            value = self.device_config(0, 4) | self.device_config(4, 4) << 32
            if self.get("config_generation") == before:
                return value

    # --- life cycle ---

    @property
    def status(self) -> int:
        """device_status."""
        return self.get("device_status")

    def add_status(self, bits: int) -> int:
        """Set status bits; returns what the device shows then."""
        self.set("device_status", self.status | bits)
        return self.status

    def offered(self) -> int:
        """All 64 feature bits."""
        value = 0
        for half in (0, 1):
            self.set("device_feature_select", half)
            value |= self.get("device_feature") << 32 * half
        return value

    def accept(self, bits: int) -> None:
        """Write the features to use."""
        for half in (0, 1):
            self.set("driver_feature_select", half)
            self.set("driver_feature", bits >> 32 * half & 0xffffffff)

    def bus_master(self, enable: bool) -> None:
        """Let the function look at memory, or not."""
        command = self.config.read(PCI_COMMAND, 2) & ~BUS_MASTER
        self.config.write(PCI_COMMAND, 2,
                          command | (BUS_MASTER if enable else 0))

    def reset(self) -> None:
        """Reset and wait for it."""
        self.set("device_status", 0)
        deadline = time.monotonic() + 2
        while self.status:
            if time.monotonic() > deadline:
                raise AssertionError("the reset never ended")
        self.rings.clear()

    def negotiate(self, features: Sequence[int] = DEFAULT_FEATURES,
                  mask: bool = True) -> int:
        """Up to FEATURES_OK; returns the status after it."""
        self.reset()
        self.bus_master(True)
        self.add_status(Status.ACKNOWLEDGE)
        self.add_status(Status.DRIVER)
        self.features = sum(1 << bit for bit in set(features))
        if mask:
            self.features &= self.offered()
        self.accept(self.features)
        return self.add_status(Status.FEATURES_OK)

    def has(self, feature: Feature) -> bool:
        """Whether a feature was negotiated."""
        return bool(self.features >> feature & 1)

    def fresh_queue(self, size: int) -> Queue:
        """A ring of the layout that was negotiated."""
        kind = PackedRing if self.has(Feature.RING_PACKED) else Ring
        return kind(self.ram, size, self.has(Feature.IN_ORDER))

    def set_queue(self, index: int, ring: Queue,
                  vector: int = NO_VECTOR) -> int:
        """Give the device a ring; returns the vector it took."""
        self.set("queue_select", index)
        self.set("queue_size", ring.size)
        self.set("queue_msix_vector", vector)
        taken = self.get("queue_msix_vector")
        for name, address in (("desc", ring.desc), ("driver", ring.avail),
                              ("device", ring.used)):
            self.set(f"queue_{name}_lo", address & 0xffffffff)
            self.set(f"queue_{name}_hi", address >> 32)
        self.set("queue_enable", 1)
        self.rings[index] = ring
        return taken

    def start(self, queues: int = 1, size: int = 64,
              features: Sequence[int] = DEFAULT_FEATURES,
              vectors: bool = False) -> Ring:
        """Everything up to DRIVER_OK; returns the first (split) ring."""
        ring = self.start_any(queues, size, features, vectors)
        if not isinstance(ring, Ring):
            raise AssertionError("a packed ring was negotiated")
        return ring

    def start_packed(self, queues: int = 1, size: int = 64,
                     features: Sequence[int] = DEFAULT_FEATURES,
                     vectors: bool = False) -> PackedRing:
        """The same with packed rings."""
        ring = self.start_any(queues, size, [*features, Feature.RING_PACKED],
                              vectors)
        if not isinstance(ring, PackedRing):
            raise AssertionError("the device offers no packed ring")
        return ring

    def start_any(self, queues: int = 1, size: int = 64,
                  features: Sequence[int] = DEFAULT_FEATURES,
                  vectors: bool = False) -> Queue:
        """The same with whatever the features ask for."""
        status = self.negotiate(features)
        if not status & Status.FEATURES_OK:
            raise AssertionError("the device refused its own features")
        for index in range(queues):
            self.set_queue(index, self.fresh_queue(size),
                           index + 1 if vectors else NO_VECTOR)
        self.add_status(Status.DRIVER_OK)
        return self.rings[0]

    def reset_queue(self, index: int) -> None:
        """Reset one queue and wait for it, virtio 1.4, 2.6.1."""
        self.set("queue_select", index)
        self.set("queue_reset", 1)
        deadline = time.monotonic() + 2
        while self.get("queue_reset"):
            if time.monotonic() > deadline:
                raise AssertionError(f"the reset of queue {index} never ended")
        del self.rings[index]

    # --- interrupts ---

    def msix(self, vectors: int) -> Interrupts:
        """Enable MSI-X, as QEMU and the guest do together."""
        irqs = Interrupts(self.client, IRQ_MSIX, vectors)
        self._irqs.append(irqs)
        cap = next(c for c in self.config.capabilities() if c.kind == 0x11)
        self.config.write(cap.offset + 2, 2, 0x8000)
        return irqs

    def intx(self) -> Interrupts:
        """Enable INTx."""
        irqs = Interrupts(self.client, IRQ_INTX, 1)
        self._irqs.append(irqs)
        return irqs

    def close(self) -> None:
        """Close the eventfds."""
        for irqs in self._irqs:
            irqs.close()

    # --- requests ---

    def notify(self, index: int = 0) -> None:
        """Ring the bell of a queue."""
        value, size = self.notify_value(index)
        reg = REGISTERS["notify"]
        self.client.write_int(reg.region, reg.place + 4 * index, size, value)

    def notify_value(self, index: int = 0) -> tuple[int, int]:
        """What a notification of a queue says, and in how many bytes."""
        value = index
        if self.has(Feature.NOTIF_CONFIG_DATA):
            self.set("queue_select", index)
            value = self.get("queue_notif_config_data")
        if not self.has(Feature.NOTIFICATION_DATA):
            return value, 2
        return value | self.rings[index].next << 16, 4

    def wait_used(self, index: int = 0,
                  timeout: float = COMPLETION_TIMEOUT) -> tuple[int, int]:
        """The next used element."""
        deadline = time.monotonic() + timeout
        while True:
            element = self.rings[index].pop()
            if element is not None:
                return element
            if time.monotonic() > deadline:
                raise AssertionError(f"queue {index}: no completion in "
                                     f"{timeout} s")
            time.sleep(0.0005)

    def run(self, chain: Sequence[Segment], index: int = 0,
            indirect: bool = False, kick: bool = True) -> int:
        """Offer a chain, notify, wait; returns the used length."""
        head = self.rings[index].add(chain, indirect)
        if kick:
            self.notify(index)
        used_head, length = self.wait_used(index)
        if used_head != head:
            raise AssertionError(f"head {used_head} used, {head} offered")
        return length


class Block(Virtio):
    """Requests of a block device."""

    def header(self, kind: int, sector: int = 0) -> Segment:
        """The request's first 16 bytes in guest memory."""
        return Segment(self.ram.put(struct.pack("<IIQ", kind, 0, sector)), 16)

    def status_byte(self) -> Segment:
        """The request's last byte, with a value that no device writes."""
        return Segment(self.ram.put(b"\xee", 1), 1, True)

    def status_at(self, segment: Segment) -> int:
        """What the device wrote there."""
        return self.ram.read(segment.address, 1)[0]

    def request(self, kind: int, sector: int = 0,
                data: Sequence[Segment] = (), index: int = 0,
                indirect: bool = False, kick: bool = True) -> int:
        """One request; returns its status byte."""
        status = self.status_byte()
        self.run([self.header(kind, sector), *data, status], index, indirect,
                 kick)
        return self.status_at(status)

    def read(self, sector: int, sectors: int, index: int = 0,
             indirect: bool = False, kick: bool = True) -> bytes:
        """Read sectors."""
        length = sectors * SECTOR
        part = Segment(self.ram.allocate(length, SECTOR), length, True)
        status = self.request(Request.IN, sector, [part], index, indirect,
                              kick)
        if status != OK:
            raise AssertionError(f"read of {sector}+{sectors}: {status}")
        return self.ram.read(part.address, length)

    def write(self, sector: int, data: bytes, index: int = 0,
              indirect: bool = False) -> int:
        """Write sectors; returns the status."""
        part = Segment(self.ram.put(data, SECTOR), len(data))
        return self.request(Request.OUT, sector, [part], index, indirect)

    def ranges(self, kind: int, *ranges: tuple[int, int, int]) -> int:
        """Discard or write-zeroes of (sector, sectors, flags)."""
        table = b"".join(struct.pack("<QII", *item) for item in ranges)
        return self.request(kind, 0, [Segment(self.ram.put(table),
                                              len(table))])
