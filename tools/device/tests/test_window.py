# SPDX-License-Identifier: GPL-2.0
"""The legacy register window: through ports, through memory, misused."""

from __future__ import annotations

import random
import struct
from functools import partial

from .case import DEFAULT_SECTORS, DeviceCase
from .process import DeviceProcess, pattern
from .virtio import Interrupts
from .vfio_user import IRQ_INTX
from .window import Window
from .wire import (APERTURE, BAR_MEMORY, BAR_PORT, SECTOR, WindowCommand,
                   WindowError, WindowStatus)

IDLE = WindowStatus.READY
CONTROL_IRQ, CONTROL_RESET = 1, 2


class WindowCase(DeviceCase):
    """A device and one of its windows."""

    device: DeviceProcess
    window: Window

    def begin(self, *options: str, name: str = "port") -> Window:
        """Start a device and its window's driver, interrupts on."""
        self.device = self.launch(*options)
        self.window = Window(self.connect(self.device), name)
        self.window.set("control", CONTROL_IRQ)
        return self.window

    def both(self) -> list[Window]:
        """Both windows of one device."""
        port = self.begin()
        return [port, Window(port.client, "memory")]

    def irqs(self) -> Interrupts:
        """INTx."""
        irqs = Interrupts(self.window.client, IRQ_INTX, 1)
        self.addCleanup(irqs.close)
        return irqs


class Requests(WindowCase):
    """What the commands do."""

    def test_read(self) -> None:
        for window in self.both():
            self.assertEqual(window.read(10, 3),
                             pattern(13)[10 * SECTOR:])
            self.assertEqual(window.get("status")
                             & ~WindowStatus.IRQ, IDLE)

    def test_write(self) -> None:
        for n, window in enumerate(self.both()):
            data = random.Random(n).randbytes(2 * SECTOR)
            status = window.write(50 + 4 * n, data)
            self.assertFalse(status & (WindowStatus.ERR | WindowStatus.DRQ))
            self.assertEqual(window.read(50 + 4 * n, 2), data)
            start = (50 + 4 * n) * SECTOR
            self.assertEqual(self.device.backing.read_bytes()
                             [start:start + 2 * SECTOR], data)

    def test_last_sector(self) -> None:
        self.assertEqual(self.begin().read(DEFAULT_SECTORS - 1, 1),
                         pattern(DEFAULT_SECTORS)[-SECTOR:])

    def test_flush(self) -> None:
        for window in self.both():
            status = window.command(WindowCommand.FLUSH)
            self.assertFalse(status & (WindowStatus.ERR | WindowStatus.DRQ))
        self.assertEqual(self.counters(self.device)["requests"]["flush"], 2)

    def test_identify(self) -> None:
        for name in ("port", "memory"):
            window = self.begin("--serial", "vfe-77", name=name)
            self.assertTrue(window.command(WindowCommand.IDENTIFY)
                            & WindowStatus.DRQ)
            data = window.words_in(128)
            magic, version, capacity, most, flags = struct.unpack_from(
                "<IIQII", data)
            self.assertEqual((magic, version, capacity),
                             (0x44656676, 1, DEFAULT_SECTORS))
            self.assertGreater(most, 0)
            self.assertEqual(flags & 1, 0)
            self.assertEqual(data[24:44], b"vfe-77".ljust(20, b"\0"))
            self.assertEqual(data[44:], bytes(512 - 44))
            self._stopped(self.device)
            self.setUp()

    def test_identify_readonly(self) -> None:
        window = self.begin("--readonly")
        window.command(WindowCommand.IDENTIFY)
        self.assertEqual(window.words_in(128)[20] & 1, 1)

    def test_largest_request(self) -> None:
        window = self.begin(name="memory")
        window.command(WindowCommand.IDENTIFY)
        most = struct.unpack_from("<I", window.words_in(128), 16)[0]
        self.assertEqual(window.failed(WindowCommand.READ, 0, most + 1),
                         WindowError.RANGE)
        if most <= 256:
            self.assertEqual(window.read(0, most), pattern(most))

    def test_aperture(self) -> None:
        """Every word of the aperture is data, in the order of access."""
        window = self.begin(name="memory")
        window.aim(20, 1)
        window.command(WindowCommand.READ)
        data = b"".join(window.client.read(BAR_MEMORY, APERTURE + 4 * n, 4)
                        for n in range(128))
        self.assertEqual(data, pattern(21)[-SECTOR:])
        window.aim(21, 1)
        window.set("command", WindowCommand.WRITE)
        for n in range(128):
            window.client.write(BAR_MEMORY, APERTURE + 4 * (1023 - n),
                                struct.pack("<I", n))
        self.assertFalse(WindowStatus(window.get("status"))
                         & WindowStatus.ERR)
        self.assertEqual(window.read(21, 1), struct.pack("<128I",
                                                         *range(128)))

    def test_registers_read_back(self) -> None:
        for window in self.both():
            window.aim(0x123456789a, 77)
            self.assertEqual(window.get("sector_lo"), 0x3456789a)
            self.assertEqual(window.get("sector_hi"), 0x12)
            self.assertEqual(window.get("count"), 77)


