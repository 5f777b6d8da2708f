# SPDX-License-Identifier: GPL-2.0
"""Backends of a function: files, and the processes that serve them (inner
code)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from lab import pci, storage

from .configs import DISK_MB, Config

# The service time of a slow backend, for all requests in parallel.
LATENCY_NS = {"null-slow": 3_000_000, "null-late": 2_500_000_000}
LIMITS = {"x-iops-total": 400, "x-bps-total": 40 << 20}
# Sectors of 512 bytes at which the backend fails a request, by its type.
BAD_READ, BAD_WRITE, BAD_DISCARD = 8192, 16384, 24576


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
    """The backends of one guest: QEMU's arguments, daemons, files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, Path] = {}
        self._daemons: list[storage.StorageDaemon] = []

    def close(self) -> None:
        """End the daemons."""
        while self._daemons:
            self._daemons.pop().stop()

    def function(self, config: Config, node: str,
                 slot: pci.Slot) -> list[str]:
        """QEMU's arguments for a function with its own backend."""
        path = self.new_file(node)
        properties = {"multifunction": "on", "id": f"disk-{node}",
                      **config.properties}
        if config.backend == "vhost-user":
            return self._vhost_user(node, path, slot, properties)
        return [*self.node(config.backend, node, path),
                *pci.device("virtio-blk-pci", slot, {
                    "disable-legacy": "on", **properties, "drive": node,
                    "rerror": "report", "werror": "report"})]

    def new_file(self, node: str) -> Path:
        """A sparse file for a disk."""
        self.files[node] = path = self.folder / f"{node}.img"
        with open(path, "wb") as handle:
            handle.truncate(DISK_MB << 20)
        return path

    def node(self, kind: str, node: str, path: Path) -> list[str]:
        """QEMU's arguments for a block node of this kind."""
        before: list[str] = []
        if kind.startswith("null"):
            options: dict[str, object] = {
                "driver": "null-co", "node-name": node,
                "size": DISK_MB << 20, "read-zeroes": True}
            if kind in LATENCY_NS:
                options["latency-ns"] = LATENCY_NS[kind]
        elif kind == "nbd":
            socket = self.folder / f"{node}.nbd"
            self._serve(path, storage.nbd(socket, node), socket)
            options = {"driver": "nbd", "node-name": node, "export": node,
                       "server": {"type": "unix", "path": str(socket)}}
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

    def _serve(self, path: Path, exports: Sequence[str],
               socket: Path) -> None:
        self._daemons.append(storage.StorageDaemon(
            _file(storage.NODE, path), exports, socket))

    def _vhost_user(self, node: str, path: Path, slot: pci.Slot,
                    properties: dict[str, object]) -> list[str]:
        socket = self.folder / f"{node}.vhost"
        queues = properties.get("num-queues", 1)
        self._serve(path, [
            "--export", "type=vhost-user-blk,id=export,"
            f"node-name={storage.NODE},writable=on,num-queues={queues},"
            f"addr.type=unix,addr.path={socket}"], socket)
        return ["-chardev", f"socket,id=vhost-{node},path={socket}",
                *pci.device("vhost-user-blk-pci", slot, {
                    "chardev": f"vhost-{node}", **properties})]

    def blank(self, node: str) -> None:
        """Fill the medium with zeroes; no driver is bound to the function."""
        subprocess.run(["fallocate", "--punch-hole", "--offset", "0",
                        "--length", str(DISK_MB << 20),
                        str(self.files[node])], check=True)
