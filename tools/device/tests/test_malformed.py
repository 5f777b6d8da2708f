# SPDX-License-Identifier: GPL-2.0
"""vfio-user: what the device must withstand on its socket."""

from __future__ import annotations

import os
import random
import socket
import struct

from .case import DeviceCase, open_fds
from .vfio_user import (FLAG_REPLY, IRQ_INTX, IRQ_MSIX, NUM_REGIONS,
                        REGION_CONFIG, Client, Command, Disconnected, IrqSet,
                        Refused, encode)
from .wire import BAR_VIRTIO

VERSION_0_1 = struct.pack("<HH", 0, 1) + b'{"capabilities":{}}\0'


class Connections(DeviceCase):
    """Clients come and go."""

    def test_reconnect(self) -> None:
        device = self.launch()
        for _ in range(5):
            block = self.attach(device)
            block.start()
            self.assertEqual(len(block.read(0, 1)), 512)
            block.client.close()

    def test_descriptors_do_not_leak_over_connections(self) -> None:
        device = self.launch()

        def once() -> None:
            block = self.attach(device)
            block.msix(5)
            block.start(vectors=True)
            block.client.close()

        once()
        self.assert_serves(device)
        counts = set()
        for _ in range(10):
            once()
            block = self.attach(device)
            counts.add(open_fds(device.process.pid))
            block.client.close()
        self.assertEqual(len(counts), 1, counts)

    def test_second_client_waits_or_is_refused(self) -> None:
        device = self.launch()
        first = self.attach(device)
        first.start()
        second = Client(str(device.socket))
        self.addCleanup(second.close)
        try:
            second.send(encode(Command.VERSION, VERSION_0_1))
        except Disconnected:
            pass
        self.assertEqual(len(first.read(0, 1)), 512)
        second.close()
        self.assertEqual(len(first.read(1, 1)), 512)

    def test_half_a_header_does_not_block(self) -> None:
        device = self.launch()
        client = self.connect(device)
        client.send(encode(Command.GET_INFO, bytes(16))[:7])
        self.assertTrue(device.control()["ok"])
        client.send(encode(Command.GET_INFO, struct.pack("<4I", 16, 0, 0, 0)
                           )[7:])
        self.assertFalse(client.receive().is_error)

    def test_half_a_payload_does_not_block(self) -> None:
        device = self.launch()
        client = self.connect(device)
        message = encode(Command.GET_INFO, struct.pack("<4I", 16, 0, 0, 0))
        client.send(message[:20])
        self.assertTrue(device.control()["ok"])
        client.send(message[20:])
        self.assertFalse(client.receive().is_error)

    def test_a_byte_at_a_time(self) -> None:
        client = self.connect(self.launch())
        for byte in encode(Command.GET_INFO, struct.pack("<4I", 16, 0, 0, 0)):
            client.send(bytes([byte]))
        self.assertFalse(client.receive().is_error)

    def test_hang_up_within_a_message(self) -> None:
        device = self.launch()
        message = encode(Command.GET_INFO, struct.pack("<4I", 16, 0, 0, 0))
        for cut in (1, 15, 16, 17, 31):
            client = self.connect(device)
            client.send(message[:cut])
            client.close()
        self.assert_serves(device)

    def test_hang_up_without_reading_replies(self) -> None:
        device = self.launch()
        client = self.connect(device)
        for _ in range(200):
            client.send(encode(Command.GET_INFO,
                               struct.pack("<4I", 16, 0, 0, 0)))
        client.close()
        self.assert_serves(device)

    def test_client_that_never_reads(self) -> None:
        """Its replies fill the socket; the control socket still answers."""
        device = self.launch()
        client = self.connect(device)
        client.sock.setblocking(False)
        message = encode(Command.REGION_READ,
                         struct.pack("<QII", 0, REGION_CONFIG, 256))
        try:
            for _ in range(100000):
                client.sock.send(message)
        except (BlockingIOError, ConnectionError):
            pass
        client.close()
        self.assert_serves(device)


