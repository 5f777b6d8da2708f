// SPDX-License-Identifier: GPL-2.0
/*
 * Receive steering by a hash of each packet, and hash reports in its header
 * (virtio 1.4, 5.1.9.5.6 and 5.1.9.5.7). ethtool's side is in ethtool_rss.c.
 */
#include <linux/ethtool.h>
#include <linux/log2.h>
#include <linux/netdevice.h>
#include <linux/slab.h>

#include "net.h"
#include "rss.h"

#define VFE_NET_CONFIG(field)	offsetof(struct vfe_net_config, field)

#define RXH_ADDRESSES	(RXH_IP_SRC | RXH_IP_DST)
#define RXH_PORTS	(RXH_L4_B_0_1 | RXH_L4_B_2_3)

/* --- contents of commands --- */

static void vfe_net_rss_tail(const struct vfe_net_rss *rss, u16 pairs,
			     struct vfe_net_rss_command *cmd)
{
	const struct vfe_net_rss_tail tail = {
		.max_tx_vq = cpu_to_le16(pairs),
		.hash_key_length = rss->key_len,
	};

	memcpy(cmd->tail, &tail, sizeof(tail));
	memcpy(cmd->tail + sizeof(tail), rss->key, rss->key_len);
	cmd->len[1] = sizeof(tail) + rss->key_len;
}

void vfe_net_rss_build(const struct vfe_net_rss *rss, const u16 *table,
		       u16 pairs, struct vfe_net_rss_command *cmd)
{
	const struct vfe_net_rss_head head = {
		.hash_types = cpu_to_le32(rss->off ? 0 : rss->types),
		.indirection_table_mask = cpu_to_le16(rss->table_len - 1),
	};
	u8 *p = cmd->head + sizeof(head);
	unsigned int i;

	memcpy(cmd->head, &head, sizeof(head));
	for (i = 0; i < rss->table_len; i++)
		put_unaligned_le16(table ? table[i] : i % pairs, p + 2 * i);
	cmd->len[0] = sizeof(head) + 2 * rss->table_len;
	vfe_net_rss_tail(rss, pairs, cmd);
}

/* The same as a table of one entry, with 0 where RSS_CONFIG has its fields */
void vfe_net_hash_build(const struct vfe_net_rss *rss,
			struct vfe_net_rss_command *cmd)
{
	cmd->len[0] = offsetof(struct vfe_net_hash_config, reserved[3]);
	memset(cmd->head, 0, cmd->len[0]);
	put_unaligned_le32(rss->off ? 0 : rss->types, cmd->head);
	vfe_net_rss_tail(rss, 0, cmd);
}

/* --- hash types and the fields that ethtool shows --- */

/**
 * struct vfe_net_flow - hash types of a kind of flow
 * @flow: TCP_V4_FLOW, ...
 * @ip: hash of the addresses
 * @l4: hash of addresses and ports, 0 if there are no ports
 */
struct vfe_net_flow {
	u32 flow;
	u32 ip;
	u32 l4;
};

static const struct vfe_net_flow vfe_net_flows[] = {
	{ TCP_V4_FLOW, VIRTIO_NET_RSS_HASH_TYPE_IPv4,
	  VIRTIO_NET_RSS_HASH_TYPE_TCPv4 },
	{ UDP_V4_FLOW, VIRTIO_NET_RSS_HASH_TYPE_IPv4,
	  VIRTIO_NET_RSS_HASH_TYPE_UDPv4 },
	{ IPV4_FLOW, VIRTIO_NET_RSS_HASH_TYPE_IPv4, 0 },
	{ TCP_V6_FLOW, VIRTIO_NET_RSS_HASH_TYPE_IPv6,
	  VIRTIO_NET_RSS_HASH_TYPE_TCPv6 },
	{ UDP_V6_FLOW, VIRTIO_NET_RSS_HASH_TYPE_IPv6,
	  VIRTIO_NET_RSS_HASH_TYPE_UDPv6 },
	{ IPV6_FLOW, VIRTIO_NET_RSS_HASH_TYPE_IPv6, 0 },
};

