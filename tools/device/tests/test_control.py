# SPDX-License-Identifier: GPL-2.0
"""The control socket: counters, and the commands that change the device."""

from __future__ import annotations

import os
import socket
import struct
import time

from .case import SECTORS, DeviceCase
from .driver import CONFIG_REGION, SECTOR, VIRTIO_BAR, Command, Driver
from .process import DeviceProcess

COMMON_CAP, NOTIFY_CAP = 0x90, 0xc0
STRUCTURE = 0x1000
INTERRUPT_BIT = 4


class Counters(DeviceCase):
    """The device's counts equal the client's accesses."""

    def test_reads(self) -> None:
        device = self.launch("--queues", "2")
        driver = self.attach(device)
        self.assertTrue(device.control("reset")["ok"])
        self.reads(driver)
        counters = self.counters(device)
        self.assertEqual(counters["registers"], [
            {"name": "notify", "window": "notify", "dir": "write",
             "count": 12}])
        self.assertEqual((counters["kicks"], counters["doorbells"]), (12, 0))
        self.assertEqual(counters["requests"]["read"], 12)
        self.assertEqual(counters["requests"]["error"], 0)
        self.assertEqual(counters["bytes"], {"read": 12 * SECTOR, "write": 0})
        self.assertEqual(counters["status"], 15)
        self.assertEqual(counters["queues"][0], {
            "index": 0, "size": 8, "avail_idx": 12, "used_idx": 12})
        self.assertEqual(len(counters["queues"]), 2)
        with self.assertRaises(OSError):
            driver.read(SECTORS)
        self.assertEqual(self.counters(device)["requests"]["error"], 1)

    def test_packed_ring(self) -> None:
        device = self.launch()
        self.reads(self.attach(device, packed=True))
        queue = self.counters(device)["queues"][0]
        self.assertEqual(queue["avail_idx"], queue["used_idx"])

    def test_each_register_each_direction(self) -> None:
        device = self.launch()
        client = self.connect(device)
        for item in device.control("map")["registers"]:
            size = min(item["size"], 4)
            device.control("reset")
            client.read(item["bar"], item["offset"], size)
            client.read(item["bar"], item["offset"], size)
            client.write(item["bar"], item["offset"], size, 0)
            told = {entry["dir"]: entry["count"] for entry in
                    self.counters(device)["registers"]
                    if entry["name"] == item["name"]}
            self.assertEqual(told, {"read": 2, "write": 1}, item["name"])

    def test_asking_disturbs_nothing(self) -> None:
        device = self.launch("--poll")
        driver = self.attach(device)
        before = self.counters(device)["registers"]
        for _ in range(50):
            device.control("counters")
            device.control("map")
        self.assertEqual(self.counters(device)["registers"], before)
        self.reads(driver, kick=False)

    def test_entropy(self) -> None:
        device = self.launch_rng()
        driver = self.attach(device)
        self.assertEqual(len(set(driver.random(64) for _ in range(9))), 9)
        counters = self.counters(device)
        self.assertEqual(counters["requests"], {"read": 9, "error": 0})
        self.assertEqual(counters["bytes"], {"read": 9 * 64})
        self.assertNotIn("resize", device.control("?")["error"])
        self.assertEqual({item["bar"] for item in
                          device.control("map")["registers"]}, {4})


