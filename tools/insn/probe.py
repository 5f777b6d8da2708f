# SPDX-License-Identifier: GPL-2.0
"""Boots a guest and measures the memory of a disk of each driver."""

from __future__ import annotations

from lab import build, pci, progress
from lab.errors import LabError
from lab.guest import Guest

from .functions import DRIVERS, KERNELS, OURS, Tell, null_disk
from .memory import PAGE, Disk, Pair, TraceError, free_pages, parse_trace

SLOTS = {OURS: pci.Slot(4), KERNELS: pci.Slot(5)}
STEP_S = 300
BOOT_S = 900
EVENTS = ("kmem/kmalloc", "kmem/kmem_cache_alloc", "kmem/kfree",
          "kmem/kmem_cache_free", "kmem/mm_page_alloc", "kmem/mm_page_free",
          "percpu/percpu_alloc_percpu", "percpu/percpu_free_percpu")

_PREPARE = f"""\
cd /sys/kernel/tracing || exit 1
echo 0 >tracing_on
echo nohash-ptr >trace_options
echo nooverwrite >trace_options
for e in {' '.join(EVENTS)}; do echo 1 >events/$e/enable || exit 1; done
echo stacktrace >events/kmem/mm_page_alloc/trigger || exit 1
pci_no_autoprobe
modprobe vfe_blk && modprobe virtio_blk || exit 1
# The first probe pays for what later ones find.
probe_once() {{{{
    pci_bind $1 $2 || exit 1
    sleep 1
    echo $2 >$PCI/devices/$2/driver/unbind || exit 1
}}}}
pci_unbind {{ours}} {{kernels}}
probe_once vfe_blk {{ours}}
probe_once virtio-pci {{kernels}}
sleep 1"""

# The shell starts no process while it is traced.
_PROBE = """\
cd /sys/bus/pci || exit 1
[ ! -e devices/{bdf}/driver ] || exit 1
zone() {{
    echo "== $1"
    while read -r line; do echo "$line"; done </proc/zoneinfo
}}
exec 9<> <(:)
sync; echo 3 >/proc/sys/vm/drop_caches
echo {kb} >/sys/kernel/tracing/buffer_size_kb
echo >/sys/kernel/tracing/trace
zone before
echo 1 >/sys/kernel/tracing/tracing_on
echo {bdf} >drivers_probe
for ((i = 0; i < 100; i++)); do
    for d in devices/{bdf}/block/* devices/{bdf}/virtio*/block/*; do
        [ -d $d/mq ] && break 2
    done
    read -r -t .1 -u 9
done
read -r -t 1 -u 9
echo 0 >/sys/kernel/tracing/tracing_on
zone after
[ -d $d/mq ] || exit 1
echo "== disk"
read -r n <$d/queue/nr_requests
set -- $d/mq/*
echo $n $#
echo "== trace"
cat /sys/kernel/tracing/trace
echo {bdf} >devices/{bdf}/driver/unbind
echo >/sys/kernel/tracing/trace"""


def parse(text: str) -> Disk:
    """Out of what _PROBE prints; LabError if it is not whole."""
    parts: dict[str, list[str]] = {}
    current: list[str] = []
    for line in text.splitlines():
        if line.startswith("== "):
            current = parts.setdefault(line[3:], [])
        else:
            current.append(line)
    try:
        before, after = (free_pages("\n".join(parts[name]))
                         for name in ("before", "after"))
        depth, queues = map(int, parts["disk"][0].split())
        return Disk(parse_trace(parts["trace"]), (before - after) * PAGE,
                    depth * queues)
    except (LookupError, ValueError, TraceError) as error:
        raise LabError("the guest's report about the disk's memory is"
                       f" incomplete: {error!r}; run it again"
                       ) from error


def _arguments(queues: int, size: int) -> list[str]:
    properties = {"num-queues": queues, "queue-size": size}
    return [word for slot in SLOTS.values()
            for word in null_disk(slot, 1 << 30, properties)]


def _measure(tell: Tell, queues: int, size: int) -> Pair:
    tell(pci.script(_PREPARE.format(ours=SLOTS[OURS].bdf,
                                    kernels=SLOTS[KERNELS].bdf)))
    # A trace of one processor must hold an event or two for each request.
    kb = 2048 + queues * size // 2
    disks = {}
    for driver in DRIVERS:
        with progress.step(f"memory of a disk of {driver}"):
            disks[driver] = parse(tell(_PROBE.format(
                bdf=SLOTS[driver].bdf, kb=kb)))
    return Pair(queues, size, disks[OURS], disks[KERNELS])


def measure(queues: int, size: int) -> Pair:
    """A guest with as many processors as the disk has queues."""
    build.modules()
    trace_mb = queues * (2048 + queues * size // 2) // 1024
    memory = 512 + trace_mb + queues * size // 64 + 16 * queues
    with Guest(accel="tcg", cpus=queues, memory=memory,
               qemu_args=_arguments(queues, size),
               name=f"memory-{queues}") as guest:
        return _measure(lambda text: guest.run(text, STEP_S).out, queues,
                        size)
