# SPDX-License-Identifier: GPL-2.0
"""SCSI hosts: configurations, QEMU's options, the guest's commands, checks."""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from lab import LabError
from qemu import configs, functions, scsi_backends, scsi_functions
from qemu.checks import ConfigResult, check_scsi
from qemu.net_backends import Backends
from qemu.scsi_configs import (BLOCK, DISC, GENERIC, GROUPS, VHOST,
                               ScsiConfig)

from .test_qemu import counts, names, seen

DISK_STAT = "66 0 0 0 64 0 0 0 0 0 0 0 0 0 0 0 0"


def one(config: ScsiConfig) -> scsi_functions.ScsiFunction:
    """A function with a slot."""
    return scsi_functions.placed([config], 7)[0]


def arguments(config: ScsiConfig) -> list[str]:
    """Of QEMU; back ends of the machine are stand-ins."""
    with tempfile.TemporaryDirectory() as name, \
            mock.patch("qemu.scsi_backends.debug_unit",
                       side_effect=lambda unit, kind: f"/dev/{kind}{unit}"), \
            mock.patch("qemu.scsi_backends.target",
                       return_value=contextlib.nullcontext("naa.1")), \
            Backends(Path(name), Path(name)) as backends:
        return one(config).arguments(Path("/disk"), backends)


def judged(config: ScsiConfig = ScsiConfig("x"),
           **changes: str) -> ConfigResult:
    """The outcome of a host that differs in these files."""
    files = {"operations": "135", "vectors": "3",
             "queues__0__size": "256", "queues__1__size": "256",
             "queues__2__size": "256", "queues__2__completions": "135",
             "block__stat": DISK_STAT, **changes}
    return check_scsi("m", config, counts(**files), names(), seen(), {}, [])


class Configs(unittest.TestCase):
    """scsi_configs.py"""

    def test_vectors(self) -> None:
        for vectors, used in ((-1, 6), (6, 6), (5, 2), (2, 2), (1, 1), (0, 0)):
            self.assertEqual(ScsiConfig("x", queues=4, vectors=vectors)
                             .used_vectors, used)
        self.assertEqual(ScsiConfig("x", queues=4).has_vectors, 7)

    def test_what_vhost_lacks(self) -> None:
        for backend, there in ((VHOST, False), ("scsi-hd", True)):
            found = ScsiConfig("x", configs.IN_ORDER,
                               backend=backend).features
            self.assertEqual("IN_ORDER" in found, there)
        for group in GROUPS:
            for one_config in group.configs:
                self.assertFalse(
                    isinstance(one_config, ScsiConfig)
                    and one_config.backend == VHOST
                    and one_config.properties.get("packed") == "on")

    def test_each_passed_unit_exists(self) -> None:
        [group] = [one for one in GROUPS if one.machine.name == "scsi-passed"]
        self.assertLessEqual(len(group.configs), scsi_backends.DEBUG_UNITS)


