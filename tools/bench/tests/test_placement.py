# SPDX-License-Identifier: GPL-2.0
"""The CPUs of the vCPUs, and of all else that the bench started."""

from __future__ import annotations

import os
import subprocess
import threading
import unittest
from typing import Any

from bench import placement

ALLOWED = os.sched_getaffinity(0)


class Apart(unittest.TestCase):
    """A thread of this process stands for the vCPU, a child for a server."""

    def setUp(self) -> None:
        ended = threading.Event()
        self.addCleanup(ended.set)
        vcpu = threading.Thread(target=ended.wait)
        vcpu.start()
        self.vcpu = vcpu.native_id or 0

    def qmp(self, command: str, **_arguments: Any) -> Any:
        """The answer of a guest with one vCPU."""
        self.assertEqual(command, "query-cpus-fast")
        return [{"cpu-index": 0, "thread-id": self.vcpu}]

    @unittest.skipIf(len(ALLOWED) < 2, "needs two CPUs")
    def test_the_vcpu_has_a_cpu(self) -> None:
        with subprocess.Popen(["sleep", "60"]) as server:
            try:
                self.check(server.pid)
            finally:
                server.kill()

    def check(self, server: int) -> None:
        """Apart inside, as before afterwards."""
        with placement.apart(self.qmp):
            [own] = os.sched_getaffinity(self.vcpu)
            self.assertEqual(os.sched_getaffinity(server), ALLOWED - {own})
            self.assertEqual(os.sched_getaffinity(0), ALLOWED - {own})
        for task in (self.vcpu, server, 0):
            self.assertEqual(os.sched_getaffinity(task), ALLOWED)
