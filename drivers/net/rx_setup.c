// SPDX-License-Identifier: GPL-2.0
/*
 * The memory that receive queues take buffers from, and how many buffers their
 * rings must have room for.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "net.h"
#include "rx.h"

/* Pages that a pool keeps: of buffers of up to 17 pages, those of a refill */
#define VFE_NET_SPARE		16
#define VFE_NET_BIG_SPARE	1024
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
	rxq->pool0 = vfe_net_make_pool(rxq, 0,
				       vfe_net_has(rxq->vn,
						   VIRTIO_NET_F_MRG_RXBUF) ?
				       VFE_NET_SPARE : VFE_NET_BIG_SPARE);
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

/* --- buffers of several pages --- */

void vfe_net_free_big(struct vfe_net_big *big, bool napi)
{
	while (big->n--)
		if (big->page[big->n])
			vfe_net_free(big->page[big->n], napi);
	kfree(big);
}

void vfe_net_free_spare(struct vfe_net_rxq *rxq)
{
	struct vfe_net_big *big;

	while ((big = rxq->spare)) {
		rxq->spare = big->next;
		vfe_net_free_big(big, false);
	}
}

/* Most packets need few of the pages: keeps the others for the next refill. */
void vfe_net_keep_big(struct vfe_net_rxq *rxq, struct vfe_net_big *big)
{
	big->next = rxq->spare;
	rxq->spare = big;
}

static struct vfe_net_big *vfe_net_spare_big(struct vfe_net_rxq *rxq,
					     unsigned int n, gfp_t gfp)
{
	struct vfe_net_big *big = rxq->spare;

	if (likely(big && big->n == n)) {
		rxq->spare = big->next;
		return big;
	}
	/* from before a change of the MTU */
	vfe_net_free_spare(rxq);
	big = kzalloc(struct_size(big, page, n), gfp | __GFP_NOWARN);
	if (big)
		big->n = n;
	return big;
}

struct vfe_net_big *vfe_net_alloc_big(struct vfe_net_rxq *rxq, gfp_t gfp)
{
	unsigned int n = READ_ONCE(rxq->vn->rx_segs) - !rxq->vn->any_layout;
	struct vfe_net_big *big = vfe_net_spare_big(rxq, n, gfp);
	unsigned int i;

	if (!big)
		return NULL;
	for (i = 0; i < n; i++) {
		if (big->page[i])
			continue;
		big->page[i] = vfe_net_alloc_from(rxq->pool0, PAGE_SIZE,
						  gfp | __GFP_NOWARN);
		if (!big->page[i]) {
			vfe_net_keep_big(rxq, big);
			return NULL;
		}
	}
	return big;
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
