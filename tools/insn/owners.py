# SPDX-License-Identifier: GPL-2.0
"""Attribution of instructions, by the same rule for both drivers.

The driver's own part is the instructions of its functions, and of helpers that
work for it. A helper works for the driver if only helpers ran between the
driver and it; the plugin decides that at run time.
"""

from __future__ import annotations

import re

from .symbols import KERNEL, Function, Symbols

DRIVER, PASS, REST = "driver and ring", "trampolines", "rest"

# A driver of ours consists of its module and vfe; one of the kernel's of
# itself, the ring and the bus, which may be modules or built in.
MODULES = frozenset((
    "vfe", "vfe_blk", "virtio_blk", "vfe_net", "virtio_net", "vfe_scsi",
    "virtio_scsi", "virtio", "virtio_ring", "virtio_pci",
    "virtio_pci_modern_dev", "virtio_pci_legacy_dev"))
RING = re.compile(r"(?:virtqueue_|vring_|vp_|virtio_|virtblk_|virtscsi_"
                  r"|detach_buf"
                  r"|more_used)")

# Helpers in the kernel, by name and kind. The first match counts.
HELPERS = (
    ("allocations", re.compile(
        r"_*k[mzc]alloc|_*kvmalloc|k?v?free(?:_|$)|kfree|kmem_cache_|_*slab_"
        r"|mempool_|dma_pool_|__?_?alloc_pages|get_page_from_freelist"
        r"|__free_pages|free_unref_page|memcg_slab|__memcg_slab"
        r"|should_failslab|kmalloc_|__unfreeze_partials|new_slab|get_partial")),
    ("scatter lists", re.compile(
        r"_*sg_|_*blk_rq_map_sg|__blk_bios_map_sg|blk_map_iter|blk_rq_dma_map"
        r"|blk_rq_map_bio|get_max_segment_size")),
    ("DMA", re.compile(
        r"dma_|__dma_|swiotlb_|iommu_|debug_dma_|is_swiotlb|phys_to_dma")),
    ("memory", re.compile(
        r"_*mem(?:set|cpy|move|cmp)(?:$|_orig|_erms)|rep_(?:stos|movs)"
        r"|clear_page")),
    ("locks", re.compile(
        r"_raw_(?:spin|read|write)_|__raw_spin|native_queued_spin"
        r"|queued_spin|pv_|__rcu_read_|preempt_count_|__local_bh"
        r"|rcu_read_")),
    # Receive buffers and the packets that are made of them
    ("buffers", re.compile(
        r"_*page_pool_|_*page_frag_|skb_page_frag|_*napi_alloc_|_*build_skb"
        r"|napi_build_skb|_*alloc_skb|skb_put$|skb_add_rx_frag|skb_coalesce_rx"
        r"|_*skb_to_sgvec|virtio_net_hdr|eth_type_trans|_*netdev_alloc_")),
    ("registers", re.compile(r"io(?:write|read)\d+|pci_io|iomem_")),
    ("time", re.compile(r"ktime_get|sched_clock|local_clock|read_tsc"
                        r"|native_sched_clock|timekeeping_")),
)
KINDS = (DRIVER, *(name for name, _ in HELPERS))
_TRAMPOLINE = re.compile(r"__x86_indirect|__x86_return|__SC[TK]__"
                         r"|srso_|retbleed_|entry_ibpb|__fentry__")


def kind(function: Function) -> str:
    """DRIVER, a kind of helper, PASS or REST."""
    if function.module in MODULES:
        return DRIVER
    if function.module != KERNEL:
        return REST
    if RING.match(function.plain):
        return DRIVER
    if _TRAMPOLINE.match(function.name):
        return PASS
    for name, pattern in HELPERS:
        if pattern.match(function.plain):
            return name
    return REST


def table(symbols: Symbols) -> str:
    """The table of the plugin: adjacent functions of one kind are one range."""
    ranges: list[list[int | str]] = []
    for first, end, function in symbols.ranges():
        what = kind(function)
        if what == REST:
            continue
        letter = {DRIVER: "d", PASS: "p"}.get(what, "h")
        if ranges and ranges[-1][1] == first and ranges[-1][2] == letter:
            ranges[-1][1] = end
        else:
            ranges.append([first, end, letter])
    return "".join(f"{first:x} {end:x} {letter}\n"
                   for first, end, letter in ranges)
