/* SPDX-License-Identifier: GPL-2.0 */
/* Definitions of receive steering and hash reports: see rss.c. */
#ifndef VFE_NET_RSS_H
#define VFE_NET_RSS_H

#include <linux/types.h>

#include "ctrl.h"
#include "state.h"

struct vfe_net;

/**
 * struct vfe_net_rss_command - the contents of RSS_CONFIG or HASH_CONFIG
 * @head: the first part: types and table
 * @tail: the second part: number of pairs and key
 * @len: their lengths in bytes
 */
struct vfe_net_rss_command {
	u8 head[sizeof(struct vfe_net_rss_head) + 2 * VFE_NET_RSS_TABLE];
	u8 tail[sizeof(struct vfe_net_rss_tail) + VFE_NET_RSS_KEY];
	u16 len[2];
};

/**
 * vfe_net_rss_build() - write the contents of RSS_CONFIG
 * @rss: the steering
 * @table: its table, or NULL to spread the hashes over all pairs
 * @pairs: queue pairs in use
 * @cmd: the contents
 */
void vfe_net_rss_build(const struct vfe_net_rss *rss, const u16 *table,
		       u16 pairs, struct vfe_net_rss_command *cmd);

/* The contents of HASH_CONFIG */
void vfe_net_hash_build(const struct vfe_net_rss *rss,
			struct vfe_net_rss_command *cmd);

/**
 * vfe_net_rss_fields() - the header fields that are hashed
 * @types: hash types, VIRTIO_NET_RSS_HASH_TYPE_*
 * @flow: TCP_V4_FLOW, ...
 *
 * Return: RXH_*, 0 for none.
 */
u32 vfe_net_rss_fields(u32 types, u32 flow);

/**
 * vfe_net_rss_set_fields() - choose the header fields that are hashed
 * @types: hash types to start with
 * @flow: TCP_V4_FLOW, ...
 * @fields: RXH_*
 * @result: set to the new hash types
 *
 * Return: 0 or -EINVAL: no hash type has these fields.
 */
int vfe_net_rss_set_fields(u32 types, u32 flow, u32 fields, u32 *result);

/* Reads what the device supports. Return: 0 or -ENOMEM */
int vfe_net_rss_init(struct vfe_net *vn);
void vfe_net_rss_exit(struct vfe_net *vn);

/* In a series of commands: as vfe_net_ctrl_send() */
int vfe_net_rss_send(struct vfe_net *vn, u16 pairs);
int vfe_net_hash_send(struct vfe_net *vn);
/*
 * The user changes the number of pairs, &vfe_net_state.pairs is the old one:
 * the table follows. A device that enables fewer pairs for a while does not
 * change it.
 */
void vfe_net_rss_use_pairs(struct vfe_net *vn, u16 pairs);
/* The device refuses RSS: go on without */
void vfe_net_rss_refused(struct vfe_net *vn);

/*
 * Sends the steering after a change; @recovery.lock and rtnl are held. As
 * vfe_net_state_apply()
 */
int vfe_net_rss_apply(struct vfe_net *vn);
/* Changes the hash types, which the device supports; rtnl is held. */
int vfe_net_rss_set_types(struct vfe_net *vn, u32 types);
/* NETIF_F_RXHASH was switched; rtnl is held. */
int vfe_net_rss_switch(struct vfe_net *vn, bool on);

#endif /* VFE_NET_RSS_H */