class Errors(WindowCase):
    """Requests that fail, and the state after them."""

    def works(self) -> None:
        """The window still does."""
        self.assertEqual(self.window.read(3, 1), pattern(4)[-SECTOR:])

    def test_range(self) -> None:
        window = self.begin()
        for command in (WindowCommand.READ, WindowCommand.WRITE):
            for sector, count in ((DEFAULT_SECTORS, 1), (0, 0),
                                  (DEFAULT_SECTORS - 1, 2), (2**64 - 1, 1),
                                  (2**64 - 1, 2), (2**55, 1),
                                  (0, 0xffffffff)):
                self.assertEqual(window.failed(command, sector, count),
                                 WindowError.RANGE, (command, sector, count))
        self.works()
        self.assertEqual(window.get("error"), WindowError.NONE)

    def test_unknown_commands(self) -> None:
        window = self.begin()
        for command in (0, 5, 6, 255, 0x10001, 0xffffffff):
            self.assertEqual(window.failed(command), WindowError.COMMAND)
        self.works()

    def test_readonly(self) -> None:
        window = self.begin("--readonly")
        self.assertEqual(window.failed(WindowCommand.WRITE),
                         WindowError.READONLY)
        window.words_out(b"\xff" * SECTOR)
        self.assertEqual(window.read(0, 1), pattern(1))
        self.works()

    def test_words_after_a_failed_write_are_ignored(self) -> None:
        window = self.begin()
        window.failed(WindowCommand.WRITE, DEFAULT_SECTORS, 1)
        window.words_out(b"\xff" * SECTOR)
        self.assertEqual(self.device.backing.read_bytes(),
                         pattern(DEFAULT_SECTORS))

    def test_words_without_a_request(self) -> None:
        window = self.begin()
        self.assertEqual(window.get("data"), 0xffffffff)
        window.set("data", 0x55555555)
        self.works()

    def test_words_after_the_last(self) -> None:
        window = self.begin()
        window.read(0, 1)
        self.assertEqual(window.get("data"), 0xffffffff)
        window.write(5, b"z" * SECTOR)
        window.set("data", 0x55555555)
        self.assertEqual(window.read(5, 2), b"z" * SECTOR
                         + pattern(7)[-SECTOR:])

    def test_command_during_a_request(self) -> None:
        """Ignored: the request under way goes on."""
        window = self.begin()
        window.aim(8, 1)
        window.command(WindowCommand.READ)
        first = window.words_in(10)
        window.aim(0, 1)
        window.set("command", WindowCommand.READ)
        window.set("command", 99)
        self.assertEqual(first + window.words_in(118), pattern(9)[-SECTOR:])

    def test_other_widths(self) -> None:
        """They read as ones, are ignored on write, and take no word."""
        window = self.begin()
        window.aim(8, 1)
        window.command(WindowCommand.READ)
        for region in (BAR_PORT, BAR_MEMORY):
            for width in (1, 2):
                for offset in (0x18, 0x10, 0x00):
                    self.assertEqual(
                        window.client.read(region, offset, width),
                        b"\xff" * width)
                    window.client.write(region, offset, b"\0" * width)
            self.harmless(partial(window.client.read, region, 0x16, 4))
        self.assertEqual(window.words_in(128), pattern(9)[-SECTOR:])

    def test_soft_reset(self) -> None:
        window = self.begin()
        for command in (WindowCommand.READ, WindowCommand.WRITE):
            window.aim(8, 2)
            window.set("command", command)
            window.set("control", CONTROL_RESET | CONTROL_IRQ)
            self.assertFalse(window.get("control") & CONTROL_RESET)
            self.assertEqual(window.get("status"), IDLE)
            self.assertEqual(window.get("data"), 0xffffffff)
        window.set("control", CONTROL_IRQ)
        self.works()
        self.assertEqual(self.device.backing.read_bytes(),
                         pattern(DEFAULT_SECTORS))

    def test_device_reset_aborts(self) -> None:
        window = self.begin()
        window.aim(8, 2)
        window.set("command", WindowCommand.WRITE)
        window.words_out(b"\xff" * 600)
        window.client.reset()
        self.assertEqual(window.get("status"), IDLE)
        self.works()
        self.assertEqual(self.device.backing.read_bytes(),
                         pattern(DEFAULT_SECTORS))


