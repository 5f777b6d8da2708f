// SPDX-License-Identifier: GPL-2.0
/* ethtool: table and key of receive steering, and the fields that are hashed. */
#include <linux/slab.h>

#include "ethtool.h"
#include "net.h"
#include "rss.h"

u32 vfe_net_get_rxfh_key_size(struct net_device *dev)
{
	struct vfe_net *vn = netdev_priv(dev);

	return vn->state.rss.key_len;
}

u32 vfe_net_get_rxfh_indir_size(struct net_device *dev)
{
	struct vfe_net *vn = netdev_priv(dev);

	return vn->state.rss.table_len;
}

/* Receive queues, which a table may name */
u32 vfe_net_get_rings(struct net_device *dev)
{
	struct vfe_net *vn = netdev_priv(dev);

	return vfe_net_user_pairs(&vn->state);
}

int vfe_net_get_rss(struct net_device *dev, u32 *indir, u8 *key, u8 *hfunc)
{
	struct vfe_net *vn = netdev_priv(dev);
	const struct vfe_net_rss *rss = &vn->state.rss;
	unsigned int i;

	if (indir)
		for (i = 0; i < rss->table_len; i++)
			indir[i] = rss->table[i];
	if (key)
		memcpy(key, rss->key, rss->key_len);
	if (hfunc)
		*hfunc = ETH_RSS_HASH_TOP;
	return 0;
}

static int vfe_net_check_rss(const struct vfe_net *vn, const u32 *indir,
			     const u8 *key, u8 hfunc,
			     struct netlink_ext_ack *extack)
{
	const struct vfe_net_rss *rss = &vn->state.rss;
	unsigned int pairs = vfe_net_user_pairs(&vn->state), i;
	bool on = READ_ONCE(rss->on);

	if (hfunc != ETH_RSS_HASH_NO_CHANGE && hfunc != ETH_RSS_HASH_TOP) {
		NL_SET_ERR_MSG_MOD(extack, "the hash function must be toeplitz");
		return -EOPNOTSUPP;
	}
	if ((indir && !on) || (key && !on && !rss->report))
		return -EOPNOTSUPP;
	for (i = 0; indir && i < rss->table_len; i++)
		if (indir[i] >= pairs) {
			vfe_extack(extack, "entry %u is %u: must be %u or less",
				   i, indir[i], pairs - 1);
			return -EINVAL;
		}
	return 0;
}

static void vfe_net_write_rss(struct vfe_net_rss *rss, const u32 *indir,
			      const u8 *key)
{
	unsigned int i;

	if (indir)
		for (i = 0; i < rss->table_len; i++)
			rss->table[i] = indir[i];
	if (key)
		memcpy(rss->key, key, rss->key_len);
}

/**
 * struct vfe_net_old_rss - what a refused change restores
 * @table: the table
 * @key: the key
 */
struct vfe_net_old_rss {
	u32 table[VFE_NET_RSS_TABLE];
	u8 key[VFE_NET_RSS_KEY];
};

int vfe_net_set_rss(struct net_device *dev, const u32 *indir, const u8 *key,
		    u8 hfunc, struct netlink_ext_ack *extack)
{
	struct vfe_net *vn = netdev_priv(dev);
	struct vfe_net_rss *rss = &vn->state.rss;
	struct vfe_net_old_rss *old;
	int err;

	err = vfe_net_check_rss(vn, indir, key, hfunc, extack);
	if (err || (!indir && !key))
		return err;
	old = kmalloc(sizeof(*old), GFP_KERNEL);
	if (!old)
		return -ENOMEM;
	mutex_lock(&vn->recovery.lock);
	vfe_net_get_rss(dev, old->table, old->key, NULL);
	vfe_net_write_rss(rss, indir, key);
	err = vfe_net_rss_apply(vn);
	if (err)
		vfe_net_write_rss(rss, old->table, old->key);
	mutex_unlock(&vn->recovery.lock);
	kfree(old);
	return err;
}

int vfe_net_get_flow_hash(struct net_device *dev, u32 flow, u32 *fields)
{
	struct vfe_net *vn = netdev_priv(dev);

	*fields = vfe_net_rss_fields(vn->state.rss.types, flow);
	return 0;
}

int vfe_net_set_flow_hash(struct net_device *dev, u32 flow, u32 fields,
			  struct netlink_ext_ack *extack)
{
	struct vfe_net *vn = netdev_priv(dev);
	struct vfe_net_rss *rss = &vn->state.rss;
	u32 old = rss->types, types;

	if (!rss->on && !rss->report)
		return -EOPNOTSUPP;
	if (vfe_net_rss_set_fields(old, flow, fields, &types) ||
	    types & ~rss->supported) {
		NL_SET_ERR_MSG_MOD(extack,
				   "the device has no hash of these fields");
		return -EINVAL;
	}
	return types == old ? 0 : vfe_net_rss_set_types(vn, types);
}
