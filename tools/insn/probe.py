# SPDX-License-Identifier: GPL-2.0
"""Boots a guest and measures the memory of a disk of each driver, or of an idle
network interface."""

from __future__ import annotations

from dataclasses import dataclass

from lab import build, net, pci, progress
from lab.errors import LabError
from lab.guest import DeviceSpec, Guest

from . import functions, net_measure
from .functions import Tell, null_disk
from .memory import PAGE, Disk, Pair, TraceError, free_pages, parse_trace

STEP_S = 300
BOOT_S = 900
EVENTS = ("kmem/kmalloc", "kmem/kmem_cache_alloc", "kmem/kfree",
          "kmem/kmem_cache_free", "kmem/mm_page_alloc", "kmem/mm_page_free",
          "percpu/percpu_alloc_percpu", "percpu/percpu_free_percpu")

_PREPARE = """\
cd /sys/kernel/tracing || exit 1
echo 0 >tracing_on
echo nohash-ptr >trace_options
echo nooverwrite >trace_options
for e in {events}; do echo 1 >events/$e/enable || exit 1; done
echo stacktrace >events/kmem/mm_page_alloc/trigger || exit 1
mkfifo /run/wait || exit 1
pci_no_autoprobe
modprobe {module} && modprobe {kernels_module} || exit 1
# The first probe pays for what later ones find.
probe_once() {{
    pci_bind $1 $2 || exit 1
    sleep 1
    echo $2 >$PCI/devices/$2/driver/unbind || exit 1
}}
pci_unbind {ours} {kernels}
probe_once {module} {ours}
probe_once virtio-pci {kernels}
sleep 1"""

# The shell starts no process while it is traced.
_PROBE = """\
cd /sys/bus/pci || exit 1
[ ! -e devices/{bdf}/driver ] || exit 1
zone() {{
    echo "== $1"
    # Adds up what each processor counted by itself.
    echo 1 >/proc/sys/vm/stat_refresh
    while read -r line; do echo "$line"; done </proc/zoneinfo
}}
exec 9<>/run/wait || exit 1
sync; echo 3 >/proc/sys/vm/drop_caches
# The caches, and the function before this one, give back memory for a while.
read -r -t 5 -u 9
echo {kb} >/sys/kernel/tracing/buffer_size_kb
echo >/sys/kernel/tracing/trace
zone before
echo 1 >/sys/kernel/tracing/tracing_on
echo {bdf} >drivers_probe
for ((i = 0; i < 100; i++)); do
    for d in devices/{bdf}/{subsystem}/* devices/{bdf}/virtio*/{subsystem}/*; do
        [ -e $d/{folder} ] && break 2
    done
    read -r -t .1 -u 9
done
{use}
read -r -t 1 -u 9
echo 0 >/sys/kernel/tracing/tracing_on
zone after
[ -e $d/{folder} ] || exit 1
echo "== disk"
{size}
set -- $d/{folder}/{queues}
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


@dataclass(frozen=True)
class Kind:
    """What a driver's probe makes: a disk or a network interface."""

    what: str
    drivers: tuple[str, str]    # ours, the kernel's
    subsystem: str              # its folder below the function's
    folder: str                 # that of its queues, in its own
    queues: str                 # a pattern of their names
    size: str                   # sets n to the number of entries of a queue
    use: str = "true"           # makes the driver allocate the rest


DISK = Kind("a disk", functions.BLK.drivers, "block", "mq", "*",
            "read -r n <$d/queue/nr_requests")
# IFF_UP, IFF_BROADCAST, IFF_MULTICAST
INTERFACE = Kind("an interface", net_measure.DRIVERS, "net", "queues", "rx-*",
                 "n={entries}", "echo 0x1003 >$d/flags || exit 1")
PAIRS, ENTRIES = 16, 256


def _measure(tell: Tell, kind: Kind, bdfs: tuple[str, str], queues: int,
             size: int) -> Pair:
    ours, kernels = kind.drivers
    tell(pci.script(_PREPARE.format(
        ours=bdfs[0], kernels=bdfs[1], module=ours, kernels_module=kernels,
        events=" ".join(EVENTS))))
    # A trace of one processor must hold an event or two for each request.
    kb = 2048 + queues * size // 2
    found = []
    for driver, bdf in zip(kind.drivers, bdfs):
        with progress.step(f"memory of {kind.what} of {driver}"):
            found.append(parse(tell(_PROBE.format(
                bdf=bdf, kb=kb, subsystem=kind.subsystem, use=kind.use,
                folder=kind.folder, queues=kind.queues,
                size=kind.size.format(entries=size)))))
    return Pair(queues, size, found[0], found[1], kind.what, kind.drivers)


def _memory_mb(queues: int, size: int) -> int:
    trace_mb = queues * (2048 + queues * size // 2) // 1024
    return 512 + trace_mb + queues * size // 64 + 16 * queues


def measure(queues: int, size: int) -> Pair:
    """Disks, in a guest with as many processors as they have queues."""
    build.modules()
    slots = pci.Slot(4), pci.Slot(5)
    properties = {"num-queues": queues, "queue-size": size}
    argv = [word for slot in slots
            for word in null_disk(slot, 1 << 30, properties)]
    with Guest(accel="tcg", cpus=queues, memory=_memory_mb(queues, size),
               qemu_args=argv, name=f"memory-{queues}") as guest:
        return _measure(lambda text: guest.run(text, STEP_S).out, DISK,
                        (slots[0].bdf, slots[1].bdf), queues, size)


def measure_interface() -> Pair:
    """Idle interfaces of PAIRS pairs of queues, on our device."""
    build.modules()
    build.device()
    options = ("--id", "stock", "--pairs", str(PAIRS), "--backend", "sink",
               "--queue-size", str(ENTRIES))
    with Guest([DeviceSpec(name, options=options, device_class="net")
                for name in ("ours", "kernels")],
               accel="tcg", cpus=PAIRS, memory=2 * _memory_mb(PAIRS, ENTRIES),
               more=net.load(), name="memory-net") as guest:
        return _measure(
            lambda text: guest.run(text, STEP_S).out, INTERFACE,
            (guest.devices["ours"].bdf, guest.devices["kernels"].bdf),
            PAIRS, ENTRIES)
