# SPDX-License-Identifier: GPL-2.0
"""Configuration space: identity, capabilities, BARs, FLR, the PCI window."""

from __future__ import annotations

import struct

from .case import DeviceCase
from .vfio_user import REGION_CONFIG, Refused
from .virtio import CAP_VENDOR, Config
from .wire import BAR_SIZES, BAR_VIRTIO, WINDOWS, Status

COMMON, NOTIFY, ISR, DEVICE, PCI_CFG, VENDOR = 1, 2, 3, 4, 5, 9
CAP_EXP, CAP_MSIX = 0x10, 0x11


class Identity(DeviceCase):
    """The header of configuration space."""

    def config(self, *options: str) -> Config:
        """Configuration space of a device with options."""
        return Config(self.connect(self.launch(*options)))

    def test_own_identity(self) -> None:
        config = self.config("--id", "vfe")
        self.assertEqual((config.read(0, 2), config.read(2, 2)),
                         (0x1af4, 0x10f2))
        self.assertEqual(config.read(8, 1), 1, "revision")
        self.assertEqual(config.read(9, 3), 0x018000, "class")

    def test_stock_identity(self) -> None:
        config = self.config("--id", "stock")
        self.assertEqual((config.read(0, 2), config.read(2, 2)),
                         (0x1af4, 0x1042))
        self.assertGreaterEqual(config.read(8, 1), 1, "revision")

    def test_subsystem(self) -> None:
        self.assertGreaterEqual(self.config().read(0x2e, 2), 0x40)

    def test_interrupt_pin(self) -> None:
        self.assertEqual(self.config().read(0x3d, 1), 1)

    def test_capability_bit(self) -> None:
        self.assertTrue(self.config().read(6, 2) & 0x10)

    def test_identity_is_read_only(self) -> None:
        config = self.config()
        before = config.client.read(REGION_CONFIG, 0, 4)
        config.write(0, 4, 0xdeadbeef)
        config.write(8, 4, 0xffffffff)
        self.assertEqual(config.client.read(REGION_CONFIG, 0, 4), before)
        self.assertEqual(config.read(9, 3), 0x018000)

    def test_command_register(self) -> None:
        config = self.config()
        config.write(4, 2, 0x0407)
        self.assertEqual(config.read(4, 2), 0x0407)
        config.write(4, 2, 0xffff)
        self.assertFalse(config.read(4, 2) & 0xf800, "reserved bits")
        config.write(4, 2, 0)
        self.assertEqual(config.read(4, 2), 0)

    def test_bar_types(self) -> None:
        config = self.config()
        self.assertEqual(config.read(0x10, 4) & 3, 1, "BAR 0 is I/O")
        self.assertEqual(config.read(0x14, 4) & 0xf, 0)
        self.assertEqual(config.read(0x18, 4) & 0xf, 0)
        self.assertEqual(config.read(0x20, 4) & 0x7, 4, "BAR 4 is 64 bit")

    def test_bar_sizing(self) -> None:
        config = self.config()
        for index, size in BAR_SIZES.items():
            place = 0x10 + 4 * index
            config.write(place, 4, 0xffffffff)
            mask = 0xfffffffc if index == 0 else 0xfffffff0
            value = config.read(place, 4) & mask
            self.assertEqual((~value & 0xffffffff) + 1, size, f"BAR {index}")

    def test_every_width(self) -> None:
        config = self.config()
        whole = config.client.read(REGION_CONFIG, 0, 64)
        for size in (1, 2, 4):
            parts = b"".join(config.client.read(REGION_CONFIG, at, size)
                             for at in range(0, 64, size))
            self.assertEqual(parts, whole)

    def test_all_of_it_can_be_written(self) -> None:
        """With every width, and nothing that lasts is broken by it."""
        device = self.launch()
        client = self.connect(device)
        size = client.region_info(REGION_CONFIG).size
        for width in (1, 2, 4):
            for at in range(0, size, width):
                try:
                    client.write(REGION_CONFIG, at, b"\xff" * width)
                except Refused:
                    self.assertLess(at, size)
        self.assertEqual(Config(client).read(0, 4), 0x10f21af4)
        client.reset()
        client.close()
        self.assert_serves(device)


