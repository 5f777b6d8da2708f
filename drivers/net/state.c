// SPDX-License-Identifier: GPL-2.0
/*
 * What users set: one structure holds it, and the steps here send it to the
 * device, all of them in their order after a reset, or one after a change. A
 * step is dirty until the device has got it: a silent device gets it when it
 * answers again, and a stopped one when it is started. A step that the device
 * refuses is logged once, and the rest goes on.
 */
#include <linux/bitmap.h>
#include <linux/etherdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "commands.h"
#include "device_stats.h"
#include "ethtool.h"
#include "filters.h"
#include "moderation.h"
#include "net.h"
#include "rss.h"

#define VFE_NET_ALL_STEPS	(BIT(VFE_NET_NUM_STEPS) - 1)
#define VFE_NET_SYNC_SOON	(HZ / 10 ?: 1)	/* before a series goes on */

u64 vfe_net_offloads(const struct vfe_net *vn)
{
	u64 offloads = vn->vd->features & VFE_NET_OFFLOADS;

	if (vfe_net_has(vn, VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO))
		offloads |= BIT_ULL(VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO_MAPPED);
	if (vfe_net_has(vn, VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO_CSUM))
		offloads |= BIT_ULL(VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO_CSUM_MAPPED);
	return offloads;
}

/* --- steps --- */

static int vfe_net_send_offloads(struct vfe_net *vn)
{
	struct vfe_net_state *s = &vn->state;
	int err;

	if (!vfe_net_has(vn, VIRTIO_NET_F_CTRL_GUEST_OFFLOADS) ||
	    s->sent_offloads == s->offloads)
		return 0;
	err = vfe_net_cmd_offloads(vn, s->offloads);
	if (!err)
		s->sent_offloads = s->offloads;
	else if (vfe_net_ctrl_unanswered(err))
		s->sent_offloads = U64_MAX;
	return err;
}

static int vfe_net_write_mac(struct vfe_net *vn, const u8 *mac)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < ETH_ALEN && !err; i++)
		err = vfe_config_write(vn->vd,
				       offsetof(struct virtio_net_config, mac) +
				       i, 1, mac[i]);
	/* stopped: the replay writes it */
	return err == -EBUSY || err == -ENODEV ? -ESHUTDOWN : err;
}

/* 5.1.4.2: only legacy drivers write the address into the configuration. */
static int vfe_net_send_mac(struct vfe_net *vn, const u8 *mac)
{
	if (vfe_net_has(vn, VIRTIO_NET_F_CTRL_MAC_ADDR))
		return vfe_net_cmd_mac(vn, mac);
	if (vfe_net_has(vn, VIRTIO_NET_F_MAC) &&
	    !vfe_net_has(vn, VIRTIO_F_VERSION_1))
		return vfe_net_write_mac(vn, mac);
	return 0;
}

static int vfe_net_step_mac(struct vfe_net *vn)
{
	return vn->state.mac_set ? vfe_net_send_mac(vn, vn->netdev->dev_addr) :
				   0;
}

/* With RSS, its configuration has the number of pairs, too. */
static int vfe_net_send_pairs(struct vfe_net *vn, u16 pairs)
{
	int err = pairs == 1 ? 0 : -EOPNOTSUPP;

	if (vn->state.rss.on)
		err = vfe_net_rss_send(vn, pairs);
	else if (vfe_net_has(vn, VIRTIO_NET_F_MQ))
		err = vfe_net_cmd_pairs(vn, pairs);
	if (!err)
		vn->state.pairs_enabled = pairs;
	return err;
}

/*
 * 5.1.9.5.5: the device uses no other queues than those that it enabled, so
 * without its answer the driver uses those that it enabled last: only the first
 * pair after a reset, but not fewer while the device may use more.
 */
static int vfe_net_step_pairs(struct vfe_net *vn)
{
	struct vfe_net_state *s = &vn->state;
	int err = vfe_net_send_pairs(vn, s->pairs);

	if (err && s->rss.on && !vfe_net_ctrl_unanswered(err)) {
		vfe_net_rss_refused(vn);
		err = vfe_net_send_pairs(vn, s->pairs);
	}
	if (err && s->pairs > s->pairs_enabled && err != -ESHUTDOWN) {
		WRITE_ONCE(s->pairs, s->pairs_enabled);
		queue_delayed_work(system_long_wq, &s->sync, VFE_NET_SYNC_SOON);
	}
	return err;
}

/* The step before has sent the configuration of RSS. */
static int vfe_net_step_rss(struct vfe_net *vn)
{
	if (vn->state.rss.on || !vn->state.rss.report)
		return 0;
	return vfe_net_hash_send(vn);
}

