// SPDX-License-Identifier: GPL-2.0
/*
 * Mapped pieces of packets in the transmit rings, for a device with
 * ACCESS_PLATFORM. The xmit lock protects them.
 */
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/slab.h>

#include "net.h"

/**
 * struct vfe_net_tx_map - a mapped piece of an skb, with ACCESS_PLATFORM
 * @addr: its address
 * @len: its bytes
 * @next: the next piece of the skb, or the next free element; U16_MAX: none
 */
struct vfe_net_tx_map {
	dma_addr_t addr;
	u32 len;
	u16 next;
};

/* Unmaps a buffer's pieces, from @i on. The lock is held. */
void vfe_net_tx_unmap(struct vfe_net_txq *txq, u16 i)
{
	struct vfe_net_tx_map *map;
	u16 next;

	for (; i != U16_MAX; i = next) {
		map = &txq->maps[i];
		next = map->next;
		dma_unmap_page(vfe_dev(txq->vn->vd), map->addr, map->len,
			       DMA_TO_DEVICE);
		map->next = txq->free_map;
		txq->free_map = i;
	}
}

/**
 * vfe_net_tx_map() - map the segments, whose addresses are physical ones so far
 * @txq: the queue
 * @first: set to the first mapped piece, for vfe_net_tx_unmap()
 * @n: number of segments
 *
 * Context: the xmit lock is held.
 * Return: whether it was possible.
 */
bool vfe_net_tx_map(struct vfe_net_txq *txq, u16 *first, unsigned int n)
{
	struct device *dev = vfe_dev(txq->vn->vd);
	struct vfe_net_tx_map *map;
	struct vfe_seg *seg;
	unsigned int i;
	u16 at;

	*first = U16_MAX;
	for (i = 0; i < n; i++) {
		seg = &txq->segs[i];
		at = txq->free_map;
		/* no more pieces than descriptors */
		if (WARN_ON_ONCE(at == U16_MAX))
			goto unmap;
		map = &txq->maps[at];
		map->len = seg->len;
		map->addr = dma_map_page(dev, pfn_to_page(PHYS_PFN(seg->addr)),
					 offset_in_page(seg->addr), seg->len,
					 DMA_TO_DEVICE);
		if (unlikely(dma_mapping_error(dev, map->addr)))
			goto unmap;
		seg->addr = map->addr;
		txq->free_map = map->next;
		map->next = *first;
		*first = at;
	}
	return true;

unmap:
	vfe_net_tx_unmap(txq, *first);
	return false;
}

static int vfe_net_make_maps(struct vfe_net_txq *txq)
{
	unsigned int i, n = vfe_queue_max_size(txq->vq);

	/* for any size that users may choose */
	txq->maps = kvcalloc(n, sizeof(*txq->maps), GFP_KERNEL);
	if (!txq->maps)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		txq->maps[i].next = i + 1 < n ? i + 1 : U16_MAX;
	txq->free_map = 0;
	return 0;
}

/**
 * vfe_net_tx_init() - allocate what a transmit queue needs
 * @txq: the queue, with its virtqueue
 *
 * Return: 0 or -ENOMEM.
 */
int vfe_net_tx_init(struct vfe_net_txq *txq)
{
	return txq->dma ? vfe_net_make_maps(txq) : 0;
}

/* All buffers were taken back. */
void vfe_net_tx_exit(struct vfe_net_txq *txq)
{
	kvfree(txq->maps);
	txq->maps = NULL;
}
