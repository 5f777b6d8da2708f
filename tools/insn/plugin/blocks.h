/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The translation blocks of a guest by address, and whose each is.
 */
#ifndef VFE_INSN_BLOCKS_H
#define VFE_INSN_BLOCKS_H

#include <stdint.h>

/* Whose code a block is. The letters are those of the table that is loaded. */
enum kind {
	KIND_OTHER,	/* the rest of the kernel, and user code */
	KIND_DRIVER,	/* 'd': the driver under measurement */
	KIND_HELPER,	/* 'h': what it has done for it: allocations, locks, ... */
	KIND_PASS,	/* 'p': a trampoline, which is its caller's */
};

struct block {
	uint64_t addr;
	enum kind kind;
};

#define BLOCK_BITS 18
#define BLOCKS 0x40000U	/* of BLOCK_BITS bits */

/* Blocks that share a place: those that the table had no room for, and all
 * user code.
 */
#define BLOCK_LOST 0u
#define BLOCK_USER 1u
#define BLOCK_FIRST 2u

extern struct block blocks[BLOCKS];

/* Not thread-safe: the caller has a lock. */
unsigned int blocks_place(uint64_t addr);
unsigned int blocks_used(void);

/*
 * Load a table of ranges, "FIRST END LETTER" a line in ascending order with
 * addresses in hex, and tell the kind of each block anew. Returns how many
 * ranges there are, or -1 when the file is not such a table.
 */
int blocks_classify(const char *path);

#endif /* VFE_INSN_BLOCKS_H */
