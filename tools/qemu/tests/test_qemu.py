# SPDX-License-Identifier: GPL-2.0
"""The list of configurations, the guest's output, and the checks."""

from __future__ import annotations

import base64
import json
import subprocess
import unittest

from count import kvm
from count.addresses import AddressMap
from count.tests.samples import MODERN, RESOURCE
from qemu import cli, configs, functions, net_functions
from qemu.configs import Config, Group
from qemu.checks import ConfigResult, check
from qemu.net_configs import NetConfig

BDF = "0000:00:03.0"
NOTIFY = 0x380000003000     # in the BAR 4 of RESOURCE
CONFIG_AND_RESOURCE = base64.b64encode(MODERN).decode() + "\n" + RESOURCE


def counts(**changes: str) -> dict[str, str]:
    """A function without problems."""
    files = {
        "exits": "141", "operations": "129", "interrupts": "100",
        "features": "0x130000000", "state": "live", "vectors": "2",
        "registers/notify_write": "129", "registers/device_status_read": "12",
        "windows/notify": "trap", "queues/0/kicks": "129",
        "queues/0/kicks_suppressed": "0", "queues/0/completions": "129",
        "queues/0/size": "256",
        "block/stat": "65 0 0 0 64 0 0 0 0 0 0 0 0 0 0 0 0",
    }
    return {**files, **{key.replace("__", "/"): value
                        for key, value in changes.items()}}


def seen(kicks: int = 129, status: int = 12) -> kvm.Counts:
    """KVM's counts of it."""
    return {kvm.Address(False, NOTIFY, "write"): kvm.Hits(kicks, kicks, 100),
            kvm.Address(False, 0x380000000014, "read"):
                kvm.Hits(status, status),
            kvm.Address(False, 0xfee000b0, "write"): kvm.Hits(7, 7)}


def names() -> AddressMap:
    """Its addresses."""
    one = functions.placed([Config("x")])
    return functions.parse_names(CONFIG_AND_RESOURCE,
                                 [one[0].bdf])[BDF]


def judged(config: Config = Config("x"), after: kvm.Counts | None = None,
           wrong: list[str] | None = None, **changes: str) -> ConfigResult:
    """The outcome of a function that differs in these files."""
    return check("m", config, counts(**changes), names(), after or seen(), {},
                 wrong or [])


class TheList(unittest.TestCase):
    """configs.py"""

    def every(self) -> list[tuple[Group, Config]]:
        """All configurations."""
        return [(group, config) for group in cli.GROUPS
                for config in group.configs]

    def test_names_are_unique(self) -> None:
        found = [(group.machine.name, config.name)
                 for group, config in self.every()]
        self.assertEqual(len(found), len(set(found)))

    def test_features_follow_from_properties(self) -> None:
        self.assertEqual(Config("x").features,
                         {"INDIRECT_DESC", "EVENT_IDX", "VERSION_1"})
        self.assertEqual(
            Config("x", {**configs.PACKED, **configs.PLAIN_RING}).features,
            {"RING_PACKED", "VERSION_1"})
        self.assertEqual(Config("x", configs.LEGACY).features,
                         {"INDIRECT_DESC", "EVENT_IDX"})


class Places(unittest.TestCase):
    """functions.py, toward QEMU and the guest"""

    def test_scripts_are_shell(self) -> None:
        for script in (functions.TAKE, functions.NAMES, functions.BIND,
                       functions.COUNTS, functions.RELEASE,
                       net_functions.TAKE, net_functions.BIND,
                       net_functions.COUNTS, net_functions.RELEASE):
            text = script.replace("{bdfs}", "a b")
            done = subprocess.run(["bash", "-n"], input=text, text=True,
                                  capture_output=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""), text)
            self.assertNotIn("{{", text)


