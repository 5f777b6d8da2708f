// SPDX-License-Identifier: GPL-2.0
/*
 * The commands of the control queue: writes their contents. What is sent when,
 * and what a refusal means, is decided in state.c, filters.c and rss.c. All
 * numbers are little endian: the driver supports legacy devices only on CPUs
 * that are so, too.
 */
#include <linux/if_ether.h>

#include "commands.h"
#include "net.h"

static int vfe_net_cmd(struct vfe_net *vn, u8 class, u8 cmd, const void *data,
		       u16 len)
{
	const struct vfe_net_command command = {
		.class = class, .cmd = cmd,
		.data = { data }, .len = { len },
	};

	return vfe_net_ctrl_send(vn, &command);
}

static int vfe_net_cmd_u8(struct vfe_net *vn, u8 class, u8 cmd, u8 value)
{
	return vfe_net_cmd(vn, class, cmd, &value, sizeof(value));
}

int vfe_net_cmd_promisc(struct vfe_net *vn, bool on)
{
	return vfe_net_cmd_u8(vn, VIRTIO_NET_CTRL_RX,
			      VIRTIO_NET_CTRL_RX_PROMISC, on);
}

int vfe_net_cmd_allmulti(struct vfe_net *vn, bool on)
{
	return vfe_net_cmd_u8(vn, VIRTIO_NET_CTRL_RX,
			      VIRTIO_NET_CTRL_RX_ALLMULTI, on);
}

int vfe_net_cmd_mac_table(struct vfe_net *vn, const void *const parts[2],
			  const u16 len[2])
{
	const struct vfe_net_command command = {
		.class = VIRTIO_NET_CTRL_MAC,
		.cmd = VIRTIO_NET_CTRL_MAC_TABLE_SET,
		.data = { parts[0], parts[1] }, .len = { len[0], len[1] },
	};

	return vfe_net_ctrl_send(vn, &command);
}

int vfe_net_cmd_mac(struct vfe_net *vn, const u8 *mac)
{
	return vfe_net_cmd(vn, VIRTIO_NET_CTRL_MAC,
			   VIRTIO_NET_CTRL_MAC_ADDR_SET, mac, ETH_ALEN);
}

int vfe_net_cmd_vlan(struct vfe_net *vn, u16 vid, bool add)
{
	__le16 le = cpu_to_le16(vid);

	return vfe_net_cmd(vn, VIRTIO_NET_CTRL_VLAN,
			   add ? VIRTIO_NET_CTRL_VLAN_ADD :
				 VIRTIO_NET_CTRL_VLAN_DEL, &le, sizeof(le));
}

int vfe_net_cmd_announce_ack(struct vfe_net *vn)
{
	return vfe_net_cmd(vn, VIRTIO_NET_CTRL_ANNOUNCE,
			   VIRTIO_NET_CTRL_ANNOUNCE_ACK, NULL, 0);
}

int vfe_net_cmd_pairs(struct vfe_net *vn, u16 pairs)
{
	__le16 le = cpu_to_le16(pairs);

	return vfe_net_cmd(vn, VIRTIO_NET_CTRL_MQ,
			   VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET, &le, sizeof(le));
}

int vfe_net_cmd_offloads(struct vfe_net *vn, u64 offloads)
{
	__le64 le = cpu_to_le64(offloads);

	return vfe_net_cmd(vn, VIRTIO_NET_CTRL_GUEST_OFFLOADS,
			   VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET, &le, sizeof(le));
}

int vfe_net_cmd_coalesce(struct vfe_net *vn, bool tx, u32 packets, u32 usecs)
{
	const struct vfe_net_coal coal = {
		.max_packets = cpu_to_le32(packets),
		.max_usecs = cpu_to_le32(usecs),
	};

	return vfe_net_cmd(vn, VIRTIO_NET_CTRL_NOTF_COAL,
			   tx ? VIRTIO_NET_CTRL_NOTF_COAL_TX_SET :
				VIRTIO_NET_CTRL_NOTF_COAL_RX_SET,
			   &coal, sizeof(coal));
}

int vfe_net_cmd_coalesce_vq(struct vfe_net *vn, u16 vq, u32 packets, u32 usecs)
{
	const struct vfe_net_coal_vq coal = {
		.vq_index = cpu_to_le16(vq),
		.coal.max_packets = cpu_to_le32(packets),
		.coal.max_usecs = cpu_to_le32(usecs),
	};

	return vfe_net_cmd(vn, VIRTIO_NET_CTRL_NOTF_COAL,
			   VIRTIO_NET_CTRL_NOTF_COAL_VQ_SET, &coal,
			   sizeof(coal));
}

int vfe_net_cmd_stats_types(struct vfe_net *vn, u64 *types)
{
	struct vfe_net_stats_caps caps = {};
	const struct vfe_net_command command = {
		.class = VIRTIO_NET_CTRL_STATS,
		.cmd = VIRTIO_NET_CTRL_STATS_QUERY,
		.reply = &caps, .reply_len = sizeof(caps),
	};
	int err = vfe_net_ctrl_send(vn, &command);

	*types = le64_to_cpu(caps.types);
	return err;
}
