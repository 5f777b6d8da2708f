# SPDX-License-Identifier: GPL-2.0
"""What every test stands on: a device, a client, guest memory."""

from __future__ import annotations

import mmap
import os
import socket
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any, Callable

from .process import DeviceProcess, pattern
from .ram import Ram
from .vfio_user import Client, Disconnected, Message, Refused
from .virtio import Block
from .wire import BAR_VIRTIO, SECTOR

DEFAULT_SECTORS = 4096


class DeviceCase(unittest.TestCase):
    """Starts devices; at the end each one must have survived the test."""

    maxDiff = 2000

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="vfe-test-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    # --- set-up ---

    def backing(self, sectors: int = DEFAULT_SECTORS,
                name: str = "backing") -> Path:
        """A backing file in which each sector is different."""
        path = self.folder / name
        path.write_bytes(pattern(sectors))
        return path

    def launch(self, *options: str,
               sectors: int = DEFAULT_SECTORS) -> DeviceProcess:
        """Start a device with more options."""
        device = DeviceProcess(self.folder, options, self.backing(sectors))
        self.addCleanup(self._stopped, device)
        return device

    def _stopped(self, device: DeviceProcess) -> None:
        problem = device.stop()
        if problem:
            self.fail(problem)

    def connect(self, device: DeviceProcess, version: bool = True) -> Client:
        """A client that agreed on the version."""
        client = Client(str(device.socket))
        self.addCleanup(client.close)
        if version:
            client.version()
        return client

    def memory(self, client: Client, size: int = 4 << 20,
               base: int = 0x1000000) -> Ram:
        """Guest memory that the device knows."""
        ram = Ram(size, base)
        self.addCleanup(ram.close)
        client.dma_map(ram.base, ram.size, ram.fd)
        return ram

    def attach(self, device: DeviceProcess) -> Block:
        """A driver with memory of its own, not yet started."""
        client = self.connect(device)
        block = Block(client, self.memory(client))
        self.addCleanup(block.close)
        return block

    def doorbell(self, block: Block) -> mmap.mmap:
        """The notify page of --doorbell map."""
        region = block.client.region_info(BAR_VIRTIO)
        try:
            page = mmap.mmap(region.fds[0], 4096,
                             offset=region.offset + region.areas[0][0])
        finally:
            for fd in region.fds:
                os.close(fd)
        self.addCleanup(page.close)
        return page

    # --- assertions ---

    def harmless(self, access: Callable[[], object]) -> None:
        """An access that no guest can make may be refused."""
        try:
            access()
        except Refused:
            pass

    def eventually(self, what: Callable[[], bool], message: str,
                   timeout: float = 3.0) -> None:
        """@what becomes true within @timeout seconds."""
        deadline = time.monotonic() + timeout
        while not what():
            if time.monotonic() > deadline:
                self.fail(message)
            time.sleep(0.002)

    def refused(self, client: Client, data: bytes,
                fds: list[int] | None = None) -> Message | None:
        """The device answers @data with an error or hangs up (None)."""
        try:
            client.send(data, fds or [])
            reply = client.receive()
        except Disconnected:
            return None
        except socket.timeout:
            self.fail(f"neither an answer nor a close for {data[:64]!r}")
        self.assertTrue(reply.is_error, f"accepted: {data[:64]!r}")
        return reply

    def assert_serves(self, device: DeviceProcess,
                      block: Block | None = None,
                      intact: bool = True) -> None:
        """The device lives, and a fresh driver reads (the right data)."""
        self.assertTrue(device.alive(), device.log())
        own = block is None
        block = block or self.attach(device)
        block.start()
        data = block.read(7, 2)
        if intact:
            self.assertEqual(data, pattern(9)[7 * SECTOR:])
        block.reset()
        if own:
            block.client.close()

    def registers(self, device: DeviceProcess) -> dict[tuple[str, str], int]:
        """The device's counters by register and direction."""
        answer = device.control("counters")
        self.assertTrue(answer["ok"], answer)
        return {(item["name"], item["dir"]): item["count"]
                for item in answer["registers"]}

    def counters(self, device: DeviceProcess) -> dict[str, Any]:
        """All counters."""
        answer = device.control("counters")
        self.assertTrue(answer["ok"], answer)
        return answer


def open_fds(pid: int) -> int:
    """How many descriptors a process holds."""
    return len(os.listdir(f"/proc/{pid}/fd"))
