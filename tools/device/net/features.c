// SPDX-License-Identifier: GPL-2.0
/*
 * The features of the network device, what each needs (virtio 1.4, 5.1.3.1),
 * and its configuration space (5.1.4).
 */
#include <endian.h>
#include <string.h>

#include "net/net.h"

/* A feature, and those of which one must be there */
struct rule {
	const char *name;
	unsigned int bit;
	uint64_t any;		/* 0: it needs nothing */
	uint64_t too;		/* and all of these */
};

#define F(name)		BIT64(VIRTIO_NET_F_##name)

static const struct rule rules[] = {
	{ "GUEST_TSO4", VIRTIO_NET_F_GUEST_TSO4, F(GUEST_CSUM), 0 },
	{ "GUEST_TSO6", VIRTIO_NET_F_GUEST_TSO6, F(GUEST_CSUM), 0 },
	{ "GUEST_ECN", VIRTIO_NET_F_GUEST_ECN, F(GUEST_TSO4) | F(GUEST_TSO6),
	  0 },
	{ "GUEST_USO4", VIRTIO_NET_F_GUEST_USO4, F(GUEST_CSUM), 0 },
	{ "GUEST_USO6", VIRTIO_NET_F_GUEST_USO6, F(GUEST_CSUM), 0 },
	{ "GUEST_UDP_TUNNEL_GSO", NET_F_GUEST_TUNNEL, F(GUEST_TSO4),
	  F(GUEST_TSO6) | F(GUEST_USO4) | F(GUEST_USO6) },
	{ "GUEST_UDP_TUNNEL_GSO_CSUM", NET_F_GUEST_TUNNEL_CSUM,
	  BIT64(NET_F_GUEST_TUNNEL), 0 },
	{ "HOST_TSO4", VIRTIO_NET_F_HOST_TSO4, F(CSUM), 0 },
	{ "HOST_TSO6", VIRTIO_NET_F_HOST_TSO6, F(CSUM), 0 },
	{ "HOST_ECN", VIRTIO_NET_F_HOST_ECN, F(HOST_TSO4) | F(HOST_TSO6), 0 },
	{ "HOST_USO", VIRTIO_NET_F_HOST_USO, F(CSUM), 0 },
	{ "HOST_UDP_TUNNEL_GSO", NET_F_HOST_TUNNEL, F(HOST_TSO4),
	  F(HOST_TSO6) | F(HOST_USO) },
	{ "HOST_UDP_TUNNEL_GSO_CSUM", NET_F_HOST_TUNNEL_CSUM,
	  BIT64(NET_F_HOST_TUNNEL), 0 },
	{ "CTRL_RX", VIRTIO_NET_F_CTRL_RX, F(CTRL_VQ), 0 },
	{ "CTRL_RX_EXTRA", VIRTIO_NET_F_CTRL_RX_EXTRA, F(CTRL_VQ), 0 },
	{ "CTRL_VLAN", VIRTIO_NET_F_CTRL_VLAN, F(CTRL_VQ), 0 },
	{ "GUEST_ANNOUNCE", VIRTIO_NET_F_GUEST_ANNOUNCE, F(CTRL_VQ), 0 },
	{ "MQ", VIRTIO_NET_F_MQ, F(CTRL_VQ), 0 },
	{ "CTRL_MAC_ADDR", VIRTIO_NET_F_CTRL_MAC_ADDR, F(CTRL_VQ), 0 },
	{ "NOTF_COAL", VIRTIO_NET_F_NOTF_COAL, F(CTRL_VQ), 0 },
	{ "VQ_NOTF_COAL", VIRTIO_NET_F_VQ_NOTF_COAL, F(CTRL_VQ), 0 },
	{ "RSS", VIRTIO_NET_F_RSS, F(CTRL_VQ), 0 },
	/* Only the control queue has commands for these. */
	{ "HASH_REPORT", VIRTIO_NET_F_HASH_REPORT, F(CTRL_VQ), 0 },
	{ "DEVICE_STATS", VIRTIO_NET_F_DEVICE_STATS, F(CTRL_VQ), 0 },
	{ "CTRL_GUEST_OFFLOADS", VIRTIO_NET_F_CTRL_GUEST_OFFLOADS, F(CTRL_VQ),
	  0 },
};

#define NUM_RULES	(sizeof(rules) / sizeof(rules[0]))

