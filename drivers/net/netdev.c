// SPDX-License-Identifier: GPL-2.0
/* The operations of the netdev that are neither data path nor filters. */
#include <linux/etherdevice.h>

#include "filters.h"
#include "tunnel.h"

static int vfe_net_open(struct net_device *dev)
{
	struct vfe_net *vn = netdev_priv(dev);

	mutex_lock(&vn->recovery.lock);
	vn->running = true;
	vfe_net_update_queues(vn);
	mutex_unlock(&vn->recovery.lock);
	return 0;
}

/*
 * Buffers that the device has remain in the rings, as do their counts in BQL: a
 * timer takes back transmitted ones.
 */
static int vfe_net_stop(struct net_device *dev)
{
	struct vfe_net *vn = netdev_priv(dev);

	mutex_lock(&vn->recovery.lock);
	vn->running = false;
	vfe_net_update_queues(vn);
	mutex_unlock(&vn->recovery.lock);
	return 0;
}

/* Without memory for a ring, the queue gets one of this size later. */
static unsigned int vfe_net_capacity(const struct vfe_queue *vq)
{
	return vfe_queue_capacity_of(vq, vfe_queue_size(vq) ?: vq->spec.size);
}

/* Has each receive ring this number of entries? */
static bool vfe_net_rings_have(const struct vfe_net *vn, unsigned int entries)
{
	unsigned int i;

	for (i = 0; i < vn->max_pairs; i++)
		if (vfe_net_capacity(vn->rxq[i].vq) < entries)
			return false;
	return true;
}

static int vfe_net_refuse_mtu(struct net_device *dev, int mtu, const char *why)
{
	netdev_warn(dev, "MTU %d is too large for %s\n", mtu, why);
	return -EINVAL;
}

/*
 * New buffers fit the MTU; without MRG_RXBUF, buffers in the ring may be too
 * small for larger packets.
 */
static int vfe_net_change_mtu(struct net_device *dev, int mtu)
{
	struct vfe_net *vn = netdev_priv(dev);

	if (!vfe_net_xdp_mtu_ok(vn, mtu))
		return vfe_net_refuse_mtu(dev, mtu, "the XDP program");
	if (!vfe_net_xsk_mtu_ok(vn, mtu))
		return vfe_net_refuse_mtu(dev, mtu,
					  "the chunks of an AF_XDP socket");
	if (!vfe_net_rings_have(vn, vfe_net_rx_entries(vn, mtu,
						       vn->state.offloads)))
		return vfe_net_refuse_mtu(dev, mtu,
					  "the receive rings (ethtool -G rx)");
	vfe_net_choose_buffers(vn, mtu);
	WRITE_ONCE(dev->mtu, mtu);
	return 0;
}

/*
 * A device that moves no packet in either direction may stand still, with the
 * process that emulates it. To read one of its registers would stop the guest's
 * CPU, too, and QEMU drops a vfio-user device that does not answer within 5 s.
 * So for this time after the first timeout of a queue, the driver just waits.
 */
#define VFE_NET_SILENT		(30 * HZ)

/* Return: whether to wait longer for the device */
static bool vfe_net_may_stand_still(struct vfe_net *vn,
				    struct vfe_net_txq *txq)
{
	u64 moved = vfe_net_moved(vn);
	bool moves = txq->late_moved != moved;

	txq->late_moved = moved;
	if (!txq->late_since || txq->late_done != txq->done) {
		txq->late_since = jiffies ?: 1;
		txq->late_done = txq->done;
		return true;
	}
	return !moves && time_before(jiffies, txq->late_since + VFE_NET_SILENT);
}

/* After a queue's reset, another one within this time resets the device. */
#define VFE_NET_STUCK_AGAIN	(60 * HZ + VFE_NET_SILENT)

static bool vfe_net_stuck_again(struct vfe_net_txq *txq)
{
	unsigned long last = txq->stuck_at;

	txq->stuck_at = jiffies ?: 1;
	return last && time_before(jiffies, last + VFE_NET_STUCK_AGAIN);
}

/*
 * Nothing was sent for long. The interrupt may be lost: take back the used
 * buffers. The device may stand still: wait. Else the queue is stuck: reset it,
 * or the device if that is not possible or did not help for long.
 */
static void vfe_net_tx_timeout(struct net_device *dev, unsigned int queue)
{
	struct vfe_net *vn = netdev_priv(dev);
	struct vfe_net_txq *txq = &vn->txq[queue];
	bool again;

	if (vfe_recovery_state(&vn->recovery) != VFE_RUN_LIVE ||
	    !READ_ONCE(txq->open))
		return;
	if (vfe_net_tx_rescue(txq)) {
		netdev_warn_once(dev, "%s: an interrupt was lost\n", txq->name);
		return;
	}
	if (vfe_net_may_stand_still(vn, txq))
		return;
	again = vfe_net_stuck_again(txq);
	netdev_err(dev,
		   "%s: nothing sent for %u ms, %u buffers in flight: resetting the %s\n",
		   txq->name,
		   jiffies_to_msecs(jiffies - READ_ONCE(txq->nq->trans_start)),
		   vfe_net_tx_pending(txq), again ? "device" : "queue");
	if (again)
		vfe_recovery_force(&vn->recovery);
	else
		vfe_queue_stuck(txq->vq);
}

/*
 * A full skb must fit into the ring; else have the stack send linear ones. And
 * if packets that the device merges do not fit, it must not merge them.
 */
static netdev_features_t vfe_net_fix_features(struct net_device *dev,
					      netdev_features_t features)
{
	struct vfe_net *vn = netdev_priv(dev);
	unsigned int i;

	if (!vfe_net_rings_have(vn, vfe_net_rx_entries(vn, dev->mtu,
						       VFE_NET_GRO_OFFLOADS)))
		features &= ~(NETIF_F_GRO_HW & dev->hw_features);
	for (i = 0; i < vn->max_pairs; i++)
		if (vfe_net_capacity(vn->txq[i].vq) < VFE_NET_MAX_SEGS)
			features &= ~(NETIF_F_SG | NETIF_F_ALL_TSO |
				      NETIF_F_GSO_UDP_L4 |
				      NETIF_F_GSO_UDP_TUNNEL |
				      NETIF_F_GSO_UDP_TUNNEL_CSUM);
	return features;
}

static netdev_features_t vfe_net_features_check(struct sk_buff *skb,
						struct net_device *dev,
						netdev_features_t features)
{
	return likely(!skb->encapsulation) ? features :
	       vfe_net_tunnel_features(skb, features);
}

const struct net_device_ops vfe_net_netdev_ops = {
	.ndo_open = vfe_net_open,
	.ndo_stop = vfe_net_stop,
	.ndo_start_xmit = vfe_net_start_xmit,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_set_mac_address = vfe_net_set_mac,
	.ndo_set_rx_mode = vfe_net_set_rx_mode,
	.ndo_vlan_rx_add_vid = vfe_net_vlan_add,
	.ndo_vlan_rx_kill_vid = vfe_net_vlan_kill,
	.ndo_change_mtu = vfe_net_change_mtu,
	.ndo_tx_timeout = vfe_net_tx_timeout,
	.ndo_fix_features = vfe_net_fix_features,
	.ndo_set_features = vfe_net_set_features,
	.ndo_features_check = vfe_net_features_check,
	.ndo_get_stats64 = vfe_net_get_stats64,
	.ndo_get_phys_port_name = vfe_net_port_name,
	.ndo_bpf = vfe_net_xdp,
	.ndo_xdp_xmit = vfe_net_xdp_xmit,
	.ndo_xsk_wakeup = vfe_net_xsk_wakeup,
};
