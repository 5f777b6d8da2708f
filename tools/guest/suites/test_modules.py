# SPDX-License-Identifier: GPL-2.0
"""Modules, parameters, counters: what is seen of a driver from outside."""

from __future__ import annotations

import pytest

from ..machine import BLK, MODULES, TRAP, GuestCase

REPEATS = 100
WARM_UP = 10
# What the guest does besides, over all repeats; a page lost at each would be
# REPEATS * 4.
SLACK_KB = 256
MEMORY = ("SUnreclaim", "PageTables", "VmallocUsed", "Percpu", "KernelStack")
# Feature bits of virtio 1.4, chapter 6
TRANSPORT = {"INDIRECT_DESC": 28, "EVENT_IDX": 29, "VERSION_1": 32,
             "RING_PACKED": 34, "IN_ORDER": 35, "NOTIFICATION_DATA": 38,
             "NOTIF_CONFIG_DATA": 39, "RING_RESET": 40}
Registers = dict[tuple[str, str], int]


class Modules(GuestCase):
    """Loading, unloading, and what must not load."""

    def memory(self) -> dict[str, int]:
        """What the kernel has allocated for itself, in KiB."""
        text = self.sh("echo 3 >/proc/sys/vm/drop_caches; sleep 0.5;"
                       " cat /proc/meminfo")
        table = {line.split(":")[0]: int(line.split()[1])
                 for line in text.splitlines()}
        return {name: table[name] for name in MEMORY}

    def cycles(self, number: int) -> None:
        """insmod to rmmod, a function bound and read in between."""
        bdf = self.bdf("wild")
        self.sh("cd /lib/modules/*/extra\n"
                f"for n in $(seq {number}); do\n"
                " insmod vfe.ko; insmod vfe_blk.ko\n"
                f" echo {bdf} >/sys/bus/pci/drivers/vfe_blk/bind\n"
                " read -r _ </dev/vfeb0 || true\n"
                " rmmod vfe_blk vfe\ndone", 300)

    @pytest.mark.slow
    def test_load_and_unload(self) -> None:
        """A hundred times, and nothing is left: no module, no memory."""
        self.sh("echo 0 >/sys/bus/pci/drivers_autoprobe")
        self.cycles(WARM_UP)
        before = self.memory()
        self.cycles(REPEATS)
        after = self.memory()
        for name, kib in before.items():
            self.assertLess(after[name] - kib, SLACK_KB,
                            f"{name}: {before} before, {after} after")
        self.assertNotIn("vfe", self.sh("cut -d' ' -f1 /proc/modules"))
        self.assertNotIn("vfe", self.sh("cat /proc/vmallocinfo"))

    def test_load_and_unload_by_name(self) -> None:
        """modprobe finds all, both drivers; probing is automatic."""
        others = [name for name in self.guest.devices if name != "wild"]
        off = "".join(f"echo none >/sys/bus/pci/devices/{self.bdf(name)}"
                      "/driver_override\n" for name in others)
        self.sh(off + "echo 1 >/sys/bus/pci/drivers_autoprobe\n"
                "for n in 1 2 3 4 5; do modprobe vfe_blk;"
                " [ -b /dev/vfeb0 ]; rmmod vfe_blk; modprobe vfe_trap_blk;"
                " rmmod vfe_trap_blk vfe_trap; rmmod vfe; done\n"
                "echo 0 >/sys/bus/pci/drivers_autoprobe", 120)
        self.assertNotIn("vfe", self.sh("cut -d' ' -f1 /proc/modules"))

    def test_wrong_parameters(self) -> None:
        """insmod fails, and the log names the parameter and the value."""
        for module, parameter, value in (
                (BLK, "interrupts", "none"), (BLK, "interrupts", ""),
                (BLK, "interrupts", "MSIX"), (BLK, "queue_depth", "3"),
                (BLK, "queue_depth", "65536"), (BLK, "queue_depth", "1"),
                (BLK, "queues", "-1"), (BLK, "queues", "many"),
                (TRAP, "window", "both"), (TRAP, "window", ""),
                (TRAP, "string", "7")):
            with self.subTest(module=module, parameter=parameter,
                              value=value):
                said = self.sh(f"! modprobe {module} {parameter}={value}"
                               " 2>/dev/null\n"
                               f"[ ! -e /sys/module/{module} ]; dmesg -c")
                self.assertIn(parameter, said)

    def test_a_function_that_is_no_disk(self) -> None:
        """driver_override on something else: refused in one line."""
        for module in MODULES:
            self.sh(f"modprobe {module}")
            result = self.guest.run(
                "set -e; cd /sys/bus/pci/devices/0000:00:1f.0;"
                f" [ ! -e driver ] || exit 9; echo {module} >driver_override;"
                " echo 0000:00:1f.0 >/sys/bus/pci/drivers_probe;"
                " echo >driver_override; [ ! -e driver ]", check=False)
            if result.rc != 9:
                self.assertEqual(result.rc, 0, result.out)
                self.assertIn("1f.0", self.kernel_log())

    def test_attributes_of_a_disk(self) -> None:
        """What users of virtio_blk expect to find."""
        disk = self.bind("wild")
        name = disk.rsplit("/", 1)[1]
        self.assertEqual(name, "vfeb0")
        queue = f"/sys/block/{name}/queue"
        self.assertEqual(self.sh(f"cat {queue}/logical_block_size").strip(),
                         "512")
        self.assertIn(self.sh(f"cat {queue}/write_cache").strip(),
                      ("write back", "write through"))
        self.assertGreater(int(self.sh(
            f"cat {queue}/discard_max_bytes")), 0)
        self.sh(f"[ -e /sys/block/{name}/serial ]")
        self.assertEqual(int(self.sh(f"blockdev --getsize64 {disk}")),
                         self.device("wild").spec.backing.stat().st_size)

    def test_features_of_a_function(self) -> None:
        """All of the transport that the custom device offers is in use."""
        disk = self.bind("wild")
        taken = int(self.sh(f"cat /sys/bus/pci/devices/{self.bdf('wild')}"
                            "/vfe/features"), 16)
        for name, bit in TRANSPORT.items():
            self.assertTrue(taken >> bit & 1, f"{name} is not negotiated")
        self.works(disk)
        self.assertEqual(self.device("wild").control()["notified_ahead"], 0)

    def test_discard_and_write_zeroes(self) -> None:
        disk = self.bind("wild")
        before = self.device("wild").control()["requests"]
        self.sh(f"blkdiscard -o 8M -l 1M {disk};"
                f" blkdiscard -z -o 9M -l 1M {disk};"
                f" cmp -n 1048576 -i 9437184:0 {disk} /dev/zero")
        after = self.device("wild").control()["requests"]
        self.assertGreater(after["discard"], before["discard"])
        self.assertGreater(after["write_zeroes"], before["write_zeroes"])

    def test_partitions(self) -> None:
        disk = self.bind("wild")
        self.sh(f"dd if={disk} of=/tmp/head bs=512 count=8 2>/dev/null;"
                f" dd if=/dev/zero of={disk} bs=512 count=8 2>/dev/null;"
                # one partition, by hand: type 0x83, from 2048, 4096 sectors
                r" printf '\000\000\000\000\203\000\000\000\000\010\000\000"
                r"\000\020\000\000' | dd of=" + disk +
                " bs=1 seek=446 conv=notrunc 2>/dev/null;"
                r" printf '\125\252' | dd of=" + disk +
                " bs=1 seek=510 conv=notrunc 2>/dev/null; sync;"
                f" blockdev --rereadpt {disk}; [ -b {disk}p1 ];"
                f" dd if=/tmp/head of={disk} bs=512 2>/dev/null; sync;"
                f" blockdev --rereadpt {disk}; [ ! -b {disk}p1 ]")


