// SPDX-License-Identifier: GPL-2.0
/*
 * ethtool: the table of operations, and those for the driver's name, the link,
 * channels and rings.
 */
#include <linux/log2.h>
#include <linux/pci.h>
#include <linux/string.h>

#include <vfe/version.h>

#include "ethtool.h"
#include "net.h"

static void vfe_net_get_drvinfo(struct net_device *dev,
				struct ethtool_drvinfo *info)
{
	struct vfe_net *vn = netdev_priv(dev);

	strscpy(info->driver, KBUILD_MODNAME, sizeof(info->driver));
	strscpy(info->version, VFE_VERSION, sizeof(info->version));
	strscpy(info->bus_info, pci_name(vn->vd->pdev), sizeof(info->bus_info));
}

/* --- the link --- */

static int vfe_net_get_link_ksettings(struct net_device *dev,
				      struct ethtool_link_ksettings *cmd)
{
	struct vfe_net *vn = netdev_priv(dev);

	cmd->base.speed = READ_ONCE(vn->speed);
	cmd->base.duplex = READ_ONCE(vn->duplex);
	cmd->base.port = PORT_OTHER;
	return 0;
}

/* As virtio_net: only for show, and the device's next change replaces it */
static int vfe_net_set_link_ksettings(struct net_device *dev,
				      const struct ethtool_link_ksettings *cmd)
{
	struct vfe_net *vn = netdev_priv(dev);

	return ethtool_virtdev_set_link_ksettings(dev, cmd, &vn->speed,
						  &vn->duplex);
}

/* --- channels --- */

static void vfe_net_get_channels(struct net_device *dev,
				 struct ethtool_channels *channels)
{
	struct vfe_net *vn = netdev_priv(dev);

	channels->combined_count = vfe_net_user_pairs(&vn->state);
	channels->max_combined = vn->max_pairs;
}

static int vfe_net_set_channels(struct net_device *dev,
				struct ethtool_channels *channels)
{
	struct vfe_net *vn = netdev_priv(dev);
	int err;

	if (channels->rx_count || channels->tx_count ||
	    channels->other_count || !channels->combined_count)
		return -EINVAL;
	/* as virtio_net: a program runs on all queues, or on none */
	if (rtnl_dereference(vn->rxq[0].xdp_prog)) {
		netdev_warn(dev, "combined %u: not with an XDP program, unload it first\n",
			    channels->combined_count);
		return -EINVAL;
	}
	mutex_lock(&vn->recovery.lock);
	err = vfe_net_use_pairs(vn, channels->combined_count);
	mutex_unlock(&vn->recovery.lock);
	return err;
}

/* --- rings --- */

static void vfe_net_get_ringparam(struct net_device *dev,
				  struct ethtool_ringparam *ring,
				  struct kernel_ethtool_ringparam *kernel,
				  struct netlink_ext_ack *extack)
{
	struct vfe_net *vn = netdev_priv(dev);

	ring->rx_max_pending = vfe_queue_max_size(vn->rxq[0].vq);
	ring->tx_max_pending = vfe_queue_max_size(vn->txq[0].vq);
	ring->rx_pending = vfe_queue_size(vn->rxq[0].vq);
	ring->tx_pending = vfe_queue_size(vn->txq[0].vq);
}

int vfe_net_ring_check(const char *name, u32 size, u32 most, bool any,
		       struct netlink_ext_ack *extack)
{
	if (!size || size > most) {
		vfe_extack(extack, "%s is %u: must be 1 to %u", name, size,
			   most);
		return -EINVAL;
	}
	if (!any && !is_power_of_2(size)) {
		vfe_extack(extack, "%s is %u: must be a power of two", name,
			   size);
		return -EINVAL;
	}
	return 0;
}

