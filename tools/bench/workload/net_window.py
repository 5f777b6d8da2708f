# SPDX-License-Identifier: GPL-2.0
"""The expected cost of frames through the register window.

The formula and its constants are in drivers/trap/net/cost.h. No witness uses
them, so they are an independent check of the counts. The numbers of frames and
bytes come from the guest's interface, the number of interrupts from its kernel.

    a frame of n bytes sent        SEND + ceil(n / WORD)
    a frame of n bytes received    RECEIVE + ceil(n / WORD)
    an interrupt                   INTERRUPT

All of these trap. Only string input from ports has fewer exits than accesses:
KVM reads ahead for it, CHUNK bytes per exit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from count.net import InterfaceState
from count.witness import Cost
from lab.errors import LabError

HEADER = "drivers/trap/net/cost.h"
NEEDED = ("SEND", "RECEIVE", "INTERRUPT", "WORD", "CHUNK")
_DEFINE = re.compile(r"^#define\s+VFE_TRAP_NET_COST_([A-Z]+)\s+(\d+)", re.M)


class FormulaError(LabError):
    """The formula does not apply."""


def constants(text: str) -> dict[str, int]:
    """Parse the formula's constants in the text of cost.h."""
    found = {name: int(value) for name, value in _DEFINE.findall(text)}
    missing = [name for name in NEEDED if name not in found]
    if missing:
        raise FormulaError(f"{HEADER} does not define VFE_TRAP_NET_COST_"
                           + ", VFE_TRAP_NET_COST_".join(missing))
    return found


def read_constants(checkout: Path) -> dict[str, int]:
    """Read the formula's constants of a checkout."""
    return constants((checkout / HEADER).read_text(encoding="utf-8"))


def _size(frames: int, size: int) -> int:
    """The bytes of each frame: all frames of a row are of one size."""
    if frames and size % frames:
        raise FormulaError(f"{size} bytes in {frames} frames: the formula"
                           " needs frames of one size; see who else sends")
    return size // frames if frames else 0


def predict(done: InterfaceState, interrupts: int, cost: Mapping[str, int], *,
            window: str, string_io: bool) -> Cost:
    """The cost of these frames and interrupts."""
    sent = _size(done.sent, done.bytes_sent)
    received = _size(done.received, done.bytes_received)
    words = done.sent * -(-sent // cost["WORD"])
    fixed = (done.sent * cost["SEND"] + done.received * cost["RECEIVE"]
             + interrupts * cost["INTERRUPT"])
    input_words = done.received * -(-received // cost["WORD"])
    accesses = fixed + words + input_words
    if string_io and window == "port":
        input_words = done.received * -(-received // cost["CHUNK"])
    return Cost(accesses, fixed + words + input_words)
