/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A formula for the cost of a frame; tools/bench compares its counts with it.
 * One constant per line, so that a script can read them.
 */
#ifndef VFE_TRAP_NET_COST_H
#define VFE_TRAP_NET_COST_H

/**
 * DOC: accesses and exits of one frame of n bytes
 *
 * Accesses to registers, as driver and device count them (window.c makes them
 * in this order)::
 *
 *	sent		VFE_TRAP_NET_COST_SEND +
 *			ceil(n / VFE_TRAP_NET_COST_WORD)
 *	received	VFE_TRAP_NET_COST_RECEIVE +
 *			ceil(n / VFE_TRAP_NET_COST_WORD)
 *	an interrupt	VFE_TRAP_NET_COST_INTERRUPT
 *
 * n counts the Ethernet header, and no check sequence. SEND is the writes of
 * remote_address, remote_count, transmit_count and command, and the read of
 * command that shows that the frame has left: a sent frame needs no interrupt.
 * RECEIVE is the writes of remote_address and remote_count, the read of the
 * header, one word, and the write of boundary. INTERRUPT is the read of
 * interrupt_status in the handler, which masks as well, and in the work item the
 * write of interrupt_status, the read of current, and the write of
 * interrupt_mask. One interrupt serves all frames that are in the ring when the
 * work item reads current; it reads that again after each fourth frame if there
 * are more. An interrupt of another function on a shared line
 * costs a read.
 *
 * So a ping of 98 bytes, when the interface is idle, makes 5 + 25 = 30 accesses
 * for the request, and 4 + 4 + 25 = 33 for the answer.
 *
 * Seldom, there are more: VFE_TRAP_NET_COST_WAIT for a frame that the device
 * cannot send at once, and an INTERRUPT without the read of current, but with
 * one of command; VFE_TRAP_NET_COST_MISSED for an overrun, which the driver
 * counts; VFE_TRAP_NET_COST_START when the interface goes up, or its ring is
 * emptied.
 *
 * There are as many exits as accesses, since each access to the window traps,
 * except for frames received with string instructions from ports. KVM emulates
 * such an instruction and reads ahead: see drivers/trap/blk/cost.h. The driver
 * reads a frame into a page of its own, so that the words of a frame cost::
 *
 *	ceil(n / VFE_TRAP_NET_COST_CHUNK)
 *
 * The answer to the ping above costs 4 + 4 + 1 = 9 exits, a frame of 1514 bytes
 * 4 + 4 + 2 = 10 instead of 387. KVM gathers no output, and no accesses to
 * memory.
 */
#define VFE_TRAP_NET_COST_SEND		5	/* of a frame, without its words */
#define VFE_TRAP_NET_COST_RECEIVE	4	/* the same, with the header */
#define VFE_TRAP_NET_COST_INTERRUPT	4	/* from handler to unmasking */
#define VFE_TRAP_NET_COST_WORD		4	/* bytes that an access moves */
#define VFE_TRAP_NET_COST_CHUNK		1024	/* bytes an exit moves, insl */
#define VFE_TRAP_NET_COST_WAIT		2	/* a frame that must wait */
#define VFE_TRAP_NET_COST_MISSED	3	/* to read the count of missed */
#define VFE_TRAP_NET_COST_START		16	/* reset, start, link, unmask */

#endif /* VFE_TRAP_NET_COST_H */
