/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The cost of a request: a formula that tools/bench checks its counts against.
 * One constant a line, so that a script can read them.
 */
#ifndef VFET_COST_H
#define VFET_COST_H

/**
 * DOC: accesses and exits of one request of n bytes
 *
 * Accesses to registers, as driver and device count them (data.c writes them
 * in this order)::
 *
 *	READ	VFET_COST_START + VFET_COST_STATUS + n / VFET_COST_WORD
 *	WRITE	VFET_COST_START + n / VFET_COST_WORD + VFET_COST_STATUS
 *	FLUSH	VFET_COST_FLUSH + VFET_COST_STATUS
 *
 * START is the writes of sector_lo, sector_hi, count and command in
 * vfet_window_begin(); STATUS is the read with which vfet_window_interrupt()
 * acknowledges the interrupt. A request that the device fails costs
 * VFET_COST_ERROR more and, if it is a READ, no words. IDENTIFY, which the
 * driver sends once per probe and per resume, costs as much as a FLUSH, and the
 * words of one sector. An interrupt of another function on a shared line costs
 * a STATUS.
 *
 * So a READ or a WRITE of 4096 bytes makes 4 + 1 + 1024 = 1029 accesses.
 *
 * There are as many exits as accesses, since each access to the window traps,
 * except for READ with string instructions from ports. KVM emulates such an
 * instruction and reads ahead: one exit to the device's process reads as many
 * words as the count in rcx asks for, up to sizeof(struct read_cache.data) =
 * 1024 bytes, and up to the end of the destination's page (Linux,
 * arch/x86/kvm/emulate.c, pio_in_emulated(); the cache's size is in
 * arch/x86/kvm/kvm_emulate.h). The words of a READ then cost::
 *
 *	sum over the pieces of memory of ceil(piece / VFET_COST_CHUNK)
 *
 * where a piece is a bio's segment, at most a page. 4096 bytes in one page:
 * 4 + 1 + 4 = 9 exits. KVM does not gather output (em_out() exits once per
 * word), or accesses to memory: it emulates a string move element by element,
 * with one device access each (read_emulated() and write_emulated(), same
 * file).
 */
#define VFET_COST_START		4	/* writes that start a READ or WRITE */
#define VFET_COST_FLUSH		1	/* writes that start a FLUSH */
#define VFET_COST_STATUS	1	/* reads that acknowledge */
#define VFET_COST_ERROR		1	/* reads of error, when it failed */
#define VFET_COST_WORD		4	/* bytes that an access to data moves */
#define VFET_COST_CHUNK		1024	/* bytes an exit moves at most, insl */

#endif /* VFET_COST_H */
