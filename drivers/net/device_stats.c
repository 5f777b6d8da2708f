// SPDX-License-Identifier: GPL-2.0
/*
 * The device's own statistics of its queues (DEVICE_STATS; virtio 1.4,
 * 5.1.9.5.11), for ethtool_stats.c and qstats.c.
 */
#include <linux/bits.h>
#include <linux/string.h>

#include "commands.h"
#include "device_stats.h"
#include "net.h"

/**
 * struct vfe_net_stats_part - a part of the device's answer
 * @type: its type
 * @size: its length in bytes, with the header
 * @offset: its place in struct vfe_net_device_stats
 */
struct vfe_net_stats_part {
	u8 type;
	u16 size;
	u16 offset;
};

#define VFE_NET_PART(id, field) { \
	.type = VFE_NET_STATS_##id, \
	.size = sizeof_field(struct vfe_net_device_stats, field), \
	.offset = offsetof(struct vfe_net_device_stats, field), \
}

static const struct vfe_net_stats_part vfe_net_stats_parts[] = {
	VFE_NET_PART(RX_BASIC, rx_basic),
	VFE_NET_PART(RX_CSUM, rx_csum),
	VFE_NET_PART(RX_GSO, rx_gso),
	VFE_NET_PART(RX_SPEED, rx_speed),
	VFE_NET_PART(TX_BASIC, tx_basic),
	VFE_NET_PART(TX_CSUM, tx_csum),
	VFE_NET_PART(TX_GSO, tx_gso),
	VFE_NET_PART(TX_SPEED, tx_speed),
	VFE_NET_PART(CVQ, cvq),
};

static const struct vfe_net_stats_part *vfe_net_find_part(u8 type)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vfe_net_stats_parts); i++)
		if (vfe_net_stats_parts[i].type == type)
			return &vfe_net_stats_parts[i];
	return NULL;
}

void vfe_net_device_stats_parse(const u8 *reply, unsigned int len, u16 vq,
				struct vfe_net_device_stats *stats)
{
	const struct vfe_net_stats_part *part;
	struct vfe_net_stats_reply hdr;
	u16 size;

	for (; len >= sizeof(hdr); reply += size, len -= size) {
		memcpy(&hdr, reply, sizeof(hdr));
		size = le16_to_cpu(hdr.size);
		if (size < sizeof(hdr) || size > len)
			return;
		part = vfe_net_find_part(hdr.type);
		if (!part || le16_to_cpu(hdr.vq_index) != vq)
			continue;
		memcpy((u8 *)stats + part->offset, reply,
		       min(size, part->size));
	}
}

int vfe_net_query_stats(struct vfe_net *vn)
{
	u64 types;
	int err;

	if (!vfe_net_has(vn, VIRTIO_NET_F_DEVICE_STATS) ||
	    vn->state.stats_types)
		return 0;
	err = vfe_net_cmd_stats_types(vn, &types);
	if (!err)
		WRITE_ONCE(vn->state.stats_types, types & VFE_NET_STATS_ALL);
	return err;
}

static unsigned int vfe_net_reply_len(u64 types)
{
	unsigned int i, len = 0;

	for (i = 0; i < ARRAY_SIZE(vfe_net_stats_parts); i++)
		if (types & BIT_ULL(vfe_net_stats_parts[i].type))
			len += vfe_net_stats_parts[i].size;
	return len;
}

int vfe_net_device_stats_get(struct vfe_net *vn, u16 vq, u64 types,
			     struct vfe_net_device_stats *stats)
{
	struct vfe_net_stats_request request = { .vq_index = cpu_to_le16(vq) };
	u8 reply[sizeof(*stats)];
	struct vfe_net_command cmd = {
		.class = VIRTIO_NET_CTRL_STATS,
		.cmd = VIRTIO_NET_CTRL_STATS_GET,
		.data = { &request }, .len = { sizeof(request) },
		.reply = reply,
	};
	int err;

	memset(stats, 0, sizeof(*stats));
	types &= READ_ONCE(vn->state.stats_types);
	if (!types)
		return 0;
	request.types = cpu_to_le64(types);
	cmd.reply_len = vfe_net_reply_len(types);
	err = vfe_net_ctrl_send(vn, &cmd);
	if (!err)
		vfe_net_device_stats_parse(reply, cmd.reply_len, vq, stats);
	return err;
}
