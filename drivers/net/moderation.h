/* SPDX-License-Identifier: GPL-2.0 */
/* Definitions of interrupt moderation: see moderation.c. */
#ifndef VFE_NET_MODERATION_H
#define VFE_NET_MODERATION_H

#include <linux/dim.h>
#include <linux/types.h>

#include "state.h"

struct ethtool_coalesce;
struct netlink_ext_ack;
struct vfe_net;
struct vfe_net_rxq;

/* Longest delay of an interrupt: a longer one looks like a dead interface */
#define VFE_NET_COALESCE_USECS		1000000U
#define VFE_NET_COALESCE_PACKETS	32768U	/* in the largest ring */

/**
 * struct vfe_net_moderation - moderation of a pair, dynamic for its receive queue
 * @rxq: the receive queue
 * @dim: the kernel's algorithm
 * @events: polls that ended with packets
 * @on: DIM is on
 * @sent: what the device has; max_usecs is U32_MAX if that is unknown. Protected
 *	  by &vfe_net_ctrl.mutex
 * @sent_tx: the same for the pair's transmit queue
 */
struct vfe_net_moderation {
	struct vfe_net_rxq *rxq;
	struct dim dim;
	u16 events;
	bool on;
	struct vfe_net_coalesce sent;
	struct vfe_net_coalesce sent_tx;
};

/**
 * vfe_net_coalesce_check() - check parameters of ethtool
 * @ec: the parameters
 * @device: the device moderates (NOTF_COAL, VQ_NOTF_COAL); if not, only what
 *	    virtio_net accepts then is valid
 * @dim: DIM is possible (VQ_NOTF_COAL)
 * @extack: for the reason of a refusal, or NULL
 *
 * Return: 0, -EINVAL, or -EOPNOTSUPP for what the device cannot do.
 */
int vfe_net_coalesce_check(const struct ethtool_coalesce *ec, bool device,
			   bool dim, struct netlink_ext_ack *extack);

/* Does the device moderate each queue by itself (VQ_NOTF_COAL)? */
bool vfe_net_moderates_queues(const struct vfe_net *vn);
int vfe_net_moderation_init(struct vfe_net *vn);
/* No work item of moderation runs any more. */
void vfe_net_moderation_stop(struct vfe_net *vn);
void vfe_net_moderation_exit(struct vfe_net *vn);
/* What the device has is unknown, as after a reset; in a series of commands. */
void vfe_net_moderation_forget(struct vfe_net *vn);

/* steps of the replay, in a series of commands: see state.c */
int vfe_net_send_coalesce(struct vfe_net *vn);
int vfe_net_send_coalesce_queues(struct vfe_net *vn);

/* For NAPI, at the end of a poll that received packets. */
void vfe_net_moderate(struct vfe_net_rxq *rxq);

/*
 * Sets the moderation of all queues, or of one pair; rtnl is held. The
 * parameters were checked. As vfe_net_state_apply()
 */
int vfe_net_set_moderation(struct vfe_net *vn,
			   const struct vfe_net_coalesce *rx,
			   const struct vfe_net_coalesce *tx);
int vfe_net_set_pair_moderation(struct vfe_net *vn, unsigned int pair,
				const struct vfe_net_coalesce *rx,
				const struct vfe_net_coalesce *tx);
/* What the receive queue of a pair has now, by the user or by DIM */
struct vfe_net_coalesce vfe_net_get_moderation(struct vfe_net *vn,
					       unsigned int pair);

#endif /* VFE_NET_MODERATION_H */
