# SPDX-License-Identifier: GPL-2.0
"""The parts of the bench that depend on the class: a module for each class."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lab import initramfs

from ..row import Function, Row
from .blk import Blk
from .interface import DeviceClass
from .net import Net
from .scsi import Scsi

_CLASSES: dict[str, DeviceClass] = {"blk": Blk(), "net": Net(),
                                    "scsi": Scsi()}


def of(function: Function) -> DeviceClass:
    """The class of a function."""
    return _CLASSES[function.device_class]


def backings(folder: Path, functions: Sequence[Function]) -> dict[str, Path]:
    """Make the backing of each function; by name."""
    return {name: path for known, device_class in _CLASSES.items()
            for name, path in device_class.backings(
                folder, [one for one in functions
                         if one.device_class == known]).items()}


def contents(rows: Sequence[Row]) -> list[initramfs.More]:
    """What the guests of these rows need besides."""
    known = {row.setup.function.device_class for row in rows}
    found = (_CLASSES[name].contents() for name in sorted(known))
    return [more for more in found if more]


def too_many(rows: Sequence[Row]) -> str:
    """Why the rows have too many operations, or ""."""
    return "; ".join(filter(None, (
        device_class.too_many(
            [row for row in rows if row.setup.function.device_class == known])
        for known, device_class in _CLASSES.items())))
