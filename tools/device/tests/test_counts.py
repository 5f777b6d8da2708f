# SPDX-License-Identifier: GPL-2.0
"""Every access that the client makes is in the device's count, once."""

from __future__ import annotations

import collections
import random
import socket

from .case import DeviceCase
from .vfio_user import REGION_CONFIG, Client
from .virtio import Block
from .window import Window
from .wire import APERTURE, BAR_MEMORY, BAR_MSIX, REGISTERS, WINDOWS, Request


class CountingClient(Client):
    """A client that keeps the books of its own accesses."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.book: collections.Counter[tuple[str, str]] = (
            collections.Counter())

    def _enter(self, region: int, offset: int, direction: str) -> None:
        for reg in REGISTERS.values():
            if (reg.region == region
                    and reg.place <= offset < reg.place + reg.size):
                self.book[reg.name, direction] += 1

    def read(self, region: int, offset: int, count: int) -> bytes:
        """Read and enter it."""
        self._enter(region, offset, "read")
        return super().read(region, offset, count)

    def write(self, region: int, offset: int, data: bytes) -> None:
        """Write and enter it."""
        self._enter(region, offset, "write")
        super().write(region, offset, data)

    def post(self, region: int, offset: int, data: bytes) -> None:
        """Post and enter it."""
        self._enter(region, offset, "write")
        super().post(region, offset, data)


class Counts(DeviceCase):
    """The device's counters against the client's books."""

    def setUp(self) -> None:
        super().setUp()
        self.device = self.launch()
        self.client = CountingClient(str(self.device.socket))
        self.addCleanup(self.client.close)
        self.client.version()
        self.block = Block(self.client, self.memory(self.client))
        self.addCleanup(self.block.close)

    def agree(self) -> None:
        """To the unit, register by register."""
        self.assertEqual(self.registers(self.device), dict(self.client.book))

    def restart(self) -> None:
        """Zero both."""
        self.assertTrue(self.device.control("reset")["ok"])
        self.client.book.clear()

    def test_start_of_a_driver(self) -> None:
        self.block.start(queues=4)
        self.agree()

    def test_each_register_each_direction(self) -> None:
        for reg in REGISTERS.values():
            size = min(reg.size, 4)
            self.restart()
            self.client.read(reg.region, reg.place, size)
            self.client.read(reg.region, reg.place, size)
            self.client.write(reg.region, reg.place, bytes(size))
            self.agree()
            self.assertEqual(self.client.book[reg.name, "read"], 2)
            self.assertEqual(self.client.book[reg.name, "write"], 1)

    def test_one_kick_a_request(self) -> None:
        self.block.start()
        self.restart()
        for sector in range(50):
            self.block.read(sector, 8)
        self.agree()
        self.assertEqual(self.registers(self.device),
                         {("notify", "write"): 50})
        counters = self.counters(self.device)
        self.assertEqual(counters["kicks"], 50)
        self.assertEqual(counters["doorbells"], 0)
        self.assertEqual(counters["requests"]["read"], 50)
        self.assertEqual(counters["bytes"]["read"], 50 * 8 * 512)

    def test_posted_writes(self) -> None:
        self.block.start()
        self.restart()
        for _ in range(500):
            self.client.post(4, 0x3000, b"\0\0")
        self.client.read(4, 20, 1)
        self.agree()

    def test_formula_of_the_window(self) -> None:
        for name in ("port", "memory"):
            window = Window(self.client, name)
            for count in (1, 8):
                self.restart()
                window.read(0, count)
                self.assertEqual(sum(self.registers(self.device).values()),
                                 4 + 1 + count * 128)
                self.agree()
                self.restart()
                window.write(0, bytes(512 * count))
                self.assertEqual(sum(self.registers(self.device).values()),
                                 4 + count * 128 + 1)
                self.agree()
            self.restart()
            window.command(3)
            self.assertEqual(sum(self.registers(self.device).values()), 2)

    def test_aperture(self) -> None:
        self.restart()
        for n in range(100):
            self.client.read(BAR_MEMORY, APERTURE + 4 * n, 4)
        self.assertEqual(self.registers(self.device),
                         {("memory_aperture", "read"): 100})

    def test_what_is_no_register(self) -> None:
        """Configuration space and the vector table are not counted."""
        self.restart()
        self.client.read(REGION_CONFIG, 0, 4)
        self.client.read(BAR_MSIX, 0, 4)
        self.assertEqual(self.registers(self.device), {})

    def test_random_accesses(self) -> None:
        """Seeded accesses to random registers."""
        self.restart()
        rng = random.Random(11)
        table = [reg for reg in REGISTERS.values()
                 if not reg.name.startswith("queue_enable")]
        for _ in range(2000):
            reg = rng.choice(table)
            size = min(reg.size, 4)
            if rng.random() < 0.6:
                self.client.read(reg.region, reg.place, size)
            else:
                self.client.write(reg.region, reg.place, bytes(size))
        self.agree()

    def test_requests_by_kind(self) -> None:
        block = self.block
        block.start()
        self.restart()
        block.read(0, 1)
        block.write(0, bytes(1024))
        block.request(Request.FLUSH)
        block.ranges(Request.DISCARD, (8, 8, 0))
        block.ranges(Request.WRITE_ZEROES, (8, 8, 0))
        block.read(0, 2)
        block.request(99)
        counters = self.counters(self.device)
        self.assertEqual(
            {name: counters["requests"][name] for name in
             ("read", "write", "flush", "discard", "write_zeroes", "error")},
            {"read": 2, "write": 1, "flush": 1, "discard": 1,
             "write_zeroes": 1, "error": 1})
        self.assertEqual(counters["bytes"], {"read": 1536, "write": 1024})

    def test_interrupts(self) -> None:
        irqs = self.block.msix(5)
        ring = self.block.start(vectors=True)
        self.restart()
        for _ in range(7):
            self.block.read(0, 1)
        self.assertEqual(irqs.count(1), 7)
        ring.set_avail_flags(1)
        self.block.read(0, 1)
        counts = self.counters(self.device)["interrupts"]
        self.assertEqual((counts["msix"], counts["intx"],
                          counts["suppressed"]), (7, 0, 1))

    def test_intx(self) -> None:
        irqs = self.block.intx()
        self.block.start()
        self.restart()
        for _ in range(5):
            self.block.read(0, 1)
            irqs.wait()
            self.block.get("isr_status")
            irqs.unmask()
        self.agree()
        self.assertEqual(self.counters(self.device)["interrupts"]["intx"], 5)


class ControlSocket(DeviceCase):
    """The other commands of the control socket."""

    def test_map_names_every_register(self) -> None:
        device = self.launch()
        answer = device.control("map")
        self.assertTrue(answer["ok"])
        told = {item["name"]: (item["window"], item["bar"], item["offset"],
                               item["size"]) for item in answer["registers"]}
        mine = {reg.name: (reg.window, reg.region, reg.place, reg.size)
                for reg in REGISTERS.values()}
        self.assertEqual(told, mine)
        self.assertEqual({reg.window for reg in REGISTERS.values()},
                         set(WINDOWS))

    def test_unknown_commands(self) -> None:
        device = self.launch()
        for text in ("", "COUNTERS", "counters now", "x" * 5000, "\x00",
                     "reset;quit", "\u00e9"):
            answer = device.control(text)
            self.assertFalse(answer["ok"], text[:20])
            self.assertIn("error", answer)
        self.assertTrue(device.control()["ok"])

    def test_status_and_queues(self) -> None:
        device = self.launch("--queues", "2")
        block = self.attach(device)
        block.start(size=32)
        block.read(0, 1)
        counters = self.counters(device)
        self.assertEqual(counters["status"], 15)
        self.assertEqual(counters["queues"][0],
                         {"index": 0, "size": 32, "avail_idx": 1,
                          "used_idx": 1})

    def test_quit(self) -> None:
        device = self.launch()
        self.assertTrue(device.control("quit")["ok"])
        self.assertEqual(device.process.wait(5), 0)
        self.assertFalse(device.socket.exists(), "its socket is removed")

    def test_asking_disturbs_nothing(self) -> None:
        device = self.launch("--poll")
        block = self.attach(device)
        block.start()
        before = self.registers(device)
        for _ in range(50):
            device.control("counters")
            device.control("map")
        self.assertEqual(self.registers(device), before)
        self.assertEqual(len(block.read(0, 1, kick=False)), 512)

    def test_several_askers(self) -> None:
        """One that says nothing does not keep the others waiting."""
        device = self.launch()
        with socket.socket(socket.AF_UNIX) as silent:
            silent.connect(str(device.control_path))
            silent.sendall(b"coun")
            self.assertTrue(device.control()["ok"])
