/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What users set on a network device, and the functions that send it to the
 * device: see state.c.
 */
#ifndef VFE_NET_STATE_H
#define VFE_NET_STATE_H

#include <linux/bits.h>
#include <linux/if_vlan.h>
#include <linux/netdev_features.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct vfe_net;

/* Features that use the control queue */
#define VFE_NET_CTRL_FEATURES \
	(BIT_ULL(VIRTIO_NET_F_CTRL_VQ) | BIT_ULL(VIRTIO_NET_F_CTRL_RX) | \
	 BIT_ULL(VIRTIO_NET_F_CTRL_VLAN) | BIT_ULL(VIRTIO_NET_F_MQ) | \
	 BIT_ULL(VIRTIO_NET_F_GUEST_ANNOUNCE) | \
	 BIT_ULL(VIRTIO_NET_F_CTRL_MAC_ADDR) | \
	 BIT_ULL(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS) | \
	 BIT_ULL(VIRTIO_NET_F_NOTF_COAL) | \
	 BIT_ULL(VIRTIO_NET_F_VQ_NOTF_COAL) | BIT_ULL(VIRTIO_NET_F_RSS) | \
	 BIT_ULL(VIRTIO_NET_F_HASH_REPORT) | \
	 BIT_ULL(VIRTIO_NET_F_DEVICE_STATS))

/*
 * Bits of a set of guest offloads, 5.1.9.5.9: those of the features, except that
 * features from 64 on have others. First, what merges packets
 */
#define VFE_NET_GRO_OFFLOADS \
	(BIT_ULL(VIRTIO_NET_F_GUEST_TSO4) | BIT_ULL(VIRTIO_NET_F_GUEST_TSO6) | \
	 BIT_ULL(VIRTIO_NET_F_GUEST_ECN) | BIT_ULL(VIRTIO_NET_F_GUEST_UFO) | \
	 BIT_ULL(VIRTIO_NET_F_GUEST_USO4) | BIT_ULL(VIRTIO_NET_F_GUEST_USO6) | \
	 BIT_ULL(VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO_MAPPED) | \
	 BIT_ULL(VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO_CSUM_MAPPED))
#define VFE_NET_OFFLOADS \
	(BIT_ULL(VIRTIO_NET_F_GUEST_CSUM) | VFE_NET_GRO_OFFLOADS)

#define VFE_NET_RSS_KEY		40	/* bytes of the longest RSS key */
#define VFE_NET_RSS_TABLE	1024	/* entries of the longest RSS table */

/**
 * enum vfe_net_step - the steps of a replay, in their order
 * @VFE_NET_STEP_PAIRS: the number of queue pairs; resets receive steering. The
 *	first, since packets are lost while the device uses more pairs than the
 *	driver, and one that is always late gets only the first step
 * @VFE_NET_STEP_RSS: receive steering and hash reports
 * @VFE_NET_STEP_OFFLOADS: offloads of receive
 * @VFE_NET_STEP_MAC: the address
 * @VFE_NET_STEP_COALESCE: moderation of all queues; resets that of each queue
 * @VFE_NET_STEP_QUEUES: moderation of each queue
 * @VFE_NET_STEP_FILTERS: promiscuous modes and MAC addresses
 * @VFE_NET_STEP_VLANS: VLAN filters
 * @VFE_NET_STEP_ANNOUNCE: acknowledge an announcement
 * @VFE_NET_STEP_STATS: ask which statistics the device has
 * @VFE_NET_NUM_STEPS: number of steps
 */
enum vfe_net_step {
	VFE_NET_STEP_PAIRS,
	VFE_NET_STEP_RSS,
	VFE_NET_STEP_OFFLOADS,
	VFE_NET_STEP_MAC,
	VFE_NET_STEP_COALESCE,
	VFE_NET_STEP_QUEUES,
	VFE_NET_STEP_FILTERS,
	VFE_NET_STEP_VLANS,
	VFE_NET_STEP_ANNOUNCE,
	VFE_NET_STEP_STATS,
	VFE_NET_NUM_STEPS
};