static const struct vfe_net_flow *vfe_net_find_flow(u32 flow)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vfe_net_flows); i++)
		if (vfe_net_flows[i].flow == flow)
			return &vfe_net_flows[i];
	return NULL;
}

u32 vfe_net_rss_fields(u32 types, u32 flow)
{
	const struct vfe_net_flow *f = vfe_net_find_flow(flow);

	if (!f)
		return 0;
	if (types & f->l4)
		return RXH_ADDRESSES | RXH_PORTS;
	return types & f->ip ? RXH_ADDRESSES : 0;
}

/* RXH_DISCARD means no hash, as in virtio_net */
int vfe_net_rss_set_fields(u32 types, u32 flow, u32 fields, u32 *result)
{
	const struct vfe_net_flow *f = vfe_net_find_flow(flow);

	if (!f)
		return -EINVAL;
	types &= ~(f->ip | f->l4);
	if (fields == RXH_ADDRESSES)
		types |= f->ip;
	else if (fields == (RXH_ADDRESSES | RXH_PORTS) && f->l4)
		types |= f->ip | f->l4;
	else if (!(fields & RXH_DISCARD))
		return -EINVAL;
	*result = types;
	return 0;
}

/* --- sending --- */

static int vfe_net_rss_command(struct vfe_net *vn, u8 cmd,
			       const struct vfe_net_rss_command *rss)
{
	const struct vfe_net_command command = {
		.class = VIRTIO_NET_CTRL_MQ, .cmd = cmd,
		.data = { rss->head, rss->tail },
		.len = { rss->len[0], rss->len[1] },
	};

	return vfe_net_ctrl_send(vn, &command);
}

/*
 * The table for a number of pairs, or NULL for one that spreads over them: the
 * number changes, and the user has not set a table, or the table is for more
 * pairs.
 */
static const u16 *vfe_net_rss_table(struct vfe_net *vn, u16 pairs)
{
	const struct vfe_net_rss *rss = &vn->state.rss;
	unsigned int i;

	if (pairs != vn->state.pairs && !netif_is_rxfh_configured(vn->netdev))
		return NULL;
	for (i = 0; i < rss->table_len; i++)
		if (rss->table[i] >= pairs)
			return NULL;
	return rss->table;
}

int vfe_net_rss_send(struct vfe_net *vn, u16 pairs)
{
	struct vfe_net_rss_command *cmd;
	int err;

	cmd = kmalloc(sizeof(*cmd), GFP_KERNEL);
	if (!cmd)
		return -ETIMEDOUT;	/* try again */
	vfe_net_rss_build(&vn->state.rss, vfe_net_rss_table(vn, pairs), pairs,
			  cmd);
	err = vfe_net_rss_command(vn, VIRTIO_NET_CTRL_MQ_RSS_CONFIG, cmd);
	kfree(cmd);
	return err;
}

void vfe_net_rss_use_pairs(struct vfe_net *vn, u16 pairs)
{
	struct vfe_net_rss *rss = &vn->state.rss;
	unsigned int i;

	if (vfe_net_rss_table(vn, pairs))
		return;
	for (i = 0; i < rss->table_len; i++)
		rss->table[i] = i % pairs;
}

int vfe_net_hash_send(struct vfe_net *vn)
{
	struct vfe_net_rss_command *cmd;
	int err;

	cmd = kmalloc(sizeof(*cmd), GFP_KERNEL);
	if (!cmd)
		return -ETIMEDOUT;
	vfe_net_hash_build(&vn->state.rss, cmd);
	err = vfe_net_rss_command(vn, VIRTIO_NET_CTRL_MQ_HASH_CONFIG, cmd);
	kfree(cmd);
	return err;
}

void vfe_net_rss_refused(struct vfe_net *vn)
{
	netdev_warn(vn->netdev,
		    "the device refuses receive side scaling: it chooses the queues itself\n");
	WRITE_ONCE(vn->state.rss.on, false);
}

