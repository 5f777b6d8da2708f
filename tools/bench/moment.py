# SPDX-License-Identifier: GPL-2.0
"""All counts about a function at one moment, while the guest waits."""

from __future__ import annotations

from dataclasses import dataclass

from . import kvm
from .device import DeviceState
from .driver import GuestState


@dataclass(frozen=True)
class Moment:
    """What each witness said."""

    guest: GuestState
    by_device: DeviceState | None   # None for a device that does not count
    by_kvm: kvm.Snapshot
