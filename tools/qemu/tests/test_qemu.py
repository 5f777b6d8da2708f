# SPDX-License-Identifier: GPL-2.0
"""The list of configurations, the guest's output, and the checks."""

from __future__ import annotations

import base64
import json
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from count import kvm, net
from count.addresses import AddressMap
from count.tests.samples import MODERN, RESOURCE
from lab import LabError, peers
from qemu import cli, configs, functions, net_backends, net_functions, report
from qemu.checks import ConfigResult, check, check_net
from qemu.configs import Config, Group
from qemu.net_backends import Backends
from qemu.net_configs import PASST, STREAM, TESTPMD, VHOST, NetConfig

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
                       net_functions.BIND_KERNELS, net_functions.COUNTS,
                       net_functions.RELEASE):
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

    def test_vectors(self) -> None:
        for vectors, used in ((-1, 5), (5, 5), (4, 2), (2, 2), (1, 1), (0, 0)):
            self.assertEqual(NetConfig("x", queues=4, vectors=vectors)
                             .used_vectors, used)

    def test_features_of_back_ends(self) -> None:
        every = {**configs.PACKED, **configs.IN_ORDER}
        for backend, words in ((VHOST, {"EVENT_IDX", "INDIRECT_DESC"}),
                               (PASST, set()), (STREAM, {
                                   "EVENT_IDX", "INDIRECT_DESC", "IN_ORDER",
                                   "RING_PACKED"})):
            self.assertEqual(NetConfig("x", every, backend=backend).features,
                             {"VERSION_1", *words})

    def script(self, config: NetConfig, cpus: int = 1) -> str:
        """The traffic of a function, which must be shell."""
        one = self.one(config)
        script = net_functions.traffic([one], {one.bdf: "eth5"}, cpus)
        done = subprocess.run(["bash", "-n"], input=script, text=True,
                              capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""), script)
        return script

    def test_traffic(self) -> None:
        script = self.script(NetConfig("x"))
        self.assertIn("addr add 10.0.7.2/24 dev eth5", script)
        self.assertNotIn("netload", script)
        self.assertEqual(
            self.script(NetConfig("x", queues=2), 4).count("netload turns"), 4)

    def test_a_stalled_stream_ends(self) -> None:
        streams = [line for line in self.script(NetConfig("x")).splitlines()
                   if "netperf" in line]
        self.assertEqual(len(streams), 2)
        for line in streams:
            self.assertRegex(line, "^timeout [0-9]+ netperf")

    def test_without_fragments(self) -> None:
        self.assertEqual(net_functions.sizes(NetConfig("x")), (56, 1472, 6000))
        for mtu, sizes in ((1500, (56, 1472)), (65520, (56, 1472, 6000))):
            self.assertEqual(net_functions.sizes(
                NetConfig("x", backend=PASST, mtu=mtu)), sizes)

    def test_both_ends_of_testpmd(self) -> None:
        config = NetConfig("x", queues=2, backend=TESTPMD)
        self.assertIn("pci_netdev 0000:00:04.0", self.script(config))
        one = self.one(config)
        with Backends(Path("/run/x"), Path("/run")) as backends:
            argv = " ".join(one.arguments(backends))
        self.assertIn("netdev=vfetap7-peer", argv)
        self.assertEqual(argv.count(",mq=on"), 2)
        self.assertEqual(argv.count('"queues": 2'), 2)
        argv = " ".join(net_backends.testpmd(
            Path("/d/usr/lib/x"), [Path("/a"), Path("/b")], 2))
        self.assertIn("/d/usr/bin/dpdk-testpmd", argv)
        self.assertIn("net_vhost1,iface=/b,queues=2", argv)

    def test_a_program_that_makes_no_socket(self) -> None:
        with tempfile.TemporaryDirectory() as name, \
                mock.patch.object(net_backends, "READY_S", 0.1), \
                mock.patch.object(net_backends, "testpmd",
                                  lambda *_: ["echo", "no memory"]), \
                mock.patch("lab.extras.get", Path), \
                Backends(Path(name), Path(name)) as backends:
            backends.netdev(NetConfig("x", backend=TESTPMD), peers.Network(7))
            with self.assertRaisesRegex(LabError, "vfetap7.sock .*no memory"):
                backends.start()

    def test_problems(self) -> None:
        one = self.one(NetConfig("x"))
        # the last answer was late
        good = "".join(f"{one.bdf} ping {size}: 20 packets transmitted, 19"
                       " received: answers 20\n"
                       for size in net_functions.SIZES) + \
            f"{one.bdf} TCP_STREAM: 0\n{one.bdf} TCP_MAERTS: 0\n"
        found = net_functions.problems(good, [one])
        self.assertEqual(found, {one.bdf: []})
        for text in (good.replace("answers 20", "answers 19", 1),
                     good.replace("TCP_MAERTS: 0", "TCP_MAERTS: 1"), ""):
            self.assertTrue(net_functions.problems(text, [one])[one.bdf])
        one = self.one(NetConfig("x", queues=2))
        for flows, wrong in (("whole", []), ("1 3", ["flows that failed, by"
                                                     " CPU: 1 3"])):
            text = good + f"{one.bdf} flows: {flows}\n"
            self.assertEqual(net_functions.problems(text, [one])[one.bdf],
                             wrong)

    def judged(self, config: NetConfig, **changes: str) -> tuple[str, ...]:
        """The problems of a function that differs in these files."""
        files = {f"net/{name}": "0" for name in net.FILES}
        files |= {"net/tx_packets": "65", "net/rx_packets": "64",
                  "queues/1/completions": "65", "queues/1/size": "256",
                  "queues/1/kicks": "0", "queues/2/size": "64",
                  "queues/2/completions": "0", "queues/2/kicks": "0"}
        found = check_net("m", config, {**counts(**changes), **files, **{
            key.replace("__", "/"): value for key, value in changes.items()}},
            names(), seen(), {}, [])
        return found.problems

    def test_judging(self) -> None:
        good = NetConfig("x")
        self.assertEqual(self.judged(good), ())
        for words, config, changes in (
                ("2 vectors, not 1", NetConfig("x", vectors=1), {}),
                ("queue 1: no completion", good,
                 {"queues__1__completions": "0"}),
                ("3 queues, not 5", NetConfig("x", queues=2), {}),
                ("interface 65 packets sent and 63 received", good,
                 {"net__rx_packets": "63"}),
                ("has 256 entries, not 512", NetConfig("x", size=512), {})):
            problems = self.judged(config, **changes)
            self.assertTrue(any(words in one for one in problems), problems)


class LeftOut(unittest.TestCase):
    """Back ends that a machine does not have."""

    def test_reasons(self) -> None:
        groups = [Group(configs.GuestKind(name, qemu, helper=helper), ())
                  for name, qemu, helper in (
                      ("a", "7.2", ""), ("b", "11", TESTPMD),
                      ("c", "11", ""))]
        with mock.patch("lab.qemus.ensure"), \
                mock.patch("lab.extras.ensure",
                           side_effect=LabError("no\nnetwork")):
            without = cli.fetch(groups)
        self.assertEqual(without, {TESTPMD: "no network"})
        self.assertEqual(cli.missing(groups, without), without)
        self.assertIn("left out: testpmd: no network",
                      report.render([], without))

    def test_of_this_machine(self) -> None:
        with mock.patch("subprocess.run"), \
                mock.patch("os.access", return_value=False):
            self.assertIn("vhost_net", net_backends.missing(VHOST))
        self.assertEqual(net_backends.missing(TESTPMD), "")


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
