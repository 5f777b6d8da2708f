# SPDX-License-Identifier: GPL-2.0
"""What users do to an interface while it works."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from collections.abc import Callable

from .ends import (BLOCK, DUT, MIB, PEER, PING, address, connected, datagrams,
                  interface, moved, stream, streams)
from .filters import come
from .load import load, pause
from .say import becomes, must, note, outcome, run, tries

MTUS = (1280, 1500, 600, 68, 67, 0, 1499, 9000, 65535, 65536, 1500)
RINGS = (("tx", 128), ("rx", 128), ("tx", 64), ("rx", 64), ("tx", 16),
         ("rx", 16), ("tx", 4), ("rx", 4), ("tx", 19), ("rx", 33), ("tx", 0),
         ("tx", 100000), ("rx", 256), ("tx", 256))


def mtu() -> None:
    """Changes of the MTU, in range and out of it."""
    with load() as streams_:
        for number in MTUS:
            if not tries(f"mtu.{number}",
                         f"ip -n {DUT} link set {DUT} mtu {number}"):
                streams_.moves(f"mtu.{number}")
    must(f"ip -n {DUT} addr replace fd09::2/64 dev {DUT} nodad")


def jumbo(size: str = "9000") -> None:
    """Large frames both ways, where device and peer can."""
    for name in (DUT, PEER):
        tries(f"jumbo.{name}", f"ip -n {name} link set {name} mtu {size}")
    for length in (1400, 1500, 4000, int(size) - 28, int(size), 30000):
        _, said = run(interface(
            DUT, f"{PING} -W 5 -M dont -s {length} {address(PEER)}"))
        found = re.search(r"\d+ packets.*received[^,]*", said)
        outcome(f"jumbo.ping.{length}", found[0] if found else said)
    streams("jumbo", 4 * MIB)
    for word in ("off", "on"):
        run(interface(DUT, f"ethtool -K {DUT} tx {word} gso {word}"))
        streams(f"jumbo.{word}", MIB)


def _large_after_small(size: int) -> None:
    """Short packets have the driver choose small buffers for a new ring; yet
    packets of 64 KiB must fit into it."""
    run(interface(PEER, "busybox sysctl -w"
                        " net.ipv4.tcp_slow_start_after_idle=0"))
    one, other = connected(PEER, DUT)
    with one, other:
        moved(one, other)
        run(interface(PEER, "ping -q -n -c 300 -i 0.002 -s 40"
                            f" {address(DUT)}"))
        if not tries(f"large.{size}",
                     interface(DUT, f"ethtool -G {DUT} rx {size}")):
            outcome(f"large.{size}.came", moved(one, other))
    run(interface(DUT, f"ethtool -G {DUT} rx 256"))


def rings() -> None:
    """Sizes of rings, the smallest too, under traffic."""
    _, said = run(interface(DUT, f"ethtool -g {DUT}"))
    outcome("rings", " ".join(said.split()))
    for large in (64, 32):
        _large_after_small(large)
    # QEMU's device waits for ever if the ring cannot hold a whole frame.
    run(interface(PEER, f"ethtool -K {PEER} tso off gso off"))
    with load() as streams_:
        for way, size in RINGS:
            if not tries(f"{way}.{size}",
                         interface(DUT, f"ethtool -G {DUT} {way} {size}")):
                streams_.moves(f"{way}.{size}")
    _, said = run(interface(DUT, f"ethtool -g {DUT}"))
    outcome("rings.after", " ".join(said.split()))
    run(interface(PEER, f"ethtool -K {PEER} tso on gso on"))


def resize(rounds: str = "5") -> None:
    """Rings are made small and large again between pings: none is lost."""
    for number in range(int(rounds)):
        for way, size in (("tx", 64), ("rx", 128), ("tx", 256), ("rx", 256)):
            tries(f"{way}.{size}.{number}",
                  interface(DUT, f"ethtool -G {DUT} {way} {size}"))
            _, said = run(interface(DUT, "ping -q -n -c 10 -i 0.1 -W 5"
                                         f" {address(PEER)}"))
            found = re.search(r"\d+ received", said)
            outcome(f"{way}.{size}.{number}.ping",
                    found[0] if found else said)


def channels() -> None:
    """Numbers of channels, in range and out of it, under traffic."""
    with load() as streams_:
        for number in (1, 2, 3, 4, 5, 0, 1, 4, 2):
            if not tries(f"channels.{number}", interface(
                    DUT, f"ethtool -L {DUT} combined {number}")):
                streams_.moves(f"channels.{number}")
            outcome(f"channels.{number}.queues", must(interface(
                DUT, f"busybox sh -c 'cd /sys/class/net/{DUT}/queues;"
                     " echo *'")).strip())
    # XPS and interrupts remain usable.
    _, said = run(interface(
        DUT, f"busybox grep . -r /sys/class/net/{DUT}/queues"
             " --include=xps_cpus"))
    outcome("xps", " ".join(re.sub(r"\S*/queues/", "", line)
                            for line in said.split()))


def down_up(rounds: str = "12") -> None:
    """Down and up again under traffic."""
    with load() as streams_:
        for number in range(int(rounds)):
            must(f"ip -n {DUT} link set {DUT} down")
            must(f"ip -n {DUT} link set {DUT} up")
            must(f"ip -n {DUT} neigh replace {address(PEER)} lladdr"
                 f" 52:54:00:09:00:01 dev {DUT} nud permanent")
            if number % 3 == 2:
                streams_.moves(f"up.{number}")


def under(seconds: str = "6") -> None:
    """Traffic beside what the host does."""
    with load():
        pause(float(seconds))


def _flood(name: str) -> subprocess.Popen[bytes]:
    """Packets from an end, until the process is killed."""
    other = PEER if name == DUT else DUT
    # pylint: disable-next=consider-using-with
    return subprocess.Popen(
        ["ip", "netns", "exec", name, "ping", "-f", "-q", "-s", "1200",
         address(other)], stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _end(*floods: subprocess.Popen[bytes]) -> None:
    for flood in floods:
        flood.kill()
        flood.wait()


def _again(name: str) -> None:
    """Configure the ends anew; the tested interface has this name."""
    must(". /usr/lib/differential/net.sh\ntake_down\nN=" + name + " P=\n"
         "for n in {1..100}; do\n"
         "\tfor one in /sys/class/net/*; do\n"
         "\t\tread -r mac <$one/address\n"
         "\t\t[ \"$mac\" != 52:54:00:09:00:01 ] || P=${one##*/}\n"
         "\tdone\n"
         "\t[ -z \"$P\" ] || break\n"
         "\tbusybox sleep 0.1\n"
         "done 2>/dev/null\n"
         "set_up", 60)


def namespace() -> None:
    """The namespace goes away under traffic; the interface comes back."""
    for number in range(3):
        floods = _flood(DUT), _flood(PEER)
        pause(0.5)
        must("umount /run/differential/sys.dut; ip netns del dut")
        _end(*floods)
        outcome(f"back.{number}", becomes(
            lambda: os.path.exists(f"/sys/class/net/{DUT}"), 15))
        # the peer's one, too, so that its name is free
        must("umount /run/differential/sys.peer; ip netns del peer")
        becomes(lambda: os.path.exists(f"/sys/class/net/{PEER}"), 15)
        _again(DUT)
        outcome(f"stream.{number}", stream(DUT, MIB))


def _name(folder: str) -> str:
    """The interface of a function."""
    return run("for one in " + folder + "/{,virtio*/}net/*; do"
               " [ -e $one ] && echo ${one##*/}; done")[1].strip()


def unbind(rounds: str = "4") -> None:
    """The driver is unbound and bound again under traffic."""
    function = os.path.basename(os.path.realpath(
        "/run/differential/sys.dut/class/net/dut/device"))
    if function.startswith("virtio"):
        function = os.path.basename(os.path.dirname(os.path.realpath(
            "/run/differential/sys.dut/class/net/dut/device")))
    folder = f"/sys/bus/pci/devices/{function}"
    driver = os.path.realpath(f"{folder}/driver")
    for number in range(int(rounds)):
        floods = _flood(DUT), _flood(PEER)
        pause(0.4)
        tries(f"unbind.{number}", f"echo {function} >{driver}/unbind")
        _end(*floods)
        tries(f"bind.{number}", f"echo {function} >{driver}/bind")

        outcome(f"named.{number}", becomes(lambda: bool(_name(folder)), 15))
        _again(_name(folder))
        outcome(f"stream.{number}", stream(PEER, MIB))


def suspend() -> None:
    """Devices are stopped and started under traffic."""
    with load() as streams_:
        must("echo 0 >/sys/module/suspend/parameters/pm_test_delay;"
             " echo devices >/sys/power/pm_test")
        for number in range(3):
            tries(f"freeze.{number}", "echo freeze >/sys/power/state", 60)
            streams_.moves(f"freeze.{number}")
        must("echo none >/sys/power/pm_test")
    _, said = run(interface(DUT, f"ip -d link show dev {DUT}"))
    outcome("link", re.search(r"<.*?>.*state \S+", said))


# What users set, and how they see it
SET = f"""\
ip -n {DUT} link set {DUT} mtu 1400 address 52:54:00:09:00:22 allmulticast on
ip -n {DUT} maddr add 01:00:5e:01:02:03 dev {DUT}
ip -n {DUT} link add link {DUT} name v7 type vlan id 7
ip -n {DUT} link set v7 up
run() {{ ip netns exec {DUT} "$@" || echo "no: $*"; }}
run ethtool -L {DUT} combined 2
run ethtool -G {DUT} tx 128
run ethtool -X {DUT} weight 3 1
run ethtool -C {DUT} rx-frames 8
run ethtool -K {DUT} gro off tso off rx-gro-hw off
run bash -c 'echo 1 >/sys/class/net/{DUT}/threaded'
run bash -c 'echo 2 >/sys/class/net/{DUT}/queues/tx-0/xps_cpus'
"""
SEEN = f"""\
ip -n {DUT} -o link show; ip -n {DUT} maddr show dev {DUT}
for one in -g -k -l -c -x; do ip netns exec {DUT} ethtool $one {DUT}; done
ip netns exec {DUT} busybox sh -c 'cd /sys/class/net/{DUT};
	busybox grep . threaded queues/*/xps_cpus'
"""


def kept(rounds: str = "2") -> None:
    """What users have set is there after suspend, and works."""
    note(run(SET)[1])
    before = run(SEEN)[1]
    for other in (PEER,):
        must(f"ip -n {other} neigh replace {address(DUT)} lladdr"
             f" 52:54:00:09:00:22 dev {other} nud permanent")
    must("echo 0 >/sys/module/suspend/parameters/pm_test_delay;"
         " echo devices >/sys/power/pm_test")
    with load("suspended.") as streams_:
        for number in range(int(rounds)):
            tries(f"freeze.{number}", "echo freeze >/sys/power/state", 60)
            streams_.moves(f"freeze.{number}")
            after = run(SEEN)[1]
            outcome(f"kept.{number}", "all" if after == before else " ".join(
                set(after.split("\n")) ^ set(before.split("\n"))))
            come(f"freeze.{number}")
    must("echo none >/sys/power/pm_test")


def netconsole(lines: str = "120") -> None:
    """Each line of the kernel's log comes, also beside other packets."""
    must(f"ip -n {DUT} link set {DUT} netns 1; ip addr add"
         f" {address(DUT)}/24 dev {DUT}; ip link set {DUT} up;"
         f" ip neigh replace {address(PEER)} lladdr 52:54:00:09:00:01 dev"
         f" {DUT} nud permanent")
    with datagrams(PEER) as sink:
        port = sink.getsockname()[1]
        said = f"6665@{address(DUT)}/{DUT},{port}@{address(PEER)}" \
               "/52:54:00:09:00:01"
        tries("module", f"modprobe netconsole netconsole={said}")
        # by default ten lines in five seconds
        with open("/proc/sys/kernel/printk_devkmsg", "w",
                  encoding="utf-8") as limit:
            limit.write("on\n")
        # pylint: disable-next=consider-using-with
        flood = subprocess.Popen(["ping", "-f", "-q", address(PEER)],
                                 stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL)
        with open("/dev/kmsg", "w", encoding="utf-8") as log:
            for number in range(int(lines)):
                log.write(f"<1>netconsole {number} {'x' * 200}\n")
                log.flush()
        flood.kill()
        flood.wait()
        seen: set[int] = set()
        sink.settimeout(3)
        try:
            while len(seen) < int(lines):
                found = re.search(rb"netconsole (\d+) x{200}", sink.recv(2000))
                if found:
                    seen.add(int(found[1]))
        except TimeoutError:
            pass
        outcome("lines", len(seen))
    tries("module.gone", "modprobe -r netconsole")
    outcome("stream", _from_first())
    must(f"ip link set {DUT} netns {DUT}")


def _from_first() -> str:
    """A packet still goes out of the first namespace."""
    with datagrams(PEER) as sink, socket.socket(
            socket.AF_INET, socket.SOCK_DGRAM) as one:
        sink.settimeout(5)
        one.sendto(BLOCK[:500], sink.getsockname()[:2])
        try:
            return "came" if sink.recv(2000) == BLOCK[:500] else "other"
        except TimeoutError:
            return "nothing came"


def shared_ring() -> None:
    """The smallest rings and a full load: nothing waits for ever."""
    # as in rings()
    run(interface(PEER, f"ethtool -K {PEER} tso off gso off"))
    for way in ("tx", "rx"):
        status, said = run(interface(DUT, f"ethtool -G {DUT} {way} 4"))
        note(f"{way} 4: {status} {said}")
    streams("small", 2 * MIB)
    with load():
        pause(2)
    run(interface(PEER, f"ethtool -K {PEER} tso on gso on"))


LIFE: dict[str, Callable[..., None]] = {
    "mtu": mtu, "jumbo": jumbo, "rings": rings, "channels": channels,
    "down-up": down_up, "under": under, "namespace": namespace,
    "unbind": unbind, "suspend": suspend, "kept": kept, "resize": resize,
    "netconsole": netconsole, "smallest": shared_ring}