class Places(unittest.TestCase):
    """Options and scripts"""

    def test_scripts_are_shell(self) -> None:
        for script in (scsi_functions.TAKE, scsi_functions.BIND,
                       scsi_functions.BIND_KERNELS, scsi_functions.COUNTS,
                       scsi_functions.RELEASE):
            text = script.replace("{bdfs}", "a b")
            done = subprocess.run(["bash", "-n"], input=text, text=True,
                                  capture_output=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""), text)
            self.assertNotIn(functions.DRIVER, text)

    def test_units(self) -> None:
        for backend, words in (
                ("scsi-hd", ("virtio-scsi-pci", "scsi-hd,", '"/disk"')),
                (DISC, ("scsi-cd,", '"read-only": true')),
                (BLOCK, ("scsi-block,", "/dev/block0")),
                (GENERIC, ("scsi-generic,", "/dev/scsi_generic0")),
                (VHOST, ("vhost-scsi-pci", "wwpn=naa.1"))):
            argv = " ".join(arguments(ScsiConfig("x", backend=backend)))
            for word in words:
                self.assertIn(word, argv)
        self.assertNotIn("virtio-scsi-pci", argv)

    def test_iothread(self) -> None:
        argv = " ".join(arguments(ScsiConfig("x", iothread=True)))
        self.assertIn("iothread=io-hba-3-0", argv)

    def test_counts_of_a_unit(self) -> None:
        text = ("0000:00:03.0/vfe/exits:7\n"
                "0000:00:03.0/host0/target0:0:0/0:0:0:0/block/sda/stat:1 2\n"
                "0000:00:03.0/virtio2/host1/x:1\n")
        self.assertEqual(functions.parse_counts(text)["0000:00:03.0"][
            "block/stat"], "1 2")

    def test_targets_are_apart(self) -> None:
        found = [name for number in (1, 2, 70)
                 for name in scsi_backends.names(number)]
        self.assertEqual(len(set(found)), 6)

    def test_a_machine_without_a_target(self) -> None:
        with tempfile.TemporaryDirectory() as name, \
                mock.patch.object(scsi_backends, "TARGET",
                                  Path(name) / "file"):
            (Path(name) / "file").touch()
            with self.assertRaisesRegex(LabError, "no target"):
                with scsi_backends.target(1):
                    pass

    def test_the_target_leaves_nothing(self) -> None:
        with tempfile.TemporaryDirectory() as name, \
                mock.patch.object(scsi_backends, "TARGET", Path(name)), \
                mock.patch.object(scsi_backends, "_remove") as remove:
            with scsi_backends.target(1) as port:
                fabric = Path(name) / "vhost" / port / "tpgt_1"
                link = fabric / "lun/lun_0/unit"
                self.assertTrue(link.is_symlink())
                self.assertTrue((fabric / "nexus").read_text().startswith(
                    "naa."))
            self.assertFalse(link.is_symlink())
            removed = [call.args[0].name for call in remove.call_args_list]
            self.assertEqual(removed[:3], ["lun_0", "tpgt_1", port])


class Traffic(unittest.TestCase):
    """fio"""

    disks = {"sda": ScsiConfig("x", queues=2),
             "sr0": ScsiConfig("y", backend=DISC)}

    @staticmethod
    def said(*jobs: tuple[str, int, int, int]) -> str:
        """What fio prints: name, error, blocks written and read."""
        return json.dumps({"fio version": "fio-3", "jobs": [
            {"jobname": name, "error": error, "write": {"total_ios": writes},
             "read": {"total_ios": reads}}
            for name, error, writes, reads in jobs],
            "disk_util": [{"name": "sda"}]}, indent=1)

    def test_a_disc_is_only_read(self) -> None:
        lines = scsi_functions.fio_command(self.disks, 2).splitlines()
        self.assertEqual(len(lines), 2)
        self.assertIn("--name=sda.1", lines[0])
        self.assertNotIn("sr0", lines[0])
        self.assertIn("--rw=randread", lines[1])

    def test_problems(self) -> None:
        blocks = functions.BLOCKS
        text = "\n" + self.said(("sda.0", 0, blocks, blocks),
                                ("sda.1", 5, 0, 0)) + "\n" + \
            self.said(("sr0.0", 0, 0, blocks))
        found = scsi_functions.parse_fio(text, self.disks)
        self.assertEqual(found, {"sda": ["fio on queue 1: error 5"],
                                 "sr0": []})
        text = "\n" + self.said(("sr0.0", 0, 0, 3))
        found = scsi_functions.parse_fio(text, self.disks)
        self.assertIn("nothing of it", found["sda"][0])
        self.assertIn("3 read", found["sr0"][0])


class Checks(unittest.TestCase):
    """check_scsi()"""

    def test_good(self) -> None:
        self.assertEqual(judged().problems, ())

    def test_each(self) -> None:
        cases: tuple[tuple[str, dict[str, str]], ...] = (
                ("queue 2: 3 completions", {"queues__2__completions": "3"}),
                ("2 vectors, not 3", {"vectors": "2"}),
                ("operations: driver 129", {"operations": "129"}),
                ("requests of 128", {"block__stat": DISK_STAT.replace(
                    "66", "1")}),
                ("state dead", {"state": "dead"}))
        for words, changes in cases:
            found = judged(ScsiConfig("x"), **changes).problems
            self.assertTrue(any(words in one for one in found),
                            (words, found))

    def test_queues(self) -> None:
        found = judged(ScsiConfig("x", queues=2)).problems
        self.assertTrue(any("3 queues, not 4" in one for one in found), found)
