// SPDX-License-Identifier: GPL-2.0
/*
 * AF_XDP with zero copy: a socket's memory in the rings of a pair. Giving a
 * pair to a socket needs no reset: the buffers that the device has already are
 * used up. Taking it back needs one, of the queue if the device can do that:
 * the memory is the user's again when this returns.
 */
#include <linux/bpf.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/filter.h>
#include <linux/if_vlan.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "net.h"
#include "rx.h"
#include "xdp.h"
#include "xsk.h"

#define VFE_NET_XSK_DRAIN	10	/* looks at packets in flight, 10 ms each */

/* --- addresses --- */

/* Are the addresses of the DMA API physical ones? */
static bool vfe_net_xsk_is_physical(struct xsk_buff_pool *pool)
{
	u32 i;

	for (i = 0; i < pool->umem->npgs; i++)
		if (xsk_buff_raw_get_dma(pool, (u64)i << PAGE_SHIFT) !=
		    page_to_phys(pool->umem->pgs[i]))
			return false;
	return true;
}

/*
 * Without ACCESS_PLATFORM the device takes physical addresses. The core of
 * AF_XDP only knows those of the DMA API: with an IOMMU or bounce buffers they
 * differ, and the socket copies then.
 */
static int vfe_net_xsk_map(struct vfe_net *vn, struct xsk_buff_pool *pool)
{
	int err = xsk_pool_dma_map(pool, vfe_dev(vn->vd), 0);

	if (err || vn->dma || vfe_net_xsk_is_physical(pool))
		return err;
	xsk_pool_dma_unmap(pool, 0);
	return -EOPNOTSUPP;
}

/* --- transmit --- */

static int vfe_net_xsk_map_header(struct vfe_net_txq *txq,
				  struct vfe_net_xsk_tx *tx)
{
	struct device *dev = vfe_dev(txq->vn->vd);

	tx->hdr = page_to_phys(ZERO_PAGE(0));
	if (!txq->dma)
		return 0;
	tx->hdr = dma_map_page(dev, ZERO_PAGE(0), 0, VFE_NET_HDR_LEN_TUNNEL,
			       DMA_TO_DEVICE);
	return dma_mapping_error(dev, tx->hdr) ? -ENOMEM : 0;
}

static struct vfe_net_xsk_tx *vfe_net_xsk_make_tx(struct vfe_net_txq *txq,
						  struct xsk_buff_pool *pool)
{
	u32 n = roundup_pow_of_two(vfe_queue_max_size(txq->vq));
	struct vfe_net_xsk_tx *tx;

	tx = kvzalloc(struct_size(tx, slot, n), GFP_KERNEL);
	if (!tx)
		return NULL;
	tx->pool = pool;
	tx->mask = n - 1;
	if (!vfe_net_xsk_map_header(txq, tx))
		return tx;
	kvfree(tx);
	return NULL;
}

static void vfe_net_xsk_free_tx(struct vfe_net_txq *txq)
{
	if (txq->dma)
		dma_unmap_page(vfe_dev(txq->vn->vd), txq->xsk_tx->hdr,
			       VFE_NET_HDR_LEN_TUNNEL, DMA_TO_DEVICE);
	kvfree(txq->xsk_tx);
	txq->xsk_tx = NULL;
}

/* --- giving a pair to a socket --- */

static unsigned int vfe_net_xsk_frame(unsigned int mtu)
{
	return mtu + VLAN_ETH_HLEN;
}

static bool vfe_net_xsk_fits(const struct vfe_net *vn,
			     struct xsk_buff_pool *pool, unsigned int mtu)
{
	return vn->mode == VFE_NET_RX_MERGEABLE ||
	       xsk_pool_get_rx_frame_size(pool) >= vfe_net_xsk_frame(mtu);
}

bool vfe_net_xsk_mtu_ok(const struct vfe_net *vn, unsigned int mtu)
{
	unsigned int i;

	for (i = 0; i < vn->max_pairs; i++)
		if (vn->rxq[i].xsk &&
		    !vfe_net_xsk_fits(vn, vn->rxq[i].xsk, mtu))
			return false;
	return true;
}

static int vfe_net_xsk_check(struct vfe_net *vn, struct xsk_buff_pool *pool,
			     u16 pair)
{
	if (pair >= vn->max_pairs)
		return -EINVAL;
	if (vn->rxq[pair].xsk)
		return -EBUSY;
	if (vfe_net_xsk_fits(vn, pool, vn->netdev->mtu))
		return 0;
	netdev_warn(vn->netdev,
		    "AF_XDP: a chunk has room for %u bytes, and the device does not split frames of up to %u\n",
		    xsk_pool_get_rx_frame_size(pool),
		    vfe_net_xsk_frame(vn->netdev->mtu));
	return -EINVAL;
}

static int vfe_net_xsk_register(struct vfe_net_rxq *rxq,
				struct xsk_buff_pool *pool)
{
	struct xdp_rxq_info *info = &rxq->xsk_rxq;
	int err;

	err = xdp_rxq_info_reg(info, rxq->vn->netdev, rxq->index,
			       rxq->napi.napi_id);
	if (err)
		return err;
	err = xdp_rxq_info_reg_mem_model(info, MEM_TYPE_XSK_BUFF_POOL, NULL);
	if (err) {
		xdp_rxq_info_unreg(info);
		return err;
	}
	xsk_pool_set_rxq_info(pool, info);
	return 0;
}

