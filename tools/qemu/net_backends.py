# SPDX-License-Identifier: GPL-2.0
"""What is behind the network functions of a guest: QEMU's -netdev, and what
the machine that measures has for it."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from lab import LabError, extras, net, peers, progress
from lab.channel import Deadline

from .net_configs import (PASST, PASST_STREAM, STREAM, TESTPMD, VHOST,
                          NetConfig)

READY_S = 60
DPDK = "dpdk"       # of extras.PACKAGES
TESTPMD_MB = 256
BUFFERS = 8192
LONGEST_FRAME = 9018


def missing(helper: str) -> str:
    """Why this machine has no such helper; empty if it has."""
    if helper == VHOST:
        subprocess.run(["modprobe", "-q", "vhost_net"], check=False)
        return "" if os.access("/dev/vhost-net", os.W_OK) else \
            "no /dev/vhost-net here, and no module vhost_net"
    if helper == PASST:
        done = subprocess.run(["unshare", "--user", "true"], check=False,
                              stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.STDOUT)
        return f"no user namespace here: {done.stdout.strip()}" \
            if done.returncode else ""
    return ""


class Backends:
    """Those of one guest; the end of the context closes them."""

    def __init__(self, folder: Path, logs: Path) -> None:
        self._folder = folder       # for sockets
        self._logs = logs
        self._stack = contextlib.ExitStack()
        self._passts: list[list[str]] = []
        self._ports: list[Path] = []    # testpmd's
        self._pairs = 1                 # of each
        self._sockets: list[Path] = []
        self.descriptors: list[int] = []    # which QEMU inherits

    def __enter__(self) -> Backends:
        return self

    def __exit__(self, kind: type[BaseException] | None,
                 value: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._stack.close()

    def enter(self, context: contextlib.AbstractContextManager[str]) -> str:
        """Use something until the end of the guest."""
        return self._stack.enter_context(context)

    def netdev(self, config: NetConfig, there: peers.Network) -> list[str]:
        """QEMU's arguments for a -netdev with the name of the tap. With
        testpmd there is another one, for the function at the other end."""
        if config.backend == TESTPMD:
            return self._joined(config, there)
        peers.tap(there, queues=config.queues)
        if config.backend == STREAM:
            return self._stream(there)
        if config.backend in (PASST, PASST_STREAM):
            return self._passt(config, there)
        several = {"queues": config.queues} if config.queues > 1 else {}
        return _tap(there.tap, there, vhost=config.backend == VHOST, **several)

    def _stream(self, there: peers.Network) -> list[str]:
        """A stream to another -netdev of the same QEMU, which a hub joins with
        the tap. Both are clients: a server's sends would block the thread that
        has to read the other end."""
        far, tap = f"{there.tap}-far", f"{there.tap}-tap"
        argv = _tap(tap, there)
        for name, end in zip((there.tap, far), socket.socketpair()):
            self._stack.enter_context(end)
            self.descriptors.append(end.fileno())
            argv += net.netdev("stream", name, server=False, addr={
                "type": "fd", "str": str(end.fileno())})
        for name in (far, tap):
            argv += net.netdev("hubport", f"{name}-hub", hubid=there.number,
                               netdev=name)
        return argv

    def _passt(self, config: NetConfig, there: peers.Network) -> list[str]:
        """passt has the peer's address, and the servers of the machine behind
        it; the guest has the address of the tap's network, which is otherwise
        unused."""
        path = self._folder / f"{there.tap}.sock"
        vhost = config.backend == PASST
        self._sockets.append(path)
        self._passts.append([
            "passt", "--foreground", "--ipv4-only", "--runas", "0",
            "--interface", there.tap, "--address", there.guest,
            "--netmask", "24", "--gateway", there.peer,
            "--mac-addr", there.peer_mac, "--socket", str(path),
            *(["--vhost-user"] if vhost else [])])
        return _vhost_user(there.tap, path, 1) if vhost else net.netdev(
            "stream", there.tap, server=False,
            addr={"type": "unix", "path": str(path)})

    def _joined(self, config: NetConfig, there: peers.Network) -> list[str]:
        argv = []
        self._pairs = max(self._pairs, config.queues)
        for name in (there.tap, peer_of(there)):
            path = self._folder / f"{name}.sock"
            self._ports.append(path)
            argv += _vhost_user(name, path, config.queues)
        return argv

    def start(self) -> None:
        """Start the programs that QEMU connects to."""
        commands: list[tuple[Sequence[str], Mapping[str, str] | None]] = [
            (argv, None) for argv in self._passts]
        if self._passts:
            # passt sends pings as a user.
            Path("/proc/sys/net/ipv4/ping_group_range").write_text(
                "0 2147483647", encoding="ascii")
        if self._ports:
            folder = extras.get(DPDK)
            commands.append((
                testpmd(folder / extras.LIBRARIES, self._ports, self._pairs),
                extras.environment(folder)))
        for index, (argv, env) in enumerate(commands):
            log = self._logs / f"backend-{index}.log"
            self._stack.enter_context(peers.server(*argv, log=log, env=env))
        self._wait([*self._sockets, *self._ports])

    def _wait(self, sockets: Sequence[Path]) -> None:
        """For the sockets of all."""
        deadline = Deadline(READY_S)
        while absent := [path for path in sockets if not path.exists()]:
            if deadline.over():
                said = " / ".join(progress.last_lines(log, 3) for log in
                                  sorted(self._logs.glob("backend-*.log")))
                raise LabError(f"no {absent[0].name} of passt or testpmd, which"
                               f" said: {said}")
            time.sleep(0.1)


def peer_of(there: peers.Network) -> str:
    """The name of the -netdev at the other end."""
    return f"{there.tap}-peer"


def testpmd(libraries: Path, ports: Sequence[Path], pairs: int) -> list[str]:
    """Its command line: it forwards between the first two ports, the next
    two, and so on."""
    cpus = f"(0-{(os.cpu_count() or 1) - 1})"
    argv = ["nice", "-n", "10", str(libraries.parents[1] / "bin/dpdk-testpmd"),
            "--no-huge", "-m", str(TESTPMD_MB), "--no-pci", "--no-telemetry",
            "--no-shconf", "--lcores", f"0@{cpus},1@{cpus}"]
    for name in ("net_vhost", "mempool_ring"):
        argv += ["-d", str(libraries / f"librte_{name}.so.25")]
    for index, path in enumerate(ports):
        argv += ["--vdev", f"net_vhost{index},iface={path},queues={pairs}"]
    # Without statistics it would end with its standard input.
    return [*argv, "--", "--forward-mode=io", "--auto-start",
            "--stats-period=60", f"--total-num-mbufs={BUFFERS}",
            f"--rxq={pairs}", f"--txq={pairs}",
            f"--max-pkt-len={LONGEST_FRAME}"]


def _tap(name: str, there: peers.Network, **options: object) -> list[str]:
    return net.netdev("tap", name, ifname=there.tap, script="no",
                      downscript="no", **{"vhost": False, **options})


def _vhost_user(name: str, path: Path, pairs: int) -> list[str]:
    several = {"queues": pairs} if pairs > 1 else {}
    return ["-chardev", f"socket,id={name}-socket,path={path}",
            *net.netdev("vhost-user", name, chardev=f"{name}-socket",
                        **several)]
