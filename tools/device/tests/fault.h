/* SPDX-License-Identifier: GPL-2.0 */
/*
 * System calls and allocations that fail on demand, for the unit tests: the
 * linker puts these in front of the C library's (--wrap).
 */
#ifndef FAULT_H
#define FAULT_H

struct fault {
	/* Count down; at 0 this one fails, and no later one. -1: none */
	int calloc_at;
	int realloc_at;
	int mmap_at;
	int memfd_at;
	/* errno of every call; 0: it works */
	int fallocate;
	int fdatasync;
	int transfer;		/* preadv and pwritev */
	/* How many calls are interrupted first */
	int interruptions;
	/* Bytes that one transfer moves at most; 0: all */
	unsigned int short_by;
};

extern struct fault fault;

void fault_clear(void);

#endif /* FAULT_H */
