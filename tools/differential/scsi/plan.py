# SPDX-License-Identifier: GPL-2.0
"""The lists of cases of SCSI hosts."""

from __future__ import annotations

from ..kind import Kind
from . import soak
from .catalogue import WORKLOADS
from .configs import CONFIGS, MODES
from .session import Session

EVERY = """\
plain: sysfs scsi-sysfs names counted tools conformance read-1 read-512 read-32
plain: read-256 read-batch-32 read-1m psync uring-32 buffered mmap verify-32
plain: verify-256 verify-batch-64 verify-512 verify-1m verify-sync
plain: verify-uring verify-odd trim discard partition ext4 xfs btrfs swap
plain: dm-crypt with-scheduler with-hotplug with-flush with-limits with-reader
plain: with-sysfs idle-write idle-read reset plug crowd resize walk-1
plain: walk-host-1
plain-1cpu: sysfs scsi-sysfs verify-32 ext4 swap reset plug walk-1
plain/poll: sysfs scsi-sysfs poll-1 poll-32 poll-batch-16 verify-32
plain/poll: with-hotplug
plain/shared: verify-32 verify-batch-64 with-hotplug reset
plain/single: verify-32 verify-batch-64 with-hotplug reset
plain/intx: verify-32 verify-batch-64 with-hotplug reset plug
plain/adaptive: read-1 psync verify-32 with-scheduler
plain/one-queue: verify-32 with-hotplug
queues-2: sysfs scsi-sysfs verify-256 with-hotplug counted
queues-4: sysfs scsi-sysfs verify-256 with-hotplug counted walk-host-1
queues-2/poll: sysfs poll-32 verify-32
direct: sysfs verify-256 verify-1m full-ring-short full-ring-mixed
ring-16: sysfs scsi-sysfs idle-write idle-read verify-1m verify-256 ext4 reset
ring-64: sysfs idle-write full-ring-short verify-1m verify-256 with-scheduler
ring-64: with-hotplug btrfs dm-crypt plug walk-1
ring-256: sysfs scsi-sysfs verify-256 verify-1m
ring-64-null: full-ring-short full-ring-write full-ring-some full-ring-few
ring-64-null: full-ring-mixed full-ring-split full-ring-small
packed: sysfs verify-256 verify-1m plug reset conformance
packed-64: idle-write full-ring-short verify-256
in-order: sysfs verify-256 verify-1m plug reset walk-host-1
no-event-idx: verify-256 full-ring-short
transitional: scsi-sysfs verify-256
legacy: sysfs scsi-sysfs verify-256 discard plug reset
no-vectors: sysfs verify-256 plug
no-hotplug: scsi-sysfs verify-32 reset
limits: sysfs scsi-sysfs verify-256 verify-1m
blocks-4096: sysfs scsi-sysfs names verify-32 partition ext4 tools
topology: sysfs scsi-sysfs names discard
null: sysfs read-1 read-32 read-256 read-batch-32 read-1m
null-slow: read-1 read-32 read-256
null-late: late
nbd: sysfs verify-256 verify-1m discard ext4
throttled: verify-32 read-1m with-scheduler
errors: errors
units-3: scsi-sysfs units rescan plug crowd md walk-host-1
many: units rescan
pair: md
iommu-strict: verify-256 verify-1m with-hotplug ext4 plug
iommu-strict-packed: verify-256 full-ring-short reset
iommu-pt: verify-256 verify-1m
device: sysfs scsi-sysfs names counted tools conformance verify-32 verify-256
device: verify-batch-64 verify-1m discard partition ext4 swap with-hotplug
device: with-scheduler reset plug crowd resize reset-unit walk-1 walk-host-1
device/intx: verify-32 plug
device/poll: poll-32 verify-32
device-split: counted verify-256 verify-1m reset stall walk-host-1
device-4096: sysfs scsi-sysfs tools verify-32 ext4
device-protected: sysfs scsi-sysfs verify-32 verify-1m
device-slow: verify-32 verify-256 read-1 psync reset walk-1
device-units-3: units rescan plug crowd stall
device-many: units rescan
"""

# of `make check-all`
STAGE = """\
plain: sysfs scsi-sysfs names counted tools conformance verify-256
plain: verify-batch-64 discard partition ext4 with-hotplug reset plug crowd
plain/poll: poll-32
plain/intx: verify-32
ring-64: idle-write
ring-16: verify-256
packed-64: verify-256
in-order: verify-256
legacy: scsi-sysfs
errors: errors
null-late: late
units-3: rescan units
iommu-strict: verify-256
device: scsi-sysfs counted tools conformance verify-256 resize reset-unit
device: walk-host-1
device-split: stall
"""

# Other cases a day: all have their turn in three weeks
ROTATING = 12

# of `make check`
SHORT = """\
plain: scsi-sysfs verify-256 reset
ring-64: idle-write
device: counted tools
"""

SCSI = Kind("scsi", CONFIGS, MODES, WORKLOADS, Session, soak.episode,
            EVERY, STAGE, SHORT, rotating=ROTATING)
