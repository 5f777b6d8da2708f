# SPDX-License-Identifier: GPL-2.0
"""The module in which a kernel panicked."""

from __future__ import annotations

import unittest

from lab.kernel_log import panicked_in

PANIC = """\
[  105.509724] Oops: general protection fault [#1] PREEMPT SMP NOPTI
[  105.513160] RIP: 0010:virtqueue_add_split+0x710/0x7b0
[  105.519792]  <TASK>
[  105.520018]  virtqueue_add_outbuf+0x4a/0x60
[  105.521000]  ? vfe_net_poll+0x2ab/0x7a0 [vfe_net]
[  105.521961]  start_xmit+0x2ab/0x7a0 [virtio_net]
[  105.522159]  vfe_net_xmit+0x61/0x1d0 [vfe_net]
[  105.528808] Modules linked in: vfe_net(OE) vfe(OE) virtio_net
[  105.544711] Kernel panic - not syncing: Fatal exception in interrupt
"""


class Panic(unittest.TestCase):
    """Consoles of guests."""

    def test_the_innermost_function_of_a_module(self) -> None:
        self.assertEqual(panicked_in(PANIC), "virtio_net")
        # as a serial line has it
        self.assertEqual(panicked_in(PANIC.replace("\n", "\r\n")),
                         "virtio_net")
        self.assertEqual(panicked_in(PANIC.replace(
            "virtqueue_add_split+0x710/0x7b0",
            "vfe_queue_add+0x710/0x7b0 [vfe]")), "vfe")

    def test_none(self) -> None:
        for console in ("", PANIC.replace("Kernel panic", "no"),
                        PANIC.replace(" [v", " (v")):
            self.assertEqual(panicked_in(console), "")