class Interrupt(WindowCase):
    """INTx and its acknowledgement."""

    def test_read_interrupts_once(self) -> None:
        window = self.begin()
        irqs = self.irqs()
        window.aim(0, 1)
        window.set("command", WindowCommand.READ)
        self.assertEqual(irqs.wait(), 1)
        self.assertTrue(window.get("status") & WindowStatus.IRQ)
        irqs.unmask()
        self.assertEqual(irqs.wait(timeout=0.05), 0, "acknowledged")
        window.words_in(128)
        self.assertEqual(irqs.wait(timeout=0.05), 0)

    def test_write_interrupts_at_its_end(self) -> None:
        window = self.begin()
        irqs = self.irqs()
        window.aim(0, 1)
        window.set("command", WindowCommand.WRITE)
        self.assertEqual(irqs.wait(timeout=0.05), 0, "no interrupt for DRQ")
        window.words_out(bytes(512))
        self.assertEqual(irqs.wait(), 1)
        self.assertTrue(window.get("status") & WindowStatus.IRQ)

    def test_error_interrupts(self) -> None:
        window = self.begin()
        irqs = self.irqs()
        window.set("command", 99)
        self.assertEqual(irqs.wait(), 1)

    def test_not_acknowledged_stays(self) -> None:
        window = self.begin()
        irqs = self.irqs()
        window.set("command", WindowCommand.FLUSH)
        self.assertEqual(irqs.wait(), 1)
        irqs.unmask()
        self.assertEqual(irqs.wait(), 1, "the line is still high")
        window.get("status")
        irqs.unmask()
        self.assertEqual(irqs.wait(timeout=0.05), 0)

    def test_disabled(self) -> None:
        window = self.begin()
        irqs = self.irqs()
        window.set("control", 0)
        window.set("command", WindowCommand.FLUSH)
        self.assertEqual(irqs.wait(timeout=0.05), 0)
        self.assertFalse(window.get("status") & WindowStatus.ERR)


class Interleaved(WindowCase):
    """Both windows, and the virtio side in between."""

    def test_windows_share_one_request(self) -> None:
        port, memory = self.both()
        port.aim(8, 1)
        port.command(WindowCommand.READ)
        self.assertEqual(port.words_in(64) + memory.words_in(64),
                         pattern(9)[-SECTOR:])

    def test_virtio_within_a_window_request(self) -> None:
        device = self.launch()
        block = self.attach(device)
        window = Window(block.client, "port")
        block.start()
        window.aim(8, 1)
        window.command(WindowCommand.READ)
        first = window.words_in(5)
        self.assertEqual(block.write(8, b"n" * SECTOR), 0)
        self.assertEqual(block.read(9, 1), pattern(10)[-SECTOR:])
        rest = window.words_in(123)
        self.assertIn(first + rest, (pattern(9)[-SECTOR:],))
        self.assertEqual(window.read(8, 1), b"n" * SECTOR)

    def test_each_sees_what_the_other_wrote(self) -> None:
        device = self.launch()
        block = self.attach(device)
        window = Window(block.client, "memory")
        block.start()
        window.write(30, b"w" * SECTOR)
        self.assertEqual(block.read(30, 1), b"w" * SECTOR)
        block.write(31, b"v" * SECTOR)
        self.assertEqual(window.read(31, 1), b"v" * SECTOR)

    def test_reset_of_virtio_leaves_the_window(self) -> None:
        device = self.launch()
        block = self.attach(device)
        window = Window(block.client, "port")
        window.aim(8, 1)
        window.command(WindowCommand.READ)
        block.reset()
        self.assertEqual(window.words_in(128), pattern(9)[-SECTOR:])

    def test_line_is_the_or_of_both(self) -> None:
        device = self.launch()
        block = self.attach(device)
        irqs = block.intx()
        window = Window(block.client, "port")
        window.set("control", CONTROL_IRQ)
        block.start()
        block.read(0, 1)
        window.set("command", WindowCommand.FLUSH)
        self.assertEqual(irqs.wait(), 1)
        window.get("status")
        irqs.unmask()
        self.assertEqual(irqs.wait(), 1, "virtio still holds the line")
        block.get("isr_status")
        irqs.unmask()
        self.assertEqual(irqs.wait(timeout=0.05), 0)

    def test_resize_during_a_request(self) -> None:
        window = self.begin()
        window.aim(DEFAULT_SECTORS - 1, 1)
        window.set("command", WindowCommand.WRITE)
        self.device.control(f"resize {8 * SECTOR}")
        window.words_out(b"q" * SECTOR)
        window.get("status")
        self.assertTrue(self.device.alive())
        self.assertEqual(window.read(3, 1), pattern(4)[-SECTOR:])
