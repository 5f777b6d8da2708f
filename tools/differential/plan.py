# SPDX-License-Identifier: GPL-2.0
"""The lists of cases of disks."""

from __future__ import annotations

from . import soak
from .catalogue import WORKLOADS
from .configs import CONFIGS, MODES
from .disks import Session
from .kind import Kind

# CONFIGURATION[/MODE]: WORKLOAD ...
EVERY = """\
plain: sysfs names read-1 read-512 read-32 read-256 read-batch-32 read-1m
plain: psync uring-32 buffered mmap verify-32 verify-256 verify-batch-64
plain: verify-512 verify-1m verify-sync verify-uring verify-odd trim discard
plain: partition ext4 xfs btrfs swap dm-crypt with-scheduler with-hotplug
plain: with-flush with-limits with-reader with-sysfs
plain-1cpu: sysfs verify-32 verify-batch-64 ext4 swap with-scheduler
plain/poll: sysfs poll-1 poll-32 poll-batch-16 verify-32 with-hotplug
plain/shared: verify-32 verify-batch-64 with-hotplug
plain/single: verify-32 verify-batch-64 with-hotplug
plain/intx: verify-32 verify-batch-64 with-hotplug
plain/adaptive: read-1 psync verify-32 with-scheduler
plain/one-queue: verify-32 with-hotplug
queues-2: sysfs verify-256 with-hotplug
queues-4: sysfs verify-256 with-hotplug
queues-2/poll: sysfs poll-32 verify-32
ring-64-null: full-ring full-ring-short full-ring-write idle-read
ring-64-null: full-ring-large full-ring-some full-ring-few full-ring-mixed
ring-64-each-null: full-ring full-ring-short full-ring-write full-ring-mixed
direct-each-null: full-ring full-ring-large
ring-64-each: idle-write verify-256 with-hotplug
ring-4-null: full-ring-small
ring-16-null: full-ring-small full-ring-split
ring-8-null: full-ring-split
ring-64-null-1cpu: full-ring full-ring-short
ring-64-null/poll: full-ring-short poll-32
ring-64: idle-write idle-read full-ring-short verify-1m verify-256 sysfs
ring-64: with-scheduler with-hotplug ext4 btrfs swap dm-crypt
ring-64-1cpu: idle-write idle-read full-ring-short verify-1m
ring-64/intx: idle-write full-ring-short
ring-64/single: idle-write full-ring-short
ring-16: sysfs idle-write idle-read verify-1m verify-256 with-scheduler
ring-8: sysfs idle-write idle-read verify-1m verify-256 ext4
ring-4: sysfs idle-write idle-read verify-1m verify-32 ext4 discard
ring-16-indirect: sysfs idle-write verify-256 with-scheduler
ring-4-indirect: sysfs idle-write verify-256
packed: sysfs verify-256 verify-1m
packed-16: sysfs idle-write verify-256 with-scheduler
packed-64: idle-write full-ring-short
in-order: sysfs verify-256 verify-1m
in-order-16: sysfs idle-write verify-32 full-ring-short
in-order-16-indirect: verify-32 verify-256
no-event-idx: verify-256 full-ring-short
legacy: sysfs verify-256 discard
no-vectors: sysfs verify-256
writethrough: sysfs verify-sync
blocks-4096: sysfs names verify-32 partition ext4 xfs
topology: sysfs names discard
seg-max: sysfs verify-1m
null: sysfs read-1 read-32 read-256 read-batch-32 read-1m
null-slow: read-1 read-32 read-256
nbd: sysfs verify-256 verify-1m discard ext4
throttled: verify-32 read-1m with-scheduler
errors: errors
vhost-user: sysfs names verify-256 verify-1m discard ext4 with-hotplug
vhost-user-ring-64: sysfs idle-write full-ring-short verify-256
pair: md
"""

# of `make check-all`
STAGE = """\
plain: sysfs names verify-256 verify-batch-64 buffered discard partition ext4
plain: with-scheduler with-hotplug
plain/poll: poll-32
plain/intx: verify-32
errors: errors
ring-64-each-null: full-ring-short
ring-64: idle-write
ring-4: verify-32
packed-16: verify-32
in-order-16: verify-32
vhost-user: sysfs verify-256
"""

# of `make check`
SHORT = """\
plain: sysfs verify-256 ext4
plain/poll: poll-32
errors: errors
ring-64: idle-write
ring-4: verify-32
packed-16: verify-32
in-order-16: verify-32
"""


BLK = Kind("blk", CONFIGS, MODES, WORKLOADS, Session, soak.episode,
           EVERY, STAGE, SHORT)
