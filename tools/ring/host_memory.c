// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of both kinds, from the C library so that AddressSanitizer guards
 * each piece, with what a device can reach on a list of its own.
 */
#include <string.h>

#include <linux/dma-mapping.h>
#include <linux/dmapool.h>
#include <linux/slab.h>

#include "host.h"

struct piece {
	struct piece *next;
	void *p;
	size_t size;
};

struct dma_pool {
	size_t size;
	size_t align;
	unsigned int taken;
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

/* Filled, since a ring that relies on zeroes must make them itself. */
static void *dma_take(size_t size, size_t align, dma_addr_t *dma)
{
	struct piece *piece;
	void *p;

	if (!allowed() || posix_memalign(&p, align, size))
		return NULL;
	piece = malloc(sizeof(*piece));
	if (!piece)
		die("no memory");
	memset(p, 0xa5, size);
	*piece = (struct piece){ pieces, p, size };
	pieces = piece;
	live++;
	*dma = host_bus(p);
	return p;
}

static void dma_give(void *p, dma_addr_t dma, size_t size)
{
	struct piece **at = &pieces, *piece;

	while (*at && (*at)->p != p)
		at = &(*at)->next;
	piece = *at;
	if (!piece || piece->size != size || dma != host_bus(p))
		die("%p, bus %llx, %zu bytes: never allocated", p,
		    (unsigned long long)dma, size);
	*at = piece->next;
	free(piece);
	free(p);
	live--;
}

void *dma_alloc_coherent(struct device *dev, size_t size, dma_addr_t *dma,
			 gfp_t gfp)
{
	(void)dev;
	(void)gfp;
	return dma_take(size, 4096, dma);
}

void dma_free_coherent(struct device *dev, size_t size, void *p,
		       dma_addr_t dma)
{
	(void)dev;
	dma_give(p, dma, size);
}

struct dma_pool *dma_pool_create(const char *name, struct device *dev,
				 size_t size, size_t align, size_t boundary)
{
	struct dma_pool *pool = host_zalloc(sizeof(*pool));

	(void)name;
	(void)dev;
	(void)boundary;
	if (pool)
		*pool = (struct dma_pool){ .size = size, .align = align };
	return pool;
}

void dma_pool_destroy(struct dma_pool *pool)
{
	if (pool && pool->taken)
		die("a pool goes with %u pieces in use", pool->taken);
	host_free(pool);
}

void *dma_pool_alloc(struct dma_pool *pool, gfp_t gfp, dma_addr_t *dma)
{
	void *p = dma_take(pool->size, pool->align, dma);

	(void)gfp;
	if (p)
		pool->taken++;
	return p;
}

void dma_pool_free(struct dma_pool *pool, void *p, dma_addr_t dma)
{
	dma_give(p, dma, pool->size);
	pool->taken--;
}
