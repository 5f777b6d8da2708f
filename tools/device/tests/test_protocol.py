# SPDX-License-Identifier: GPL-2.0
"""vfio-user: what the protocol asks."""

from __future__ import annotations

import os
import struct
import tempfile

from .case import DeviceCase, open_fds
from .ram import Ram
from .vfio_user import (FLAG_REPLY, IRQ_INTX, IRQ_MSIX, NUM_IRQS,
                        NUM_REGIONS, REGION_CONFIG, Command, Disconnected,
                        Refused, encode)
from .wire import BAR_SIZES, BAR_VIRTIO

EEXIST = 17


class Version(DeviceCase):
    """The first message."""

    def test_version_and_capabilities(self) -> None:
        client = self.connect(self.launch(), version=False)
        answer = client.version()
        self.assertEqual(answer["major"], 0)
        self.assertLessEqual(answer["minor"], 1)
        self.assertIn("capabilities", answer)

    def test_version_without_data(self) -> None:
        client = self.connect(self.launch(), version=False)
        reply = client.command(Command.VERSION, struct.pack("<HH", 0, 1))
        self.assertGreaterEqual(len(reply.payload), 4)

    def test_other_major_is_refused(self) -> None:
        device = self.launch()
        client = self.connect(device, version=False)
        self.refused(client, encode(Command.VERSION,
                                    struct.pack("<HH", 7, 0) + b"{}\0"))
        self.assert_serves(device)

    def test_garbage_json(self) -> None:
        for data in (b"{", b"\xff" * 64, b"[" * 2000 + b"\0", b"no end"):
            with self.subTest(data=data[:8]):
                device = self.launch()
                client = self.connect(device, version=False)
                client.send(encode(Command.VERSION,
                                   struct.pack("<HH", 0, 1) + data))
                try:
                    client.receive()
                except Disconnected:
                    pass
                client.close()
                self.assert_serves(device)
                self._stopped(device)
                self.setUp()

    def test_command_before_version(self) -> None:
        device = self.launch()
        client = self.connect(device, version=False)
        self.refused(client, encode(Command.GET_INFO,
                                    struct.pack("<4I", 16, 0, 0, 0)))
        client.close()
        self.assert_serves(device)


class Infos(DeviceCase):
    """What the device tells of itself."""

    def test_device_info(self) -> None:
        flags, regions, irqs = self.connect(self.launch()).info()
        self.assertEqual(flags & 3, 3, "a PCI device that can be reset")
        self.assertEqual(regions, NUM_REGIONS)
        self.assertGreaterEqual(irqs, IRQ_MSIX + 1)

    def test_region_sizes(self) -> None:
        client = self.connect(self.launch())
        for index in range(NUM_REGIONS):
            region = client.region_info(index)
            if index == REGION_CONFIG:
                self.assertIn(region.size, (256, 4096))
            else:
                self.assertEqual(region.size, BAR_SIZES.get(index, 0), index)
            if region.size:
                self.assertEqual(region.flags & 3, 3, index)
                self.assertFalse(region.flags & 4, "nothing to map")

    def test_unknown_region(self) -> None:
        client = self.connect(self.launch())
        for index in (NUM_REGIONS, 1000, 0xffffffff):
            with self.assertRaises(Refused):
                client.region_info(index)

    def test_irq_info(self) -> None:
        client = self.connect(self.launch("--queues", "3"))
        flags, count = client.irq_info(IRQ_INTX)
        self.assertEqual((flags & 0x7, count), (0x7, 1))
        flags, count = client.irq_info(IRQ_MSIX)
        self.assertEqual((flags & 1, count), (1, 4))
        self.assertEqual(client.irq_info(1)[1], 0)
        with self.assertRaises(Refused):
            client.irq_info(NUM_IRQS)

    def test_no_msix(self) -> None:
        client = self.connect(self.launch("--no-msix"))
        self.assertEqual(client.irq_info(IRQ_MSIX)[1], 0)

    def test_mapped_doorbell_region(self) -> None:
        client = self.connect(self.launch("--doorbell", "map"))
        region = client.region_info(BAR_VIRTIO)
        self.assertEqual(region.flags & 0xc, 0xc)
        self.assertEqual(list(region.areas), [(0x3000, 0x1000)])
        self.assertEqual(len(region.fds), 1)
        os.close(region.fds[0])

    def test_short_argsz_tells_the_needed_size(self) -> None:
        client = self.connect(self.launch("--doorbell", "map"))
        reply = client.command(
            Command.GET_REGION_INFO,
            struct.pack("<4IQQ", 32, 0, BAR_VIRTIO, 0, 0, 0))
        argsz = struct.unpack_from("<I", reply.payload)[0]
        self.assertEqual(len(reply.payload), 32)
        self.assertGreaterEqual(argsz, 32 + 16 + 16)
        for fd in reply.fds:
            os.close(fd)


