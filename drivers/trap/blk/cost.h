/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A formula for the cost of a request; tools/bench compares its counts with it.
 * One constant per line, so that a script can read them.
 */
#ifndef VFE_TRAP_COST_H
#define VFE_TRAP_COST_H

/**
 * DOC: accesses and exits of one request of n bytes
 *
 * Accesses to registers, as driver and device count them (request.c and
 * window.c make them in this order)::
 *
 *	READ	VFE_TRAP_COST_START + VFE_TRAP_COST_STATUS +
 *		n / VFE_TRAP_COST_WORD
 *	WRITE	VFE_TRAP_COST_START + n / VFE_TRAP_COST_WORD +
 *		VFE_TRAP_COST_STATUS
 *	FLUSH	VFE_TRAP_COST_FLUSH + VFE_TRAP_COST_STATUS
 *
 * START is the writes of sector_lo, sector_hi, count and command in
 * vfe_trap_blk_begin(); STATUS is the read with which vfe_trap_irq()
 * acknowledges the interrupt. A request that the device fails costs
 * VFE_TRAP_COST_ERROR more and, if it is a READ, no words. IDENTIFY, which the
 * driver sends once per probe and per resume, costs as much as a FLUSH, and the
 * words of one sector. An interrupt of another function on a shared line costs
 * a STATUS.
 *
 * So a READ or a WRITE of 4096 bytes makes 4 + 1 + 1024 = 1029 accesses.
 *
 * There are as many exits as accesses, since each access to the window traps,
 * except for READ with string instructions from ports. KVM emulates such an
 * instruction and reads ahead: one exit to the device's process reads up to the
 * number of words in rcx, at most sizeof(struct read_cache.data) = 1024 bytes,
 * and up to the end of the destination's page (Linux, arch/x86/kvm/emulate.c,
 * pio_in_emulated(); the cache's size is in arch/x86/kvm/kvm_emulate.h). The
 * words of a READ then cost::
 *
 *	sum over the pieces of memory of ceil(piece / VFE_TRAP_COST_CHUNK)
 *
 * where a piece is a bio's segment, at most a page. 4096 bytes in one page:
 * 4 + 1 + 4 = 9 exits. KVM does not gather output (em_out() exits once per
 * word), or accesses to memory: it emulates a string move element by element,
 * with one device access each (read_emulated() and write_emulated(), same
 * file).
 */
#define VFE_TRAP_COST_START	4	/* writes that start a READ or WRITE */
#define VFE_TRAP_COST_FLUSH	1	/* writes that start a FLUSH */
#define VFE_TRAP_COST_STATUS	1	/* reads that acknowledge */
#define VFE_TRAP_COST_ERROR	1	/* reads of error, when it failed */
#define VFE_TRAP_COST_WORD	4	/* bytes that an access to data moves */
#define VFE_TRAP_COST_CHUNK	1024	/* bytes an exit moves at most, insl */

#endif /* VFE_TRAP_COST_H */
