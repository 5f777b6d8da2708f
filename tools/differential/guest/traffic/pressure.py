# SPDX-License-Identifier: GPL-2.0
"""Memory runs out while packets come, and returns."""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator

from .ends import DUT, MIB, PEER, SO_RCVBUFFORCE, address, new_socket, \
    streams, within
from .say import must, note, outcome

MCL_ALL = 3
PKTGEN = "/proc/thread-self/net/pktgen"
HOG = "/dev/shm/hog"
LEFT_MB = 100           # free when the packets begin to come
VICTIMS = 30
PORT = 9


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def _free_mb() -> int:
    with open("/proc/meminfo", encoding="utf-8") as file:
        return next(int(line.split()[1]) >> 10 for line in file
                    if line.startswith("MemFree:"))


@contextlib.contextmanager
def _victims() -> Iterator[None]:
    """The kernel may kill these, and nothing else."""
    found = [subprocess.Popen(["sleep", "1000"]) for _ in range(VICTIMS)]
    for one in found:
        _write(f"/proc/{one.pid}/oom_score_adj", "1000")
    yield
    note(f"killed for memory: {sum(one.poll() is not None for one in found)}")
    for one in found:
        one.kill()
        one.wait()


@contextlib.contextmanager
def _hog() -> Iterator[None]:
    """Little memory is free meanwhile."""
    must("mount -o remount,size=100% /dev/shm")
    with open(HOG, "wb") as file:
        os.posix_fallocate(file.fileno(), 0, (_free_mb() - LEFT_MB) << 20)
    yield
    os.unlink(HOG)


class _Flood:
    """The kernel sends one datagram again and again, without allocations."""

    def __init__(self) -> None:
        with within(PEER):
            for text in ("rem_device_all", f"add_device {PEER}"):
                _write(f"{PKTGEN}/kpktgend_0", text)
            for text in ("count 0", "clone_skb 100000", "pkt_size 1300",
                         "delay 0", f"dst {address(DUT)}",
                         "dst_mac 52:54:00:09:00:02", f"udp_dst_min {PORT}",
                         f"udp_dst_max {PORT}"):
                _write(f"{PKTGEN}/{PEER}", text)
            # pylint: disable-next=consider-using-with
            self._control = [open(f"{PKTGEN}/pgctrl", "wb", buffering=0)
                             for _ in range(2)]
            self._thread = threading.Thread(
                target=lambda: self._control[0].write(b"start\n"))
            self._thread.start()

    def end(self) -> None:
        """No more of them."""
        with within(PEER):
            self._control[1].write(b"stop\n")
        self._thread.join()


def pressure(seconds: str = "6") -> None:
    """A socket that nobody reads takes all memory. Afterwards all is well."""
    must("modprobe pktgen")
    _write("/proc/self/oom_score_adj", "-1000")
    _write("/proc/sys/net/ipv4/udp_mem", "4000000 4000000 4000000")
    kept = must("cat /proc/sys/vm/min_free_kbytes")
    _write("/proc/sys/vm/min_free_kbytes", "4000")
    with _victims(), _hog(), open(
            f"/run/differential/sys.{DUT}/class/net/{DUT}/statistics"
            "/rx_dropped", encoding="utf-8") as dropped, new_socket(
                DUT, kind=socket.SOCK_DGRAM) as sink:
        sink.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 30)
        sink.bind((address(DUT), PORT))
        ctypes.CDLL(None).mlockall(MCL_ALL)
        flood = _Flood()
        end = time.monotonic() + 60
        while not int(dropped.read()) and time.monotonic() < end:
            time.sleep(0.2)
            dropped.seek(0)
        time.sleep(float(seconds))
        # first: the end of a thread may need memory, and no victim is left
        sink.close()
        flood.end()
        dropped.seek(0)
        outcome("dropped", int(dropped.read()) > 0)
    _write("/proc/sys/vm/min_free_kbytes", kept)
    streams("after", 2 * MIB)


PRESSURE: dict[str, Callable[..., None]] = {"pressure": pressure}