/**
 * enum vfe_net_accept - why the device accepts all packets, bits of a set
 * @VFE_NET_ACCEPT_TABLE: it has no room for all MAC addresses, or refused them
 * @VFE_NET_ACCEPT_VLANS: it refused a VLAN
 */
enum vfe_net_accept {
	VFE_NET_ACCEPT_TABLE = BIT(0),
	VFE_NET_ACCEPT_VLANS = BIT(1),
};

/**
 * struct vfe_net_coalesce - moderation of a virtqueue's notifications
 * @max_packets: most packets before a notification
 * @max_usecs: longest delay of a notification, in microseconds
 * @dim: the kernel's dynamic moderation adapts both
 */
struct vfe_net_coalesce {
	u32 max_packets;
	u32 max_usecs;
	bool dim;
};

/**
 * struct vfe_net_rss - receive steering and hash reports
 * @on: RSS was negotiated, and the device has not refused it
 * @report: HASH_REPORT was negotiated, and the device has not refused it
 * @off: the user switched hashes off (rx-hashing), types stay
 * @supported: hash types that the device computes
 * @types: hash types that the user wants
 * @table_len: entries of @table, a power of two, 0 without RSS
 * @table: the number of the pair for each hash
 * @key_len: bytes of @key
 * @key: the key
 */
struct vfe_net_rss {
	bool on;
	bool report;
	bool off;
	u32 supported;
	u32 types;
	u16 table_len;
	u16 *table;
	u8 key_len;
	u8 key[VFE_NET_RSS_KEY];
};

/**
 * struct vfe_net_vlans - VLAN filters, a bit for each VLAN
 * @wanted: by the user; protected by &vfe_recovery.lock
 * @sent: to the device
 */
struct vfe_net_vlans {
	DECLARE_BITMAP(wanted, VLAN_N_VID);
	DECLARE_BITMAP(sent, VLAN_N_VID);
};

/**
 * struct vfe_net_state - what users set; replayed after a reset of the device
 * @mac_set: the netdev's address is not that of the device's configuration
 * @pairs: queue pairs in use
 * @pairs_wanted: queue pairs that the user wants; more than @pairs if the device
 *		  has not enabled them
 * @pairs_enabled: queue pairs that the device has acknowledged last; 1 after a
 *		   reset; protected by &vfe_net_ctrl.mutex
 * @offloads: offloads of receive that are enabled (CTRL_GUEST_OFFLOADS)
 * @rx: moderation of the receive queues
 * @tx: moderation of the transmit queues
 * @rx_set: the user set @rx
 * @tx_set: the user set @tx
 * @rx_queue: moderation of each receive queue (VQ_NOTF_COAL), or NULL
 * @tx_queue: moderation of each transmit queue, or NULL
 * @queues_set: pairs for which the user set one of both
 * @rss: receive steering
 * @vlans: VLAN filters, or NULL without CTRL_VLAN
 * @stats_types: statistics that the device has, bits of enum
 *		 vfe_net_stats_type
 * @stats_shown: those that ethtool shows
 * @dirty: steps that the device does not know yet, bits of enum vfe_net_step;
 *	   any context may set one
 * @told: steps whose refusal was logged, the same
 * @accept: why the device accepts all packets, of enum vfe_net_accept
 * @sent_offloads: what the device has, or U64_MAX if that is unknown
 * @promisc: what the device has, or -1 if that is unknown
 * @allmulti: the same
 * @ack_owed: the device did not answer an acknowledgment; under
 *	      &vfe_net_ctrl.mutex
 * @sync: sends the steps that are dirty
 *
 * The netdev itself holds its address, MAC filters and MTU. What users set
 * is written under rtnl and &vfe_recovery.lock, and read under either. A replay
 * also writes @pairs, &vfe_net_rss.on and @stats_types, under
 * &vfe_recovery.lock alone: readers without it use READ_ONCE(). @dirty and @told
 * are atomic. @sent_offloads, @promisc, @allmulti and &vfe_net_vlans.sent say
 * what the device has, and are protected by &vfe_net_ctrl.mutex.
 */
