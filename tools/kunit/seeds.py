# SPDX-License-Identifier: GPL-2.0
"""Bugs that are seeded in a copy of the sources, which the suites must find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab import LabError


@dataclass(frozen=True)
class Change:
    """A text of a source, and its replacement at its first place."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Seed:
    """A bug, and the failure that must result."""

    name: str
    subjects: Sequence[str]     # of the suites that it takes
    kind: str                   # the kind of failure that must result
    changes: Sequence[Change] = ()
    arguments: Sequence[str] = ()   # more of the kernel's
    says: Sequence[str] = ()    # each in the name or text of such a failure
    timeout: float = 60.0       # of its boot


_NET_RX = "drivers/net/rx.c"
_NET_TX = "drivers/net/tx.c"
_NET_TX_MAP = "drivers/net/tx_map.c"
_NET_XDP_RX = "drivers/net/xdp_rx.c"
_NET_TUNNEL = "drivers/net/tunnel.c"
_SCSI_COMPLETE = "drivers/scsi/complete.c"
_SCSI_ERROR = "drivers/scsi/error.c"
_SCSI_EVENTS = "drivers/scsi/events.c"
_SCSI_UNITS = "drivers/scsi/units.c"
_DEVICE = "drivers/core/device.c"
_REGS = "drivers/core/regs.c"
_MOCK_TEST = "kunit/mocktest/device_test.c"
_FIRST_CASE = """static void full_log_is_told(struct kunit *test)
{
"""
_COUNT = "this_cpu_add(regs->counts->access[reg][dir], accesses);"
_LOCKS = """
static DEFINE_MUTEX(seed_a);
static DEFINE_MUTEX(seed_b);

static void seed_lock(struct mutex *first, struct mutex *second)
{
	mutex_lock(first);
	mutex_lock(second);
	mutex_unlock(second);
	mutex_unlock(first);
}

static int vfe_enable(struct vfe_device *vd)
"""

