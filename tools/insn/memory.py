# SPDX-License-Identifier: GPL-2.0
"""Memory of a disk: allocations of a probe that are not freed.

The kernel's tracepoints report each allocation and free while a driver binds to
a function: the rest at the end belongs to the disk. The difference in free
pages is a second measurement, which includes memory without a tracepoint.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

PAGE = 4096
TOP = 12
# Tolerance between the two measurements: other processes use memory meanwhile
SLACK, SLACK_BYTES = 0.1, 3 << 20

_EVENT = re.compile(
    r"(kmalloc|kmem_cache_alloc|kfree|kmem_cache_free|mm_page_alloc"
    r"|mm_page_free|percpu_alloc_percpu|percpu_free_percpu): (.*)$")
_FIELD = re.compile(r"(\w+)=(\S+)")
_HEADER = re.compile(r"entries-in-buffer/entries-written: (\d+)/(\d+)")
_SITE = re.compile(r"\+0x.*$")
# Pages for another allocator, whose own events count.
_BACKING = re.compile(r"allocate_slab|new_slab|slab_alloc|alloc_slab_page"
                      r"|kmalloc_large|pcpu_")
# Pages of processes and of the page cache.
_OTHERS = re.compile(r"GFP_HIGHUSER|GFP_USER|__GFP_MOVABLE")
# Functions between the allocator and its caller
_PLUMBING = re.compile(r"_*alloc_pages|alloc_pages|dma_|__dma_|get_free_pages"
                       r"|__get_free|folio_alloc|trace_|_*alloc_frozen"
                       r"|stack_trace")


class TraceError(ValueError):
    """The trace is incomplete."""


@dataclass(frozen=True)
class Held:
    """Bytes that were allocated and not freed, by caller."""

    by_site: Mapping[str, int]

    @property
    def total(self) -> int:
        """All of it."""
        return sum(self.by_site.values())

    def top(self, count: int = TOP) -> list[tuple[str, int]]:
        """The largest callers."""
        return sorted(self.by_site.items(),
                      key=lambda one: (-one[1], one[0]))[:count]


class _Reader:
    """Follows a trace line by line."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], tuple[str, int]] = {}
        # a page allocation whose stack trace is still to come
        self._page: tuple[str, int] | None = None
        self._stack: list[str] = []

    def line(self, line: str) -> None:
        """Process a line."""
        if line.startswith(" => "):
            self._stack.append(_SITE.sub("", line[4:].strip()))
            return
        if line.endswith("<stack trace>"):
            return
        self.flush()
        match = _EVENT.search(line)
        if match:
            self._event(match.group(1), dict(_FIELD.findall(match.group(2))),
                        line)

    def _event(self, name: str, fields: Mapping[str, str], line: str) -> None:
        if name == "mm_page_alloc":
            if fields["pfn"] != "0x0" and not _OTHERS.search(line):
                self._page = fields["pfn"], PAGE << int(fields["order"])
        elif name == "mm_page_free":
            self._held.pop(("page", fields["pfn"]), None)
        elif name == "percpu_alloc_percpu":
            self._keep("percpu", fields)
        elif name == "percpu_free_percpu":
            self._held.pop(("percpu", fields["ptr"]), None)
        elif name.endswith("free"):
            self._held.pop(("slab", fields["ptr"]), None)
        else:
            self._keep("slab", fields)

    def _keep(self, kind: str, fields: Mapping[str, str]) -> None:
        self._held[kind, fields["ptr"]] = (
            _SITE.sub("", fields["call_site"]), int(fields["bytes_alloc"]))

    def flush(self) -> None:
        """The stack trace of the last page allocation is complete."""
        page, stack = self._page, self._stack
        self._page, self._stack = None, []
        if page is None or any(_BACKING.search(name) for name in stack):
            return
        site = next((name for name in stack if not _PLUMBING.match(name)),
                    "unknown")
        self._held["page", page[0]] = site, page[1]

    def result(self) -> Held:
        """Memory that is not freed."""
        sites: Counter[str] = Counter()
        for site, size in self._held.values():
            sites[site] += size
        return Held(sites)


def parse_trace(lines: Iterable[str]) -> Held:
    """Parse a trace of the kernel; TraceError if events were lost."""
    reader = _Reader()
    whole = False
    for line in lines:
        header = _HEADER.search(line)
        if header:
            whole = True
            if header.group(1) != header.group(2):
                raise TraceError(f"the trace has {header.group(1)} of"
                                 f" {header.group(2)} events: give it a"
                                 " larger buffer (kb in"
                                 " tools/insn/probe.py)")
        elif not line.startswith("#"):
            reader.line(line.rstrip())
    reader.flush()
    if not whole:
        raise TraceError("the trace has no header line with its number of"
                         " events: it was cut short; run it again")
    return reader.result()


def free_pages(zoneinfo: str) -> int:
    """Free pages, those on the lists of the processors included."""
    found = re.findall(r"(?:nr_free_pages|^\s+count:) +(\d+)", zoneinfo, re.M)
    if not found:
        raise ValueError("zoneinfo has no free pages")
    return sum(map(int, found))


@dataclass(frozen=True)
class Disk:
    """A disk's memory by both measurements, and its callers."""

    held: Held
    pages: int          # decrease of free pages, in bytes
    requests: int       # requests that it can have in flight

    @property
    def agree(self) -> bool:
        """Do the two measurements agree? Slabs and caches of the kernel are
        the tolerance."""
        slack = max(SLACK_BYTES, SLACK * self.held.total)
        return abs(self.pages - self.held.total) <= slack

    @property
    def each(self) -> float:
        """Bytes per request."""
        return self.held.total / self.requests

    def document(self) -> dict[str, Any]:
        """For insn.json."""
        return {"bytes": self.held.total, "bytes_of_free_pages": self.pages,
                "requests": self.requests, "bytes_a_request":
                round(self.each, 1), "by_caller": self.held.top()}


@dataclass(frozen=True)
class Pair:
    """Both drivers on identical functions."""

    queues: int
    size: int
    ours: Disk
    kernels: Disk
    what: str = "a disk"
    drivers: tuple[str, str] = ("vfe_blk", "virtio_blk")

    @property
    def ratio(self) -> float:
        """The ratio of our bytes to those of the kernel's driver."""
        return self.ours.held.total / self.kernels.held.total

    @property
    def name(self) -> str:
        """The configuration."""
        return f"{self.queues} queues of {self.size}"

    def document(self) -> dict[str, Any]:
        """For insn.json."""
        return {"queues": self.queues, "queue_size": self.size,
                "ratio": round(self.ratio, 3),
                "of": self.what, **dict(zip(self.drivers, (
                    self.ours.document(), self.kernels.document())))}


def render(pairs: Iterable[Pair]) -> str:
    """The printed table."""
    lines = ["Memory of a disk or an interface, in bytes that its probe"
             " allocated and kept",
             f"{'configuration':20} {'driver':10} {'bytes':>12}"
             f" {'free pages':>12} {'requests':>9} {'a request':>9}"]
    for pair in pairs:
        for driver, disk in zip(pair.drivers, (pair.ours, pair.kernels)):
            lines.append(f"{pair.name:20} {driver:10} {disk.held.total:>12}"
                         f" {disk.pages:>12} {disk.requests:>9}"
                         f" {disk.each:>9.0f}")
        lines.append(f"{'':20} {'ratio':10} {pair.ratio:>12.3f}")
    return "\n".join(lines)