struct vfe_net_state {
	bool mac_set;
	u16 pairs;
	u16 pairs_wanted;
	u16 pairs_enabled;
	u64 offloads;
	struct vfe_net_coalesce rx;
	struct vfe_net_coalesce tx;
	bool rx_set;
	bool tx_set;
	struct vfe_net_coalesce *rx_queue;
	struct vfe_net_coalesce *tx_queue;
	unsigned long *queues_set;
	struct vfe_net_rss rss;
	struct vfe_net_vlans *vlans;
	u64 stats_types;
	u64 stats_shown;
	unsigned long dirty;
	unsigned long told;
	unsigned int accept;
	u64 sent_offloads;
	s8 promisc;
	s8 allmulti;
	bool ack_owed;
	struct delayed_work sync;
};

/*
 * The queue pairs that the user has. After a reset there may be fewer in use,
 * until the device answers; if it refused them, they are gone.
 */
static inline unsigned int vfe_net_user_pairs(const struct vfe_net_state *s)
{
	return test_bit(VFE_NET_STEP_PAIRS, &s->told) ?
	       READ_ONCE(s->pairs) : s->pairs_wanted;
}

/* --- state.c --- */

/**
 * vfe_net_state_init() - read what the device can, set the defaults
 * @vn: the network device; configuration read, control queue set up
 *
 * Context: process context, before the netdev is registered.
 * Return: 0 or -ENOMEM.
 */
int vfe_net_state_init(struct vfe_net *vn);
/* No more work items of this area run. The netdev is unregistered. */
void vfe_net_state_stop(struct vfe_net *vn);
void vfe_net_state_exit(struct vfe_net *vn);

/**
 * vfe_net_state_replay() - send the state to a device that was reset
 * @vn: the network device, live; the control queue is open
 *
 * Does not wait for longer than VFE_NET_CTRL_TIMEOUT: what a silent device has
 * not got by then is sent when it answers again.
 *
 * Context: process context, &vfe_recovery.lock held.
 */
void vfe_net_state_replay(struct vfe_net *vn);

/* The same for moderation, after a reset of queues */
void vfe_net_state_replay_queues(struct vfe_net *vn);

/* The device answers again: send all that it may have missed. */
void vfe_net_state_catch_up(struct vfe_net *vn);

/**
 * vfe_net_state_apply() - send one step to the device
 * @vn: the network device
 * @step: the step, whose state the caller has changed
 *
 * Context: process context, &vfe_recovery.lock held.
 * Return: 0, also if the device is stopped and gets the state later; or the
 * error of vfe_net_ctrl_send(): the caller restores the state, and the device
 * keeps what it had.
 */
int vfe_net_state_apply(struct vfe_net *vn, enum vfe_net_step step);
/* The same with another function, which does not fall back as the step does */
int vfe_net_state_try(struct vfe_net *vn, enum vfe_net_step step,
		      int (*send)(struct vfe_net *vn));

/* Logs once that the device refuses a step. */
void vfe_net_state_told(struct vfe_net *vn, enum vfe_net_step step, int err);

/*
 * Has the device use this number of pairs; rtnl and &vfe_recovery.lock are
 * held. Return: 0, also if it is stopped and gets it later; or an error
 */
int vfe_net_ctrl_set_pairs(struct vfe_net *vn, unsigned int pairs);

/* All guest offloads that were negotiated */
u64 vfe_net_offloads(const struct vfe_net *vn);
/* Sets them; rtnl is held. */
int vfe_net_set_offloads(struct vfe_net *vn, u64 offloads);
/* Those that the netdev wants with these features, and its program allows */
u64 vfe_net_wanted_offloads(const struct vfe_net *vn,
			    netdev_features_t features);

/* Sets features of the netdev that users may switch, before it is registered */
void vfe_net_state_netdev(struct vfe_net *vn);

/* for struct net_device_ops */
int vfe_net_set_mac(struct net_device *dev, void *addr);
int vfe_net_set_features(struct net_device *dev, netdev_features_t features);

/* Work item, see &struct vfe_net */
void vfe_net_announce(struct work_struct *work);

#endif /* VFE_NET_STATE_H */