SEEDS = (
    Seed("a use after free", ("core/lifecycle",), "KASAN", (
        Change(_DEVICE, "\tvfe_free(vd);\n}\n",
               "\tvfe_free(vd);\n\tWRITE_ONCE(vd->features, 0);\n}\n"),)),
    Seed("a lock inversion", ("core/lifecycle",), "lockdep", (
        Change(_DEVICE, "\nstatic int vfe_enable(struct vfe_device *vd)\n",
               _LOCKS),
        Change(_DEVICE, "\tret = vfe_enable(vd);\n",
               "\tseed_lock(&seed_a, &seed_b);\n\tret = vfe_enable(vd);\n"),
        Change(_DEVICE, "\tvfe_irqs_free(vd);\n",
               "\tseed_lock(&seed_b, &seed_a);\n\tvfe_irqs_free(vd);\n"))),
    Seed("a memory leak", ("core/lifecycle",), "kmemleak", (
        Change(_DEVICE, "\tvfe_regs_exit(&vd->regs);\n\tkfree(vd);\n",
               "\tvfe_regs_exit(&vd->regs);\n"),)),
    Seed("DMA memory that is not given back", ("blk/mapping",), "DMA-API", (
        Change("drivers/blk/dma.c", "\tfor (; req->mapped; req",
               "\tfor (; req->mapped > 1; req"),)),
    Seed("a shift too far", ("core/lifecycle",), "UBSAN", (
        Change(_REGS, _COUNT, "this_cpu_add(regs->counts->access[reg][dir],"
               "\n\t\t     accesses + ((1 << (accesses * 32)) == 7));"),)),
    Seed("a wrong count", ("core/counters",), "case", (
        Change(_REGS, _COUNT, _COUNT.replace("accesses)", "accesses + 1)")),
    )),
    Seed("a test that fails", ("mocktest/device",), "case", (
        Change(_MOCK_TEST, "KUNIT_EXPECT_EQ(test,",
               "KUNIT_EXPECT_NE(test,"),)),
    Seed("a suite that runs nothing", ("mocktest/device",), "empty", (
        Change(_MOCK_TEST, "[] = {\n\tKUNIT_CASE",
               "[] = {\n\t{},\n\tKUNIT_CASE"),)),
    Seed("a kernel that dies in a suite", ("core/lifecycle",), "boot", (
        Change(_DEVICE, "\tvfe_irqs_free(vd);\n",
               "\tpanic(\"seeded\");\n"),)),
    Seed("a module that does not load", ("mocktest/device",), "load", (
        Change("drivers/blk/main.c", "KBUILD_MODNAME, &vfe_blk_params);",
               "KBUILD_MODNAME, &vfe_blk_params) ?: -ENODEV;"),)),
    Seed("a kernel that never boots", ("mocktest/device",), "boot",
         arguments=("rdinit=/nothing",)),
    Seed("a test that waits for ever", ("mocktest/device",), "hung", (
        Change(_MOCK_TEST, _FIRST_CASE, _FIRST_CASE +
               "\tDECLARE_COMPLETION_ONSTACK(never);\n\n"
               "\twait_for_completion(&never);\n"),)),
    Seed("a test that runs for ever", ("mocktest/device",), "boot", (
        Change(_MOCK_TEST, _FIRST_CASE, _FIRST_CASE +
               "\twhile (test)\n\t\tbarrier();\n"),),
         says=("did not power off", "LOAD vfe_mocktest_device_test"),
         timeout=20),
    Seed("BQL that is not reset with its ring", ("net/transmit_irq",), "case",
         (Change(_NET_TX, "\tnetdev_tx_reset_queue(txq->nq);\n", ""),)),
    Seed("a transmit queue that stops too late", ("net/transmit",), "case", (
        Change(_NET_TX, "if (likely(txq->room >= txq->need) ||",
               "if (likely(txq->room + VFE_NET_MAX_SEGS >= txq->need) ||"),)),
    Seed("a refill that is not tried again", ("net/receive",), "case", (
        Change(_NET_RX, "\tmod_timer(&rxq->refill, jiffies +"
               " VFE_NET_RETRY);\n", ""),)),
    Seed("a driver that believes num_buffers", ("net/receive",), "case", (
        Change(_NET_RX, "\t\tif (unlikely(!used))\n\t\t\treturn false;\n",
               "\t\tif (unlikely(!used))\n\t\t\treturn true;\n"),)),
    Seed("a tunnel that was not negotiated", ("net/tunnel",), "case", (
        Change(_NET_TUNNEL, "if (!gso || (flag && !csum) ||",
               "if ((flag && !csum) ||"),)),
    Seed("a driver that believes a tunnel's offsets",
         ("net/tunnel_header",), "case", (
        Change(_NET_TUNNEL, "if (!vfe_net_tunnel_valid(skb, hdr))",
               "if (!vfe_net_tunnel_valid(skb, hdr) && !skb)"),)),
    Seed("a late feature that is accepted for ever", ("core/lifecycle",),
         "case", (Change(_DEVICE, "vd->features & ~offered ||"
                         " vd->features_high & ~high",
                         "vd->features & ~offered"),)),
    Seed("a packet that waits for the next one", ("net/receive",), "case", (
        Change("drivers/net/napi.c",
               "\tvfe_queue_disable_cb(rxq->vq);\n"
               "\t__napi_schedule(&rxq->napi);\n",
               "\tnapi_complete_done(&rxq->napi, n);\n"),)),
    Seed("a resized ring without its moderation", ("net/ethtool",), "case", (
        Change("drivers/net/ethtool.c",
               "\tif (!err)\n\t\tvfe_net_state_replay_queues(vn);\n", ""),)),
    Seed("a timer that runs only once", ("net/transmit_irq",), "case", (
        Change(_NET_TX, "\tif (vfe_net_tx_pending(txq))\n"
               "\t\tvfe_net_tx_set_timer(txq);\n", ""),)),
    Seed("a command whose memory is used too early", ("net/silent",), "case", (
        Change("drivers/net/ctrl.c", "slot->state = VFE_NET_SLOT_LATE;",
               "slot->state = VFE_NET_SLOT_FREE;"),)),
    Seed("a command without its feature", ("net/commands",), "case", (
        Change("drivers/net/rss.c",
               "return rss->report ? vfe_net_hash_send(vn) : 0;",
               "return vfe_net_hash_send(vn);"),)),
    Seed("buffers of a queue without a ring", ("net/moments",), "boot", (
        Change("drivers/core/queue.c",
               "q->ring ? q->ops->detach(q) : NULL;",
               "q->ops->detach(q);"),)),
    Seed("a packet whose mappings stay", ("net/transmit",), "DMA-API", (
        Change(_NET_TX_MAP, "unmap:\n\tvfe_net_tx_unmap(txq, *first);\n",
               "unmap:\n"),)),
    Seed("frames that netpoll keeps for ever", ("net/netpoll",), "case", (
        Change(_NET_TX, "\tif (unlikely(txq->late))\n"
               "\t\tvfe_net_xdp_tx_done(txq, NULL, 0, 1);\n", ""),)),
    Seed("BQL that a program's load resets", ("net/xdp",), "case", (
        Change("drivers/net/xdp.c",
               "\tvfe_net_xdp_assign(vn, prog);\n",
               "\tvfe_net_xdp_assign(vn, prog);\n"
               "\tnetdev_tx_reset_queue(vn->txq[0].nq);\n"),)),
    Seed("a hash of no packet", ("net/xdp",), "case", (
        Change(_NET_XDP_RX, "used->token), rxq->hdr_len);",
               "used->token),\n"
               "\t       sizeof(struct virtio_net_hdr_mrg_rxbuf));"),
    )),
    Seed("memory of a closed socket", ("net/xsk_fault",), "case", (
        Change("drivers/net/xsk.c", "\tvfe_net_xsk_take_back(vn, pair);\n",
               "\tif (!pair && pair)\n"
               "\t\tvfe_net_xsk_take_back(vn, pair);\n"),)),
    Seed("a descriptor that the user loses", ("net/xsk_fault",), "case", (
        Change("drivers/net/xsk_tx.c", "\t\t\t*slot |= VFE_NET_XSK_DONE;\n",
               ""),)),
    Seed("a driver that believes a residual", ("scsi/data",), "case", (
        Change(_SCSI_COMPLETE, "\tif (residual > scsi_bufflen(sc)) {",
               "\tif (residual > scsi_bufflen(sc) && !vs) {"),)),
    Seed("a driver that believes a length of sense data", ("scsi/data",),
         "case", (Change(_SCSI_COMPLETE,
                         "\tif (len > sizeof(response->sense)) {",
                         "\tif (len > sizeof(response->sense) && !vs) {"),)),
    Seed("commands that nobody counts", ("scsi/data",), "case", (
        Change(_SCSI_COMPLETE, "\tvfe_count(vs->stats, operations);\n", ""),
    )),
    Seed("an id that a later command has, too", ("scsi/limits",), "case", (
        Change("drivers/scsi/request.c", "(upper_32_bits(cmd->id) + 1)",
               "upper_32_bits(cmd->id)"),)),
    Seed("a reset that leaves commands with the device", ("scsi/resets",),
         "case", (Change(_SCSI_ERROR, "\treturn !n;\n",
                         "\treturn true;\n"),)),
    Seed("a lost command that waits for slow ones", ("scsi/error",), "case", (
        Change(_SCSI_ERROR, "return vfe_scsi_recover_unaborted(vs, sc) ?",
               "return !vs && vfe_scsi_recover_unaborted(vs, sc) ?"),)),
    Seed("a user's command that is executed twice", ("scsi/recovery",),
         "case", (Change("drivers/scsi/recovery.c",
                         "\tif (blk_rq_is_passthrough(scsi_cmd_to_rq(sc)))\n"
                         "\t\treturn DID_ERROR;\n", ""),)),
    Seed("event buffers that the device has once", ("scsi/answers",), "case",
         (Change(_SCSI_EVENTS, "\t\tif (add)\n\t\t\tvfe_scsi_event_add(",
                 "\t\tif (!add)\n\t\t\tvfe_scsi_event_add("),)),
    Seed("lost events without a check", ("scsi/answers",), "case", (
        Change(_SCSI_EVENTS, "\t\tbitmap_set(e->now, 0, vs->limits.targets);\n",
               ""),)),
    Seed("a unit that one BAD_TARGET removes", ("scsi/units",), "case", (
        Change(_SCSI_UNITS, "test_bit(target, check->sure)", "true"),)),
    Seed("a unit 0 that the list always has", ("scsi/units",), "case", (
        Change(_SCSI_UNITS, "return test_bit(unit, vs->present) &&\n"
               "\t       (unit || !vfe_scsi_inquiry_says_gone(vs, sdev,"
               " sure));", "return test_bit(unit, vs->present);"),)),
    Seed("a window that is not missed", ("trap/net_lifecycle",), "case", (
        Change("drivers/trap/net/netdev.c",
               "\tvfe_trap_set_gone(trap);\n\treturn IRQ_HANDLED;",
               "\treturn IRQ_HANDLED;"),)),
    Seed("checkers that are switched off", ("mocktest/device",), "checker",
         arguments=("kmemleak=off", "dma_debug=off", "no_debug_objects",
                    "sysctl.kernel.prove_locking=0"),
         says=("kmemleak does not scan", "DMA-API is off",
               "debugobjects is off", "lockdep is off")),
)


def subjects() -> list[str]:
    """All suites that any seed needs."""
    return sorted({name for seed in SEEDS for name in seed.subjects})


def sow(root: Path, seed: Seed) -> None:
    """Change the copy; LabError if a source no longer has the text."""
    for change in seed.changes:
        path = root / change.file
        text = path.read_text() if path.is_file() else ""
        if change.old not in text:
            raise LabError(f"the seed '{seed.name}' finds no"
                           f" {change.old.strip()!r} in {change.file}: adapt"
                           " tools/kunit/seeds.py to the source")
        path.write_text(text.replace(change.old, change.new, 1))
