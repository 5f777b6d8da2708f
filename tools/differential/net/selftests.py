# SPDX-License-Identifier: GPL-2.0
"""Runs the kernel's selftests of network drivers with both drivers, by turns,
on the same function (inner code)."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lab import LabError, build, kernel, net, paths, pci, progress
from lab.guest import Guest
from lab.initramfs import More

from .configs import SUBJECT, NetConfig
from .links import Link
from .selftest_files import TESTS, Files, place

SERIES = "7.3"
BOTH = (SUBJECT.theirs, SUBJECT.ours)
# Those of the table in README.md
LIST = (
    "ping.py", "stats.py", "queues.py", "napi_id.py", "ring_reconfig.py",
    "napi_threaded.py", "netpoll_basic.py", "hds.py", "shaper.py",
    "hw/csum.py", "hw/irq.py", "hw/rss_api.py", "hw/rss_ctx.py",
    "hw/rss_drv.py", "hw/rss_flow_label.py", "hw/rss_input_xfrm.py",
    "hw/toeplitz.py", "hw/ntuple.py", "hw/gro_hw.py", "hw/nic_timestamp.py",
    "hw/tso.py", "hw/uso.py", "hw/xdp_metadata.py", "hw/xsk_reconfig.py",
    "hw/pp_alloc_fail.py", "xdp.py", "gro.py",
)
MEMORY_MB, BOOT_S, SETUP_S, GRACE_S = 1700, 300, 120, 30
MACS = ("52:54:00:09:00:02", "52:54:00:09:00:01")
SLOTS = (pci.Slot(0x14), pci.Slot(0x15))
CONFIG = NetConfig("selftests", {"rss": "on", "hash": "on"}, pairs=2, cpus=2)
PROGRAMS = ("python3", "pkill", "socat")
MODULES = (
    "act_gact", "act_skbedit", "bonding", "cls_flower", "cls_fw", "cls_u32",
    "esp4", "esp6", "ip6_gre", "ip6_tunnel", "ipip", "ipvlan", "macsec",
    "macvlan", "netkit", "sch_etf", "sch_mqprio", "sch_prio", "sit", "team",
    "udmabuf", "xfrm_user", "xt_comment",
)
FOLDERS = (Path("/usr/lib/x86_64-linux-gnu/bpf"), Path("/usr/lib/python3.13"),
           Path("/usr/lib/python3/dist-packages/scapy"))

UNPACK = """\
ln -sf bash /usr/bin/sh
mkdir /selftests
tar -C /selftests -xzf /tmp/selftests.tar.gz && rm /tmp/selftests.tar.gz
mount -t bpf bpf /sys/fs/bpf
mount -t configfs configfs /sys/kernel/config
python3 -m compileall -q /selftests
modprobe -a virtio_net vfe_net
pci_no_autoprobe
"""
# The names that the tests want: an interface, and a namespace with another
BIND = """\
ip netns del peer 2>/dev/null && sleep 0.3
pci_unbind {mine} {other}
pci_bind {driver} {mine} && pci_bind virtio-pci {other} || exit 1
ip link set "$(pci_netdev {mine})" name eth0 || exit 1
ip link set "$(pci_netdev {other})" name eth1 || exit 1
ip netns add peer
ip link set eth1 netns peer
busybox sysctl -q -w net.ipv6.conf.all.accept_ra=0
ip link set lo up
ip link set eth0 up
ip addr add 192.0.2.1/24 dev eth0
ip addr add 2001:db8::1/64 dev eth0 nodad
ip -n peer link set lo up
ip -n peer link set eth1 up
ip -n peer addr add 192.0.2.2/24 dev eth1
ip -n peer addr add 2001:db8::2/64 dev eth1 nodad
ping -q -c 2 -i 0.3 -W 5 192.0.2.2 && ping -q -c 1 -W 5 2001:db8::2 || exit 1
dmesg -C
"""
RUN = """\
export PYTHONPATH=/selftests/python LD_LIBRARY_PATH=/selftests/python
export NETIF=eth0 REMOTE_TYPE=netns REMOTE_ARGS=peer KSFT_MACHINE_SLOW=yes
export LOCAL_V4=192.0.2.1 REMOTE_V4=192.0.2.2
export LOCAL_V6=2001:db8::1 REMOTE_V6=2001:db8::2
cd /selftests/{tests}/drivers/net/{folder} || exit 1
timeout {limit} {command} 2>&1
echo "status $?"
dmesg -c | busybox tail -n 60
"""
RESULT = re.compile(r"^(not )?ok \d+ (\S+)(?: # (SKIP|XFAIL))?", re.MULTILINE)
STATUS = re.compile(r"^status (\d+)$", re.MULTILINE)
TIMED_OUT = 124
LETTERS = {"pass": "", "fail": " f", "xfail": " expected f", "skip": " s"}


def results(text: str) -> dict[str, str]:
    """What a test says of its cases: "pass", "fail", "skip", "xfail"."""
    return {name: word.lower() if word else "fail" if bad else "pass"
            for bad, name, word in RESULT.findall(text)}


@dataclass
class Turn:
    """A test with one driver."""

    text: str
    cases: dict[str, str] = field(default_factory=dict)
    note: str = ""

    @classmethod
    def of(cls, text: str) -> Turn:
        """From what the test printed."""
        turn = cls(text, results(text))
        status = STATUS.search(text)
        if not status:
            turn.note = "no end"
        elif int(status[1]) == TIMED_OUT:
            turn.note = "stopped"
            # which fails the case under way
            if turn.cases:
                turn.cases.popitem()
        elif not turn.cases:
            turn.note = f"status {status[1]}"
        return turn

    def cell(self) -> str:
        """Its cell of the table."""
        counts = Counter(self.cases.values())
        said = [f"{counts[kind]}{letter}" for kind, letter in LETTERS.items()
                if counts[kind]]
        return ", ".join([*said, *([self.note] if self.note else [])])


def compared(ours: Turn, theirs: Turn) -> list[str]:
    """The cases that both have ended, and differently."""
    return [f"{name}: {SUBJECT.ours} {ours.cases[name]}, {SUBJECT.theirs}"
            f" {theirs.cases[name]}" for name in ours.cases
            if theirs.cases.get(name, ours.cases[name]) != ours.cases[name]]


def _boot(link: Link) -> Guest:
    argv = link.functions(CONFIG, "selftests", SLOTS, MACS)
    guest = Guest(
        accel="tcg", cpus=CONFIG.cpus, memory=MEMORY_MB, qemu_args=argv,
        boots=kernel.debian(SERIES), modules=build.modules(SERIES),
        append="ipv6.disable=0", name="selftests",
        logs=paths.logs() / "selftests", more=More(
            "selftests", (*net.PROGRAMS, *net.MORE_PROGRAMS, *PROGRAMS),
            (*net.MODULES, *MODULES), FOLDERS,
            real=("iperf3", "kmod", "tcpdump")))
    guest.boot(BOOT_S)
    return guest


class Run:
    """The tests, in one guest."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.turns: dict[tuple[str, str], Turn] = {}
        self.folder = paths.out() / "selftests"
        self.folder.mkdir(parents=True, exist_ok=True)

    def _one(self, guest: Guest, driver: str, test: str) -> None:
        folder, name, case = place(test)
        command = f"./{name}" if name.endswith(".sh") else f"python3 ./{name}"
        command += f" -t '{case}'" if case else ""
        with progress.step(f"{driver}: {test}"):
            text = guest.run(RUN.format(
                tests=TESTS, folder=folder, limit=self.limit,
                command=command), self.limit + GRACE_S, check=False).out
        turn = self.turns[test, driver] = Turn.of(text)
        shown = re.sub("[/:*]", "-", test)
        (self.folder / f"{shown}.{driver}.txt").write_text(text)
        progress.say(f"{driver}: {test}: {turn.cell()}")

    def all(self, drivers: Sequence[str], tests: Sequence[str]) -> None:
        """Each test with each driver, which binds anew before it."""
        archive = Files(SERIES).packed()
        with tempfile.TemporaryDirectory(dir="/tmp") as name:
            link = Link(Path(name))
            try:
                with progress.step("booting"):
                    guest = _boot(link)
                try:
                    guest.put(archive.read_bytes(), "/tmp/selftests.tar.gz")
                    guest.run(pci.script(UNPACK), SETUP_S)
                    for test in tests:
                        for driver in drivers:
                            guest.run(pci.script(BIND.format(
                                mine=SLOTS[0].bdf, other=SLOTS[1].bdf,
                                driver=pci.driver_of(driver))), SETUP_S)
                            self._one(guest, driver, test)
                finally:
                    guest.kill()
            finally:
                link.remove()


def run(drivers: Sequence[str], tests: Sequence[str], limit: int) -> int:
    """Run the tests and print the table; 1 if a case that passes with the
    kernel's driver does not with ours."""
    tests = list(tests or LIST)
    one = Run(limit)
    try:
        one.all(drivers, tests)
    except LabError as error:
        progress.say(f"the guest is lost: {error}")
    except KeyboardInterrupt:
        progress.say("stopped")     # with the results so far
    print(f"\n| test | `{SUBJECT.theirs}` | `{SUBJECT.ours}` |\n|---|---|---|")
    worse = False
    for test in tests:
        turns = [one.turns.get((test, name)) for name in BOTH]
        print(f"| {test} | " + " | ".join(
            turn.cell() if turn else "not run" for turn in turns) + " |")
        theirs, ours = turns
        if ours and theirs:
            for line in compared(ours, theirs):
                print(f"    {line}")
            worse |= any(theirs.cases.get(name) == "pass" != kind
                         for name, kind in ours.cases.items())
    return int(worse or len(one.turns) < len(tests) * len(drivers))
