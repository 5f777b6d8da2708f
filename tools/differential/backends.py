# SPDX-License-Identifier: GPL-2.0
"""Backends of a function: files, and the processes that serve them (inner
code)."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from lab import LabError, pci, progress

from .configs import DISK_MB, Config

STORAGE_DAEMON = "qemu-storage-daemon"
# The service time of a slow backend, for all requests in parallel.
SLOW_NS = 3_000_000
LIMITS = {"x-iops-total": 400, "x-bps-total": 40 << 20}
# Sectors (of 512 bytes) at which a backend fails, by what it fails.
BAD_READ, BAD_WRITE, BAD_DISCARD = 8192, 16384, 24576
START_S = 20.0


def _file(node: str, path: Path) -> dict[str, object]:
    return {"driver": "file", "node-name": node, "filename": str(path),
            "aio": "threads", "discard": "unmap"}


def _errors(node: str, path: Path) -> dict[str, object]:
    rules = [{"event": "none", "iotype": iotype, "sector": sector,
              "errno": 5, "once": False, "immediately": False}
             for iotype, sector in (("read", BAD_READ), ("write", BAD_WRITE),
                                    ("discard", BAD_DISCARD),
                                    ("write-zeroes", BAD_DISCARD))]
    return {"driver": "blkdebug", "node-name": node,
            "image": _file(f"{node}-file", path), "inject-error": rules}


class Backends:
    """The backends of one guest: QEMU's arguments, helpers, files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, Path] = {}
        self._helpers: list[subprocess.Popen[bytes]] = []

    def close(self) -> None:
        """End the helpers."""
        for helper in self._helpers:
            progress.stop_group(helper, grace=2)
        self._helpers = []

    def function(self, config: Config, node: str,
                 slot: pci.Slot) -> list[str]:
        """QEMU's arguments for a function of its own at an address."""
        self.files[node] = path = self.folder / f"{node}.img"
        with open(path, "wb") as handle:
            handle.truncate(DISK_MB << 20)
        properties = {"multifunction": "on", "id": f"disk-{node}",
                      **config.properties}
        if config.backend == "vhost-user":
            return self._vhost_user(node, path, slot, properties)
        return [*self._node(config.backend, node, path),
                *pci.device("virtio-blk-pci", slot, {
                    "disable-legacy": "on", **properties, "drive": node,
                    "rerror": "report", "werror": "report"})]

    def _node(self, kind: str, node: str, path: Path) -> list[str]:
        before: list[str] = []
        if kind.startswith("null"):
            options: dict[str, object] = {
                "driver": "null-co", "node-name": node,
                "size": DISK_MB << 20, "read-zeroes": True}
            if kind == "null-slow":
                options["latency-ns"] = SLOW_NS
        elif kind == "nbd":
            options = {"driver": "nbd", "node-name": node, "export": node,
                       "server": {"type": "unix",
                                  "path": str(self._serve_nbd(node, path))}}
        elif kind == "throttled":
            group = f"group-{node}"
            before = ["-object", json.dumps(
                {"qom-type": "throttle-group", "id": group,
                 "limits": {"iops-total": LIMITS["x-iops-total"],
                            "bps-total": LIMITS["x-bps-total"]}})]
            options = {"driver": "throttle", "node-name": node,
                       "throttle-group": group,
                       "file": _file(f"{node}-file", path)}
        elif kind == "errors":
            options = _errors(node, path)
        else:
            options = _file(node, path)
        return [*before, "-blockdev", json.dumps(options)]

    def _daemon(self, node: str, path: Path, exports: Sequence[str],
                socket: Path) -> None:
        """Start a storage daemon; return when its socket exists."""
        log = self.folder / f"{node}.log"
        argv = [STORAGE_DAEMON, "--blockdev",
                json.dumps(_file("medium", path)), *exports]
        with open(log, "wb") as sink:
            # pylint: disable-next=consider-using-with
            helper = subprocess.Popen(progress.owned(argv), stdout=sink,
                                      stderr=sink, stdin=subprocess.DEVNULL,
                                      start_new_session=True)
        self._helpers.append(helper)
        end = time.monotonic() + START_S
        while not socket.exists():
            if helper.poll() is not None or time.monotonic() > end:
                raise LabError(f"{STORAGE_DAEMON} did not start:"
                               f" {progress.last_lines(log, 3)}")
            time.sleep(0.02)

    def _serve_nbd(self, node: str, path: Path) -> Path:
        socket = self.folder / f"{node}.nbd"
        self._daemon(node, path, [
            "--nbd-server", f"addr.type=unix,addr.path={socket}",
            "--export", f"type=nbd,id=export,node-name=medium,name={node},"
                        "writable=on"], socket)
        return socket

    def _vhost_user(self, node: str, path: Path, slot: pci.Slot,
                    properties: dict[str, object]) -> list[str]:
        socket = self.folder / f"{node}.vhost"
        queues = properties.get("num-queues", 1)
        self._daemon(node, path, [
            "--export", "type=vhost-user-blk,id=export,node-name=medium,"
            f"writable=on,num-queues={queues},addr.type=unix,"
            f"addr.path={socket}"], socket)
        return ["-chardev", f"socket,id=vhost-{node},path={socket}",
                *pci.device("vhost-user-blk-pci", slot, {
                    "chardev": f"vhost-{node}", **properties})]

    def blank(self, node: str) -> None:
        """Fill the medium with zeroes again; the function has no driver."""
        subprocess.run(["fallocate", "--punch-hole", "--offset", "0",
                        "--length", str(DISK_MB << 20),
                        str(self.files[node])], check=True)
