// SPDX-License-Identifier: GPL-2.0
/* Statistics of the device by queue (virtio 1.4, 5.1.9.5.11). */
#include <string.h>

#include "net/net.h"

#define T(type)		(UINT64_C(1) << VFE_NET_STATS_##type)
#define RX_TYPES	(T(RX_BASIC) | T(RX_CSUM) | T(RX_GSO))
#define TX_TYPES	(T(TX_BASIC) | T(TX_CSUM) | T(TX_GSO))

union reply {
	struct vfe_net_stats_reply hdr;
	struct vfe_net_stats_cvq cvq;
	struct vfe_net_stats_rx_basic rx_basic;
	struct vfe_net_stats_rx_csum rx_csum;
	struct vfe_net_stats_rx_gso rx_gso;
	struct vfe_net_stats_tx_basic tx_basic;
	struct vfe_net_stats_tx_csum tx_csum;
	struct vfe_net_stats_tx_gso tx_gso;
};

void stats_frame(struct net_stats *s, const struct vfe_net_hdr *hdr,
		 uint32_t len)
{
	s->packets++;
	s->bytes += len;
	if (hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		s->needs_csum++;
	else if (hdr->flags & VIRTIO_NET_HDR_F_DATA_VALID)
		s->csum_valid++;
	else
		s->csum_none++;
	if (hdr->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
		s->gso_packets++;
		s->gso_bytes += len;
	}
}

static uint16_t fill_rx(const struct queue *q, const struct net_stats *s,
			unsigned int type, union reply *r)
{
	switch (type) {
	case VFE_NET_STATS_RX_BASIC:
		r->rx_basic.rx_notifications = htole64(q->kicks);
		r->rx_basic.rx_packets = htole64(s->packets);
		r->rx_basic.rx_bytes = htole64(s->bytes);
		r->rx_basic.rx_interrupts = htole64(q->interrupts);
		r->rx_basic.rx_drops = htole64(s->drops + s->overruns);
		r->rx_basic.rx_drop_overruns = htole64(s->overruns);
		return sizeof(r->rx_basic);
	case VFE_NET_STATS_RX_CSUM:
		r->rx_csum.rx_csum_valid = htole64(s->csum_valid);
		r->rx_csum.rx_needs_csum = htole64(s->needs_csum);
		r->rx_csum.rx_csum_none = htole64(s->csum_none);
		return sizeof(r->rx_csum);
	default:
		r->rx_gso.rx_gso_packets = htole64(s->gso_packets);
		r->rx_gso.rx_gso_bytes = htole64(s->gso_bytes);
		return sizeof(r->rx_gso);
	}
}

/* The link or the far side segments; this device passes frames whole. */
static uint16_t fill_tx(const struct queue *q, const struct net_stats *s,
			unsigned int type, union reply *r)
{
	switch (type) {
	case VFE_NET_STATS_TX_BASIC:
		r->tx_basic.tx_notifications = htole64(q->kicks);
		r->tx_basic.tx_packets = htole64(s->packets);
		r->tx_basic.tx_bytes = htole64(s->bytes);
		r->tx_basic.tx_interrupts = htole64(q->interrupts);
		r->tx_basic.tx_drops = htole64(s->drops);
		r->tx_basic.tx_drop_malformed = htole64(s->drops);
		return sizeof(r->tx_basic);
	case VFE_NET_STATS_TX_CSUM:
		r->tx_csum.tx_csum_none = htole64(s->csum_none);
		r->tx_csum.tx_needs_csum = htole64(s->needs_csum);
		return sizeof(r->tx_csum);
	default:
		r->tx_gso.tx_gso_packets = htole64(s->gso_packets);
		r->tx_gso.tx_gso_bytes = htole64(s->gso_bytes);
		r->tx_gso.tx_gso_packets_noseg = htole64(s->gso_packets);
		r->tx_gso.tx_gso_bytes_noseg = htole64(s->gso_bytes);
		return sizeof(r->tx_gso);
	}
}

static uint16_t fill(const struct net *n, const struct queue *q,
		     unsigned int type, union reply *r)
{
	const struct net_stats *s = &n->stats[q->index];

	switch (net_role(q)) {
	case ROLE_RX:
		return fill_rx(q, s, type, r);
	case ROLE_TX:
		return fill_tx(q, s, type, r);
	default:
		r->cvq.command_num = htole64(n->commands);
		r->cvq.ok_num = htole64(n->commands_ok);
		return sizeof(r->cvq);
	}
}

/* Types that a queue has */
static uint64_t types_of(const struct queue *q)
{
	switch (net_role(q)) {
	case ROLE_RX:
		return RX_TYPES;
	case ROLE_TX:
		return TX_TYPES;
	case ROLE_CTRL:
		return T(CVQ);
	default:
		return 0;
	}
}

/* Return: the bytes of the answer, or -1 */
int stats_query(uint8_t *answer, size_t room)
{
	const struct vfe_net_stats_caps caps = {
		.types = htole64(RX_TYPES | TX_TYPES | T(CVQ)),
	};

	if (room < sizeof(caps))
		return -1;
	memcpy(answer, &caps, sizeof(caps));
	return sizeof(caps);
}

/* The answer to one request. Return: its bytes, or -1 */
static int get_one(const struct net *n,
		   const struct vfe_net_stats_request *request,
		   uint8_t *answer, size_t room)
{
	unsigned int index = le16toh(request->vq_index);
	uint64_t types = le64toh(request->types);
	const struct queue *q;
	size_t done = 0;

	if (index >= n->v->num_queues)
		return -1;
	q = &n->v->queues[index];
	if (types & ~types_of(q))
		return -1;
	for (unsigned int type = 0; type <= VFE_NET_STATS_CVQ; type++) {
		union reply r = {};
		uint16_t len;

		if (!(types & UINT64_C(1) << type))
			continue;
		len = fill(n, q, type, &r);
		r.hdr.type = type;
		r.hdr.vq_index = htole16(index);
		r.hdr.size = htole16(len);
		if (len > room - done)
			return -1;
		memcpy(answer + done, &r, len);
		done += len;
	}
	return done;
}

int stats_get(const struct net *n, const uint8_t *data, size_t len,
	      uint8_t *answer, size_t room)
{
	struct vfe_net_stats_request request;
	size_t done = 0;

	if (!len || len % sizeof(request))
		return -1;
	for (; len; len -= sizeof(request), data += sizeof(request)) {
		int ret;

		memcpy(&request, data, sizeof(request));
		ret = get_one(n, &request, answer + done, room - done);
		if (ret < 0)
			return -1;
		done += ret;
	}
	return done;
}
