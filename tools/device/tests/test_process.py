# SPDX-License-Identifier: GPL-2.0
"""The whole process: each layout, clients that come and go, storms."""

from __future__ import annotations

import os
import struct
import time

from .case import DeviceCase, open_fds
from .driver import VIRTIO_BAR, Client, Command, encode, modes

STATUS_REGISTER, NOTIFY, NEEDS_RESET = 20, 0x3000, 64


class Smoke(DeviceCase):
    """A driver reads, however it notifies and whatever the ring's layout."""

    def test_each_layout(self) -> None:
        for options, packed in modes():
            with self.subTest(options=options, packed=packed):
                device = self.launch(*options)
                driver = self.attach(device, packed)
                device.control("reset")
                self.reads(driver, kick="--poll" not in options)
                counters = self.counters(device)
                self.assertEqual(counters["kicks"], 0 if options else 12)
                self.assertEqual(counters["requests"]["read"], 12)
                driver.client.sock.close()
                self.stopped(device)

    def test_entropy(self) -> None:
        """With a seed, two devices give the same bytes."""
        given = []
        for _ in range(2):
            device = self.launch_rng("--entropy-seed", "5")
            for packed in (False, True):
                driver = self.attach(device, packed)
                given.append(driver.random(100))
                driver.client.sock.close()
            self.stopped(device)
        self.assertEqual(given[:2], given[2:])
        self.assertEqual(len(set(given)), 2)

    def test_service_time(self) -> None:
        driver = self.attach(self.launch("--no-msix", "--service",
                                         "constant:200000"))
        begin = time.monotonic()
        driver.read(0)
        self.assertGreaterEqual(time.monotonic() - begin, 0.2)

    def test_faults(self) -> None:
        """--fault accepts several; the unit tests test each."""
        driver = self.attach(self.launch(
            "--fault", "wce,notify_offset,generation"))
        driver.set("queue_select", 0)
        self.assertGreaterEqual(driver.get("queue_notify_off"), 1024)
        self.assertNotEqual(driver.get("config_generation"),
                            driver.get("config_generation"))
        self.reads(driver)


class Clients(DeviceCase):
    """They come, go, and behave badly."""

    def test_reconnect(self) -> None:
        """No client leaves a descriptor behind."""
        device = self.launch()
        counts = set()
        for _ in range(6):
            client = Client(str(device.socket))
            for fd in client.msix(5):
                os.close(fd)
            client.close()
            self.serves(device)
            idle = self.connect(device)
            counts.add(open_fds(device.process.pid))
            idle.sock.close()
        self.assertEqual(len(counts), 1, counts)

    def test_second_client(self) -> None:
        """It is turned away, and the first goes on."""
        device = self.launch()
        driver = self.attach(device)
        second = self.connect(device, greet=False)
        with self.assertRaises(ConnectionError):
            second.command(Command.VERSION, struct.pack("<HH", 0, 1))
        self.reads(driver)

    def test_client_that_never_reads(self) -> None:
        device = self.launch()
        client = self.connect(device)
        client.sock.setblocking(False)
        message = encode(Command.REGION_READ, struct.pack("<QII", 0, 7, 256))
        try:
            for _ in range(100000):
                client.sock.send(message)
        except (BlockingIOError, ConnectionError):
            pass
        self.assertTrue(device.control()["ok"])
        client.sock.close()
        self.serves(device)


class Storms(DeviceCase):
    """A guest that floods the device, or takes its memory away."""

    def test_notifications_and_resets(self) -> None:
        device = self.launch()
        driver = self.attach(device)
        for n in range(2000):
            driver.client.post(VIRTIO_BAR, NOTIFY + 4 * (n % 5),
                               struct.pack("<H", n))
        self.reads(driver)
        for _ in range(300):
            driver.client.post(VIRTIO_BAR, STATUS_REGISTER, b"\0")
            driver.client.post(VIRTIO_BAR, STATUS_REGISTER, b"\xff")
        driver.start()
        self.reads(driver)

    def test_memory_goes_and_comes(self) -> None:
        for options, packed in modes():
            with self.subTest(options=options, packed=packed):
                device = self.launch(*options)
                driver = self.attach(device, packed)
                self.reads(driver)
                driver.client.unmap_ram()
                for _ in range(5):
                    driver.kick()
                self.assertTrue(device.control()["ok"])
                driver.client.map_ram()
                driver.start(packed)
                self.reads(driver)
                driver.client.sock.close()
                self.stopped(device)

    def test_poll_with_a_broken_ring(self) -> None:
        """It spins no longer, and says so once, not a million times."""
        device = self.launch("--poll")
        driver = self.attach(device)
        struct.pack_into("<H", driver.client.ram, 0x1000 + 2, 0x4000)
        self.eventually(lambda: bool(driver.get("device_status")
                                     & NEEDS_RESET), "unseen")
        lines = device.log().count("\n")
        for _ in range(50):
            driver.kick()
        self.assertLess(device.log().count("\n") - lines, 5)
        driver.start()
        self.reads(driver, kick=False)
