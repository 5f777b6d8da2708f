# SPDX-License-Identifier: GPL-2.0
"""The base of all tests: device processes, each of which must survive the
test."""

from __future__ import annotations

import os
import tempfile
import time
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .driver import SECTOR, Client, Driver
from .process import DeviceProcess, pattern

SECTORS = 64


class DeviceCase(unittest.TestCase):
    """Starts devices; at the end each one must still be well."""

    maxDiff = 2000

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="vfe-test-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def fresh(self) -> Path:
        """A folder for the sockets of one device."""
        return Path(tempfile.mkdtemp(dir=self.folder))

    def backing(self) -> Path:
        """A new backing file in which each sector is different."""
        path = self.fresh() / "backing"
        path.write_bytes(pattern(SECTORS))
        return path

    def launch(self, *options: str) -> DeviceProcess:
        """A block device with more options."""
        device = DeviceProcess(self.fresh(), options, self.backing())
        self.addCleanup(self.stopped, device)
        return device

    def launch_rng(self, *options: str) -> DeviceProcess:
        """An entropy device."""
        device = DeviceProcess(self.fresh(), options)
        self.addCleanup(self.stopped, device)
        return device

    def stopped(self, device: DeviceProcess) -> None:
        """End it; it was well."""
        problem = device.stop()
        if problem:
            self.fail(problem)

    def connect(self, device: DeviceProcess, greet: bool = True) -> Client:
        """A client, which owns guest memory."""
        client = Client(str(device.socket), greet)
        self.addCleanup(client.close)
        return client

    def attach(self, device: DeviceProcess, packed: bool = False) -> Driver:
        """A started driver; through the mapped page if there is one."""
        client = self.connect(device)
        driver = Driver(client, device.control("map"))
        if "map" in device.argv:
            driver.bell = client.doorbell()
            self.addCleanup(driver.bell.close)
        driver.start(packed)
        return driver

    def reads(self, driver: Driver, kick: bool = True) -> None:
        """A few sectors, around the ring."""
        for sector in range(12):
            self.assertEqual(driver.read(sector, kick),
                             pattern(sector + 1)[-SECTOR:])

    def serves(self, device: DeviceProcess) -> None:
        """The device lives, and a fresh driver reads."""
        self.assertTrue(device.alive(), device.log())
        client = Client(str(device.socket))
        driver = Driver(client, device.control("map"))
        if "map" in device.argv:
            driver.bell = client.doorbell()
        driver.start()
        self.reads(driver)
        if driver.bell:
            driver.bell.close()
        client.close()

    def counters(self, device: DeviceProcess) -> dict[str, Any]:
        """All counters."""
        answer = device.control("counters")
        self.assertTrue(answer["ok"], answer)
        return answer

    def eventually(self, what: Callable[[], bool], message: str) -> None:
        """Wait until @what becomes true, at most three seconds."""
        deadline = time.monotonic() + 3
        while not what():
            if time.monotonic() > deadline:
                self.fail(message)
            time.sleep(0.002)


def open_fds(pid: int) -> int:
    """How many descriptors a process holds."""
    return len(os.listdir(f"/proc/{pid}/fd"))
