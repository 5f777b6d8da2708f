// SPDX-License-Identifier: GPL-2.0
/*
 * Receive filters (virtio 1.4, 5.1.9.5.2 and 5.1.9.5.3): promiscuous modes, MAC
 * addresses, VLANs. A filter that the device refuses, or that is too large for
 * it, falls back to accepting more packets than wanted, never fewer: the
 * network stack drops the rest.
 */
#include <linux/bitmap.h>
#include <linux/slab.h>

#include "commands.h"
#include "filters.h"
#include "net.h"

/* --- MAC addresses --- */

/* Adds a list behind what @f has. Return: false if there is no room */
static bool vfe_net_filter_add(struct vfe_net_filter *f, unsigned int list,
			       unsigned int at,
			       const struct netdev_hw_addr_list *addrs)
{
	unsigned int n = netdev_hw_addr_list_count(addrs);
	const struct netdev_hw_addr *ha;
	u8 *p = f->room + at;
	bool fits = n <= (VFE_NET_FILTER_ROOM - at - sizeof(__le32)) / ETH_ALEN;

	if (!fits)
		n = 0;
	put_unaligned_le32(n, p);
	f->part[list] = p;
	f->len[list] = sizeof(__le32) + n * ETH_ALEN;
	if (!fits)
		return false;
	p += sizeof(__le32);
	netdev_hw_addr_list_for_each(ha, addrs) {
		memcpy(p, ha->addr, ETH_ALEN);
		p += ETH_ALEN;
	}
	return true;
}

void vfe_net_filter_build(struct net_device *dev, struct vfe_net_filter *f)
{
	unsigned int most = VFE_NET_FILTER_ROOM - sizeof(__le32);
	bool uc, mc;

	netif_addr_lock_bh(dev);
	f->promisc = dev->flags & IFF_PROMISC;
	f->allmulti = dev->flags & IFF_ALLMULTI;
	uc = vfe_net_filter_add(f, 0, 0, &dev->uc);
	/* leave room for the number of multicast addresses */
	if (f->len[0] > most)
		uc = false;
	if (!uc)
		f->len[0] = sizeof(__le32);
	mc = vfe_net_filter_add(f, 1, f->len[0], &dev->mc);
	netif_addr_unlock_bh(dev);
	if (!uc)
		put_unaligned_le32(0, f->room);
	f->promisc |= !uc;
	f->allmulti |= !mc;
}

static int vfe_net_send_promisc(struct vfe_net *vn, bool on)
{
	int err;

	if (vn->state.promisc == on)
		return 0;
	/* whatever the device does with it, do not rely on the old value */
	vn->state.promisc = -1;
	err = vfe_net_cmd_promisc(vn, on);
	if (!err)
		vn->state.promisc = on;
	return err;
}

static int vfe_net_send_allmulti(struct vfe_net *vn, bool on)
{
	int err;

	if (vn->state.allmulti == on)
		return 0;
	vn->state.allmulti = -1;
	err = vfe_net_cmd_allmulti(vn, on);
	if (!err)
		vn->state.allmulti = on;
	return err;
}

/* The reason to accept all packets is there, or is gone. */
static void vfe_net_accept(struct vfe_net *vn, enum vfe_net_accept why,
			   bool there)
{
	if (there)
		vn->state.accept |= why;
	else
		vn->state.accept &= ~why;
}

/* In an order in which no packet that is wanted is dropped meanwhile. */
static int vfe_net_send_filter(struct vfe_net *vn, struct vfe_net_filter *f)
{
	bool all = f->promisc || vn->state.accept;
	int err, table;

	err = all ? vfe_net_send_promisc(vn, true) : 0;
	if (!err && f->allmulti)
		err = vfe_net_send_allmulti(vn, true);
	if (vfe_net_ctrl_unanswered(err))
		return err;
	table = vfe_net_cmd_mac_table(vn, f->part, f->len);
	if (vfe_net_ctrl_unanswered(table))
		return table;
	vfe_net_accept(vn, VFE_NET_ACCEPT_TABLE, table);
	if (!f->allmulti)
		err = vfe_net_send_allmulti(vn, false) ?: err;
	if (vfe_net_ctrl_unanswered(err))
		return err;
	err = vfe_net_send_promisc(vn, f->promisc || vn->state.accept) ?: err;
	return err ?: table;
}

