# SPDX-License-Identifier: GPL-2.0
"""Intended differences between vfe_blk and virtio_blk, with reasons."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

# The key of a line in the kernel's log that only our driver has
LOG = "log"


@dataclass(frozen=True)
class Documented:
    """One difference: the outcome, and the expected values."""

    key: str        # a pattern that matches the whole name of the outcome
    reason: str
    ours: str = ".*"
    theirs: str = ".*"
    # A property of QEMU's device that causes it: NAME, which is on, or
    # NAME=VALUE
    needs: str = ""
    # An outcome of the same step that is its condition: NAME=VALUE, for the
    # key STEP.NAME, in the turn of either driver
    given: str = ""

    def covers(self, key: str, ours: str, theirs: str,
               *turns: Mapping[str, str]) -> bool:
        """Whether it allows these values.

        @turns: all outcomes of each
        """
        name, _, value = self.given.partition("=")
        condition = f"{key.rpartition('.')[0]}.{name}"
        return all(re.fullmatch(pattern, text) for pattern, text in (
            (self.key, key), (self.ours, ours), (self.theirs, theirs))) and (
                not name or any(outcomes.get(condition) == value
                                for outcomes in turns))

    def applies(self, properties: Mapping[str, object]) -> bool:
        """Whether it applies to devices with these properties."""
        name, _, value = self.needs.partition("=")
        return not name or str(properties.get(name)) == (value or "on")


_FREE = ("one entry of such a ring stays free: QEMU's device loses the"
         " completion that empties a full one")
DOCUMENTED = (
    Documented("range|ext_range", "vfe_blk takes its minors from the block"
               " layer's dynamic ones, virtio_blk reserves 16 per disk"),
    Documented(r"mq/\d+/nr_tags|queue/(nr_requests|iosched/async_depth)",
               _FREE, needs="in_order"),
    Documented("queue/max_segments", _FREE, needs="in_order",
               ours=r"\$'(1|5|13|29|61|125)\\n'",
               theirs=r"\$'(2|6|14|30|62|126)\\n'"),
    Documented("queue/max_segments", "no chain is longer than its queue"
               " (virtio 1.4, 2.7.5.3.1): the size of the queue less 2",
               ours=r"\$'(2|6|14|30|62)\\n'", theirs=r"\$'126\\n'"),
    Documented("queue/(discard_max(_hw)?|write_zeroes_max)_bytes",
               "whole blocks of 4096 bytes, so that none is cut",
               ours=r"\$'2147479552\\n'", theirs=r"\$'2147483136\\n'"),
    Documented("queue/io_timeout", "virtio_blk has no request timeout and no"
               " such file", theirs=r"\(nothing\)"),
)
