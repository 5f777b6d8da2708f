/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Translation of a descriptor chain to this process's memory, for both layouts.
 * Descriptors differ between them; buffers and indirect tables do not.
 */
#ifndef CHAIN_H
#define CHAIN_H

#include "virtio/ring.h"

/* A copy of a descriptor, in host byte order */
struct desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t extra;		/* split: next; packed: buffer id */
};

/*
 * An indirect table, which may be misaligned: use no pointers to its
 * descriptors.
 */
struct table {
	const uint8_t *bytes;
	uint32_t num;
};

struct walk {
	struct queue *q;
	struct chain *c;
	unsigned int head;	/* names the chain in the log */
	bool indirect;		/* inside a table, for the log */
	bool writes;		/* a writable buffer was there */
	/* the last buffer the device may write: its end holds the status */
	uint64_t last_addr;
	uint32_t last_len;
};

void chain_begin(struct walk *w, struct queue *q, struct chain *c,
		 unsigned int head);
/* A line in the log about descriptor @index. Return: -1 */
int chain_complain(const struct walk *w, unsigned int index, const char *what,
		   unsigned long long value);
/*
 * Enter the table of @d, with at most @max descriptors.
 * Return: 0, or -1 after a line in the log.
 */
int chain_table(struct walk *w, unsigned int index, const struct desc *d,
		uint32_t max, struct table *t);
/* A buffer of the chain. Return: 0, or -1 after a line in the log. */
int chain_buffer(struct walk *w, unsigned int index, const struct desc *d);
void chain_end(struct walk *w);

#endif /* CHAIN_H */
