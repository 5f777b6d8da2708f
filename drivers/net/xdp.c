// SPDX-License-Identifier: GPL-2.0
/*
 * XDP: loading programs, and what the device may send while one is loaded. A
 * program needs no queues and no reset: it transmits on the queues of the
 * netdev, under their locks, and packets in buffers without room for XDP are
 * copied until the device has used them up.
 */
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>

#include "net.h"
#include "rx.h"
#include "xdp.h"

/*
 * Offloads that make the device send what a program cannot read: packets larger
 * than a frame, or without a checksum
 */
#define VFE_NET_XDP_CANNOT	VFE_NET_OFFLOADS

/* Is a program loaded? rtnl or @recovery.lock is held. */
bool vfe_net_xdp_loaded(const struct vfe_net *vn)
{
	return rcu_access_pointer(vn->rxq[0].xdp_prog);
}

/**
 * vfe_net_xdp_offloads() - the guest offloads that a program allows
 * @vn: the network device
 * @offloads: those that the user wants
 *
 * Context: rtnl or @recovery.lock is held.
 */
u64 vfe_net_xdp_offloads(const struct vfe_net *vn, u64 offloads)
{
	return vfe_net_xdp_loaded(vn) ? offloads & ~VFE_NET_XDP_CANNOT :
					offloads;
}

/* Largest MTU with frames of one buffer, which may have a VLAN tag */
static unsigned int vfe_net_xdp_max_mtu(const struct vfe_net *vn)
{
	return VFE_NET_XDP_ROOM - vn->hdr_len - VLAN_ETH_HLEN;
}

/* Can a program see a packet of several buffers? */
static bool vfe_net_xdp_has_frags(const struct vfe_net *vn,
				  const struct bpf_prog *prog)
{
	return vn->mode == VFE_NET_RX_MERGEABLE && prog->aux->xdp_has_frags;
}

/**
 * vfe_net_xdp_mtu_ok() - does the program that is loaded take this MTU?
 * @vn: the network device
 * @mtu: the MTU
 *
 * Context: rtnl is held.
 */
bool vfe_net_xdp_mtu_ok(const struct vfe_net *vn, unsigned int mtu)
{
	const struct bpf_prog *prog = rtnl_dereference(vn->rxq[0].xdp_prog);

	return !prog || vfe_net_xdp_has_frags(vn, prog) ||
	       mtu <= vfe_net_xdp_max_mtu(vn);
}

static int vfe_net_xdp_check(struct vfe_net *vn, const struct bpf_prog *prog,
			     struct netlink_ext_ack *extack)
{
	if (vfe_net_offloads(vn) & VFE_NET_XDP_CANNOT &&
	    !vfe_net_has(vn, VIRTIO_NET_F_CTRL_GUEST_OFFLOADS)) {
		NL_SET_ERR_MSG_MOD(extack,
				   "the device merges packets or leaves out checksums, and lacks CTRL_GUEST_OFFLOADS to disable that");
		return -EOPNOTSUPP;
	}
	if (!vfe_net_xdp_has_frags(vn, prog) &&
	    vn->netdev->mtu > vfe_net_xdp_max_mtu(vn)) {
		NL_SET_ERR_MSG_MOD(extack,
				   "the MTU is too large for a program without fragments");
		return -EINVAL;
	}
	return 0;
}

/* --- memory --- */

static struct page_pool *vfe_net_xdp_make_pool(struct vfe_net_rxq *rxq)
{
	struct page_pool_params params = {
		.flags = rxq->dma ? PP_FLAG_DMA_MAP : 0,
		.pool_size = vfe_queue_size(rxq->vq),
		.nid = NUMA_NO_NODE,
		.dev = vfe_dev(rxq->vn->vd),
		.dma_dir = DMA_BIDIRECTIONAL,
		.max_len = PAGE_SIZE,
	};

	return page_pool_create(&params);
}

