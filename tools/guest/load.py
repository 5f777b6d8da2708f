# SPDX-License-Identifier: GPL-2.0
"""I/O in the background of a test, for the duration of the test.

Limited by time and not by size, so that it does not end early on a fast
machine. The test also asserts that it was running.
"""

from __future__ import annotations

from .machine import GuestCase

# Longer than any test on a busy machine; a forgotten load ends nevertheless.
SECONDS = 300
MOVES = 40
WRITES = ("--rw=randwrite --size=8M --verify=crc32c --verify_fatal=1"
          " --verify_backlog=64 --verify_state_save=0")
READS = "--rw=randread --size=8M"

# fio goes on with empty reads at the end of a removed disk; so this stops it,
# and it must end.
END = """\
kill -INT $(pidof fio) 2>/dev/null || true
for n in $(seq 200); do
    pidof fio >/dev/null || { cat /tmp/load; exit 0; }
    sleep 0.1
done
echo fio is stuck:
cat /tmp/load
for task in $(pidof fio); do cat /proc/$task/stack; done
exit 1
"""


class Load:
    """fio on a disk."""

    def __init__(self, case: GuestCase, disk: str, work: str = WRITES, *,
                 options: str = "", first: int = MOVES) -> None:
        self.case = case
        self.name = disk.rsplit("/", 1)[1]
        case.sh("fio --name=load --direct=1 --ioengine=libaio --bs=4k"
                f" --iodepth=16 --time_based --runtime={SECONDS}"
                f" --filename={disk} {work} {options} >/tmp/load 2>&1 &")
        self.moves(first)

    def done(self) -> int:
        """Requests that the disk has completed."""
        words = self.case.sh(f"cat /sys/block/{self.name}/stat").split()
        return int(words[0]) + int(words[4])

    def moves(self, by: int = MOVES) -> None:
        """It makes progress: this many more requests complete."""
        start = self.done()
        self.case.eventually(lambda: self.done() >= start + by or self.over(),
                             f"{self.name} stands still", 40)
        if self.done() < start + by:
            self.case.fail(f"fio on {self.name} has ended before the test: "
                           + self.case.sh("cat /tmp/load"))

    def over(self) -> bool:
        """Has fio ended?"""
        return self.case.sh("pidof fio || true").strip() == ""

    def ends_well(self) -> None:
        """It verified all its writes."""
        out = self.case.sh(END, 60)
        self.case.assertIn("err= 0", out)
        self.case.assertNotIn("verify:", out)
        self.case.assertNotIn("error", out)

    def ends(self) -> None:
        """Its disk was removed: it must only not hang."""
        self.case.sh(END, 60)
