# SPDX-License-Identifier: GPL-2.0
"""A guest that floods the device, unmaps its memory, writes anywhere."""

from __future__ import annotations

import random
import struct
from functools import partial

from .hostile import HostileCase
from .process import pattern
from .ring import Segment
from .virtio import DEFAULT_FEATURES
from .vfio_user import Command, Refused
from .wire import (DESC_NEXT, DESC_WRITE, NO_VECTOR, OK, SECTOR, Feature,
                   Request, Status)


class Storms(HostileCase):
    """Floods of requests, and events in the middle of I/O."""

    def test_notify_storm(self) -> None:
        block = self.begin()
        for n in range(2000):
            block.client.post(4, 0x3000 + 4 * (n % 5), struct.pack("<H", n))
        self.assertEqual(len(block.read(0, 1)), 512)

    def test_notify_of_no_queue(self) -> None:
        block = self.begin()
        for offset in (0x3010, 0x3ffc, 0x3ffe, 0x3001):
            self.harmless(partial(block.client.write, 4, offset, b"\xff\xff"))
        self.assertEqual(len(block.read(0, 1)), 512)

    def test_notify_of_a_disabled_queue(self) -> None:
        block = self.begin()
        for _ in range(10):
            block.notify(3)
        self.assertEqual(len(block.read(0, 1)), 512)

    def test_reset_storm(self) -> None:
        block = self.begin()
        for _ in range(300):
            block.client.post(4, 20, b"\0")
            block.client.post(4, 20, b"\xff")
        self.recovers()

    def test_unmap_while_running(self) -> None:
        for mode in ((), ("--poll",), ("--doorbell", "map")):
            with self.subTest(mode=mode):
                block = self.begin(*mode)
                block.read(0, 1)
                block.client.dma_unmap(block.ram.base, block.ram.size)
                for _ in range(5):
                    block.notify()
                self.assertTrue(self.device.alive())
                block.client.dma_map(block.ram.base, block.ram.size,
                                     block.ram.fd)
                self.recovers()
                self._stopped(self.device)
                self.setUp()

    def test_memory_in_two_maps(self) -> None:
        """A buffer that spans two mappings is one buffer."""
        device = self.launch()
        block = self.attach(device)
        ram, half = block.ram, block.ram.size // 2
        block.client.dma_unmap(ram.base, ram.size)
        block.client.dma_map(ram.base, half, ram.fd)
        block.client.dma_map(ram.base + half, half, ram.fd, half)
        block.start()
        status = block.status_byte()
        block.run([block.header(Request.IN, 2),
                   Segment(ram.base + half - 512, 1024, True), status])
        self.assertEqual(block.status_at(status), OK)
        self.assertEqual(ram.read(ram.base + half - 512, 1024),
                         pattern(4)[2 * SECTOR:])

    def test_read_only_memory(self) -> None:
        """The device may not write where the map says it may not."""
        device = self.launch()
        block = self.attach(device)
        ram = block.ram
        place = ram.end + 0x10000
        block.client.dma_map(place, 4096, ram.fd, ram.size - 4096, flags=1)
        ram.write(ram.end - 4096, b"\x55" * 4096)
        self.device, self.block = device, block
        self.ring = block.start(size=16)
        status = block.status_byte()
        self.ring.add([block.header(Request.IN), Segment(place, 512, True),
                       status])
        block.notify()
        def settled() -> bool:
            return (block.status_at(status) != 0xee
                    or bool(block.status & Status.NEEDS_RESET))
        self.eventually(settled, "stuck")
        self.assertNotEqual(block.status_at(status), OK)
        self.assertEqual(ram.read(ram.end - 4096, 4096), b"\x55" * 4096)

    def test_hang_up_in_the_middle(self) -> None:
        device = self.launch("--poll")
        for _ in range(10):
            block = self.attach(device)
            ring = block.start(size=64)
            for sector in range(8):
                ring.add([block.header(Request.IN, sector),
                          Segment(block.ram.allocate(65536), 65536, True),
                          block.status_byte()])
            block.notify()
            block.client.close()
        self.assert_serves(device)


class Registers(HostileCase):
    """Seeded fuzz of all regions."""

    def fuzz(self, seed: int, regions: tuple[tuple[int, int], ...],
             rounds: int, *options: str) -> None:
        """Random accesses; then the device serves."""
        block = self.begin(*options)
        rng = random.Random(seed)
        for _ in range(rounds):
            region, size = rng.choice(regions)
            width = rng.choice((1, 1, 2, 2, 4, 4, 8, 3, 16))
            offset = rng.randrange(0, size - width + 1)
            if rng.random() < 0.5:
                offset &= 0x3f
            value = rng.choice((b"\0", b"\1", b"\2", b"\xff",
                                rng.randbytes(1))) + rng.choice(
                                    (bytes(15), rng.randbytes(15)))
            message = struct.pack("<QII", offset, region, width)
            try:
                if rng.random() < 0.3:
                    block.client.command(Command.REGION_READ, message)
                else:
                    block.client.command(Command.REGION_WRITE,
                                         message + value[:width])
            except Refused:
                pass
        block.client.reset()
        self.block.ram.restart()
        self.assert_serves(self.device, block, intact=False)

    def test_virtio_structures(self) -> None:
        self.fuzz(5, ((4, 0x4000), (4, 64)), 3000)

    def test_virtio_structures_polled(self) -> None:
        self.fuzz(6, ((4, 64),), 1500, "--poll")

    def test_register_windows(self) -> None:
        self.fuzz(7, ((0, 64), (1, 0x2000), (1, 64)), 3000)

    def test_everything(self) -> None:
        self.fuzz(8, ((0, 64), (1, 0x2000), (2, 0x2000), (4, 0x4000),
                      (7, 256)), 3000)

    def test_readonly_everything(self) -> None:
        self.fuzz(9, ((0, 64), (1, 64), (4, 64)), 1500, "--readonly")
        self.assertEqual(self.device.backing.read_bytes()[:SECTOR],
                         pattern(1))

    def test_fuzzed_rings(self) -> None:
        """Honest set-up, seeded rings and requests."""
        block = self.begin()
        rng = random.Random(10)
        for _ in range(120):
            self.block.ram.restart()
            ring = block.start(size=16, features=[*DEFAULT_FEATURES,
                                                  Feature.EVENT_IDX])
            for n in range(16):
                place = rng.choice((
                    block.ram.base + rng.randrange(block.ram.size),
                    block.header(rng.choice((0, 1, 4, 8, 11, 13, 99)),
                                 rng.randrange(5000)).address))
                ring.set_desc(n, place, rng.choice(
                    (1, 16, 16, 512, 4096, rng.getrandbits(32))),
                    rng.choice((0, DESC_NEXT, DESC_NEXT, DESC_WRITE,
                                DESC_NEXT | DESC_WRITE, rng.randrange(8))),
                    rng.choice((n + 1, rng.randrange(17))))
            for _ in range(rng.randrange(1, 16)):
                ring.offer(rng.randrange(17))
            block.notify()
        self.block.ram.restart()
        self.assert_serves(self.device, block, intact=False)

    def test_vectors_never_set(self) -> None:
        block = self.begin()
        block.set("queue_select", 0)
        block.set("queue_msix_vector", NO_VECTOR)
        block.request(Request.FLUSH)
