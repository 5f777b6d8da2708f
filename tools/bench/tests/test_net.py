# SPDX-License-Identifier: GPL-2.0
"""Network rows: traffic, the interface's counts, targets."""

from __future__ import annotations

import unittest
from collections.abc import Sequence
from unittest import mock

from bench import rows, run, targets
from bench.result import Result, Traffic
from bench.row import Row
from bench.rows import net as net_rows
from bench.tests import samples
from bench.workload import net_load, net_peer, net_window, of
from bench.workload.interface import Outcome
from bench.workload.net_load import Job
from count import net
from count.counts import CountError, Testimony
from count.witness import Cost, compare
from lab.errors import LabError
from lab.peers import Network

THERE = Network(7)
PING = """\
PING 10.0.7.1 (10.0.7.1) 56(84) bytes of data.

--- 10.0.7.1 ping statistics ---
100 packets transmitted, 100 received, 0% packet loss, time 404ms
rtt min/avg/max/mdev = 0.468/1.342/31.558/3.146 ms, ipg/ewma 4.079/0.692 ms
"""
NETPERF = "ELAPSED_TIME=2.00\nP50_LATENCY=450\nP99_LATENCY=-1\n"
NETLOAD = "ops 100 ns 50000000 p50 480000 p99 900000\n"


def outcome(kind: str, text: str, ops: int = 100) -> Outcome:
    """The outcome of a run that printed this."""
    return net_load.parse(Job(kind, THERE, ops), text)


class Commands(unittest.TestCase):
    """Command lines and outputs."""

    def test_each_kind_has_a_fixed_count(self) -> None:
        for kind in net_load.KINDS:
            command = net_load.command(Job(kind, THERE, 321, 8))
            count = 321 * (net_load.STREAM_BYTES if kind in (
                net_load.STREAM, net_load.MAERTS) else 1)
            self.assertRegex(command, rf"\b{count}\b", kind)
            self.assertIn("10.0.7.", command)

    def test_ping(self) -> None:
        found = outcome(net_load.PING, PING)
        self.assertEqual((found.ios, found.runtime_ms, found.lat_ns_p50),
                         (100, 404, 1342000))

    def test_netperf(self) -> None:
        found = outcome(net_load.CRR, NETPERF)
        self.assertEqual((found.iops, found.lat_ns_p50, found.lat_ns_p99),
                         (50, 450000, 0))

    def test_netload(self) -> None:
        found = outcome(net_load.SEND, NETLOAD)
        self.assertEqual((found.iops, found.lat_ns_p99), (2000, 900000))

    def test_lost_packets(self) -> None:
        with self.assertRaisesRegex(LabError, "99 of 100"):
            outcome(net_load.PING, PING.replace("100 received",
                                                "99 received"))
        for kind in net_load.KINDS:
            with self.assertRaisesRegex(LabError, "no result"):
                outcome(kind, "connect: Connection refused\n")


class Interface(unittest.TestCase):
    """Counts of the layer above."""

    def test_packets_and_losses(self) -> None:
        setup = net_rows.SETUPS[-1]
        asked = of(setup.function).requests(setup, "5 4 300 200 0 2 0 0",
                                            "2 2 100 100 0 1 0 0", 0)
        self.assertEqual(asked.count, 5)
        self.assertIn("1 packets were dropped", asked.notes[0])

    def test_an_interface_that_is_gone(self) -> None:
        with self.assertRaisesRegex(CountError, "2 of 8"):
            net.parse("1 2")

    def test_the_device_counts_packets_of_both_ways(self) -> None:
        served = of(net_rows.FUNCTIONS[0]).served
        self.assertEqual(served({"tx": 3, "rx": 4, "ctrl": 9}), 7)

    def test_networks_are_apart(self) -> None:
        numbers = [one.number for one in net_rows.FUNCTIONS]
        self.assertEqual(len(numbers), len(set(numbers)))
        self.assertLess(max(numbers), 256)
        self.assertLessEqual(len(THERE.tap), 15)


COST = {"SEND": 5, "RECEIVE": 4, "INTERRUPT": 5, "WORD": 4, "CHUNK": 1024}


