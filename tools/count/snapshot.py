# SPDX-License-Identifier: GPL-2.0
"""All counts about a function at one time, while the guest is idle."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from . import device, kvm
from .counts import CountError
from .driver import GuestState

SETTLE_S = 0.1
SETTLE_TRIES = 100
TRIES = 10


@dataclass(frozen=True)
class Snapshot:
    """The counts of each witness."""

    guest: GuestState
    by_device: device.DeviceState | None    # None: the device does not count
    by_kvm: kvm.Counts


def settled(control: device.Control) -> device.DeviceState:
    """Read the device's counts when no access is pending.

    QEMU does not wait for the device when the guest writes: the last write
    may still be in the socket when the guest has gone on.
    """
    last = device.read(control)
    for _ in range(SETTLE_TRIES):
        time.sleep(SETTLE_S)
        now = device.read(control)
        if now == last:
            return now
        last = now
    raise CountError("the device's counts still change after"
                     f" {SETTLE_TRIES * SETTLE_S:.0f} s though the guest is"
                     f" idle, the last ones: {last}; see what uses the disk"
                     " in the guest")


def take(guest: Callable[[], GuestState], control: device.Control | None,
         histograms: kvm.Histograms) -> Snapshot:
    """Take a snapshot of an idle guest.

    Its kernel may still access the device. So the device's counts must be the
    same before and after those of the guest. QEMU's own device has no counts;
    with it, KVM has counted each access before the guest continues.
    """
    if control is None:
        return Snapshot(guest(), None, histograms.read())
    before = settled(control)
    for _ in range(TRIES):
        by_kvm = histograms.read()
        by_driver = guest()
        after = settled(control)
        if after == before:
            return Snapshot(by_driver, after, by_kvm)
        before = after
    raise CountError(f"the guest used the device during each of {TRIES}"
                     " readings: see what uses the disk in the guest")