class Malformed(DeviceCase):
    """Messages that no client should send."""

    def refuse_and_serve(self, *messages: bytes) -> None:
        """Each on a connection of its own, then an honest client."""
        device = self.launch()
        for message in messages:
            with self.subTest(message=message[:48]):
                client = self.connect(device)
                self.refused(client, message)
                client.close()
        self.assert_serves(device)

    def test_sizes_in_the_header(self) -> None:
        self.refuse_and_serve(*(
            encode(Command.GET_INFO, b"", size=size)
            for size in (0, 1, 15, 0x7fffffff, 0xffffffff)))

    def test_payload_missing(self) -> None:
        self.refuse_and_serve(*(
            encode(command, b"") for command in Command
            if command not in (Command.RESET, Command.VERSION)))

    def test_payload_short(self) -> None:
        self.refuse_and_serve(*(
            encode(command, bytes(7)) for command in Command
            if command not in (Command.RESET, Command.VERSION)))

    def test_unknown_commands(self) -> None:
        self.refuse_and_serve(*(
            encode(command, bytes(32)) for command in (0, 14, 19, 255,
                                                       0xffff)))

    def test_commands_of_the_other_direction(self) -> None:
        self.refuse_and_serve(encode(Command.DMA_READ, bytes(16)),
                              encode(Command.DMA_WRITE, bytes(32)))

    def test_argsz(self) -> None:
        self.refuse_and_serve(*(
            encode(command, struct.pack("<8I", argsz, *([0] * 7)))
            for argsz in (0, 4, 15)
            for command in (Command.GET_INFO, Command.GET_REGION_INFO,
                            Command.GET_IRQ_INFO)))

    def test_reply_as_command(self) -> None:
        device = self.launch()
        client = self.connect(device)
        try:
            client.send(encode(Command.GET_INFO, bytes(16), flags=FLAG_REPLY))
            client.sock.settimeout(0.2)
            client.receive()
        except (Disconnected, socket.timeout):
            pass
        client.close()
        self.assert_serves(device)

    def test_region_accesses_out_of_range(self) -> None:
        device = self.launch()
        client = self.connect(device)
        for region, size in ((0, 64), (1, 0x2000), (4, 0x4000),
                             (REGION_CONFIG, 4096)):
            for offset, count in ((size, 1), (size - 1, 2), (size - 2, 4),
                                  (2**64 - 1, 1), (2**64 - 4, 8),
                                  (2**63, 4)):
                with self.assertRaises(Refused):
                    client.read(region, offset, count)
                with self.assertRaises(Refused):
                    client.write(region, offset, bytes(count))
        for region in (3, 5, 6, 8, 9, 0xffffffff):
            with self.assertRaises(Refused):
                client.read(region, 0, 4)
        self.assert_serves_still(client)

    def test_region_counts(self) -> None:
        device = self.launch()
        for count in (0x10000, 0x7fffffff, 0xffffffff):
            client = self.connect(device)
            self.refused(client, encode(
                Command.REGION_READ, struct.pack("<QII", 0, 4, count)))
            client.close()
        self.assert_serves(device)

    def test_write_count_and_data_differ(self) -> None:
        self.refuse_and_serve(
            encode(Command.REGION_WRITE, struct.pack("<QII", 0, 4, 4)),
            encode(Command.REGION_WRITE,
                   struct.pack("<QII", 0, 4, 8) + bytes(4)),
            encode(Command.REGION_WRITE,
                   struct.pack("<QII", 0, 4, 0xfffffff0) + bytes(4)))

    def test_too_many_descriptors(self) -> None:
        device = self.launch()
        client = self.connect(device)
        self.assert_serves_still(client)
        before = open_fds(device.process.pid)
        client.close()
        fds = [os.open("/dev/null", os.O_RDONLY) for _ in range(60)]
        for fd in fds:
            self.addCleanup(os.close, fd)
        for _ in range(5):
            client = self.connect(device)
            try:
                client.send(encode(Command.GET_INFO,
                                   struct.pack("<4I", 16, 0, 0, 0)), fds)
                client.receive()
            except Disconnected:
                pass
            client.close()
        self.assertTrue(device.alive())
        client = self.connect(device)
        self.assert_serves_still(client)
        self.assertLessEqual(open_fds(device.process.pid), before + 1)

    def test_set_irqs_out_of_range(self) -> None:
        device = self.launch()
        client = self.connect(device)
        event = os.eventfd(0)
        self.addCleanup(os.close, event)
        trigger = IrqSet.DATA_EVENTFD | IrqSet.TRIGGER
        for index, start, count in ((IRQ_MSIX, 5, 1), (IRQ_MSIX, 0, 6),
                                    (IRQ_MSIX, 0xffffffff, 2),
                                    (IRQ_MSIX, 0, 0xffffffff),
                                    (IRQ_INTX, 1, 1), (IRQ_INTX, 0, 2),
                                    (7, 0, 1), (0xffffffff, 0, 1)):
            with self.subTest(index=index, start=start, count=count):
                with self.assertRaises(Refused):
                    client.set_irqs(index, trigger, start, count, [event])
        self.assert_serves_still(client)

    def test_set_irqs_flags(self) -> None:
        device = self.launch()
        client = self.connect(device)
        for flags in (0, 0x3f, 0x07, 0x38, 0x80000000, 0x24 | 0x100):
            with self.subTest(flags=flags):
                with self.assertRaises(Refused):
                    client.set_irqs(IRQ_MSIX, IrqSet(flags))
        with self.assertRaises(Refused):
            client.set_irqs(IRQ_MSIX, IrqSet.DATA_BOOL | IrqSet.TRIGGER, 0, 4)
        self.assert_serves_still(client)

    def test_no_reply_is_obeyed(self) -> None:
        client = self.connect(self.launch())
        client.post(BAR_VIRTIO, 20, b"\1")
        client.post(BAR_VIRTIO, 0x100000, b"\1")  # refused in silence
        self.assertEqual(client.read(BAR_VIRTIO, 20, 1), b"\1")

    def test_random_bytes(self) -> None:
        """Seeded noise on the socket."""
        device = self.launch()
        rng = random.Random(20)
        for _ in range(60):
            client = self.connect(device, version=rng.random() < 0.7)
            try:
                for _ in range(rng.randrange(1, 6)):
                    client.send(rng.randbytes(rng.randrange(1, 200)))
            except Disconnected:
                pass
            client.close()
        self.assert_serves(device)

    def test_random_payloads(self) -> None:
        """Honest headers, seeded payloads."""
        device = self.launch()
        rng = random.Random(21)
        client = self.connect(device)
        for _ in range(400):
            command = rng.choice(list(Command))
            words = [rng.choice((0, 1, 2, 4, 7, 16, 32, 4096, 0xffffffff,
                                 rng.getrandbits(32)))
                     for _ in range(rng.randrange(0, 12))]
            try:
                client.send(encode(command, struct.pack(f"<{len(words)}I",
                                                        *words)))
                client.receive()
            except Disconnected:
                client.close()
                client = self.connect(device)
        client.close()
        self.assert_serves(device)

    def assert_serves_still(self, client: Client) -> None:
        """The connection was not lost over it."""
        self.assertEqual(client.info()[1], NUM_REGIONS)
