/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a request costs: the formula that the counts of a measurement are held
 * to. One constant a line, so that a script can read them.
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
 * START is sector_lo, sector_hi, count and command, in vfet_window_begin();
 * STATUS the one read by which vfet_window_interrupt() acknowledges. A request
 * that the device fails costs VFET_COST_ERROR more and, if it is a READ, no
 * words. IDENTIFY, once a probe and a resume, is a FLUSH with the words of a sector.
 * An interrupt that is another function's, on a shared line, costs a STATUS.
 *
 * So a READ or a WRITE of 4096 bytes makes 4 + 1 + 1024 = 1029 accesses.
 *
 * Exits are as many, since each access to the window traps, but for one case:
 * READ with string instructions from ports. There the instruction is emulated
 * by KVM, which reads ahead: one exit to the device's process brings as many
 * words as the count in rcx asks for, up to sizeof(struct read_cache.data) =
 * 1024 bytes, and to the end of the destination's page (Linux,
 * arch/x86/kvm/emulate.c, pio_in_emulated(); the cache's size is in
 * arch/x86/kvm/kvm_emulate.h). The words of a READ then cost::
 *
 *	sum over the pieces of memory of ceil(piece / VFET_COST_CHUNK)
 *
 * where a piece is a bio's segment, at most a page. 4096 bytes in one page:
 * 4 + 1 + 4 = 9 exits. Output is not gathered (em_out() calls out once a
 * word), nor is memory: a string move is emulated once an element, with one
 * device access each (read_emulated() and write_emulated(), same file).
 */
#define VFET_COST_START		4	/* writes that start a READ or WRITE */
#define VFET_COST_FLUSH		1	/* writes that start a FLUSH */
#define VFET_COST_STATUS	1	/* reads that acknowledge */
#define VFET_COST_ERROR		1	/* reads of error, when it failed */
#define VFET_COST_WORD		4	/* bytes an access to data moves */
#define VFET_COST_CHUNK		1024	/* bytes an exit moves at most, insl */

#endif /* VFET_COST_H */
