// SPDX-License-Identifier: GPL-2.0
/*
 * An open hash of blocks. A block that QEMU translates again keeps its slot.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocks.h"

#define KERNEL_BEGINS 0xffff800000000000ull
/* Chains stay short while an eighth is free. */
#define MOST_USED (BLOCKS - BLOCKS / 8)

static_assert(BLOCKS >> BLOCK_BITS == 1, "the hash has BLOCK_BITS bits");

struct range {
	uint64_t first;
	uint64_t end;
	enum kind kind;
};

struct block blocks[BLOCKS];
static unsigned int used;

static struct range *ranges;
static size_t n_ranges;

static enum kind kind_of(uint64_t addr)
{
	size_t low = 0, high = n_ranges;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ranges[middle].end <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == n_ranges || addr < ranges[low].first)
		return KIND_OTHER;
	return ranges[low].kind;
}

unsigned int blocks_place(uint64_t addr)
{
	unsigned int i;

	if (addr < KERNEL_BEGINS)
		return BLOCK_USER;
	i = (addr * 0x9e3779b97f4a7c15ull) >> (64 - BLOCK_BITS);
	for (;; i = (i + 1) % BLOCKS) {
		if (i < BLOCK_FIRST)
			continue;
		if (blocks[i].addr == addr)
			return i;
		if (!blocks[i].addr)
			break;
	}
	if (used >= MOST_USED)
		return BLOCK_LOST;
	used++;
	blocks[i].addr = addr;
	blocks[i].kind = kind_of(addr);
	return i;
}

unsigned int blocks_used(void)
{
	return used;
}

static int parse(const char *line, struct range *range)
{
	unsigned long long first, end;
	char letter;

	if (sscanf(line, "%llx %llx %c", &first, &end, &letter) != 3)
		return -1;
	switch (letter) {
	case 'd':
		range->kind = KIND_DRIVER;
		break;
	case 'h':
		range->kind = KIND_HELPER;
		break;
	case 'p':
		range->kind = KIND_PASS;
		break;
	default:
		return -1;
	}
	range->first = first;
	range->end = end;
	return first < end ? 0 : -1;
}

static int load(FILE *file, struct range **table)
{
	size_t room = 0, count = 0;
	uint64_t last = 0;
	char line[128];

	while (fgets(line, sizeof(line), file)) {
		if (count == room) {
			struct range *more;

			room = room ? 2 * room : 256;
			more = realloc(*table, room * sizeof(*more));
			if (!more)
				return -1;
			*table = more;
		}
		if (parse(line, &(*table)[count]) || (*table)[count].first < last)
			return -1;
		last = (*table)[count++].end;
	}
	return (int)count;
}

int blocks_classify(const char *path)
{
	struct range *table = NULL;
	unsigned int i;
	FILE *file;
	int count;

	file = fopen(path, "r");
	if (!file)
		return -1;
	count = load(file, &table);
	fclose(file);
	if (count < 0) {
		free(table);
		return -1;
	}
	free(ranges);
	ranges = table;
	n_ranges = (size_t)count;
	for (i = BLOCK_FIRST; i < BLOCKS; i++)
		if (blocks[i].addr)
			blocks[i].kind = kind_of(blocks[i].addr);
	return count;
}
