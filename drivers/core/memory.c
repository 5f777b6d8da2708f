// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that driver and device share. virtio 1.4, 6.1: with ACCESS_PLATFORM
 * the device uses addresses of the DMA API; without it the device uses physical
 * addresses, even behind an IOMMU.
 */
#include <linux/dma-mapping.h>
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/io.h>

#include "core.h"
#include "ring.h"

static void *vfe_memory_alloc(struct device *dev, bool dma_api, size_t len,
			      dma_addr_t *dma, gfp_t gfp)
{
	void *memory;

	if (dma_api)
		return dma_alloc_coherent(dev, len, dma, gfp);
	memory = alloc_pages_exact(len, gfp | __GFP_ZERO);
	if (memory)
		*dma = virt_to_phys(memory);
	return memory;
}

static void vfe_memory_free(struct device *dev, bool dma_api, size_t len,
			    void *memory, dma_addr_t dma)
{
	if (dma_api)
		dma_free_coherent(dev, len, memory, dma);
	else
		free_pages_exact(memory, len);
}

/**
 * vfe_ring_alloc() - allocate memory for a ring
 * @q: the queue
 * @dev: the function
 * @len: in bytes
 * @dma: where to put the device's address of the memory
 *
 * Context: process context, may sleep.
 * Return: the memory, zeroed and aligned to a page, or NULL.
 */
void *vfe_ring_alloc(const struct vfe_queue *q, struct device *dev, size_t len,
		     dma_addr_t *dma)
{
	gfp_t gfp = GFP_KERNEL;

	/* the next try is for a smaller one: no stack trace in the log */
	if (vfe_queue_may_shrink(q) && len > PAGE_SIZE)
		gfp |= __GFP_NOWARN;
	return vfe_memory_alloc(dev, q->dma_api, len, dma, gfp);
}

/**
 * vfe_ring_free() - free memory of vfe_ring_alloc()
 * @q: the queue
 * @dev: the function, which no longer uses it
 * @len: in bytes
 * @memory: the memory
 * @dma: the device's address of it
 *
 * Context: process context, may sleep.
 */
void vfe_ring_free(const struct vfe_queue *q, struct device *dev, size_t len,
		   void *memory, dma_addr_t dma)
{
	vfe_memory_free(dev, q->dma_api, len, memory, dma);
}

void *vfe_alloc_shared(struct vfe_device *vd, size_t len, dma_addr_t *dma)
{
	return vfe_memory_alloc(vfe_dev(vd), vfe_dma_api(vd), len, dma,
				GFP_KERNEL);
}
EXPORT_SYMBOL_NS_GPL(vfe_alloc_shared, VFE_NS);

void vfe_free_shared(struct vfe_device *vd, size_t len, void *memory,
		     dma_addr_t dma)
{
	vfe_memory_free(vfe_dev(vd), vfe_dma_api(vd), len, memory, dma);
}
EXPORT_SYMBOL_NS_GPL(vfe_free_shared, VFE_NS);