static int vfe_net_check_buffer(const struct vfe_net *vn, u32 rx,
				struct netlink_ext_ack *extack)
{
	unsigned int need = vfe_net_rx_entries(vn, vn->netdev->mtu,
					       vn->state.offloads);
	unsigned int room = vfe_queue_capacity_of(vn->rxq[0].vq, rx);

	if (room >= need)
		return 0;
	vfe_extack(extack,
		   "rx is %u: room for %u descriptors, but a packet takes %u",
		   rx, room, need);
	return -EINVAL;
}

/* 2.7: the size of a legacy device's rings is fixed. */
static int vfe_net_set_ringparam(struct net_device *dev,
				 struct ethtool_ringparam *ring,
				 struct kernel_ethtool_ringparam *kernel,
				 struct netlink_ext_ack *extack)
{
	struct vfe_net *vn = netdev_priv(dev);
	u32 rx = vfe_queue_size(vn->rxq[0].vq);
	u32 tx = vfe_queue_size(vn->txq[0].vq);
	bool any = vfe_net_has(vn, VIRTIO_F_RING_PACKED);
	int err;

	if (ring->rx_pending == rx && ring->tx_pending == tx)
		return 0;
	/* 2.6.1: the only way to give a ring back; not on a legacy device */
	if (!vfe_net_has(vn, VIRTIO_F_RING_RESET)) {
		NL_SET_ERR_MSG_MOD(extack,
				   "device lacks RING_RESET: its rings keep their size");
		return -EOPNOTSUPP;
	}
	err = vfe_net_ring_check("rx", ring->rx_pending,
				 vfe_queue_max_size(vn->rxq[0].vq), any,
				 extack) ?:
	      vfe_net_check_buffer(vn, ring->rx_pending, extack) ?:
	      vfe_net_ring_check("tx", ring->tx_pending,
				 vfe_queue_max_size(vn->txq[0].vq), any,
				 extack);
	if (err)
		return err;
	mutex_lock(&vn->recovery.lock);
	err = vfe_net_resize(vn, ring->rx_pending == rx ? 0 : ring->rx_pending,
			     ring->tx_pending == tx ? 0 : ring->tx_pending);
	if (!err)
		vfe_net_state_replay_queues(vn);
	mutex_unlock(&vn->recovery.lock);
	/* whether a full skb fits */
	netdev_update_features(dev);
	return err;
}

/* --- the table --- */

VFE_RXFH_FNS(vfe_net_rxfh, vfe_net_get_rss, vfe_net_set_rss,
	     vfe_net_get_flow_hash, vfe_net_set_flow_hash, vfe_net_get_rings)

const struct ethtool_ops vfe_net_ethtool_ops = {
	.supported_coalesce_params = ETHTOOL_COALESCE_MAX_FRAMES |
				     ETHTOOL_COALESCE_USECS |
				     ETHTOOL_COALESCE_USE_ADAPTIVE_RX,
	.get_drvinfo = vfe_net_get_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_link_ksettings = vfe_net_get_link_ksettings,
	.set_link_ksettings = vfe_net_set_link_ksettings,
	.get_ts_info = ethtool_op_get_ts_info,
	.get_channels = vfe_net_get_channels,
	.set_channels = vfe_net_set_channels,
	.get_ringparam = vfe_net_get_ringparam,
	.set_ringparam = vfe_net_set_ringparam,
	.get_coalesce = vfe_net_get_coalesce,
	.set_coalesce = vfe_net_set_coalesce,
	.get_per_queue_coalesce = vfe_net_get_queue_coalesce,
	.set_per_queue_coalesce = vfe_net_set_queue_coalesce,
	.get_rxfh_key_size = vfe_net_get_rxfh_key_size,
	.get_rxfh_indir_size = vfe_net_get_rxfh_indir_size,
	VFE_RXFH_OPS(vfe_net_rxfh)
	.get_strings = vfe_net_get_strings,
	.get_sset_count = vfe_net_get_sset_count,
	.get_ethtool_stats = vfe_net_get_ethtool_stats,
};