class Formula(unittest.TestCase):
    """The cost of frames through the register window."""

    def cost(self, window: str, string_io: bool, size: int = 98) -> Cost:
        """Of ten pings."""
        return net_window.predict(
            net.InterfaceState(10, 10, 10 * size, 10 * size), 10, COST,
            window=window, string_io=string_io)

    def test_word_by_word(self) -> None:
        self.assertEqual(self.cost("memory", True), Cost(640, 640))
        self.assertEqual(self.cost("port", False), Cost(640, 640))

    def test_only_input_of_strings_is_gathered(self) -> None:
        self.assertEqual(self.cost("port", True), Cost(640, 400))
        self.assertEqual(self.cost("port", True, 1514).exits,
                         10 * (5 + 379 + 4 + 2 + 5))

    def test_constants(self) -> None:
        text = "".join(f"#define VFE_TRAP_NET_COST_{name}\t{value}\n"
                       for name, value in COST.items())
        self.assertEqual(net_window.constants(text), COST)
        with self.assertRaisesRegex(net_window.FormulaError, "COST_SEND"):
            net_window.constants(text.replace("_SEND", "_SENT"))

    def test_frames_of_several_sizes(self) -> None:
        with self.assertRaisesRegex(net_window.FormulaError, "one size"):
            net_window.predict(net.InterfaceState(2, 0, 99, 0), 0, COST,
                               window="port", string_io=False)


def row(name: str, ops: int) -> Row:
    """A row of the table with this base number of operations."""
    return next(one for one in rows.all_rows(ops) if one.name == name)


def result(name: str, kicks: float = 1.0, interrupts: float = 1.0,
           speed: float = 100.0, *, p99: int = 9,
           runs: Sequence[float] = ()) -> Result:
    """A measured row, with these counts per operation.

    @speed: of each run, if they are not those of @runs
    """
    one = row(name, 1000)
    speeds = tuple(runs) or (speed,) * one.pairs
    key = ("notify", "write")
    count = int(kicks * one.ops)
    return Result(
        one, compare({"kvm": Testimony({key: count}, count)}, least=1),
        Traffic(ops=one.ops, kicks=count,
                interrupts=int(interrupts * one.ops)),
        Outcome(one.ops, 10, speed, 1, 2, speeds, (5,) * len(speeds),
                (p99,) * len(speeds)))


def missed(*results: Result) -> list[str]:
    """The texts of the targets that these results miss."""
    return [one.text for one in targets.check(results) if not one.reached]


class Targets(unittest.TestCase):
    """What the project wants of network rows."""

    def test_a_ping_takes_half_of_the_interrupts(self) -> None:
        kernel = result("net-pair-kernel-ping", 1, 2)
        self.assertFalse(missed(result("net-pair-vfe-ping", 1, 1), kernel))
        self.assertIn("half", missed(
            result("net-pair-vfe-ping", 1, 1.1), kernel)[0])
        self.assertIn("kicks", missed(
            result("net-pair-vfe-ping", 1.1, 1), kernel)[0])

    def test_a_stream_of_small_packets(self) -> None:
        kernel = result("net-fast-kernel-udp", 0.5, 0.5)
        good = result("net-fast-vfe-udp", 0.3, 0.2)
        self.assertFalse(missed(good, kernel))
        self.assertEqual(len(missed(
            result("net-fast-vfe-udp", 0.3, 0.21, 99), kernel)), 2)

    def test_a_stream_that_the_device_holds_up(self) -> None:
        kernel = result("net-pair-kernel-udp", 0.5, 0.5)
        self.assertFalse(missed(
            result("net-pair-vfe-udp", 0.5, 0.6, 99), kernel))
        self.assertEqual(len(missed(
            result("net-pair-vfe-udp", 0.5, 0.7, 80), kernel)), 2)

    def test_time_means_nothing_in_a_short_run(self) -> None:
        short = row("net-pair-vfe-rr", 100)
        kernel = result("net-pair-kernel-rr")
        slow = result("net-pair-vfe-rr", speed=1)
        self.assertEqual(len(missed(slow, kernel)), 1)
        self.assertFalse(missed(Result(short, slow.verdict, slow.traffic,
                                       slow.outcome), kernel))

    def test_identical_pairs_make_the_bound(self) -> None:
        slow = result("net-pair-vfe-rr", speed=97)
        kernel = result("net-pair-kernel-rr")
        for runs, reached in (((102, 98) * 3, True), ((100, 100.1) * 3, False)):
            again = result("net-pair-again-rr", runs=runs)
            self.assertEqual(not missed(slow, kernel, again), reached, runs)

    def test_a_bound_that_is_looser_says_so(self) -> None:
        found = targets.check([
            result("net-pair-vfe-rr"), result("net-pair-kernel-rr"),
            result("net-pair-again-rr", runs=(70, 130) * 3)])
        self.assertIn("looser than ±15%", next(
            one.measured for one in found if "per second" in one.text))

    def test_without_identical_pairs_a_constant_is_the_bound(self) -> None:
        kernel = result("net-constant-kernel-rr")
        for speed, reached in ((88, True), (86, False)):
            found = [one for one in targets.check([
                result("net-constant-vfe-rr", speed=speed), kernel])
                if "per second" in one.text]
            self.assertEqual([one.reached for one in found], [reached])
            self.assertIn("too few identical pairs", found[0].measured)

    def test_latency(self) -> None:
        kernel = result("net-varying-kernel-rr-64")
        again = result("net-varying-again-rr-64")
        self.assertFalse(missed(result("net-varying-vfe-rr-64"), kernel, again))
        [text] = missed(result("net-varying-vfe-rr-64", p99=10), kernel, again)
        self.assertIn("99th percentile", text)

    def test_a_device_that_keeps_what_it_has_sent(self) -> None:
        name = "net-slow-packed-constant-{}-streams"
        kernel, again = (result(name.format(one), 0.5, 0.1)
                         for one in ("kernel", "again"))
        ours = name.format("vfe")
        self.assertFalse(missed(result(ours, 0.5, 0.1), kernel, again))
        [text, all_] = missed(result(ours, 0.5, 0.1, 50), kernel, again)
        self.assertIn("packed ring, constant service: operations", text)
        self.assertIn("all cells together", all_)
        [text] = missed(result(ours, 0.5, 4), kernel, again)
        self.assertIn("kicks and interrupts", text)

    def test_batches(self) -> None:
        for name in ("batch", "packed-batch"):
            ours, kernel = (f"net-{name}-{one}-udp-batch-32"
                            for one in ("vfe", "kernel"))
            self.assertFalse(missed(result(ours, 0.3, 0.2),
                                    result(kernel, 0.2, 0.3)))
            self.assertTrue(missed(result(ours, 0.3, 0.2),
                                   result(kernel, 0.2, 0.2)))

    def test_coalesced_batches(self) -> None:
        ours, kernel, again = (f"net-coalesced-{one}-udp-batch-32"
                               for one in ("vfe", "kernel", "again"))
        for kicks, reached in ((0.3, True), (0.4, False)):
            self.assertEqual(not missed(result(ours, kicks, 0.2),
                                        result(kernel, 0.1, 0.1),
                                        result(again, 0.3, 0.2)), reached)

    def test_rows_of_our_device(self) -> None:
        self.assertFalse(missed(result("net-msix-ping")))
        self.assertTrue(missed(result("net-msix-ping", 1.01)))
        self.assertFalse(missed(result("net-poll-polled-udp-trip", 0, 0)))
        self.assertTrue(missed(result("net-poll-polled-udp-trip", 0, 1)))


