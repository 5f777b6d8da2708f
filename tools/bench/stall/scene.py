# SPDX-License-Identifier: GPL-2.0
"""A guest with two disks whose storage stalls.

One disk is QEMU's own on a storage daemon, which a signal stops; the other is
the custom device's, which stops completing on a command. A virtual machine can
be paused as well. A heartbeat in the guest and the monitor show how long the
machine stood still; fio and the kernel's log show the results of the requests.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from lab import LabError, image, pci, storage
from lab.guest import DeviceSpec, Guest

from ..urgent import urgent

NBD, OWN = DISKS = ("nbd", "own")
BACKEND, PAUSE = SCENES = ("backend", "pause")
NBD_SLOT = pci.Slot(4)
MEMORY_MB = 512
DEPTH = 32
LOOK_S = 0.25
# Time limit for starting, resuming and ending, on a slow machine
PATIENCE_S = 60
# The service time of both disks: long enough that all reads are in flight at a
# stall, and the guest is mostly idle.
SERVICE_US = 200_000

BIND = """\
pci_no_autoprobe
modprobe {module} && pci_bind {driver} {bdf} || exit 1
disk=$(pci_disk {bdf}) || {{ echo $disk; exit 1; }}
# The kernel's driver has no timeout, and no such file.
file=/sys/block/$disk/queue/io_timeout
[ -z "{io_timeout}" ] || [ ! -w $file ] || echo {io_timeout} >$file
echo $disk"""

# The guest's clock, ten times per second, without starting a process.
BEAT = """\
mkfifo /tmp/never
(while read -r up _ </proc/uptime; do
    echo $up
    read -r -t 0.1 -u 9
done 9<>/tmp/never >/tmp/beats) >/dev/null 2>&1 &
echo $! >/tmp/beat.pid"""

LOAD = """\
for disk in {disks}; do
    fio --name=$disk --filename=/dev/$disk --direct=1 --thread \
        --rw=randread --bs=4k --ioengine=libaio --iodepth={depth} \
        --size={size}M --time_based --runtime=3600 >/tmp/fio-$disk 2>&1 &
done
true"""

# How many reads each disk has completed, and how many are in flight
STATE = """\
for disk in {disks}; do
    set -- $(cat /sys/block/$disk/stat) && echo $disk $1 $9
done"""

END = """\
kill -INT $(pidof fio) 2>/dev/null
for n in $(seq {tenths}); do
    pidof fio >/dev/null || break
    sleep 0.1