/* Only after an acknowledgment without answer, see vfe_net_announce() */
static int vfe_net_step_announce(struct vfe_net *vn)
{
	struct vfe_net_state *s = &vn->state;
	int err;

	if (!s->ack_owed)
		return 0;
	err = vfe_net_cmd_announce_ack(vn);
	s->ack_owed = vfe_net_ctrl_unanswered(err);
	/* a device that got the first one late refuses the second one */
	return s->ack_owed ? err : 0;
}

static const struct vfe_net_step_ops {
	const char *name;
	int (*send)(struct vfe_net *vn);
} vfe_net_steps[VFE_NET_NUM_STEPS] = {
	[VFE_NET_STEP_PAIRS] = { "the number of queues", vfe_net_step_pairs },
	[VFE_NET_STEP_RSS] = { "hash reports", vfe_net_step_rss },
	[VFE_NET_STEP_OFFLOADS] = {
		"offloads of receive", vfe_net_send_offloads },
	[VFE_NET_STEP_MAC] = { "the MAC address", vfe_net_step_mac },
	[VFE_NET_STEP_COALESCE] = { "coalescing", vfe_net_send_coalesce },
	[VFE_NET_STEP_QUEUES] = {
		"coalescing of a queue", vfe_net_send_coalesce_queues },
	[VFE_NET_STEP_FILTERS] = { "receive filters", vfe_net_send_filters },
	[VFE_NET_STEP_VLANS] = { "VLAN filters", vfe_net_send_vlans },
	[VFE_NET_STEP_ANNOUNCE] = {
		"acknowledgments of announcements", vfe_net_step_announce },
	[VFE_NET_STEP_STATS] = { "its statistics", vfe_net_query_stats },
};

/* --- sending --- */

void vfe_net_state_told(struct vfe_net *vn, enum vfe_net_step step, int err)
{
	if (test_and_set_bit(step, &vn->state.told))
		return;
	netdev_warn(vn->netdev, "the device refuses %s: error %d\n",
		    vfe_net_steps[step].name, err);
}

/*
 * Sends a step in a series. Return: 0, or an error; if the step got no answer,
 * it is dirty.
 */
static int vfe_net_send_step(struct vfe_net *vn, enum vfe_net_step step,
			     int (*send)(struct vfe_net *vn))
{
	int err;

	clear_bit(step, &vn->state.dirty);
	err = send(vn);
	if (vfe_net_ctrl_unanswered(err))
		set_bit(step, &vn->state.dirty);
	return err;
}

/* Goes on later: soon if the device answers, else after the next try. */
static void vfe_net_sync_later(struct vfe_net *vn)
{
	bool silent = vn->ctrl && READ_ONCE(vn->ctrl->silent);

	queue_delayed_work(system_long_wq, &vn->state.sync,
			   silent ? vn->ctrl->pause : VFE_NET_SYNC_SOON);
}

/* Sends all dirty steps, as far as the device answers, in a series. */
static void vfe_net_sync_steps(struct vfe_net *vn)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < VFE_NET_NUM_STEPS; i++) {
		if (!test_bit(i, &vn->state.dirty))
			continue;
		err = vfe_net_send_step(vn, i, vfe_net_steps[i].send);
		if (vfe_net_ctrl_unanswered(err))
			break;
		if (err && vn->ctrl)
			vfe_net_state_told(vn, i, err);
		err = 0;
	}
	if (err == -ETIMEDOUT)
		vfe_net_sync_later(vn);
}

/* It is unknown what the device has: all steps are sent. */
static void vfe_net_forget_sent(struct vfe_net *vn)
{
	struct vfe_net_state *s = &vn->state;

	s->sent_offloads = U64_MAX;
	s->promisc = -1;
	s->allmulti = -1;
	s->accept = 0;
	if (s->vlans)
		bitmap_zero(s->vlans->sent, VLAN_N_VID);
	s->dirty = VFE_NET_ALL_STEPS;
}

void vfe_net_state_replay(struct vfe_net *vn)
{
	vfe_net_ctrl_begin(vn);
	vfe_net_forget_sent(vn);
	/* 5.1.9.5.9: after negotiation all of them are enabled */
	vn->state.sent_offloads = vfe_net_offloads(vn);
	vn->state.pairs_enabled = 1;
	vn->state.ack_owed = false;
	vfe_net_moderation_forget(vn);
	WRITE_ONCE(vn->state.pairs, vn->state.pairs_wanted);
	vfe_net_sync_steps(vn);
	vfe_net_ctrl_end(vn);
}

void vfe_net_state_replay_queues(struct vfe_net *vn)
{
	vfe_net_ctrl_begin(vn);
	vfe_net_moderation_forget(vn);
	set_bit(VFE_NET_STEP_QUEUES, &vn->state.dirty);
	vfe_net_sync_steps(vn);
	vfe_net_ctrl_end(vn);
}

