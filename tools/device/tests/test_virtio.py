# SPDX-License-Identifier: GPL-2.0
"""The virtio side: life cycle, features, queues, interrupts, changes."""

from __future__ import annotations

from .case import DEFAULT_SECTORS, DeviceCase
from .process import pattern
from .ring import Ring
from .virtio import DEFAULT_FEATURES
from .wire import (NO_VECTOR, SECTOR, Feature, Status)

READY = Status.ACKNOWLEDGE | Status.DRIVER | Status.FEATURES_OK
OFF_NAMES = {"event_idx": Feature.EVENT_IDX, "flush": Feature.FLUSH,
             "indirect_desc": Feature.INDIRECT_DESC, "mq": Feature.MQ,
             "discard": Feature.DISCARD,
             "write_zeroes": Feature.WRITE_ZEROES}


class LifeCycle(DeviceCase):
    """device_status, virtio 1.4, 2.1 and 3.1.1."""

    def test_in_order(self) -> None:
        block = self.attach(self.launch())
        block.reset()
        self.assertEqual(block.status, 0)
        self.assertEqual(block.add_status(Status.ACKNOWLEDGE), 1)
        self.assertEqual(block.add_status(Status.DRIVER), 3)
        block.accept(1 << Feature.VERSION_1)
        self.assertEqual(block.add_status(Status.FEATURES_OK), READY)
        self.assertEqual(block.add_status(Status.DRIVER_OK),
                         READY | Status.DRIVER_OK)

    def test_version_1_is_needed(self) -> None:
        block = self.attach(self.launch())
        status = block.negotiate([Feature.FLUSH])
        self.assertFalse(status & Status.FEATURES_OK)

    def test_feature_not_offered(self) -> None:
        device = self.launch()
        for bit in (3, 18, 24, 41, 63):
            block = self.attach(device)
            status = block.negotiate([Feature.VERSION_1, bit], mask=False)
            self.assertFalse(status & Status.FEATURES_OK, f"bit {bit}")
            block.client.close()
        self.assert_serves(device)

    def test_features_are_frozen(self) -> None:
        """2.2.2: what is written after FEATURES_OK changes nothing."""
        block = self.attach(self.launch())
        block.start(features=[Feature.VERSION_1])
        block.accept(block.offered())
        self.assertEqual(len(block.read(0, 1)), 512)
        self.assertTrue(block.status & Status.FEATURES_OK)

    def test_selectors_beyond_the_bits(self) -> None:
        block = self.attach(self.launch())
        for select in (2, 3, 64, 0xffffffff):
            block.set("device_feature_select", select)
            self.assertEqual(block.get("device_feature"), 0)
            block.set("driver_feature_select", select)
            block.set("driver_feature", 0)

    def test_reset_forgets_all(self) -> None:
        block = self.attach(self.launch())
        block.start(queues=2)
        block.reset()
        for index in (0, 1):
            block.set("queue_select", index)
            self.assertEqual(block.get("queue_enable"), 0)
            self.assertEqual(block.get("queue_desc_lo"), 0)
            self.assertEqual(block.get("queue_msix_vector"), NO_VECTOR)
        self.assertEqual(block.get("config_msix_vector"), NO_VECTOR)

    def test_no_work_before_driver_ok(self) -> None:
        device = self.launch()
        block = self.attach(device)
        block.negotiate()
        ring = Ring(block.ram, 16)
        block.set_queue(0, ring)
        ring.add([block.header(0), block.status_byte()])
        block.notify()
        self.assertEqual(ring.used_idx, 0)

    def test_hundred_resets(self) -> None:
        device = self.launch()
        block = self.attach(device)
        for _ in range(100):
            block.ram.restart()
            block.start()
            self.assertEqual(len(block.read(3, 1)), 512)

    def test_pending_is_served_at_driver_ok(self) -> None:
        """Buffers offered before, notified after."""
        block = self.attach(self.launch())
        block.negotiate()
        ring = Ring(block.ram, 16)
        block.set_queue(0, ring)
        status = block.status_byte()
        ring.add([block.header(4), status])
        block.add_status(Status.DRIVER_OK)
        block.notify()
        block.wait_used()
        self.assertEqual(block.status_at(status), 0)


class Features(DeviceCase):
    """What is offered."""

    def test_all_that_was_promised(self) -> None:
        offered = self.attach(self.launch()).offered()
        for bit in (*DEFAULT_FEATURES, Feature.EVENT_IDX):
            self.assertTrue(offered >> bit & 1, bit)
        self.assertFalse(offered >> Feature.RO & 1)

    def test_readonly(self) -> None:
        offered = self.attach(self.launch("--readonly")).offered()
        self.assertTrue(offered >> Feature.RO & 1)

    def test_features_off(self) -> None:
        for name, bit in OFF_NAMES.items():
            with self.subTest(name=name):
                device = self.launch("--features-off", name)
                block = self.attach(device)
                self.assertFalse(block.offered() >> bit & 1)
                self._stopped(device)
                self.setUp()

    def test_features_off_list(self) -> None:
        offered = self.attach(self.launch(
            "--features-off", "event_idx,flush")).offered()
        self.assertFalse(offered >> Feature.EVENT_IDX & 1)
        self.assertFalse(offered >> Feature.FLUSH & 1)
        self.assertTrue(offered >> Feature.DISCARD & 1)