class Commands(DeviceCase):
    """Those that change the device."""

    device: DeviceProcess
    driver: Driver

    def does(self, line: str) -> None:
        """It is taken."""
        answer = self.device.control(line)
        self.assertEqual(answer, {"ok": True}, line)

    def refuses(self, line: str, *words: str) -> None:
        """It is not, and the answer says why."""
        answer = self.device.control(line)
        self.assertFalse(answer["ok"], line)
        for word in words:
            self.assertIn(word, answer["error"])

    def begin(self, *options: str) -> None:
        """A device and its driver."""
        self.device = self.launch(*options)
        self.driver = self.attach(self.device)

    def capability(self, at: int) -> int:
        """The length of the structure that a capability names."""
        return self.driver.client.read(CONFIG_REGION, at + 12, 4)

    def test_unknown(self) -> None:
        self.begin()
        for text in ("", "COUNTERS", "counters now", "x" * 5000, "\x00",
                     "reset;quit", "\u00e9", "interrupt 1"):
            self.refuses(text, "counters, reset, map, resize, stall",
                         "drop-driver-ok or quit")
        self.reads(self.driver)

    def test_resize(self) -> None:
        self.begin()
        before = self.driver.get("config_generation")
        self.does(f"resize {SECTORS * 2 * SECTOR}")
        self.assertEqual(self.driver.client.read(VIRTIO_BAR, 0x2000, 4),
                         SECTORS * 2)
        self.assertNotEqual(self.driver.get("config_generation"), before)
        self.assertEqual(self.driver.read(SECTORS), bytes(SECTOR))
        self.assertEqual(os.path.getsize(self.device.backing),
                         SECTORS * 2 * SECTOR)
        for wrong in ("0", "511", "-512", "x", "", "99999999999999999999"):
            self.refuses(f"resize {wrong}", "multiple of 512")

    def test_resize_that_cannot_be(self) -> None:
        self.begin("--readonly")
        self.refuses("resize 512", "Read-only")

    def test_stall(self) -> None:
        self.begin()
        self.does("stall 0.2")
        start = time.monotonic()
        self.driver.read(0)
        self.assertGreaterEqual(time.monotonic() - start, 0.15)
        self.does("stall 60")
        self.driver.read(1, wait=False)
        self.does("stall 0")
        self.driver.wait(3)
        for wrong in ("x", "-1", "86401", "1x", ""):
            self.refuses(f"stall {wrong}", "86400")

    def test_fail(self) -> None:
        self.begin()
        self.does("fail 2")
        for _ in range(2):
            with self.assertRaises(OSError):
                self.driver.read(0)
        self.reads(self.driver)
        for command in ("fail", "seed"):
            self.refuses(f"{command} x", "whole number")

    def test_service(self) -> None:
        self.begin("--service", "constant:0")
        self.does("seed 3")
        self.does("service constant:200000")
        start = time.monotonic()
        self.driver.read(0)
        self.assertGreaterEqual(time.monotonic() - start, 0.2)
        self.refuses("service warp", "bimodal")

    def test_service_that_was_not_begun(self) -> None:
        self.begin()
        self.refuses("service constant:1", "begun with --service")

    def test_quirks(self) -> None:
        """A list takes the place of the one before, at the next reset."""
        self.begin("--quirk", "long-notify-cap", "--quirk", "used-len=zero")
        self.assertEqual(self.capability(NOTIFY_CAP), 0x4000)
        self.does("quirk short-common-cap,seg-max=1")
        self.assertEqual(self.capability(COMMON_CAP), STRUCTURE)
        self.driver.client.command(Command.RESET)
        self.assertEqual(self.capability(COMMON_CAP), 56)
        self.assertEqual(self.capability(NOTIFY_CAP), STRUCTURE)
        self.does("quirk overlapping-caps")
        self.driver.client.command(Command.RESET)
        self.assertEqual([self.capability(at) for at in
                          (0x90, 0xa0, 0xb0, 0xc0)],
                         [0x4000, 0x3000, 0x2000, 0x1000])
        self.does("quirk none")
        for wrong, word in (("used-len=\"\\", "use data"), ("warp", "no-get"),
                            ("blk-size=x,", "blk-size"), ("", "name some")):
            self.refuses(f"quirk {wrong}".rstrip(), word)

    def test_interrupt(self) -> None:
        """One that nothing caused, on every queue."""
        self.begin()
        fds = self.driver.client.msix(2)
        self.driver.start(vector=1)
        self.does("interrupt")
        self.assertEqual(os.eventfd_read(fds[1]), 1)
        self.assertEqual(self.counters(self.device)["interrupts"]["msix"], 1)
        for fd in fds:
            os.close(fd)

    def test_drop_driver_ok(self) -> None:
        """Requests are left alone until the driver starts anew."""
        self.begin()
        self.does("drop-driver-ok")
        self.assertEqual(self.counters(self.device)["status"]
                         & INTERRUPT_BIT, 0)
        self.driver.start()
        self.reads(self.driver)

    def test_quit(self) -> None:
        self.begin()
        self.does("quit")
        self.assertEqual(self.device.process.wait(5), 0)
        self.assertFalse(self.device.socket.exists(), "its socket is removed")


class Sessions(DeviceCase):
    """Several that ask at once."""

    def test_silent_ones(self) -> None:
        """They do not keep others waiting; the eldest makes way."""
        device = self.launch()
        silent = []
        for _ in range(6):
            sock = socket.socket(socket.AF_UNIX)
            self.addCleanup(sock.close)
            sock.connect(str(device.control_path))
            sock.sendall(b"coun")
            silent.append(sock)
            self.assertTrue(device.control()["ok"])
        silent[-1].settimeout(5)
        silent[-1].sendall(b"ters\r\ncounters\n")
        self.assertTrue(silent[-1].recv(10))
        silent[0].settimeout(5)
        self.assertEqual(silent[0].recv(10), b"")

    def test_one_that_does_not_read(self) -> None:
        """Answers fill its socket; it waits alone."""
        device = self.launch()
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(str(device.control_path))
            sock.setblocking(False)
            try:
                for _ in range(100000):
                    sock.send(b"map\n")
            except BlockingIOError:
                pass
            self.assertTrue(device.control()["ok"])
        self.serves(device)

    def test_half_a_message_on_the_other_socket(self) -> None:
        device = self.launch()
        client = self.connect(device)
        message = struct.pack("<HHIII4I", 1, 4, 32, 0, 0, 16, 0, 0, 0)
        for cut in (7, 20):
            client.sock.sendall(message[:cut])
            self.assertTrue(device.control()["ok"])
            client.sock.sendall(message[cut:])
            client.receive()
