# SPDX-License-Identifier: GPL-2.0
"""SCSI hosts of the differential runner: units, what the host does to them."""

from __future__ import annotations

import json
import random
import tempfile
import unittest
from pathlib import Path
from typing import Any, cast
from unittest import mock

from differential.cli import KINDS
from differential.configs import DISK_MB
from differential.scsi import backends, meanwhile, soak
from differential.scsi.configs import (CONFIGS, DEVICE, ScsiConfig, Unit,
                                       units)
from differential.scsi.session import Session
from lab import LabError, pci

SLOT = pci.Slot(3)


def config(name: str) -> ScsiConfig:
    """A configuration."""
    return next(one for one in CONFIGS if one.name == name)


class Numbers(unittest.TestCase):
    """Units of a host."""

    def test_many_units_are_apart(self) -> None:
        found = units(40)
        self.assertEqual(len(set(found)), 40)
        self.assertEqual(found[0], Unit(0, 0))
        self.assertGreater(max(unit.lun for unit in found), 255)
        for unit in (*meanwhile.CROWD, meanwhile.EXTRA, meanwhile.LAST):
            self.assertNotIn(unit, found)
        self.assertEqual(len({*meanwhile.CROWD, meanwhile.EXTRA,
                              meanwhile.LAST}), len(meanwhile.CROWD) + 2)


class Host(unittest.TestCase):
    """The steps of the host beside a workload."""

    def setUp(self) -> None:
        self.done: list[tuple[str, Unit]] = []
        fake = mock.Mock()
        for name in ("plug", "unplug", "resize"):
            getattr(fake, name).side_effect = self.note(name)
        fake.devices = {"x": mock.Mock()}
        self.fake = fake
        self.host = meanwhile.Host(fake, mock.Mock(), "x", config("device"))
        patch = mock.patch.object(meanwhile.Host, "pause",
                                  lambda host, _: not host.over.is_set())
        patch.start()
        self.addCleanup(patch.stop)

    def note(self, name: str) -> Any:
        """A method that only takes note."""
        def method(_guest: object, _node: str, unit: Unit,
                   *_: object) -> None:
            self.done.append((name, unit))
        return method

    def there(self) -> set[Unit]:
        """The units that are left."""
        found: set[Unit] = set()
        for name, unit in self.done:
            if name == "plug":
                self.assertNotIn(unit, found)
                found.add(unit)
            elif name == "unplug":
                found.remove(unit)
        return found

    def test_a_unit_comes_and_goes(self) -> None:
        meanwhile.action("plug")(self.host)
        self.assertEqual(self.there(), {meanwhile.LAST})
        self.assertEqual(self.done.count(("unplug", meanwhile.EXTRA)), 100)

    def test_some_of_a_crowd_stay(self) -> None:
        meanwhile.action("crowd")(self.host)
        self.assertEqual(self.there(), {
            meanwhile.LAST, *meanwhile.CROWD[:meanwhile.STAY]})

    def test_sizes_never_cut_the_disk(self) -> None:
        meanwhile.action("resize")(self.host)
        for call in self.fake.resize.call_args_list:
            self.assertGreaterEqual(call.args[3], DISK_MB << 20)

    def test_each_ends_with_the_last_unit(self) -> None:
        for name in ("plug", "crowd", "resize", "stall", "reset", "walk-7"):
            self.done.clear()
            meanwhile.action(name)(self.host)
            self.assertEqual(self.done[-1], ("plug", meanwhile.LAST), name)

    def test_the_walk_repeats_itself(self) -> None:
        meanwhile.action("walk-7")(self.host)
        first = list(self.done)
        self.done.clear()
        meanwhile.action("walk-7")(self.host)
        self.assertEqual(self.done, first)
        self.done.clear()
        meanwhile.action("walk-8")(self.host)
        self.assertNotEqual(self.done, first)

    def test_it_ends_with_the_workload(self) -> None:
        self.host.over.set()
        meanwhile.action("plug")(self.host)
        self.assertLessEqual(len(self.done), 1)

    def test_no_stall_with_in_order(self) -> None:
        """Our device refuses it."""
        for seed in range(20):
            meanwhile.action(f"walk-{seed}")(self.host)
        told = [call.args[0] for call in
                self.fake.devices["x"].control.call_args_list]
        self.assertTrue(told)
        self.assertFalse([line for line in told if "stall" in line])