class Capabilities(DeviceCase):
    """The list and what it says."""

    def test_list_is_sound(self) -> None:
        kinds = [cap.kind for cap in
                 Config(self.connect(self.launch())).capabilities()]
        self.assertEqual(kinds.count(CAP_MSIX), 1)
        self.assertEqual(kinds.count(CAP_EXP), 1)
        self.assertGreaterEqual(kinds.count(CAP_VENDOR), 6)

    def test_structures(self) -> None:
        config = Config(self.connect(self.launch()))
        for kind, window in ((COMMON, "common"), (ISR, "isr"),
                             (DEVICE, "device"), (NOTIFY, "notify")):
            body = config.virtio(kind).body
            index, offset, length = body[4], *struct.unpack_from("<II", body, 8)
            self.assertEqual((index, offset), WINDOWS[window])
            self.assertLessEqual(offset + length, BAR_SIZES[index])
            self.assertGreater(length, 0)
            self.assertEqual(offset % 4096, 0, "a page of its own")
        notify = config.virtio(NOTIFY).body
        self.assertEqual(struct.unpack_from("<I", notify, 16)[0], 4)

    def test_msix(self) -> None:
        config = Config(self.connect(self.launch("--queues", "2")))
        cap = next(c for c in config.capabilities() if c.kind == CAP_MSIX)
        control, table, pba = struct.unpack_from("<HII", cap.body, 2)
        self.assertEqual(control & 0x7ff, 3 - 1, "queues + 1, less one")
        self.assertEqual((table, pba), (2, 0x1002))

    def test_no_msix(self) -> None:
        config = Config(self.connect(self.launch("--no-msix")))
        self.assertNotIn(CAP_MSIX, [c.kind for c in config.capabilities()])

    def vendor(self, *options: str) -> bytes:
        """The vendor capability of a device with options."""
        return Config(self.connect(self.launch(*options))).virtio(VENDOR).body

    def test_vendor_trap(self) -> None:
        body = self.vendor()
        self.assertEqual(len(body), 20)
        self.assertEqual(struct.unpack_from("<HBBII", body, 4),
                         (0x7666, 1, 0, 0x70656676, 0))
        self.assertEqual((body[16], body[17]), (0, 1))

    def test_vendor_map(self) -> None:
        body = self.vendor("--doorbell", "map")
        self.assertEqual(struct.unpack_from("<I", body, 12)[0], 1 << 1,
                         "the notify window does not trap")

    def test_read_only(self) -> None:
        config = Config(self.connect(self.launch()))
        for kind in (COMMON, ISR, DEVICE, NOTIFY, VENDOR):
            cap = config.virtio(kind)
            for at in range(0, len(cap.body), 4):
                config.write(cap.offset + at, 4, 0xffffffff)
            self.assertEqual(config.virtio(kind).body, cap.body)


class Reset(DeviceCase):
    """FLR and the protocol's own reset."""

    def test_flr(self) -> None:
        block = self.attach(self.launch())
        cap = next(c for c in block.config.capabilities()
                   if c.kind == CAP_EXP)
        self.assertTrue(block.config.read(cap.offset + 4, 4) & 1 << 28,
                        "FLR is advertised")
        block.start()
        control = block.config.read(cap.offset + 8, 2)
        block.config.write(cap.offset + 8, 2, control | 0x8000)
        self.assertEqual(block.status, 0)
        self.assertFalse(block.config.read(cap.offset + 8, 2) & 0x8000,
                         "reads back as 0")
        block.start()
        self.assertEqual(len(block.read(0, 1)), 512)

    def test_device_reset(self) -> None:
        block = self.attach(self.launch())
        block.start()
        block.client.reset()
        self.assertEqual(block.status, 0)
        block.start()
        self.assertEqual(len(block.read(0, 1)), 512)

    def test_reset_ends_msix(self) -> None:
        block = self.attach(self.launch())
        block.msix(2)
        block.client.reset()
        cap = next(c for c in block.config.capabilities()
                   if c.kind == CAP_MSIX)
        self.assertFalse(block.config.read(cap.offset + 2, 2) & 0x8000)


class PciWindow(DeviceCase):
    """VIRTIO_PCI_CAP_PCI_CFG, virtio 1.4, 4.1.4.9."""

    def setUp(self) -> None:
        super().setUp()
        self.device = self.launch()
        self.block = self.attach(self.device)
        self.cap = self.block.config.virtio(PCI_CFG)

    def aim(self, index: int, offset: int, length: int) -> None:
        """Set what the window shows."""
        config = self.block.config
        config.write(self.cap.offset + 4, 1, index)
        config.write(self.cap.offset + 8, 4, offset)
        config.write(self.cap.offset + 12, 4, length)

    def data(self) -> int:
        """Where its data is."""
        return self.cap.offset + 16

    def test_length(self) -> None:
        self.assertEqual(len(self.cap.body), 20)

    def test_read_and_write_status(self) -> None:
        self.aim(BAR_VIRTIO, 20, 1)
        self.block.config.write(self.data(), 1, Status.ACKNOWLEDGE)
        self.assertEqual(self.block.status, Status.ACKNOWLEDGE)
        self.assertEqual(self.block.config.read(self.data(), 1),
                         Status.ACKNOWLEDGE)

    def test_every_width(self) -> None:
        self.aim(BAR_VIRTIO, 0x2000, 4)
        self.assertEqual(self.block.config.read(self.data(), 4),
                         self.block.device_config(0, 4))
        self.aim(BAR_VIRTIO, 18, 2)
        self.assertEqual(self.block.config.read(self.data(), 2),
                         self.block.get("num_queues"))

    def test_it_is_counted(self) -> None:
        self.aim(BAR_VIRTIO, 18, 2)
        self.device.control("reset")
        self.block.config.read(self.data(), 2)
        self.assertEqual(self.registers(self.device),
                         {("num_queues", "read"): 1})

    def test_bad_aims_are_ignored(self) -> None:
        for index, offset, length in ((6, 0, 4), (255, 0, 4), (3, 0, 4),
                                    (4, 0x4000, 4), (4, 0x3ffe, 4),
                                    (4, 0xfffffffc, 4), (4, 0, 3),
                                    (4, 0, 0), (4, 0, 0xffffffff),
                                    (4, 1, 4), (5, 0, 1)):
            with self.subTest(index=index, offset=offset, length=length):
                self.aim(index, offset, length)
                self.block.config.read(self.data(), 4)
                self.block.config.write(self.data(), 4, 0xffffffff)
        self.block.client.close()
        self.assert_serves(self.device)