class Queues(DeviceCase):
    """Queue set-up, virtio 1.4, 4.1.4.3."""

    def test_number_and_size(self) -> None:
        block = self.attach(self.launch("--queues", "3", "--queue-size",
                                        "128"))
        self.assertGreaterEqual(block.get("num_queues"), 3)
        block.negotiate()
        self.assertEqual(block.device_config(34, 2), 3, "num_queues")
        for index in range(3):
            block.set("queue_select", index)
            self.assertEqual(block.get("queue_size"), 128)
            self.assertEqual(block.get("queue_notify_off"), index)

    def test_no_such_queue(self) -> None:
        block = self.attach(self.launch("--queues", "2"))
        block.negotiate()
        for index in (2, 64, 0xffff):
            block.set("queue_select", index)
            self.assertEqual(block.get("queue_size"), 0)
            block.set("queue_size", 16)
            block.set("queue_enable", 1)
            self.assertEqual(block.get("queue_size"), 0)

    def test_each_queue_works(self) -> None:
        block = self.attach(self.launch("--queues", "4"))
        block.start(queues=4)
        for index in (3, 0, 2, 1):
            data = block.read(index * 10, 3, index)
            self.assertEqual(data, pattern(40)[index * 10 * SECTOR:
                                               (index * 10 + 3) * SECTOR])

    def test_every_size(self) -> None:
        device = self.launch("--queue-size", "256")
        block = self.attach(device)
        for shift in range(2, 9):
            block.ram.restart()
            block.start(size=1 << shift)
            for sector in range((1 << shift) + 3):
                self.assertEqual(block.read(sector, 1),
                                 pattern(sector + 1)[-SECTOR:])

    def test_index_wraps(self) -> None:
        """65536 requests pass the end of the indices; fewer, started near."""
        block = self.attach(self.launch())
        ring = block.start(size=16, features=[Feature.VERSION_1])
        for _ in range(40):
            self.assertEqual(len(block.read(1, 1)), 512)
        self.assertEqual(ring.used_idx, 40)

    def test_registers_read_back(self) -> None:
        block = self.attach(self.launch())
        block.negotiate()
        block.set("queue_select", 1)
        for n, name in enumerate(("desc", "driver", "device")):
            block.set(f"queue_{name}_lo", 0x1000 * (n + 1))
            block.set(f"queue_{name}_hi", n + 1)
        for n, name in enumerate(("desc", "driver", "device")):
            self.assertEqual(block.get(f"queue_{name}_lo"), 0x1000 * (n + 1))
            self.assertEqual(block.get(f"queue_{name}_hi"), n + 1)
        block.set("queue_select", 0)
        self.assertEqual(block.get("queue_desc_lo"), 0)

    def test_enable_reads_back(self) -> None:
        block = self.attach(self.launch())
        block.start()
        block.set("queue_select", 0)
        self.assertEqual(block.get("queue_enable"), 1)
        block.set("queue_select", 1)
        self.assertEqual(block.get("queue_enable"), 0)


class Msix(DeviceCase):
    """Vectors."""

    def test_vector_a_queue(self) -> None:
        block = self.attach(self.launch("--queues", "2"))
        irqs = block.msix(3)
        block.start(queues=2, vectors=True)
        for index in (0, 1):
            block.read(0, 1, index)
            self.assertEqual(irqs.wait(index + 1), 1)
            self.assertEqual(irqs.count(2 - index), 0)
        self.assertEqual(block.get("isr_status") & 1, 0)

    def test_vector_out_of_range(self) -> None:
        block = self.attach(self.launch("--queues", "2"))
        block.msix(3)
        block.negotiate()
        for vector in (3, 100, 0xfffe):
            block.set("config_msix_vector", vector)
            self.assertEqual(block.get("config_msix_vector"), NO_VECTOR)
            block.set("queue_select", 0)
            block.set("queue_msix_vector", vector)
            self.assertEqual(block.get("queue_msix_vector"), NO_VECTOR)
        block.set("config_msix_vector", 2)
        self.assertEqual(block.get("config_msix_vector"), 2)

    def test_no_vector_no_interrupt(self) -> None:
        block = self.attach(self.launch())
        irqs = block.msix(5)
        block.start()
        block.read(0, 1)
        self.assertEqual([irqs.count(n) for n in range(5)], [0] * 5)

    def test_shared_vector(self) -> None:
        block = self.attach(self.launch("--queues", "2"))
        irqs = block.msix(1)
        block.negotiate()
        for index in (0, 1):
            self.assertEqual(block.set_queue(index, Ring(block.ram, 16), 0),
                             0)
        block.add_status(Status.DRIVER_OK)
        for index in (0, 1):
            block.read(0, 1, index)
            self.assertEqual(irqs.wait(0), 1)

    def test_suppressed_by_flags(self) -> None:
        block = self.attach(self.launch())
        irqs = block.msix(5)
        ring = block.start(vectors=True)
        ring.set_avail_flags(1)
        block.read(0, 1)
        self.assertEqual(irqs.count(1), 0)
        ring.set_avail_flags(0)
        block.read(0, 1)
        self.assertEqual(irqs.wait(1), 1)

    def test_disarmed_vector(self) -> None:
        """No eventfd: the interrupt goes nowhere and the device lives."""
        device = self.launch()
        block = self.attach(device)
        block.msix(5)
        block.start(vectors=True)
        block.client.command(8, b"\x14\0\0\0\x21\0\0\0\2\0\0\0" + bytes(8))
        block.read(0, 1)
        self.assertTrue(device.alive())


