// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that driver and device share. virtio 1.4, 6.1: with ACCESS_PLATFORM
 * the device takes addresses of the DMA API; without it the device takes
 * physical addresses, even behind an IOMMU.
 */
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/io.h>

#include "ring.h"

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
	void *memory;

	if (q->dma_api)
		return dma_alloc_coherent(dev, len, dma, GFP_KERNEL);
	memory = alloc_pages_exact(len, GFP_KERNEL | __GFP_ZERO);
	if (memory)
		*dma = virt_to_phys(memory);
	return memory;
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
	if (q->dma_api)
		dma_free_coherent(dev, len, memory, dma);
	else
		free_pages_exact(memory, len);
}
