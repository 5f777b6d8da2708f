/* SPDX-License-Identifier: GPL-2.0 */
/* Definitions of the receive filters: see filters.c. */
#ifndef VFE_NET_FILTERS_H
#define VFE_NET_FILTERS_H

#include <linux/netdevice.h>
#include <linux/types.h>

#include "ctrl.h"

struct vfe_net;

/* The buffer of both lists of a MAC table */
#define VFE_NET_FILTER_ROOM	VFE_NET_COMMAND_ROOM

/**
 * struct vfe_net_filter - the receive filter that a netdev wants
 * @promisc: accept all packets
 * @allmulti: accept all multicast packets
 * @part: the lists of unicast and of multicast addresses, in @room: a number
 *	  of 32 bits, then the addresses (virtio 1.4, 5.1.9.5.2)
 * @len: their lengths in bytes
 * @room: memory for the lists
 */
struct vfe_net_filter {
	bool promisc;
	bool allmulti;
	const void *part[2];
	u16 len[2];
	u8 room[VFE_NET_FILTER_ROOM];
};

/* Fills in the filter of a netdev. */
void vfe_net_filter_build(struct net_device *dev, struct vfe_net_filter *f);

/* steps of the replay, in a series of commands: see state.c */
int vfe_net_send_filters(struct vfe_net *vn);
int vfe_net_send_vlans(struct vfe_net *vn);

/* for &struct net_device_ops */
void vfe_net_set_rx_mode(struct net_device *dev);
int vfe_net_vlan_add(struct net_device *dev, __be16 proto, u16 vid);
int vfe_net_vlan_kill(struct net_device *dev, __be16 proto, u16 vid);

#endif /* VFE_NET_FILTERS_H */
