// SPDX-License-Identifier: GPL-2.0
/*
 * Quirks of network devices: values of the configuration that make no sense,
 * and received frames with a header or a length that a driver must not trust.
 */
#include "net/net.h"

static const char *const odd_lengths[] = {
	[ODD_LEN_ZERO] = "zero",
	[ODD_LEN_SHORT] = "short",
	[ODD_LEN_BEYOND] = "beyond",
	[ODD_LEN_ALL_ONES] = "all-ones",
	NULL
};

static const char *const odd_headers[] = {
	[ODD_GSO_TYPE] = "gso-type",
	[ODD_GSO_NO_CSUM] = "gso-no-csum",
	[ODD_GSO_SIZE] = "gso-size",
	[ODD_GSO_HUGE] = "gso-huge",
	[ODD_HDR_LEN] = "hdr-len",
	[ODD_CSUM_START] = "csum-start",
	[ODD_CSUM_OFFSET] = "csum-offset",
	[ODD_CSUM_ZERO] = "csum-zero",
	[ODD_TUNNEL] = "tunnel",
	[ODD_FLAGS] = "flags",
	NULL
};

/* In the order of enum net_quirk */
const struct value_info net_quirks[] = {
	VALUE_FLAG_OF("ctrl-silent"),
	VALUE_OF("ctrl-slow", VALUE_SECONDS, 1, 600 * 1000),
	VALUE_OF("ctrl-refuse", VALUE_NUMBER, 0, UINT8_MAX),
	VALUE_OF("mtu", VALUE_NUMBER, 0, UINT16_MAX),
	VALUE_OF("pairs", VALUE_NUMBER, 0, UINT16_MAX),
	VALUE_OF("speed", VALUE_NUMBER, 0, UINT32_MAX),
	VALUE_OF("duplex", VALUE_NUMBER, 0, UINT8_MAX),
	VALUE_OF("link-flap", VALUE_SECONDS, 1, 600 * 1000),
	VALUE_OF("rx-every", VALUE_NUMBER, 1, UINT32_MAX),
	{ .name = "rx-len", .kind = VALUE_CHOICE, .choices = odd_lengths },
	VALUE_OF("rx-num-buffers", VALUE_NUMBER, 0, UINT16_MAX),
	{ .name = "rx-header", .kind = VALUE_CHOICE, .choices = odd_headers },
	{ }
};

static_assert(sizeof(net_quirks) / sizeof(net_quirks[0]) ==
	      QUIRK_NET_END - QUIRK_OF_CLASS + 1, "each quirk has a name");

void net_quirk_config(const struct vdev *v, struct vfe_net_config *c)
{
	c->mtu = htole16(quirk_value(v, QUIRK_CONFIG_MTU, le16toh(c->mtu)));
	c->max_virtqueue_pairs =
		htole16(quirk_value(v, QUIRK_CONFIG_PAIRS,
				    le16toh(c->max_virtqueue_pairs)));
	c->speed = htole32(quirk_value(v, QUIRK_CONFIG_SPEED,
				       le32toh(c->speed)));
	c->duplex = quirk_value(v, QUIRK_CONFIG_DUPLEX, c->duplex);
}

static bool is_chosen(const struct net *n)
{
	return !(n->received % quirk_value(n->v, QUIRK_RX_EVERY, 1));
}

static void tso(struct vfe_net_hdr *hdr, uint32_t size)
{
	hdr->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	hdr->gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	hdr->gso_size = htole16(size);
	hdr->hdr_len = htole16(54);
	hdr->csum_start = htole16(34);
	hdr->csum_offset = htole16(16);
}

static void csum(struct vfe_net_hdr *hdr, uint32_t start, uint32_t offset)
{
	hdr->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	hdr->csum_start = htole16(start);
	hdr->csum_offset = htole16(offset);
}

static void spoil(struct vfe_net_hdr *hdr, enum net_odd_header what,
		  uint32_t len)
{
	switch (what) {
	case ODD_GSO_TYPE:
		tso(hdr, 1448);
		hdr->gso_type = 0x1b;
		break;
	case ODD_GSO_NO_CSUM:
		tso(hdr, 1448);
		hdr->flags = 0;
		break;
	case ODD_GSO_SIZE:
		tso(hdr, 0);
		break;
	case ODD_GSO_HUGE:
		tso(hdr, UINT16_MAX);
		break;
	case ODD_HDR_LEN:
		tso(hdr, 1448);
		hdr->hdr_len = htole16(UINT16_MAX);
		break;
	case ODD_CSUM_START:
		csum(hdr, len + 1 < UINT16_MAX ? len + 1 : UINT16_MAX, 0);
		break;
	case ODD_CSUM_OFFSET:
		csum(hdr, 34, UINT16_MAX);
		break;
	case ODD_CSUM_ZERO:
		csum(hdr, 0, 0);
		break;
	case ODD_TUNNEL:
		tso(hdr, 1448);
		hdr->gso_type |= VIRTIO_NET_HDR_GSO_UDP_TUNNEL;
		break;
	case ODD_FLAGS:
		hdr->flags = UINT8_MAX;
		break;
	}
}

void net_quirk_header(struct net *n, struct vfe_net_hdr *hdr, uint32_t len)
{
	if (!is_chosen(n))
		return;
	if (quirk_on(n->v, QUIRK_RX_NUM_BUFFERS))
		hdr->num_buffers =
			htole16(quirk_value(n->v, QUIRK_RX_NUM_BUFFERS, 0));
	if (quirk_on(n->v, QUIRK_RX_HEADER))
		spoil(hdr, quirk_value(n->v, QUIRK_RX_HEADER, 0), len);
}

uint32_t net_quirk_len(const struct net *n, uint32_t len, uint64_t room)
{
	if (!quirk_on(n->v, QUIRK_RX_LEN) || !is_chosen(n))
		return len;
	switch (quirk_value(n->v, QUIRK_RX_LEN, 0)) {
	case ODD_LEN_ZERO:
		return 0;
	case ODD_LEN_SHORT:
		return n->hdr_len - 1;
	case ODD_LEN_BEYOND:
		return room + 1;
	default:
		return UINT32_MAX;
	}
}
