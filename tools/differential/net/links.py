# SPDX-License-Identifier: GPL-2.0
"""What joins a tested function and its peer (inner code).

Taps lead to each other through the host, with the offload headers, so that
segments and checksums stay as the driver left them. Sockets have no such
headers: QEMU's device offers no offload then. Functions of vfe-device are
joined by its back end "pair", which has them.
"""

from __future__ import annotations

import json
import socket
import subprocess
from pathlib import Path

from lab import LabError, net, paths, pci, peers
from lab.device import Device, DeviceSpec
from lab.guest import Guest

from .configs import DEVICE, DGRAM, STREAM, TAP, NetConfig

_apart: list[bool] = []


def _once_apart() -> None:
    if not _apart:
        peers.apart()
        # Built into some kernels.
        subprocess.run(["modprobe", "-aq", "tun", "cls_u32", "act_mirred",
                        "sch_ingress"], check=False)
        _apart.append(True)


def _join(one: str, other: str) -> None:
    """Frames of either tap go to the other one."""
    for name in (one, other):
        # The host has nothing to say.
        peers.run("ip", "link", "set", name, "addrgenmode", "none")
        peers.run("ip", "link", "set", name, "mtu", "65521", "up")
        peers.run("tc", "qdisc", "add", "dev", name, "clsact")
    for name, to in ((one, other), (other, one)):
        peers.run("tc", "filter", "add", "dev", name, "ingress", "protocol",
                  "all", "u32", "match", "u32", "0", "0", "action", "mirred",
                  "egress", "redirect", "dev", to)


class Link:
    """Tested functions, their peers, and what joins them."""

    count = 0

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.taps: list[str] = []
        # which QEMU inherits
        self.sockets: list[socket.socket] = []
        self.devices: dict[str, Device] = {}

    def functions(self, config: NetConfig, node: str,
                  places: tuple[pci.Slot, pci.Slot],
                  macs: tuple[str, str]) -> list[str]:
        """QEMU's arguments for a function and its peer."""
        if config.backend == DEVICE:
            return self._devices(config, node, places, macs)
        return [*self._backends(config, node),
                *_function(config, node, places[0], macs[0]),
                *_peer(config, node, places[1], macs[1])]

    def _devices(self, config: NetConfig, node: str,
                 places: tuple[pci.Slot, pci.Slot],
                 macs: tuple[str, str]) -> list[str]:
        """Two processes of vfe-device; the names of their sockets are short,
        as they must fit in 108 bytes."""
        argv = []
        pair = self.folder / f"pair{len(self.devices)}"
        options = ("--id", "stock", "--backend", f"pair:{pair}")
        ends = ((f"dut-{node}", ("--pairs", str(config.pairs),
                                 *config.options)), (f"peer-{node}", ()))
        for (name, more), place, mac in zip(ends, places, macs):
            made = Device(DeviceSpec(
                name, options=("--mac", mac, *options, *more),
                device_class="net"), self.folder, _logs())
            self.devices[name] = made
            made.wait_ready()
            argv += ["-device", json.dumps({
                "driver": "vfio-user-pci", "id": name, "bus": "pcie.0",
                "addr": place.properties["addr"], "multifunction": True,
                "socket": {"type": "unix", "path": str(made.socket)}})]
        return argv

    def set(self, guest: Guest, node: str, up: bool) -> None:
        """The carrier of a function."""
        device = self.devices.get(f"dut-{node}")
        if device is not None:
            device.control("link up" if up else "link down")
        else:
            guest.qmp("set_link", name=f"dut-{node}", up=up)

    def _backends(self, config: NetConfig, node: str) -> list[str]:
        """QEMU's -netdev of the function, "net-NODE", and of its peer."""
        names = (f"net-{node}", f"peer-{node}")
        if config.backend == TAP:
            return self._taps(config, names)
        if config.backend == DGRAM:
            one, other = (self.folder / f"{name}.sock" for name in names)
            return [*net.dgram(names[0], one, other),
                    *net.dgram(names[1], other, one)]
        if config.backend == STREAM:
            return self._streams(names)
        raise LabError(f"{config.name}: no link {config.backend}")

    def _taps(self, config: NetConfig, names: tuple[str, str]) -> list[str]:
        _once_apart()
        argv = []
        taps = []
        for name, pairs in zip(names, (config.pairs, 1)):
            Link.count += 1
            tap = f"dtap{Link.count}"
            peers.run("ip", "tuntap", "add", "dev", tap, "mode", "tap",
                      "vnet_hdr", *(["multi_queue"] if pairs > 1 else []))
            taps.append(tap)
            more = {"queues": pairs} if pairs > 1 else {}
            argv += net.netdev("tap", name, ifname=tap, script="no",
                               downscript="no", vhost=False, **more)
        _join(taps[0], taps[1])
        self.taps += taps
        return argv

    def _streams(self, names: tuple[str, str]) -> list[str]:
        """Two clients. A server's sends block in QEMU, in the thread that
        has to read the other end, so that a burst of 100 frames would stop it
        for ever."""
        ends = socket.socketpair()
        self.sockets += ends
        argv = []
        for name, end in zip(names, ends):
            argv += net.netdev("stream", name, server=False, addr={
                "type": "fd", "str": str(end.fileno())})
        return argv

    def remove(self) -> None:
        """Remove the taps, end the devices; QEMU has ended."""
        while self.sockets:
            self.sockets.pop().close()
        for device in self.devices.values():
            device.stop()
        self.devices.clear()
        while self.taps:
            subprocess.run(["ip", "link", "del", self.taps.pop()],
                           check=False, stderr=subprocess.DEVNULL)


def _logs() -> Path:
    """Of the devices."""
    folder = paths.logs() / "differential"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _function(config: NetConfig, node: str, slot: pci.Slot,
              mac: str) -> list[str]:
    """QEMU's arguments for the tested function."""
    properties: dict[str, object] = {
        "disable-legacy": "on", "multifunction": "on", "id": f"dut-{node}",
        "mac": mac, "netdev": f"net-{node}", "romfile": ""}
    if config.pairs > 1:
        properties.update({"mq": "on", "vectors": 2 * config.pairs + 2})
    return pci.device("virtio-net-pci", slot,
                      {**properties, **config.properties})


def _peer(config: NetConfig, node: str, slot: pci.Slot,
          mac: str) -> list[str]:
    """And for its peer."""
    return pci.device("virtio-net-pci", slot, {
        "disable-legacy": "on", "multifunction": "on", "mac": mac,
        "netdev": f"peer-{node}", "romfile": "", **config.peer})