const struct bit_name net_feature_names[] = {
	{ "csum", VIRTIO_NET_F_CSUM },
	{ "guest_csum", VIRTIO_NET_F_GUEST_CSUM },
	{ "mtu", VIRTIO_NET_F_MTU },
	{ "mac", VIRTIO_NET_F_MAC },
	{ "guest_tso4", VIRTIO_NET_F_GUEST_TSO4 },
	{ "guest_tso6", VIRTIO_NET_F_GUEST_TSO6 },
	{ "guest_ecn", VIRTIO_NET_F_GUEST_ECN },
	{ "host_tso4", VIRTIO_NET_F_HOST_TSO4 },
	{ "host_tso6", VIRTIO_NET_F_HOST_TSO6 },
	{ "host_ecn", VIRTIO_NET_F_HOST_ECN },
	{ "mrg_rxbuf", VIRTIO_NET_F_MRG_RXBUF },
	{ "status", VIRTIO_NET_F_STATUS },
	{ "ctrl_vq", VIRTIO_NET_F_CTRL_VQ },
	{ "ctrl_rx", VIRTIO_NET_F_CTRL_RX },
	{ "ctrl_vlan", VIRTIO_NET_F_CTRL_VLAN },
	{ "ctrl_rx_extra", VIRTIO_NET_F_CTRL_RX_EXTRA },
	{ "guest_announce", VIRTIO_NET_F_GUEST_ANNOUNCE },
	{ "mq", VIRTIO_NET_F_MQ },
	{ "ctrl_mac_addr", VIRTIO_NET_F_CTRL_MAC_ADDR },
	{ "ctrl_guest_offloads", VIRTIO_NET_F_CTRL_GUEST_OFFLOADS },
	{ "device_stats", VIRTIO_NET_F_DEVICE_STATS },
	{ "vq_notf_coal", VIRTIO_NET_F_VQ_NOTF_COAL },
	{ "notf_coal", VIRTIO_NET_F_NOTF_COAL },
	{ "hash_report", VIRTIO_NET_F_HASH_REPORT },
	{ "rss", VIRTIO_NET_F_RSS },
	{ "guest_uso4", VIRTIO_NET_F_GUEST_USO4 },
	{ "guest_uso6", VIRTIO_NET_F_GUEST_USO6 },
	{ "host_uso", VIRTIO_NET_F_HOST_USO },
	{ "guest_hdrlen", VIRTIO_NET_F_GUEST_HDRLEN },
	{ "speed_duplex", VIRTIO_NET_F_SPEED_DUPLEX },
	{ "guest_udp_tunnel_gso", NET_F_GUEST_TUNNEL },
	{ "guest_udp_tunnel_gso_csum", NET_F_GUEST_TUNNEL_CSUM },
	{ "host_udp_tunnel_gso", NET_F_HOST_TUNNEL },
	{ "host_udp_tunnel_gso_csum", NET_F_HOST_TUNNEL_CSUM },
	{ }
};

static bool is_kept(const struct rule *r, uint64_t f)
{
	return !(f & BIT64(r->bit)) ||
	       ((!r->any || f & r->any) && (f & r->too) == r->too);
}

uint64_t net_features(const struct vdev *v)
{
	struct net *n = net_of(v);
	uint64_t f = F(CSUM) | F(GUEST_CSUM) | F(MAC) | F(GUEST_TSO4) |
		     F(GUEST_TSO6) | F(GUEST_ECN) | F(HOST_TSO4) |
		     F(HOST_TSO6) | F(HOST_ECN) | F(MRG_RXBUF) | F(STATUS) |
		     F(GUEST_USO4) | F(GUEST_USO6) | F(HOST_USO) |
		     F(GUEST_HDRLEN) | F(CTRL_VQ) | F(CTRL_RX) |
		     F(CTRL_RX_EXTRA) | F(CTRL_VLAN) | F(CTRL_MAC_ADDR) |
		     F(CTRL_GUEST_OFFLOADS) | F(GUEST_ANNOUNCE) |
		     F(NOTF_COAL) | F(VQ_NOTF_COAL) | F(DEVICE_STATS) |
		     BIT64(NET_F_GUEST_TUNNEL) |
		     BIT64(NET_F_GUEST_TUNNEL_CSUM) |
		     BIT64(NET_F_HOST_TUNNEL) | BIT64(NET_F_HOST_TUNNEL_CSUM);

	if (n->o->pairs > 1)
		f |= F(MQ) | F(RSS) | F(HASH_REPORT);
	if (n->o->mtu || quirk_on(v, QUIRK_CONFIG_MTU))
		f |= F(MTU);
	if (n->o->has_speed || quirk_on(v, QUIRK_CONFIG_SPEED) ||
	    quirk_on(v, QUIRK_CONFIG_DUPLEX))
		f |= F(SPEED_DUPLEX);
	f &= ~v->o->features_off;
	/* The rules of features come before those of others that need them. */
	for (size_t i = 0; i < NUM_RULES; i++) {
		if (!is_kept(&rules[i], f))
			f &= ~BIT64(rules[i].bit);
	}
	return f;
}

const char *net_lacks(const struct vdev *v)
{
	for (size_t i = 0; i < NUM_RULES; i++) {
		if (!is_kept(&rules[i], v->features))
			return rules[i].name;
	}
	return NULL;
}

/* Offload bits for feature bits */
static uint32_t offloads_of(uint64_t f, const struct bit_name *table)
{
	uint32_t offloads = 0;

	for (unsigned int i = 0; i < 8; i++) {
		if (f & BIT64(table[i].bit))
			offloads |= 1U << i;
	}
	return offloads;
}