done
if pidof fio; then echo fio is stuck; fi
for disk in {disks}; do echo "== $disk"; cat /tmp/fio-$disk; done
echo "== log"
dmesg"""

ERROR = re.compile(r"err= ?([0-9]+)")
RESET = re.compile(r"^.*(?:resetting|reset of the|timed out|I/O error|stuck"
                   r"|rcu:.*stall).*$", re.M)


@dataclass(frozen=True)
class Seen:
    """The effects of a stall on a guest."""

    beat_gap_s: float       # longest time between two beats, by its clock
    monitor_gap_s: float    # longest response time of QEMU's monitor
    again_s: float          # from the end of the stall until all disks go on
    problems: tuple[str, ...]       # requests that failed, or never ended
    log: tuple[str, ...]    # kernel messages about resets and timeouts


def gap(beats: str) -> float:
    """The longest time between two beats; LabError if there are too few."""
    times = [float(word) for word in beats.split()]
    if len(times) < 3:
        raise LabError(f"the guest wrote {len(times)} heartbeats, and a gap"
                       " needs 3: see its console log for why it stood"
                       " still")
    return max(b - a for a, b in zip(times, times[1:]))


class Monitor(threading.Thread):
    """Queries QEMU's monitor repeatedly, until stopped.

    It is a thread, so that a pause can end while it waits for an answer.
    """

    def __init__(self, guest: Guest) -> None:
        super().__init__(daemon=True)
        self._guest = guest
        self._enough = threading.Event()
        self.longest = 0.0

    def run(self) -> None:
        while not self._enough.wait(LOOK_S):
            start = time.monotonic()
            # A query that times out counts with the time that it took.
            with contextlib.suppress(LabError):
                self._guest.qmp("query-status")
            self.longest = max(self.longest, time.monotonic() - start)

    def end(self) -> float:
        """The longest time for an answer."""
        self._enough.set()
        self.join(PATIENCE_S)
        return self.longest


class Stage:
    """The guest, with a driver bound to both disks."""

    def __init__(self, folder: Path, name: str, *, accel: str = "tcg",
                 logs: Path | None = None) -> None:
        socket = folder / f"{name}.sock"
        self._daemon = storage.StorageDaemon(
            {"driver": "null-co", "size": image.RAW_READ_MB << 20,
             "read-zeroes": True, "latency-ns": SERVICE_US * 1000},
            storage.nbd(socket, NBD), socket)
        disk = image.raw(folder, [name])[name]
        argv = [*pci.blockdev(NBD, driver="nbd", export=NBD, server={
            "type": "unix", "path": str(socket)}),
                *pci.device("virtio-blk-pci", NBD_SLOT, {
                    "drive": NBD, "disable-legacy": "on", "num-queues": 1})]
        self.guest = Guest(
            [DeviceSpec(OWN, disk, ("--id", "stock", "--service",
                                     f"constant:{SERVICE_US}"))],
            accel=accel, cpus=1, memory=MEMORY_MB, name=name, qemu_args=argv,
            logs=logs)
        self._disks: list[str] = []
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Stage:
        with contextlib.ExitStack() as stack:
            stack.callback(self._daemon.stop)
            urgent()
            stack.enter_context(self.guest)
            # A stopped server would keep QEMU from ending.
            stack.callback(self._signal, signal.SIGCONT)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None,
                 value: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._stack.__exit__(kind, value, trace)

    def _signal(self, signum: int) -> None:
        os.kill(self._daemon.pid, signum)

    def bind(self, driver: str, io_timeout_ms: int | None = None) -> None:
        """Bind a driver to both disks."""
        bdfs = {NBD: NBD_SLOT.bdf, OWN: self.guest.devices[OWN].bdf}
        self._disks = [self.guest.run(pci.script(BIND.format(
            bdf=bdfs[disk], module=driver, driver=pci.driver_of(driver),
            io_timeout=io_timeout_ms or ""))).out.split()[-1]
            for disk in DISKS]

    def resets(self) -> tuple[int, int]:
        """The custom device's counts: writes to its status (several per reset),
        and resets of queues."""
        counts = self.guest.devices[OWN].control()
        status = sum(int(one["count"]) for one in counts["registers"]
                     if one["name"] == "device_status"
                     and one["dir"] == "write")
        return status, int(counts["queue_resets"])

    def _state(self) -> dict[str, tuple[int, int]]:
        out = self.guest.run(STATE.format(disks=" ".join(self._disks))).out
        return {name: (int(done), int(flying)) for name, done, flying in
                (line.split() for line in out.splitlines())}

    def _moves(self) -> None:
        """Wait until all disks make progress again; LabError if one does
        not."""
        start = self._state()
        deadline = time.monotonic() + PATIENCE_S
        while True:
            now = self._state()
            still = [name for name in self._disks
                     if now[name][0] < start[name][0] + DEPTH]
            if not still:
                return
            if time.monotonic() > deadline:
                raise LabError(f"{', '.join(still)} completed fewer than"
                               f" {DEPTH} reads in {PATIENCE_S} s: see the"
                               " guest's log")
            time.sleep(0.1)

    @contextlib.contextmanager
    def _stopped(self, scene: str, seconds: float) -> Iterator[None]:
        if scene == PAUSE:
            self.guest.qmp("stop")
        else:
            self.guest.devices[OWN].control(f"stall {seconds}")
            self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            if scene == BACKEND:
                self._signal(signal.SIGCONT)
            else:
                self.guest.qmp("cont")

    def play(self, scene: str, seconds: float) -> Seen:
        """Stall the storage or machine of the scene, with reads in flight."""
        disks = " ".join(self._disks)
        self.guest.run("dmesg -c >/dev/null; rm -f /tmp/never\n" + BEAT)
        self.guest.run(LOAD.format(disks=disks, depth=DEPTH,
                                   size=image.RAW_READ_MB))
        self._moves()
        monitor = Monitor(self.guest)
        with self._stopped(scene, seconds):
            monitor.start()
            time.sleep(seconds)
            # A paused machine gets "cont" last.
            if scene == PAUSE:
                monitor.end()
        monitor.end()
        problems, start = [], time.monotonic()
        try:
            self._moves()
        except LabError as error:
            problems.append(f"{error} after the stall")
        again = time.monotonic() - start
        out = self.guest.run(END.format(disks=disks, tenths=10 * PATIENCE_S),
                             PATIENCE_S + 30, check=False).out
        told, _, log = out.partition("== log\n")
        problems += [f"fio: {line.strip()}" for line in told.splitlines()
                     if "stuck" in line or "error" in line or
                     any(code != "0" for code in ERROR.findall(line))]
        beats = self.guest.run("kill $(cat /tmp/beat.pid); cat /tmp/beats").out
        return Seen(gap(beats), monitor.longest, again, tuple(problems),
                    tuple(line.strip() for line in RESET.findall(log)))
