// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of both kinds, from the C library, so that AddressSanitizer checks
 * each piece; memory that a device can access is on a separate list.
 */
#include <string.h>

#include <linux/slab.h>

#include "host.h"

struct piece {
	struct piece *next;
	void *p;
	size_t size;
};

static struct piece *pieces;
static unsigned int live, made, fail_in;

unsigned int host_allocations(void)
{
	return live;
}

unsigned int host_allocations_made(void)
{
	return made;
}

void host_fail_allocation(unsigned int nth)
{
	fail_in = nth;
	made = 0;
}

void *host_dma_piece(unsigned int nth, size_t *size)
{
	struct piece *piece = pieces;

	while (piece && nth--)
		piece = piece->next;
	if (!piece)
		return NULL;
	*size = piece->size;
	return piece->p;
}

static bool allowed(void)
{
	made++;
	return made != fail_in;
}

void *host_zalloc(size_t size)
{
	void *p = allowed() ? calloc(1, size) : NULL;

	if (p)
		live++;
	return p;
}

void host_free(void *p)
{
	if (!p)
		return;
	live--;
	free(p);
}

/*
 * Replaces the core's memory.c. Filled with a pattern instead of zeroes: a ring
 * that needs zeroes must write them itself, since a reset does not.
 */
void *vfe_ring_alloc(const struct vfe_queue *q, struct device *dev, size_t len,
		     dma_addr_t *dma)
{
	struct piece *piece;
	void *p;

	(void)q;
	(void)dev;
	if (!allowed() || posix_memalign(&p, PAGE_SIZE, len))
		return NULL;
	piece = malloc(sizeof(*piece));
	if (!piece)
		die("no memory");
	memset(p, 0xa5, len);
	*piece = (struct piece){ pieces, p, len };
	pieces = piece;
	live++;
	*dma = host_bus(p);
	return p;
}

void vfe_ring_free(const struct vfe_queue *q, struct device *dev, size_t len,
		   void *memory, dma_addr_t dma)
{
	struct piece **at = &pieces, *piece;

	(void)q;
	(void)dev;
	while (*at && (*at)->p != memory)
		at = &(*at)->next;
	piece = *at;
	if (!piece || piece->size != len || dma != host_bus(memory))
		die("%p, bus %llx, %zu bytes: never allocated", memory,
		    (unsigned long long)dma, len);
	*at = piece->next;
	free(piece);
	free(memory);
	live--;
}
