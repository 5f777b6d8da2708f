// SPDX-License-Identifier: GPL-2.0
/*
 * The memory that receive queues take buffers from, and how many buffers their
 * rings must have room for.
 */
#include <linux/mm.h>

#include "net.h"
#include "rx.h"

#define VFE_NET_ORDER	min(3, PAGE_ALLOC_COSTLY_ORDER)	/* of large pages */

static struct page_pool *vfe_net_make_pool(struct vfe_net_rxq *rxq,
					   unsigned int order,
					   unsigned int pages)
{
	struct vfe_net *vn = rxq->vn;
	struct page_pool_params params = {
		.flags = VFE_PP_FLAG_PAGE_FRAG | (rxq->dma ? PP_FLAG_DMA_MAP : 0),
		.order = order,
		.pool_size = pages,
		.nid = NUMA_NO_NODE,
		.dev = vfe_dev(vn->vd),
		.dma_dir = DMA_FROM_DEVICE,
		.offset = 0,
		.max_len = PAGE_SIZE << order,
	};

	return page_pool_create(&params);
}

/**
 * vfe_net_rx_init() - allocate what a receive queue needs
 * @rxq: the queue, with its virtqueue
 *
 * Return: 0 or an error; call vfe_net_rx_exit() in either case.
 */
int vfe_net_rx_init(struct vfe_net_rxq *rxq)
{
	unsigned int frame = rxq->hdr_len + VFE_NET_FRAME;
	unsigned int pages;

	rxq->small = ALIGN(frame, 64);
	pages = vfe_queue_size(rxq->vq) /
		((PAGE_SIZE << VFE_NET_ORDER) / rxq->small) + 1;
	rxq->pool = vfe_net_make_pool(rxq, VFE_NET_ORDER, pages);
	if (IS_ERR(rxq->pool))
		return PTR_ERR(rxq->pool);
	rxq->pool0 = vfe_net_make_pool(rxq, 0, 16);
	return PTR_ERR_OR_ZERO(rxq->pool0);
}

void vfe_net_rx_exit(struct vfe_net_rxq *rxq)
{
	if (!IS_ERR_OR_NULL(rxq->pool))
		page_pool_destroy(rxq->pool);
	if (!IS_ERR_OR_NULL(rxq->pool0))
		page_pool_destroy(rxq->pool0);
	rxq->pool = NULL;
	rxq->pool0 = NULL;
	vfe_net_xdp_exit(rxq);
}

/**
 * vfe_net_rx_entries() - entries of a receive ring that the largest packet takes
 * @vn: the network device
 * @mtu: the MTU
 * @offloads: the guest offloads that are enabled
 *
 * A device that lacks room for a packet waits for more buffers, and receives
 * nothing meanwhile.
 *
 * Return: the number; a ring of a smaller capacity may stand still for ever.
 */
unsigned int vfe_net_rx_entries(const struct vfe_net *vn, unsigned int mtu,
				u64 offloads)
{
	unsigned int frame = mtu + ETH_HLEN + 2 * VLAN_HLEN;

	if (vn->mode != VFE_NET_RX_MERGEABLE)
		return vfe_net_rx_segs(vn, mtu);
	if (offloads & VFE_NET_GRO_OFFLOADS)
		frame = max(frame, VFE_NET_GSO_FRAME);
	return DIV_ROUND_UP(vn->hdr_len + frame, VFE_NET_XDP_ROOM);
}