class Net(unittest.TestCase):
    """Network functions"""

    def one(self, config: NetConfig) -> net_functions.NetFunction:
        """A function with a network."""
        return net_functions.placed([config], 7)[0]

    def test_properties(self) -> None:
        found = NetConfig("x", queues=3).qemu_properties()
        self.assertEqual((found["mq"], found["vectors"]), ("on", 8))
        self.assertEqual(NetConfig("x", queues=3).virtqueues, 7)
        self.assertEqual(NetConfig("x", {"ctrl_vq": "off"}).virtqueues, 2)
        self.assertEqual(NetConfig("x", vectors=0).has_vectors, 0)

    def test_traffic(self) -> None:
        one = self.one(NetConfig("x"))
        script = net_functions.traffic([one], {one.bdf: "eth5"})
        self.assertIn("addr add 10.0.7.2/24 dev eth5", script)
        done = subprocess.run(["bash", "-n"], input=script, text=True,
                              capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""), script)

    def test_problems(self) -> None:
        one = self.one(NetConfig("x"))
        good = "".join(f"{one.bdf} ping {size}: 20 packets transmitted, 20"
                       " received\n" for size in net_functions.SIZES) + \
            f"{one.bdf} TCP_STREAM: 0\n{one.bdf} TCP_MAERTS: 0\n"
        found = net_functions.problems(good, [one])
        self.assertEqual(found, {one.bdf: []})
        for text in (good.replace("20 received", "19 received", 1),
                     good.replace("TCP_MAERTS: 0", "TCP_MAERTS: 1"), ""):
            self.assertTrue(net_functions.problems(text, [one])[one.bdf])


class Fio(unittest.TestCase):
    """fio's command and its answer"""

    def answer(self, error: int = 0, read: int = functions.BLOCKS) -> str:
        """Of one job."""
        job = {"jobname": "vfeb0.1", "error": error,
               "write": {"total_ios": functions.BLOCKS},
               "read": {"total_ios": read}}
        return "fio: noise\n" + json.dumps({"jobs": [job]})

    def test_bad(self) -> None:
        for text, word in ((self.answer(error=84), "error 84"),
                           (self.answer(read=3), "3 read back")):
            self.assertIn(word, functions.parse_fio(text)["vfeb0"][0])


class Judging(unittest.TestCase):
    """checks.py: each check fails for its reason."""

    def wrong(self, words: str, *args: object, **changes: str) -> None:
        """The outcome must have one problem with this text."""
        # pylint: disable-next=no-value-for-parameter
        problems = judged(*args, **changes).problems     # type: ignore
        self.assertTrue(any(words in problem for problem in problems),
                        problems)

    def test_good(self) -> None:
        outcome = judged()
        self.assertEqual(outcome.problems, ())
        self.assertEqual((outcome.operations, outcome.kicks,
                          outcome.fast_kicks), (129, 129, 100))

    def test_one_exit_of_difference(self) -> None:
        self.wrong("exits: driver 141, kvm 140", Config("x"),
                   seen(status=11))

    def test_register_that_the_driver_does_not_know_of(self) -> None:
        after = {**seen(), kvm.Address(False, 0x380000001000, "read"):
                 kvm.Hits(1, 1)}
        self.wrong("isr_status read", Config("x"), after)

    def test_features(self) -> None:
        self.wrong("not negotiated: EVENT_IDX", features="0x110000000")
        self.wrong("not to be: RING_PACKED", features="0x530000000")

    def test_queues(self) -> None:
        self.wrong("1 queues, not 4", Config("x", queues=4))
        self.wrong("128 entries", queues__0__size="128")
        self.wrong("256 entries, not 1024", Config("x", size=1024))
        self.wrong("5 completions", queues__0__completions="5")
        self.wrong("1 vectors, not 2", vectors="1")

    def test_kicks_by_the_other_way(self) -> None:
        self.wrong("all were to go by ports",
                   Config("x", configs.PIO_NOTIFY))

    def test_no_counts(self) -> None:
        outcome = check("m", Config("x"), {}, names(), seen(), {}, [])
        self.assertIn("cannot be read", outcome.problems[0])