class Counters(GuestCase):
    """The driver's counts are the device's, to the unit."""

    def driver_counts(self, name: str) -> Registers:
        """registers/* in sysfs, those that are not 0."""
        folder = f"/sys/bus/pci/devices/{self.device(name).bdf}/vfe/registers"
        found = {}
        for line in self.sh(f"cd {folder}; grep -H . *").splitlines():
            file, _, value = line.partition(":")
            register, _, direction = file.rpartition("_")
            if int(value):
                found[register, direction] = int(value)
        return found

    def device_counts(self, name: str) -> Registers:
        """The device's own."""
        answer = self.device(name).control()
        return {(item["name"], item["dir"]): item["count"]
                for item in answer["registers"]}

    def value(self, name: str, file: str) -> int:
        """A number of a function's vfe folder."""
        return int(self.sh(f"cat /sys/bus/pci/devices/"
                           f"{self.device(name).bdf}/vfe/{file}"))

    def agree(self, name: str) -> Registers:
        """Both counts, when they are the same; posted writes may lag."""
        mine = self.driver_counts(name)
        self.eventually(lambda: self.device_counts(name) == mine,
                        f"{mine} != {self.device_counts(name)}", 3)
        return mine

    def bound(self, name: str, driver: str = BLK, parameters: str = "",
              ) -> str:
        """Bind with the device's counters at 0 before the first access."""
        self.unbind(name)
        self.device(name).control("reset")
        return self.bind(name, driver, parameters, 120)

    def read(self, disk: str, count: int) -> None:
        """Reads of 4 KiB, one at a time."""
        self.sh(f"dd if={disk} of=/dev/null bs=4k count={count}"
                " iflag=direct 2>/dev/null", 120)

    def test_life_of_a_driver(self) -> None:
        """From the first access of probe on, in every kind of interrupt."""
        for parameters in ("", "interrupts=intx", "interrupts=shared",
                           "queues=1"):
            with self.subTest(parameters=parameters):
                disk = self.bound("wild", BLK, parameters)
                self.agree("wild")
                self.read(disk, 100)
                self.agree("wild")

    def test_one_exit_a_read(self) -> None:
        disk = self.bound("wild")
        self.read(disk, 10)
        before, exits = self.agree("wild"), self.value("wild", "exits")
        self.read(disk, 100)
        after = self.agree("wild")
        self.assertEqual(after[("notify", "write")]
                         - before[("notify", "write")], 100)
        self.assertEqual(self.value("wild", "exits") - exits, 100)

    def test_no_exit_with_a_polling_device(self) -> None:
        disk = self.bound("poll")
        self.read(disk, 10)
        before = self.agree("poll")
        exits = self.value("poll", "exits")
        self.read(disk, 50)
        self.assertEqual(self.agree("poll"), before)
        self.assertEqual(self.value("poll", "exits"), exits)

    def test_no_exit_with_a_mapped_doorbell(self) -> None:
        disk = self.bound("map")
        self.read(disk, 10)
        exits = self.value("map", "exits")
        before = self.device("map").control()
        self.read(disk, 50)
        self.assertEqual(self.value("map", "exits"), exits)
        after = self.device("map").control()
        self.assertEqual(after["registers"], before["registers"])
        self.assertEqual(after["doorbells"] - before["doorbells"], 50)

    def test_formula_of_the_twin(self) -> None:
        """Words of a 4 KiB read: 1024 of data and 5 more."""
        for window in ("port", "memory"):
            for string in (0, 1):
                with self.subTest(window=window, string=string):
                    disk = self.bound("wild", TRAP,
                                      f"window={window} string={string}")
                    self.read(disk, 2)
                    before = self.agree("wild")
                    self.read(disk, 3)
                    after = self.agree("wild")
                    self.assertEqual(
                        sum(after.values()) - sum(before.values()),
                        3 * (1024 + 5))
                    self.unbind("wild")

    def test_reset_zeroes_the_counts(self) -> None:
        disk = self.bound("wild")
        self.read(disk, 10)
        folder = f"/sys/bus/pci/devices/{self.device('wild').bdf}/vfe"
        self.sh(f"echo 1 >{folder}/reset")
        self.device("wild").control("reset")
        for file in ("exits", "operations", "interrupts"):
            self.assertEqual(self.value("wild", file), 0, file)
        self.read(disk, 10)
        self.assertEqual(self.agree("wild"), {("notify", "write"): 10})
        self.assertEqual(self.value("wild", "operations"), 10)

    def test_reading_counters_costs_nothing(self) -> None:
        self.bound("wild")
        before = self.agree("wild")
        folder = f"/sys/bus/pci/devices/{self.device('wild').bdf}/vfe"
        self.sh(f"for n in 1 2 3 4 5; do find {folder} -type f ! -name reset"
                " -exec cat {} + >/dev/null; done")
        self.assertEqual(self.agree("wild"), before)
