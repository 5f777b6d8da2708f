/* SPDX-License-Identifier: GPL-2.0 */
/* Memory that the device reaches by a bus address: host_memory.c. */
#ifndef SHIM_LINUX_DMA_MAPPING_H
#define SHIM_LINUX_DMA_MAPPING_H

#include <linux/types.h>

struct device;

void *dma_alloc_coherent(struct device *dev, size_t size, dma_addr_t *dma,
			 gfp_t gfp);
void dma_free_coherent(struct device *dev, size_t size, void *p,
		       dma_addr_t dma);

#endif /* SHIM_LINUX_DMA_MAPPING_H */