/* Sets the pool of a pair. @recovery.lock is held. */
static void vfe_net_xsk_set(struct vfe_net *vn, u16 pair,
			    struct xsk_buff_pool *pool)
{
	struct vfe_net_rxq *rxq = &vn->rxq[pair];
	struct vfe_net_txq *txq = &vn->txq[pair];

	if (rxq->napi_on)
		napi_disable(&rxq->napi);
	__netif_tx_lock_bh(txq->nq);
	WRITE_ONCE(rxq->xsk, pool);
	WRITE_ONCE(txq->xsk, pool);
	__netif_tx_unlock_bh(txq->nq);
	if (!rxq->napi_on)
		return;
	napi_enable(&rxq->napi);
	vfe_net_wake_napi(rxq);
}

static int vfe_net_xsk_enable(struct vfe_net *vn, struct xsk_buff_pool *pool,
			      u16 pair)
{
	struct vfe_net_txq *txq;
	int err;

	err = vfe_net_xsk_check(vn, pool, pair);
	if (err)
		return err;
	txq = &vn->txq[pair];
	err = vfe_net_xsk_map(vn, pool);
	if (err)
		return err;
	err = vfe_net_xsk_register(&vn->rxq[pair], pool);
	if (err)
		goto unmap;
	txq->xsk_tx = vfe_net_xsk_make_tx(txq, pool);
	if (!txq->xsk_tx) {
		err = -ENOMEM;
		goto unregister;
	}
	mutex_lock(&vn->recovery.lock);
	vfe_net_xsk_set(vn, pair, pool);
	mutex_unlock(&vn->recovery.lock);
	return 0;

unregister:
	xdp_rxq_info_unreg(&vn->rxq[pair].xsk_rxq);
unmap:
	xsk_pool_dma_unmap(pool, 0);
	return err;
}

/* --- taking it back --- */

/* Waits a little for packets of the socket in flight. */
static bool vfe_net_xsk_drain(struct vfe_net_txq *txq)
{
	const struct vfe_net_xsk_tx *tx = txq->xsk_tx;
	unsigned int i;
	bool done;

	for (i = 0; i < VFE_NET_XSK_DRAIN; i++) {
		__netif_tx_lock_bh(txq->nq);
		vfe_net_tx_reclaim(txq, 1);
		done = tx->head == tx->tail;
		__netif_tx_unlock_bh(txq->nq);
		if (done)
			return true;
		usleep_range(9000, 11000);
	}
	return false;
}

/* Takes all buffers of the socket back. @recovery.lock is held. */
static void vfe_net_xsk_take_back(struct vfe_net *vn, u16 pair)
{
	int err = -EOPNOTSUPP;

	if (vfe_has_feature(vn->vd, VIRTIO_F_RING_RESET) &&
	    vfe_recovery_state(&vn->recovery) == VFE_RUN_LIVE) {
		err = vfe_net_reset_queue(vn, 2 * pair);
		if (!err && !vfe_net_xsk_drain(&vn->txq[pair]))
			err = vfe_net_reset_queue(vn, 2 * pair + 1);
		vfe_net_update_queues(vn);
	}
	if (err)
		vfe_recovery_bounce(&vn->recovery);
}

static int vfe_net_xsk_disable(struct vfe_net *vn, u16 pair)
{
	struct xsk_buff_pool *pool;

	if (pair >= vn->max_pairs || !vn->rxq[pair].xsk)
		return -EINVAL;
	pool = vn->rxq[pair].xsk;
	mutex_lock(&vn->recovery.lock);
	vfe_net_xsk_set(vn, pair, NULL);
	vfe_net_xsk_take_back(vn, pair);
	mutex_unlock(&vn->recovery.lock);
	vfe_net_xsk_free_tx(&vn->txq[pair]);
	xdp_rxq_info_unreg(&vn->rxq[pair].xsk_rxq);
	xsk_pool_dma_unmap(pool, 0);
	return 0;
}

/**
 * vfe_net_xsk_setup() - give a pair to a socket, or take it back
 * @vn: the network device
 * @pool: the socket's memory, or NULL
 * @pair: number of the pair
 *
 * Context: rtnl is held.
 * Return: 0 or an error: the socket copies.
 */
int vfe_net_xsk_setup(struct vfe_net *vn, struct xsk_buff_pool *pool, u16 pair)
{
	return pool ? vfe_net_xsk_enable(vn, pool, pair) :
		      vfe_net_xsk_disable(vn, pair);
}

/**
 * vfe_net_xsk_wakeup() - the user has filled a ring
 * @dev: the netdev
 * @pair: number of the pair
 * @flags: XDP_WAKEUP_*
 *
 * Context: any, except hard interrupts.
 * Return: 0 or an error.
 */
int vfe_net_xsk_wakeup(struct net_device *dev, u32 pair, u32 flags)
{
	struct vfe_net *vn = netdev_priv(dev);
	struct vfe_net_rxq *rxq;

	if (!netif_running(dev))
		return -ENETDOWN;
	if (pair >= vn->max_pairs || !READ_ONCE(vn->rxq[pair].xsk))
		return -EINVAL;
	rxq = &vn->rxq[pair];
	if (flags & XDP_WAKEUP_RX)
		WRITE_ONCE(rxq->low, U32_MAX);
	vfe_net_wake_napi(rxq);
	return 0;
}
