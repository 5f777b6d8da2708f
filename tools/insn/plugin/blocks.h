/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The translation blocks of a guest by address, and their owners.
 */
#ifndef VFE_INSN_BLOCKS_H
#define VFE_INSN_BLOCKS_H

#include <stdint.h>

/* The owner of a block. The letters are those of the loaded table. */
enum kind {
	KIND_OTHER,	/* the rest of the kernel, and user code */
	KIND_DRIVER,	/* 'd': the driver under measurement */
	KIND_HELPER,	/* 'h': helpers: allocations, locks, ... */
	KIND_PASS,	/* 'p': a trampoline, counts as its caller */
};

struct block {
	uint64_t addr;
	enum kind kind;
};

#define BLOCK_BITS 18
#define BLOCKS 0x40000U	/* of BLOCK_BITS bits */

/*
 * Slots that blocks share: one for blocks without space in the table, one for
 * all user code.
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
 * addresses in hex, and classify all blocks again. Returns the number of
 * ranges, or -1 if the file is not such a table.
 */
int blocks_classify(const char *path);

#endif /* VFE_INSN_BLOCKS_H */
