/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The commands of the control queue (virtio 1.4, 5.1.9.5). Each function sends
 * one within a series, see vfe_net_ctrl_begin(), and returns what
 * vfe_net_ctrl_send() returns.
 */
#ifndef VFE_NET_COMMANDS_H
#define VFE_NET_COMMANDS_H

#include <linux/types.h>

#include "ctrl.h"

int vfe_net_cmd_promisc(struct vfe_net *vn, bool on);
int vfe_net_cmd_allmulti(struct vfe_net *vn, bool on);
/* @parts: of MAC addresses, unicast and multicast: see filters.c */
int vfe_net_cmd_mac_table(struct vfe_net *vn, const void *const parts[2],
			  const u16 len[2]);
int vfe_net_cmd_mac(struct vfe_net *vn, const u8 *mac);
int vfe_net_cmd_vlan(struct vfe_net *vn, u16 vid, bool add);
int vfe_net_cmd_announce_ack(struct vfe_net *vn);
int vfe_net_cmd_pairs(struct vfe_net *vn, u16 pairs);
int vfe_net_cmd_offloads(struct vfe_net *vn, u64 offloads);
/* Moderation of all receive or of all transmit queues */
int vfe_net_cmd_coalesce(struct vfe_net *vn, bool tx, u32 packets, u32 usecs);
/* The same of virtqueue @vq */
int vfe_net_cmd_coalesce_vq(struct vfe_net *vn, u16 vq, u32 packets, u32 usecs);
/* The types of statistics that the device has, a set of them */
int vfe_net_cmd_stats_types(struct vfe_net *vn, u64 *types);

#endif /* VFE_NET_COMMANDS_H */
