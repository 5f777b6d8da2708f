/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For user mode Linux: the build of drivers and suites includes this file before
 * all others. A mapping of memory that the device's bus does not reach fails,
 * as the kernel's own does, but without the kernel's warning, which would fail
 * the run. Suites choose what the bus reaches: &device.dma_range_map.
 */
#ifndef VFE_MOCK_DMA_H
#define VFE_MOCK_DMA_H

#include <linux/dma-direct.h>
#include <linux/dma-mapping.h>
#include <linux/scatterlist.h>

static inline dma_addr_t vfe_mock_map_page(struct device *dev,
					   struct page *page, size_t offset,
					   size_t size,
					   enum dma_data_direction dir)
{
	if (phys_to_dma(dev, page_to_phys(page) + offset) == DMA_MAPPING_ERROR)
		return DMA_MAPPING_ERROR;
	return dma_map_page_attrs(dev, page, offset, size, dir, 0);
}

static inline unsigned int vfe_mock_map_sg(struct device *dev,
					   struct scatterlist *sgl, int n,
					   enum dma_data_direction dir)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(sgl, sg, n, i)
		if (phys_to_dma(dev, sg_phys(sg)) == DMA_MAPPING_ERROR)
			return 0;
	return dma_map_sg_attrs(dev, sgl, n, dir, 0);
}

#undef dma_map_page
#define dma_map_page(dev, page, offset, size, dir) \
	vfe_mock_map_page(dev, page, offset, size, dir)

#undef dma_map_sg
#define dma_map_sg(dev, sgl, n, dir)	vfe_mock_map_sg(dev, sgl, n, dir)

#endif /* VFE_MOCK_DMA_H */
