// SPDX-License-Identifier: GPL-2.0
/* ethtool: moderation of all queues, and of one pair. */
#include "ethtool.h"
#include "moderation.h"
#include "net.h"

/* Does the device moderate? */
static bool vfe_net_device_coalesces(const struct vfe_net *vn)
{
	return vn->ctrl && (vfe_net_has(vn, VIRTIO_NET_F_NOTF_COAL) ||
			    vfe_net_has(vn, VIRTIO_NET_F_VQ_NOTF_COAL));
}

static void vfe_net_show_coalesce(struct ethtool_coalesce *ec,
				  const struct vfe_net_coalesce *rx,
				  const struct vfe_net_coalesce *tx)
{
	ec->rx_coalesce_usecs = rx->max_usecs;
	ec->rx_max_coalesced_frames = rx->max_packets;
	ec->use_adaptive_rx_coalesce = rx->dim;
	ec->tx_coalesce_usecs = tx->max_usecs;
	ec->tx_max_coalesced_frames = tx->max_packets;
}

static struct vfe_net_coalesce vfe_net_rx_of(const struct ethtool_coalesce *ec)
{
	return (struct vfe_net_coalesce){
		.max_packets = ec->rx_max_coalesced_frames,
		.max_usecs = ec->rx_coalesce_usecs,
		.dim = ec->use_adaptive_rx_coalesce,
	};
}

static struct vfe_net_coalesce vfe_net_tx_of(const struct ethtool_coalesce *ec)
{
	return (struct vfe_net_coalesce){
		.max_packets = ec->tx_max_coalesced_frames,
		.max_usecs = ec->tx_coalesce_usecs,
	};
}

/* DIM chooses the values: the user cannot set them, too. */
static int vfe_net_check_dim(const struct vfe_net_coalesce *rx,
			     const struct vfe_net_coalesce *now,
			     struct netlink_ext_ack *extack)
{
	if (!rx->dim || (rx->max_packets == now->max_packets &&
			 rx->max_usecs == now->max_usecs))
		return 0;
	NL_SET_ERR_MSG_MOD(extack,
			   "adaptive-rx chooses rx-usecs and rx-frames itself");
	return -EINVAL;
}

int vfe_net_get_coalesce(struct net_device *dev, struct ethtool_coalesce *ec,
			 struct kernel_ethtool_coalesce *kernel,
			 struct netlink_ext_ack *extack)
{
	struct vfe_net *vn = netdev_priv(dev);

	vfe_net_show_coalesce(ec, &vn->state.rx, &vn->state.tx);
	return 0;
}

/* Without the feature tx-frames is kept, and has no effect. */
int vfe_net_set_coalesce(struct net_device *dev, struct ethtool_coalesce *ec,
			 struct kernel_ethtool_coalesce *kernel,
			 struct netlink_ext_ack *extack)
{
	struct vfe_net *vn = netdev_priv(dev);
	struct vfe_net_coalesce rx = vfe_net_rx_of(ec);
	struct vfe_net_coalesce tx = vfe_net_tx_of(ec);
	int err;

	err = vfe_net_coalesce_check(ec, vfe_net_device_coalesces(vn),
				     vfe_net_moderates_queues(vn), extack) ?:
	      vfe_net_check_dim(&rx, &vn->state.rx, extack);
	if (err)
		return err;
	if (vfe_net_device_coalesces(vn))
		return vfe_net_set_moderation(vn, &rx, &tx);
	vn->state.tx = tx;
	return 0;
}

int vfe_net_get_queue_coalesce(struct net_device *dev, u32 queue,
			       struct ethtool_coalesce *ec)
{
	struct vfe_net *vn = netdev_priv(dev);
	struct vfe_net_coalesce rx;

	if (queue >= vn->max_pairs)
		return -EINVAL;
	if (!vfe_net_moderates_queues(vn)) {
		vfe_net_show_coalesce(ec, &vn->state.rx, &vn->state.tx);
		return 0;
	}
	rx = vfe_net_get_moderation(vn, queue);
	vfe_net_show_coalesce(ec, &rx, &vn->state.tx_queue[queue]);
	return 0;
}

/* ethtool has no way to show why one queue's parameters are refused. */
int vfe_net_set_queue_coalesce(struct net_device *dev, u32 queue,
			       struct ethtool_coalesce *ec)
{
	struct vfe_net *vn = netdev_priv(dev);
	struct vfe_net_coalesce rx = vfe_net_rx_of(ec);
	struct vfe_net_coalesce tx = vfe_net_tx_of(ec);
	bool able = vfe_net_moderates_queues(vn);
	struct vfe_net_coalesce now;
	int err;

	if (queue >= vn->max_pairs)
		return -EINVAL;
	err = vfe_net_coalesce_check(ec, able, able, NULL);
	if (err || !able)
		return err;
	now = vfe_net_get_moderation(vn, queue);
	/* what DIM chose meanwhile is no choice of the user */
	err = vfe_net_check_dim(&rx, &now, NULL) &&
	      vfe_net_check_dim(&rx, &vn->state.rx_queue[queue], NULL);
	if (err)
		return -EINVAL;
	if (rx.dim)
		rx = vn->state.rx_queue[queue];
	rx.dim = ec->use_adaptive_rx_coalesce;
	return vfe_net_set_pair_moderation(vn, queue, &rx, &tx);
}