class Memory(DeviceCase):
    """DMA_MAP and DMA_UNMAP."""

    def test_many_maps_at_once(self) -> None:
        """QEMU sends them without waiting; all must be answered, in order."""
        device = self.launch()
        client = self.connect(device)
        ram = Ram(256 * 4096)
        self.addCleanup(ram.close)
        for n in range(256):
            payload = struct.pack("<IIQQQ", 32, 3, n * 4096,
                                  ram.base + n * 8192, 4096)
            client.send(encode(Command.DMA_MAP, payload, n + 1), [ram.fd])
        for n in range(256):
            reply = client.receive()
            self.assertEqual((reply.ident, reply.is_error), (n + 1, False))

    def test_overlap_is_refused(self) -> None:
        client = self.connect(self.launch())
        ram = self.memory(client)
        for base, size in ((ram.base, ram.size), (ram.base + 4096, 4096),
                           (ram.base - 4096, 8192), (ram.end - 4096, 8192)):
            with self.assertRaises(Refused) as caught:
                client.dma_map(base, size, ram.fd)
            self.assertEqual(caught.exception.errno, EEXIST)

    def test_bad_ranges(self) -> None:
        client = self.connect(self.launch())
        ram = Ram()
        self.addCleanup(ram.close)
        for base, size, offset in ((0, 0, 0), (2**64 - 4096, 8192, 0),
                                   (0x1000, 2**64 - 4096, 0),
                                   (0x1000, 4096, 2**64 - 4096),
                                   (0x1000, 4096, 1)):
            with self.subTest(base=base, size=size, offset=offset):
                with self.assertRaises(Refused):
                    client.dma_map(base, size, ram.fd, offset)

    def test_unmap_must_match(self) -> None:
        client = self.connect(self.launch())
        ram = self.memory(client)
        for base, size in ((ram.base, 4096), (ram.base + 4096, 4096),
                           (0x5000, 4096), (ram.base, ram.size + 4096)):
            with self.assertRaises(Refused):
                client.dma_unmap(base, size)
        client.dma_unmap(ram.base, ram.size)
        client.dma_map(ram.base, ram.size, ram.fd)

    def test_map_without_descriptor(self) -> None:
        device = self.launch()
        client = self.connect(device)
        client.dma_map(0x100000, 0x10000, -1)
        client.dma_unmap(0x100000, 0x10000)
        self.assertTrue(device.alive())

    def test_descriptor_that_cannot_be_mapped(self) -> None:
        device = self.launch()
        client = self.connect(device)
        read_end, write_end = os.pipe()
        self.addCleanup(os.close, read_end)
        self.addCleanup(os.close, write_end)
        with self.assertRaises(Refused):
            client.dma_map(0x100000, 0x10000, read_end)
        client.close()
        self.assert_serves(device)

    def test_map_behind_the_end_of_a_file(self) -> None:
        """Touching it would be SIGBUS: it must not end the device."""
        device = self.launch()
        client = self.connect(device)
        with tempfile.TemporaryFile() as short:
            try:
                client.dma_map(0x1000000, 1 << 20, short.fileno())
            except Refused:
                pass
        self.assertTrue(device.alive())
        client.close()
        self.assert_serves(device)

    def test_maps_do_not_leak(self) -> None:
        device = self.launch()
        client = self.connect(device)
        ram = Ram()
        self.addCleanup(ram.close)
        client.dma_map(ram.base, ram.size, ram.fd)
        client.dma_unmap(ram.base, ram.size)
        before = open_fds(device.process.pid)
        for _ in range(100):
            client.dma_map(ram.base, ram.size, ram.fd)
            client.dma_unmap(ram.base, ram.size)
        self.assertLessEqual(open_fds(device.process.pid), before)


class Header(DeviceCase):
    """Replies carry what the protocol wants."""

    def test_reply_echoes(self) -> None:
        client = self.connect(self.launch())
        client.send(encode(Command.RESET, b"", ident=0xbeef))
        reply = client.receive()
        self.assertEqual((reply.ident, reply.command), (0xbeef,
                                                        Command.RESET))
        self.assertTrue(reply.flags & FLAG_REPLY)

    def test_error_reply_is_a_bare_header(self) -> None:
        client = self.connect(self.launch())
        client.send(encode(Command.GET_REGION_INFO, struct.pack(
            "<4IQQ", 32, 0, 99, 0, 0, 0), ident=5))
        reply = client.receive()
        self.assertTrue(reply.is_error)
        self.assertGreater(reply.errno, 0)
        self.assertEqual(reply.payload, b"")