/* Allocates what a queue needs for programs; it keeps that. */
static int vfe_net_xdp_init(struct vfe_net_rxq *rxq)
{
	struct xdp_rxq_info *info = &rxq->xdp_rxq;
	struct page_pool *pool;
	int err;

	if (rxq->xdp_pool)
		return 0;
	pool = vfe_net_xdp_make_pool(rxq);
	if (IS_ERR(pool))
		return PTR_ERR(pool);
	err = __xdp_rxq_info_reg(info, rxq->vn->netdev, rxq->index,
				 rxq->napi.napi_id, PAGE_SIZE);
	if (err)
		goto destroy;
	err = xdp_rxq_info_reg_mem_model(info, MEM_TYPE_PAGE_POOL, pool);
	if (err)
		goto unreg;
	rxq->xdp_pool = pool;
	return 0;

unreg:
	xdp_rxq_info_unreg(info);
destroy:
	page_pool_destroy(pool);
	return err;
}

/* Frees what vfe_net_xdp_init() allocated. NAPI is gone. */
void vfe_net_xdp_exit(struct vfe_net_rxq *rxq)
{
	if (!rxq->xdp_pool)
		return;
	xdp_rxq_info_unreg(&rxq->xdp_rxq);
	page_pool_destroy(rxq->xdp_pool);
	rxq->xdp_pool = NULL;
}

/* --- loading --- */

/* Has the device send only what the program takes, or all that users want. */
static int vfe_net_xdp_switch_offloads(struct vfe_net *vn)
{
	if (!vfe_net_has(vn, VIRTIO_NET_F_CTRL_GUEST_OFFLOADS))
		return 0;
	return vfe_net_set_offloads(vn,
				    vfe_net_wanted_offloads(vn,
							    vn->netdev->features));
}

static void vfe_net_xdp_assign(struct vfe_net *vn, struct bpf_prog *prog)
{
	unsigned int i;

	for (i = 0; i < vn->max_pairs; i++)
		rcu_assign_pointer(vn->rxq[i].xdp_prog, prog);
}

/*
 * Replaces the program. The first one disables offloads of the device, but sees
 * packets only when that is done; those on their way meanwhile are dropped.
 */
static int vfe_net_xdp_replace(struct vfe_net *vn, struct bpf_prog *prog,
			       struct bpf_prog *old)
{
	int err;

	mutex_lock(&vn->recovery.lock);
	vfe_net_xdp_assign(vn, prog);
	mutex_unlock(&vn->recovery.lock);
	if (!prog == !old)
		return 0;
	err = vfe_net_xdp_switch_offloads(vn);
	if (!err || !prog)
		return 0;
	mutex_lock(&vn->recovery.lock);
	vfe_net_xdp_assign(vn, old);
	mutex_unlock(&vn->recovery.lock);
	return err;
}

static int vfe_net_xdp_setup(struct vfe_net *vn, struct bpf_prog *prog,
			     struct netlink_ext_ack *extack)
{
	struct bpf_prog *old = rtnl_dereference(vn->rxq[0].xdp_prog);
	unsigned int i;
	int err = 0;

	if (prog)
		err = vfe_net_xdp_check(vn, prog, extack);
	for (i = 0; prog && !err && i < vn->max_pairs; i++)
		err = vfe_net_xdp_init(&vn->rxq[i]);
	if (err)
		return err;
	err = vfe_net_xdp_replace(vn, prog, old);
	if (err) {
		NL_SET_ERR_MSG_MOD(extack,
				   "the device does not disable its offloads");
		return err;
	}
	if (old)
		bpf_prog_put(old);
	return 0;
}

/**
 * vfe_net_xdp() - load a program, or give a queue to AF_XDP
 * @dev: the netdev
 * @bpf: what to do
 *
 * Context: rtnl is held.
 */
int vfe_net_xdp(struct net_device *dev, struct netdev_bpf *bpf)
{
	struct vfe_net *vn = netdev_priv(dev);

	switch (bpf->command) {
	case XDP_SETUP_PROG:
		return vfe_net_xdp_setup(vn, bpf->prog, bpf->extack);
	case XDP_SETUP_XSK_POOL:
		return vfe_net_xsk_setup(vn, bpf->xsk.pool, bpf->xsk.queue_id);
	default:
		return -EINVAL;
	}
}

/* Tells the netdev's users what XDP can do here, before it is registered. */
void vfe_net_xdp_config(struct vfe_net *vn)
{
	vfe_xdp_set_features(vn->netdev, vn->mode == VFE_NET_RX_MERGEABLE);
	vfe_net_xdp_set_hints(vn->netdev);
}