class Intx(DeviceCase):
    """The line, and the ISR that lowers it."""

    def test_one_request(self) -> None:
        block = self.attach(self.launch())
        irqs = block.intx()
        block.start()
        block.read(0, 1)
        self.assertEqual(irqs.wait(), 1)
        self.assertEqual(block.get("isr_status"), 1)
        self.assertEqual(block.get("isr_status"), 0, "cleared by reading")
        irqs.unmask()
        self.assertEqual(irqs.wait(timeout=0.05), 0, "the line is low")

    def test_masked_until_unmasked(self) -> None:
        block = self.attach(self.launch())
        irqs = block.intx()
        block.start()
        block.read(0, 1)
        self.assertEqual(irqs.wait(), 1)
        block.read(0, 1)
        self.assertEqual(irqs.wait(timeout=0.05), 0, "masked by itself")
        irqs.unmask()
        self.assertEqual(irqs.wait(), 1, "the line is still high")

    def test_low_after_reset(self) -> None:
        block = self.attach(self.launch())
        irqs = block.intx()
        block.start()
        block.read(0, 1)
        irqs.wait()
        block.reset()
        irqs.unmask()
        self.assertEqual(irqs.wait(timeout=0.05), 0)
        self.assertEqual(block.get("isr_status"), 0)


class Changes(DeviceCase):
    """Resize: configuration changes."""

    def test_resize_grows_and_tells(self) -> None:
        device = self.launch()
        block = self.attach(device)
        irqs = block.msix(5)
        block.negotiate()
        block.set("config_msix_vector", 0)
        block.set_queue(0, Ring(block.ram, 16), 1)
        block.add_status(Status.DRIVER_OK)
        self.assertEqual(block.capacity(), DEFAULT_SECTORS)
        generation = block.get("config_generation")
        answer = device.control(f"resize {(DEFAULT_SECTORS + 8) * SECTOR}")
        self.assertTrue(answer["ok"], answer)
        self.assertEqual(irqs.wait(0), 1)
        self.assertNotEqual(block.get("config_generation"), generation)
        self.assertEqual(block.capacity(), DEFAULT_SECTORS + 8)
        self.assertEqual(block.read(DEFAULT_SECTORS, 8), bytes(8 * SECTOR))

    def test_resize_by_intx(self) -> None:
        device = self.launch()
        block = self.attach(device)
        irqs = block.intx()
        block.start()
        device.control(f"resize {16 * SECTOR}")
        self.assertEqual(irqs.wait(), 1)
        self.assertEqual(block.get("isr_status"), 2)
        self.assertEqual(block.capacity(), 16)
        self.assertNotEqual(block.request(0, 16, []), 0)

    def test_bad_resize(self) -> None:
        device = self.launch()
        for text in ("resize", "resize 0", "resize 513", "resize -512",
                     "resize 1x", "resize 99999999999999999999999"):
            answer = device.control(text)
            self.assertFalse(answer["ok"], text)
            self.assertTrue(answer["error"])
        self.assert_serves(device)

    def test_config_fields(self) -> None:
        block = self.attach(self.launch("--queues", "2"))
        block.negotiate()
        self.assertEqual(block.device_config(20, 4), 512, "blk_size")
        self.assertGreater(block.device_config(12, 4), 0, "seg_max")
        self.assertGreater(block.device_config(36, 4), 0, "discard sectors")
        self.assertGreater(block.device_config(40, 4), 0, "discard segments")
        self.assertGreater(block.device_config(48, 4), 0, "zeroes sectors")

    def test_write_cache_switch(self) -> None:
        block = self.attach(self.launch())
        block.start()
        self.assertEqual(block.device_config(32, 1), 1, "write back")
        block.client.write(4, 0x2000 + 32, b"\0")
        self.assertEqual(block.device_config(32, 1), 0)
        self.assertEqual(block.write(5, b"x" * 512), 0)
        self.assertEqual(block.read(5, 1), b"x" * 512)

    def test_other_fields_are_read_only(self) -> None:
        block = self.attach(self.launch())
        block.start()
        for at in range(0, 32, 4):
            block.client.write_int(4, 0x2000 + at, 4, 0xffffffff)
        self.assertEqual(block.capacity(), DEFAULT_SECTORS)