/* In the order of enum net_offload */
static const struct bit_name guest_bits[8] = {
	{ "csum", VIRTIO_NET_F_GUEST_CSUM },
	{ "tso4", VIRTIO_NET_F_GUEST_TSO4 },
	{ "tso6", VIRTIO_NET_F_GUEST_TSO6 },
	{ "ecn", VIRTIO_NET_F_GUEST_ECN },
	{ "uso4", VIRTIO_NET_F_GUEST_USO4 },
	{ "uso6", VIRTIO_NET_F_GUEST_USO6 },
	{ "tunnel", NET_F_GUEST_TUNNEL },
	{ "tunnel_csum", NET_F_GUEST_TUNNEL_CSUM },
};

static const struct bit_name host_bits[8] = {
	{ "csum", VIRTIO_NET_F_CSUM },
	{ "tso4", VIRTIO_NET_F_HOST_TSO4 },
	{ "tso6", VIRTIO_NET_F_HOST_TSO6 },
	{ "ecn", VIRTIO_NET_F_HOST_ECN },
	{ "uso4", VIRTIO_NET_F_HOST_USO },
	{ "uso6", VIRTIO_NET_F_HOST_USO },
	{ "tunnel", NET_F_HOST_TUNNEL },
	{ "tunnel_csum", NET_F_HOST_TUNNEL_CSUM },
};

void net_accepted(struct vdev *v)
{
	struct net *n = net_of(v);

	filter_reset(&n->filter, vdev_has(v, VIRTIO_NET_F_CTRL_RX),
		     vdev_has(v, VIRTIO_NET_F_CTRL_VLAN));
	n->offloads = offloads_of(v->features, guest_bits);
	n->allowed = offloads_of(v->features, host_bits);
	/* 5.1.9.3.1: a field brings those before it. */
	if (vdev_has(v, NET_F_HOST_TUNNEL) || vdev_has(v, NET_F_GUEST_TUNNEL))
		n->hdr_len = VFE_NET_HDR_LEN_TUNNEL;
	else if (vdev_has(v, VIRTIO_NET_F_HASH_REPORT))
		n->hdr_len = VFE_NET_HDR_LEN_HASH;
	else
		n->hdr_len = VFE_NET_HDR_LEN;
}

/* 5.1.9.5.9: two offloads have other bits than their features. */
bool net_set_offloads(struct net *n, uint64_t bits)
{
	static const uint64_t plain = F(GUEST_CSUM) | F(GUEST_TSO4) |
		F(GUEST_TSO6) | F(GUEST_ECN) | F(GUEST_USO4) | F(GUEST_USO6);
	uint64_t tunnel = BIT64(VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO_MAPPED);
	uint64_t csum = BIT64(VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO_CSUM_MAPPED);
	uint64_t f = bits & plain;

	/* Linux counts GUEST_HDRLEN among its offloads. */
	if (bits & ~(plain | tunnel | csum | F(GUEST_HDRLEN)))
		return false;
	if (bits & tunnel)
		f |= BIT64(NET_F_GUEST_TUNNEL);
	if (bits & csum)
		f |= BIT64(NET_F_GUEST_TUNNEL_CSUM);
	if (f & ~n->v->features)
		return false;
	n->offloads = offloads_of(f, guest_bits);
	return true;
}

/* 5.1.2: without MQ and RSS there is one pair. */
unsigned int net_max_pairs(const struct vdev *v)
{
	return v->features & (F(MQ) | F(RSS)) ? net_of(v)->o->pairs : 1;
}

enum net_role net_role(const struct queue *q)
{
	unsigned int pairs = net_max_pairs(q->v);

	if (q->index < 2 * pairs)
		return q->index % 2 ? ROLE_TX : ROLE_RX;
	if (q->index == 2 * pairs && vdev_has(q->v, VIRTIO_NET_F_CTRL_VQ))
		return ROLE_CTRL;
	return ROLE_NONE;
}

static void fill_config(const struct vdev *v, struct vfe_net_config *c)
{
	const struct net *n = net_of(v);

	memset(c, 0, sizeof(*c));
	memcpy(c->mac, n->mac, sizeof(c->mac));
	if (link_is_up(n->link))
		c->status |= htole16(VIRTIO_NET_S_LINK_UP);
	if (n->announce)
		c->status |= htole16(VIRTIO_NET_S_ANNOUNCE);
	c->max_virtqueue_pairs = htole16(n->o->pairs);
	c->mtu = htole16(n->o->mtu);
	c->speed = htole32(n->o->speed);
	c->duplex = n->o->duplex;
	c->rss_max_key_size = STEER_KEY;
	c->rss_max_indirection_table_length = htole16(STEER_TABLE);
	c->supported_hash_types = htole32(STEER_TYPES);
	net_quirk_config(v, c);
}

uint32_t net_config_read(struct vdev *v, uint32_t offset, unsigned int size)
{
	struct vfe_net_config c;

	fill_config(v, &c);
	return vdev_config_read(&c, sizeof(c), offset, size);
}

void net_config_write(struct vdev *v, uint32_t offset, unsigned int size,
		      uint32_t value)
{
	(void)v;
	log_line("device_config: write of 0x%x, %u bytes at %u, ignored: all of it is read-only",
		 value, size, offset);
}
