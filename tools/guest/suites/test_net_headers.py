# SPDX-License-Identifier: GPL-2.0
"""Hostile headers of received packets: vfe_net passes a packet, and what it
tells of it, or drops it as the kernel's driver does."""

from __future__ import annotations

import time

from lab import LabError, speed

from ..headers import hostile, mark
from ..machine import KERNEL
from ..nets import LIB, NET, NetCase, outcomes

END = 0xffff
# In a batch, the kernel gives frames of no protocol to the socket last.
CAPTURE = f"""\
busybox sysctl -q -w net.core.gro_normal_batch=1
ip netns exec dut ethtool -L dut combined 1
ip -n dut addr flush dev dut
ip netns exec dut ethtool -K dut gro off
. {LIB}/net.sh
rm -f /tmp/captured
traffic capture >/tmp/captured 2>&1 &
"""


class Headers(NetCase):
    """All go out in one batch, each behind a good frame."""

    def test_as_the_kernel_does(self) -> None:
        """Frame by frame."""
        frames = hostile()
        found = {driver: self.captured(driver, frames)
                 for driver in (KERNEL, NET)}
        different = [f"{name}: {KERNEL} {found[KERNEL].get(str(number))},"
                     f" {NET} {found[NET].get(str(number))}"
                     for number, (name, _) in enumerate(frames)
                     if found[KERNEL].get(str(number)) !=
                     found[NET].get(str(number))]
        texts = list(found[NET].values())
        self.assertEqual(len(texts), len(frames))
        dropped = texts.count("dropped")
        self.assertTrue(0 < dropped < len(texts), dropped)
        print(f"{dropped} of {len(texts)} frames dropped")
        self.assertEqual(different, [], "\n".join(different))

    def captured(self, driver: str, frames: list[tuple[str, str]],
                 ) -> dict[str, str]:
        """What the stack gets of each, by number."""
        self.join(driver)
        self.sh(CAPTURE)
        self.addCleanup(self.sh, "busybox sysctl -q -w"
                        " net.core.gro_normal_batch=8")
        self.eventually(lambda: "ready" in self.sh("cat /tmp/captured"),
                        "the capture does not start", 30)
        for number, (_, frame) in enumerate(frames):
            self.inject(mark(number))
            self.inject(frame)
        self.inject(mark(END))
        self.eventually(lambda: "ended" in self.sh("cat /tmp/captured"),
                        "the last frame did not come", 60)
        return outcomes(self.sh("cat /tmp/captured"))

    def inject(self, frame: str) -> None:
        """As soon as the driver has the one before."""
        deadline = time.monotonic() + speed.scaled(10)
        while True:
            try:
                self.device("left").control(f"inject {frame}")
                return
            except LabError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.002)