class Functions(unittest.TestCase):
    """QEMU's arguments."""

    def setUp(self) -> None:
        # pylint: disable-next=consider-using-with
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.made = backends.ScsiBackends(Path(folder.name))

    def test_each_unit_has_its_storage(self) -> None:
        argv = self.made.function(config("units-3"), "n", SLOT)
        disks = [json.loads(word) for word in argv if "scsi-hd" in word]
        nodes = [json.loads(word)["node-name"] for word in argv
                 if "node-name" in word]
        self.assertEqual([one["drive"] for one in disks], nodes)
        self.assertEqual([(one["scsi-id"], one["lun"]) for one in disks],
                         [(0, 0), (36, 0), (72, 0)])
        self.assertEqual(list(self.made.media("n")), nodes)
        for name in nodes:
            self.assertEqual(self.made.files[name].stat().st_size,
                             DISK_MB << 20)

    def test_both_sides_look_alike(self) -> None:
        one, other = (self.made.function(config("plain"), node, SLOT)
                      for node in ("a", "b"))
        serials = [json.loads(argv[-1])["serial"] for argv in (one, other)]
        self.assertEqual(*serials)

    def test_plug_keeps_the_storage(self) -> None:
        self.made.function(config("plain"), "n", SLOT)
        guest = mock.Mock()
        guest.wait_event.return_value = {"data": {"device": "unit-n-1-3"}}
        for _ in range(2):
            self.made.plug(guest, "n", meanwhile.EXTRA)
            self.made.unplug(guest, "n", meanwhile.EXTRA)
        told = [call.args[0] for call in guest.qmp.call_args_list]
        self.assertEqual(told, ["blockdev-add", "device_add", "device_del",
                                "device_add", "device_del"])

    def test_restore(self) -> None:
        self.made.function(config("plain"), "n", SLOT)
        guest = mock.Mock()
        guest.wait_event.return_value = {"data": {"device": "unit-n-1-3"}}
        self.made.plug(guest, "n", meanwhile.EXTRA)
        self.made.files["n"].write_bytes(b"")
        guest.qmp.reset_mock()
        self.made.restore(guest, "n")
        self.assertEqual([call.args[0] for call in guest.qmp.call_args_list],
                         ["device_del", "block_resize"])


class Runs(unittest.TestCase):
    """Sessions and soaks."""

    def session(self) -> Session:
        """A session without a guest."""
        found = Session([config("plain")], "test")
        self.addCleanup(found.close, True)
        return found

    def test_a_host_without_units_is_no_difference_but_a_fault(self) -> None:
        """virtio_scsi must find all."""
        session = self.session()
        side = mock.Mock(nodes=("n",), bdfs=["0000:00:03.0"])
        session._hosts["n"] = config("units-3")  # pylint: disable=W0212
        for said, driver, count in (
                ("disk sda 0:0:0:0\n", "vfe_scsi", 0),
                ("disk sda 0:0:0:0\ndisk sdb 0:0:36:0\n"
                 "disk sdc 0:0:72:0\n", "vfe_scsi", 3)):
            with mock.patch.object(session, "run", return_value=said):
                self.assertEqual(len(session.bind(driver, side)[1]), count)
        with mock.patch.object(session, "run", return_value=""):
            with self.assertRaisesRegex(LabError, "HostError"):
                session.bind("virtio_scsi", side)

    def test_a_failure_of_the_host_is_a_fault(self) -> None:
        session = self.session()
        session._hosts["n"] = config("plain")    # pylint: disable=W0212
        session._guest = cast(Any, mock.Mock())  # pylint: disable=W0212
        workload = KINDS["scsi"].workloads["plug"]
        with mock.patch("differential.scsi.session.action",
                        return_value=mock.Mock(side_effect=LabError("x"))):
            with self.assertRaisesRegex(LabError, "HostError: x"):
                with session.host(mock.Mock(nodes=("n",)), workload):
                    pass

    def test_a_walk_by_its_seed(self) -> None:
        kind = KINDS["scsi"]
        for name, host in (("walk-77", ""), ("walk-host-77", "walk-77")):
            case = kind.parse(f"device/intx/{name}")
            self.assertEqual((case.workload.name, case.workload.host),
                             (name, host))
            self.assertIn("SEED=77\n", case.workload.script)

    def test_random_hosts(self) -> None:
        rng = random.Random(5)
        found = [soak.random_config(rng, index, 2) for index in range(200)]
        self.assertTrue(any(one.backend == DEVICE for one in found))
        for one in found:
            options = " ".join(one.options)
            if "--service" in options:
                self.assertIn("in_order", options)
