# SPDX-License-Identifier: GPL-2.0
"""QEMU's machine protocol: commands, answers, events."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .channel import Channel, Deadline
from .errors import LabError

ENDING_S = 1.0      # longest delay of QEMU's last message


# Commands with "_" in their names; all others have "-".
UNDERSCORED = ("qmp_capabilities", "device_add", "device_del", "netdev_add",
               "netdev_del", "block_resize", "system_powerdown",
               "system_reset", "system_wakeup")


class Qmp:
    """A connection to a QEMU's monitor."""

    def __init__(self, path: Path, watch: Callable[[], None]) -> None:
        self._channel = Channel(path, "QEMU's monitor", watch)
        self.events: list[dict[str, Any]] = []
        self._ids = itertools.count()
        self._message(Deadline(20))     # the greeting
        self.command("qmp_capabilities", {})

    def _message(self, deadline: Deadline) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._channel.line(deadline))
        if "event" in message:
            self.events.append(message)
        return message

    def command(self, name: str, arguments: dict[str, Any],
                timeout: float = 30) -> Any:
        """Run a command; its answer's "return"."""
        if name not in UNDERSCORED:
            name = name.replace("_", "-")
        request = {"execute": name, "arguments": arguments,
                   "id": next(self._ids)}
        self._channel.send(json.dumps(request).encode() + b"\n")
        deadline = Deadline(timeout)
        while True:
            message = self._message(deadline)
            if message.get("id") != request["id"]:
                continue    # an event, or a late answer to another command
            if "return" in message:
                return message["return"]
            if "error" in message:
                raise LabError(f"QEMU refuses {name} {arguments}:"
                               f" {message['error'].get('desc')}")

    def wait_event(self, name: str, timeout: float) -> dict[str, Any]:
        """Return the next event with this name; waits for it if necessary."""
        deadline = Deadline(timeout)
        while True:
            for event in self.events:
                if event["event"] == name:
                    self.events.remove(event)
                    return event
            self._message(deadline)

    def ending(self) -> str:
        """QEMU's reason for the end of the machine; empty if there is none."""
        with contextlib.suppress(LabError):
            deadline = Deadline(ENDING_S)
            while True:
                self._message(deadline)
        return next((event["data"]["reason"] for event in self.events
                     if event["event"] == "SHUTDOWN"), "")

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()
