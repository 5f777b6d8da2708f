/* SPDX-License-Identifier: GPL-2.0 */
/* Pools of such memory, each piece an allocation of its own: host_memory.c. */
#ifndef SHIM_LINUX_DMAPOOL_H
#define SHIM_LINUX_DMAPOOL_H

#include <linux/types.h>

struct device;
struct dma_pool;

struct dma_pool *dma_pool_create(const char *name, struct device *dev,
				 size_t size, size_t align, size_t boundary);
void dma_pool_destroy(struct dma_pool *pool);
void *dma_pool_alloc(struct dma_pool *pool, gfp_t gfp, dma_addr_t *dma);
void dma_pool_free(struct dma_pool *pool, void *p, dma_addr_t dma);

#endif /* SHIM_LINUX_DMAPOOL_H */