static bool vfe_net_is_live(struct vfe_net *vn)
{
	return vfe_recovery_state(&vn->recovery) == VFE_RUN_LIVE;
}

int vfe_net_state_try(struct vfe_net *vn, enum vfe_net_step step,
		      int (*send)(struct vfe_net *vn))
{
	int err;

	lockdep_assert_held(&vn->recovery.lock);
	/* the replay sends it */
	if (!vfe_net_is_live(vn))
		return 0;
	vfe_net_ctrl_begin(vn);
	err = vfe_net_send_step(vn, step, send);
	vfe_net_ctrl_end(vn);
	if (err == -ESHUTDOWN)
		return 0;
	if (err == -ETIMEDOUT)
		vfe_net_sync_later(vn);
	return err;
}

int vfe_net_state_apply(struct vfe_net *vn, enum vfe_net_step step)
{
	return vfe_net_state_try(vn, step, vfe_net_steps[step].send);
}

/* --- work --- */

/*
 * The device refused more than one pair, or has enabled them after all: the
 * netdev follows. @recovery.lock and rtnl are held.
 */
static void vfe_net_follow_pairs(struct vfe_net *vn)
{
	struct vfe_net_state *s = &vn->state;
	struct net_device *dev = vn->netdev;

	vfe_net_netdev_queues(vn, s->pairs);
	vfe_net_set_affinity(vn);
	vfe_net_update_queues(vn);
	netif_set_real_num_rx_queues(dev, s->pairs);
	if (s->pairs < vfe_net_user_pairs(s))
		vfe_net_use_pairs(vn, s->pairs_wanted);
}

static void vfe_net_sync_work(struct work_struct *work)
{
	struct vfe_net_state *s = container_of(to_delayed_work(work),
					       struct vfe_net_state, sync);
	struct vfe_net *vn = container_of(s, struct vfe_net, state);
	bool pairs;

	mutex_lock(&vn->recovery.lock);
	if (vfe_net_is_live(vn)) {
		vfe_net_ctrl_begin_patiently(vn);
		vfe_net_sync_steps(vn);
		vfe_net_ctrl_end(vn);
	}
	pairs = s->pairs != s->pairs_wanted ||
		s->pairs != vn->netdev->real_num_tx_queues ||
		s->pairs != vn->netdev->real_num_rx_queues;
	mutex_unlock(&vn->recovery.lock);
	if (!pairs)
		return;
	rtnl_lock();
	mutex_lock(&vn->recovery.lock);
	if (vfe_net_is_live(vn) && vn->netdev->reg_state == NETREG_REGISTERED)
		vfe_net_follow_pairs(vn);
	mutex_unlock(&vn->recovery.lock);
	rtnl_unlock();
}

void vfe_net_state_catch_up(struct vfe_net *vn)
{
	vfe_net_ctrl_begin(vn);
	vfe_net_forget_sent(vn);
	vfe_net_moderation_forget(vn);
	vfe_net_ctrl_end(vn);
	mod_delayed_work(system_long_wq, &vn->state.sync, 0);
}

/* --- what users change --- */

int vfe_net_ctrl_set_pairs(struct vfe_net *vn, unsigned int pairs)
{
	int err;

	if (!vfe_net_is_live(vn))
		return 0;
	vfe_net_ctrl_begin(vn);
	err = vfe_net_send_pairs(vn, pairs);
	vfe_net_ctrl_end(vn);
	if (!vfe_net_ctrl_unanswered(err))
		return err;
	/* the device may have either number: send it the final one */
	set_bit(VFE_NET_STEP_PAIRS, &vn->state.dirty);
	vfe_net_sync_later(vn);
	return err == -ESHUTDOWN ? 0 : err;
}

/**
 * vfe_net_set_mac() - for &struct net_device_ops
 * @dev: the netdev
 * @addr: a struct sockaddr
 *
 * Return: 0, or the error of the control queue: nothing has changed then.
 */
int vfe_net_set_mac(struct net_device *dev, void *addr)
{
	struct vfe_net *vn = netdev_priv(dev);
	const struct sockaddr *sa = addr;
	int err = eth_prepare_mac_addr_change(dev, addr);

	/* net_failover finds the primary function by this address */
	if (vn->failover)
		return -EOPNOTSUPP;
	if (err)
		return err;
	mutex_lock(&vn->recovery.lock);
	vfe_net_ctrl_begin(vn);
	err = vfe_net_is_live(vn) ? vfe_net_send_mac(vn, sa->sa_data) : 0;
	vfe_net_ctrl_end(vn);
	/* after an error the device may have either address */
	vn->state.mac_set = true;
	if (err == -ETIMEDOUT) {
		set_bit(VFE_NET_STEP_MAC, &vn->state.dirty);
		vfe_net_sync_later(vn);
	}
	if (err == -ESHUTDOWN)
		err = 0;
	if (!err)
		eth_commit_mac_addr_change(dev, addr);
	mutex_unlock(&vn->recovery.lock);
	if (err)
		netdev_warn(dev, "the device did not take the address %pM: error %d\n",
			    sa->sa_data, err);
	return err;
}

