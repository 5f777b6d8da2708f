# SPDX-License-Identifier: GPL-2.0
"""--service, and what the control socket says of it, with a real clock."""

from __future__ import annotations

import time

from .case import DeviceCase


class Service(DeviceCase):
    """A request takes the time of the model."""

    def test_takes_its_time(self) -> None:
        block = self.attach(self.launch("--service", "constant:200000"))
        block.start()
        begin = time.monotonic()
        self.assertEqual(len(block.read(0, 1)), 512)
        self.assertGreaterEqual(time.monotonic() - begin, 0.2)