int vfe_net_send_filters(struct vfe_net *vn)
{
	struct vfe_net_filter *f;
	int err;

	if (!vfe_net_has(vn, VIRTIO_NET_F_CTRL_RX))
		return 0;
	/*
	 * register_netdev() initialises the lock of the addresses; dev_open()
	 * has the filters sent
	 */
	if (vn->netdev->reg_state == NETREG_UNINITIALIZED)
		return 0;
	f = kmalloc(sizeof(*f), GFP_KERNEL);
	if (!f) {
		/* accept all for now, and try again */
		err = vfe_net_send_promisc(vn, true);
		return err ?: -ETIMEDOUT;
	}
	vfe_net_filter_build(vn->netdev, f);
	err = vfe_net_send_filter(vn, f);
	kfree(f);
	return err;
}

/**
 * vfe_net_set_rx_mode() - for &struct net_device_ops
 * @dev: the netdev, whose flags or addresses changed
 *
 * A work item sends the newest filter.
 *
 * Context: any; the netdev's address lock is held.
 */
void vfe_net_set_rx_mode(struct net_device *dev)
{
	struct vfe_net *vn = netdev_priv(dev);

	if (!vfe_net_has(vn, VIRTIO_NET_F_CTRL_RX))
		return;
	set_bit(VFE_NET_STEP_FILTERS, &vn->state.dirty);
	mod_delayed_work(system_long_wq, &vn->state.sync, 0);
}

/* --- VLANs --- */

/* A VLAN that the device may have gets its bit before the answer. */
static int vfe_net_send_vlan(struct vfe_net *vn, u16 vid)
{
	struct vfe_net_vlans *v = vn->state.vlans;
	bool add = test_bit(vid, v->wanted);
	int err;

	if (add)
		set_bit(vid, v->sent);
	err = vfe_net_cmd_vlan(vn, vid, add);
	if (!add && !vfe_net_ctrl_unanswered(err))
		clear_bit(vid, v->sent);
	/* sent again when the device answers again */
	if (add && vfe_net_ctrl_unanswered(err))
		clear_bit(vid, v->sent);
	return err;
}

int vfe_net_send_vlans(struct vfe_net *vn)
{
	struct vfe_net_vlans *v = vn->state.vlans;
	int err, refused = 0;
	u16 vid;

	if (!v)
		return 0;
	for (vid = 0; vid < VLAN_N_VID; vid++) {
		if (test_bit(vid, v->wanted) == test_bit(vid, v->sent))
			continue;
		err = vfe_net_send_vlan(vn, vid);
		if (vfe_net_ctrl_unanswered(err))
			return err;
		if (err && test_bit(vid, v->wanted))
			refused = err;
	}
	if (!refused || !vfe_net_has(vn, VIRTIO_NET_F_CTRL_RX))
		return refused;
	vfe_net_accept(vn, VFE_NET_ACCEPT_VLANS, true);
	return vfe_net_send_promisc(vn, true) ?: refused;
}

/*
 * Not an error if the device refuses or does not answer: it accepts all then,
 * or gets the VLAN later.
 */
static int vfe_net_set_vlan(struct vfe_net *vn, __be16 proto, u16 vid, bool on)
{
	int err;

	if (proto != htons(ETH_P_8021Q) || vid >= VLAN_N_VID)
		return -EINVAL;
	if (!vn->state.vlans)
		return 0;
	mutex_lock(&vn->recovery.lock);
	if (on)
		set_bit(vid, vn->state.vlans->wanted);
	else
		clear_bit(vid, vn->state.vlans->wanted);
	err = vfe_net_state_apply(vn, VFE_NET_STEP_VLANS);
	mutex_unlock(&vn->recovery.lock);
	if (err && !vfe_net_ctrl_unanswered(err))
		vfe_net_state_told(vn, VFE_NET_STEP_VLANS, err);
	return 0;
}

int vfe_net_vlan_add(struct net_device *dev, __be16 proto, u16 vid)
{
	return vfe_net_set_vlan(netdev_priv(dev), proto, vid, true);
}

int vfe_net_vlan_kill(struct net_device *dev, __be16 proto, u16 vid)
{
	return vfe_net_set_vlan(netdev_priv(dev), proto, vid, false);
}
