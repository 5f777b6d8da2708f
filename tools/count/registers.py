# SPDX-License-Identifier: GPL-2.0
"""The table of registers, read from include/vfe/wire*.h.

Driver and device count under the names of that table. Only this file knows
names and offsets in Python.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

from lab import paths

from .counts import CountError

_CONSTANT = re.compile(r"^#define\s+(VFE_\w+)\s+(0x[0-9a-fA-F]+|\d+)\b", re.M)
_ENTRY = re.compile(r'\bX\(\w+,\s*"(\w+)",\s*(\w+),\s*(\w+),\s*(\w+)\)')
# The windows of all virtio devices. The register window is only in the custom
# device's answer to `map`.
COMMON, NOTIFY, ISR, DEVICE, LEGACY = (
    "common", "notify", "isr", "device", "legacy")
# While MSI-X is off, the configuration begins at the offset of the vectors. So
# an address from there on can have only this name.
LEGACY_REST = "legacy_device_config"


@dataclass(frozen=True)
class Register:
    """A register, or a range that counts under one name."""

    name: str
    window: str
    bar_index: int
    offset: int
    size: int


def parse(text: str) -> dict[str, tuple[Register, ...]]:
    """Parse the headers' text, by window; CountError if that fails."""
    constants = {name: int(value, 0)
                 for name, value in _CONSTANT.findall(text)}

    def number(word: str) -> int:
        try:
            return constants[word] if word in constants else int(word, 0)
        except ValueError as error:
            raise CountError(f"include/vfe/wire*.h do not define {word},"
                             " which a table of registers uses: define it"
                             " as a plain number") from error

    found: dict[str, list[Register]] = {}
    for name, window, offset, size in _ENTRY.findall(text.replace("\\\n", "")):
        register = Register(name, window.lower(), 0, number(offset),
                            number(size))
        found.setdefault(register.window, []).append(register)
    missing = {COMMON, NOTIFY, ISR, DEVICE, LEGACY} - found.keys()
    if missing:
        raise CountError("include/vfe/wire*.h define no register of the"
                         f" windows {', '.join(sorted(missing))}: the tables"
                         " are read as X(...) lines")
    return {window: tuple(registers) for window, registers in found.items()}


@functools.cache
def table() -> dict[str, tuple[Register, ...]]:
    """The registers of this checkout, by window; offsets are relative to the
    window."""
    folder: Path = paths.checkout() / "include" / "vfe"
    return parse("\n".join(path.read_text(encoding="utf-8")
                           for path in sorted(folder.glob("wire*.h"))))


@functools.cache
def legacy() -> tuple[Register, ...]:
    """The legacy registers that have different addresses."""
    return tuple(one for one in table()[LEGACY]
                 if one.name not in ambiguous())


@functools.cache
def ambiguous() -> dict[str, str]:
    """Registers that share addresses, and the common name of an address."""
    rest = next(one for one in table()[LEGACY] if one.name == LEGACY_REST)
    return {one.name: LEGACY_REST for one in table()[LEGACY]
            if one is not rest and one.offset >= rest.offset}