class Rows(unittest.TestCase):
    """The rows as data."""

    def test_rungs_name_rows(self) -> None:
        names = {one.name for one in rows.all_rows(1000)}
        for rung in rows.rungs():
            self.assertIn(rung.row, names)
            self.assertTrue(rung.why_not or rung.kernel in names)

    def test_a_guest_has_slots_for_its_functions(self) -> None:
        every = rows.all_rows(1000)
        guests = run.guests(every)
        self.assertCountEqual([one for guest in guests for one in guest],
                              every)
        self.assertEqual(len(guests), 7)
        for guest in guests:
            self.assertEqual(
                len({"emulated" in one.setup.options for one in guest}), 1)
            names = {one.setup.function.name: one.setup.function
                     for one in guest}
            qemus = sum(one.qemu is not None for one in names.values())
            self.assertLessEqual(qemus, run.MOST_QEMU)
            self.assertLessEqual(len(names) - qemus, run.MOST_OURS)

    def test_slow_functions_have_a_tap(self) -> None:
        """With the address that the host expects."""
        made = self.enterContext(mock.patch.object(net_peer, "lab_peers"))
        slow = [one for one in net_rows.FUNCTIONS
                if one.name.startswith("net-slow-")]
        with net_peer.peers([*slow, net_rows.FUNCTIONS[0]]):
            taps = [call.args[0] for call in made.tap.call_args_list]
        self.assertEqual([one.number for one in taps],
                         [one.number for one in slow])
        for function, there in zip(slow, taps):
            self.assertIn(f"tap:{there.tap}", function.options)
            self.assertIn(there.guest_mac, function.options)

    def test_a_device_has_the_service_of_its_row(self) -> None:
        setup = samples.row("net-slow-packed-varying-vfe-rr-8").setup
        control, tell = mock.Mock(), mock.Mock(return_value="eth0")
        of(setup.function).work(tell, setup, "0000:00:10.0", {},
                                control).find()
        self.assertEqual([call.args[0] for call in control.call_args_list],
                         ["service lognormal:10000:0.7", "seed 1"])

    def test_the_window_takes_fewer(self) -> None:
        self.assertLess(samples.row("net-trap-port-ping").ops,
                        samples.row("net-msix-ping").ops)