int vfe_net_set_offloads(struct vfe_net *vn, u64 offloads)
{
	u64 old = vn->state.offloads;
	int err;

	if (offloads == old)
		return 0;
	if (!vfe_net_has(vn, VIRTIO_NET_F_CTRL_GUEST_OFFLOADS))
		return -EOPNOTSUPP;
	mutex_lock(&vn->recovery.lock);
	vn->state.offloads = offloads;
	err = vfe_net_state_apply(vn, VFE_NET_STEP_OFFLOADS);
	if (err)
		vn->state.offloads = old;
	mutex_unlock(&vn->recovery.lock);
	return err;
}

u64 vfe_net_wanted_offloads(const struct vfe_net *vn,
			    netdev_features_t features)
{
	u64 offloads = vfe_net_offloads(vn);

	if (!(features & NETIF_F_GRO_HW))
		offloads &= ~VFE_NET_GRO_OFFLOADS;
	return vfe_net_xdp_offloads(vn, offloads);
}

/**
 * vfe_net_set_features() - for &struct net_device_ops
 * @dev: the netdev
 * @features: what it shall have
 *
 * Return: 0, or an error: the device has the features of before.
 */
int vfe_net_set_features(struct net_device *dev, netdev_features_t features)
{
	netdev_features_t changed = dev->features ^ features;
	struct vfe_net *vn = netdev_priv(dev);
	int err = 0;

	if (changed & NETIF_F_GRO_HW)
		err = vfe_net_set_offloads(vn,
					   vfe_net_wanted_offloads(vn,
								   features));
	if (!err && changed & NETIF_F_RXHASH)
		err = vfe_net_rss_switch(vn, features & NETIF_F_RXHASH);
	return err;
}

void vfe_net_state_netdev(struct vfe_net *vn)
{
	struct net_device *dev = vn->netdev;

	if (vfe_net_has(vn, VIRTIO_NET_F_CTRL_GUEST_OFFLOADS))
		dev->hw_features |= NETIF_F_GRO_HW & dev->features;
	if (vfe_net_has(vn, VIRTIO_NET_F_CTRL_VLAN))
		dev->features |= NETIF_F_HW_VLAN_CTAG_FILTER;
	if (vn->state.rss.on || vn->state.rss.report)
		dev->hw_features |= NETIF_F_RXHASH;
}

/* --- announcements --- */

/**
 * vfe_net_announce() - tell the neighbours where this interface is now
 * @work: in a struct vfe_net
 *
 * 5.1.9.5.4.1: send gratuitous packets, then acknowledge.
 *
 * Context: work item; takes rtnl.
 */
void vfe_net_announce(struct work_struct *work)
{
	struct vfe_net *vn = container_of(work, struct vfe_net, announce);
	int err;

	rtnl_lock();
	if (vn->netdev->reg_state == NETREG_REGISTERED)
		__netdev_notify_peers(vn->netdev);
	rtnl_unlock();
	vfe_net_ctrl_begin(vn);
	err = vfe_net_send_step(vn, VFE_NET_STEP_ANNOUNCE,
				vfe_net_cmd_announce_ack);
	/* after a reset the device asks again if it still needs it */
	vn->state.ack_owed = err == -ETIMEDOUT;
	vfe_net_ctrl_end(vn);
	if (err == -ETIMEDOUT)
		vfe_net_sync_later(vn);
}

/* --- life --- */

int vfe_net_state_init(struct vfe_net *vn)
{
	struct vfe_net_state *s = &vn->state;

	INIT_DELAYED_WORK(&s->sync, vfe_net_sync_work);
	s->pairs_wanted = s->pairs;
	s->offloads = vfe_net_offloads(vn);
	if (vfe_net_has(vn, VIRTIO_NET_F_CTRL_VLAN)) {
		s->vlans = kzalloc(sizeof(*s->vlans), GFP_KERNEL);
		if (!s->vlans)
			return -ENOMEM;
	}
	vfe_net_qstats_netdev(vn->netdev);
	vn->netdev->ethtool_ops = &vfe_net_ethtool_ops;
	return vfe_net_moderation_init(vn) ?: vfe_net_rss_init(vn);
}

void vfe_net_state_stop(struct vfe_net *vn)
{
	vfe_net_ctrl_stop(vn);
	cancel_delayed_work_sync(&vn->state.sync);
	vfe_net_moderation_stop(vn);
}

void vfe_net_state_exit(struct vfe_net *vn)
{
	vfe_net_rss_exit(vn);
	vfe_net_moderation_exit(vn);
	kfree(vn->state.vlans);
}