/* Nothing to send if the device has refused RSS, and has no hash reports. */
static int vfe_net_rss_send_now(struct vfe_net *vn)
{
	const struct vfe_net_rss *rss = &vn->state.rss;

	if (rss->on)
		return vfe_net_rss_send(vn, vn->state.pairs);
	return rss->report ? vfe_net_hash_send(vn) : 0;
}

int vfe_net_rss_apply(struct vfe_net *vn)
{
	return vfe_net_state_try(vn, vn->state.rss.on ? VFE_NET_STEP_PAIRS :
							VFE_NET_STEP_RSS,
				 vfe_net_rss_send_now);
}

int vfe_net_rss_switch(struct vfe_net *vn, bool on)
{
	struct vfe_net_rss *rss = &vn->state.rss;
	bool old = rss->off;
	int err;

	mutex_lock(&vn->recovery.lock);
	rss->off = !on;
	err = vfe_net_rss_apply(vn);
	if (err)
		rss->off = old;
	mutex_unlock(&vn->recovery.lock);
	return err;
}

int vfe_net_rss_set_types(struct vfe_net *vn, u32 types)
{
	struct vfe_net_rss *rss = &vn->state.rss;
	u32 old = rss->types;
	int err;

	mutex_lock(&vn->recovery.lock);
	rss->types = types;
	err = vfe_net_rss_apply(vn);
	if (err)
		rss->types = old;
	mutex_unlock(&vn->recovery.lock);
	return err;
}

/* --- life --- */

/* 5.1.4.2: the device has at least 40 bytes of key, and 128 entries. */
static int vfe_net_rss_read(struct vfe_net *vn)
{
	static const u8 fields[] = { 1, 2, 4, 0 };
	struct vfe_net_rss *rss = &vn->state.rss;
	struct {
		u8 key;
		__le16 table;
		__le32 types;
	} __packed raw;
	u16 table;
	int err;

	err = vfe_config_read(vn->vd, VFE_NET_CONFIG(rss_max_key_size), fields,
			      &raw);
	if (err)
		return err;
	table = min_t(u16, le16_to_cpu(raw.table), VFE_NET_RSS_TABLE);
	if (rss->on && table)
		rss->table_len = rounddown_pow_of_two(table);
	rss->key_len = min_t(u8, raw.key, VFE_NET_RSS_KEY);
	/* as virtio_net: ethtool has no fields for extension headers */
	rss->supported = le32_to_cpu(raw.types) &
			 (VIRTIO_NET_RSS_HASH_TYPE_IP_EX - 1);
	rss->types = rss->supported;
	return rss->key_len && (table || !rss->on) ? 0 : -EINVAL;
}

int vfe_net_rss_init(struct vfe_net *vn)
{
	struct vfe_net_rss *rss = &vn->state.rss;
	unsigned int i;
	int err;

	rss->on = vn->ctrl && vfe_net_has(vn, VIRTIO_NET_F_RSS);
	rss->report = vn->ctrl && vfe_net_has(vn, VIRTIO_NET_F_HASH_REPORT);
	if (!rss->on && !rss->report)
		return 0;
	err = vfe_net_rss_read(vn);
	if (err) {
		dev_warn(vfe_dev(vn->vd),
			 "no RSS: key of %u bytes, table of %u entries, error %d\n",
			 rss->key_len, rss->table_len, err);
		rss->on = false;
		rss->report = false;
		/* ethtool must not look for a table */
		rss->key_len = 0;
		rss->table_len = 0;
		return 0;
	}
	netdev_rss_key_fill(rss->key, rss->key_len);
	rss->table = kcalloc(rss->table_len ?: 1, sizeof(*rss->table),
			     GFP_KERNEL);
	if (!rss->table)
		return -ENOMEM;
	for (i = 0; i < rss->table_len; i++)
		rss->table[i] = i % vn->state.pairs;
	return 0;
}

void vfe_net_rss_exit(struct vfe_net *vn)
{
	kfree(vn->state.rss.table);
}
