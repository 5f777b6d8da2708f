// SPDX-License-Identifier: GPL-2.0
/* The transmit queues: frames of the driver go to the link. */
#include <string.h>

#include "net/net.h"

size_t net_gather(const struct iovec *iov, int n, size_t skip, void *to,
		  size_t len)
{
	size_t done = 0;

	for (int i = 0; i < n && done < len; i++) {
		size_t part = iov[i].iov_len;

		if (skip >= part) {
			skip -= part;
			continue;
		}
		part -= skip;
		if (part > len - done)
			part = len - done;
		memcpy((uint8_t *)to + done,
		       (const uint8_t *)iov[i].iov_base + skip, part);
		skip = 0;
		done += part;
	}
	return done;
}

static int complain(const struct queue *q, const char *what)
{
	net_count(net_of(q->v), NET_TX_MALFORMED, 1);
	log_line("queue %u: %s", q->index, what);
	return -1;
}

/* 5.1.9.2.2: a frame that makes no sense is dropped. */
static void send(struct net *n, unsigned int pair, struct net_frame *f)
{
	struct net_stats *s = &n->stats[2 * pair + 1];

	/* 5.1.9.5.6: the device need not read this queue. */
	if (pair >= n->pairs)
		net_count(n, NET_TX_INACTIVE, 1);
	if (n->pairs > 1 && !n->steer.rss)
		steer_sent(&n->steer, f, pair);
	if (link_send(n->link, pair, n->allowed)) {
		net_count(n, NET_TX_MALFORMED, 1);
		s->drops++;
		return;
	}
	net_count(n, NET_TX_FRAMES, 1);
	net_count(n, NET_TX_BYTES, f->len);
	stats_frame(s, &f->hdr, f->len);
}

int net_transmit(struct queue *q, struct chain *c, uint32_t *len)
{
	struct net *n = net_of(q->v);
	unsigned int pair = q->index / 2;
	struct net_frame *f;

	*len = 0;
	if (c->fault)
		return complain(q, "a frame that is not all guest memory");
	if (c->write_len || c->read_len < n->hdr_len)
		return complain(q, "a buffer that is no header and frame to read");
	f = link_frame(n->link, pair);
	if (!f)
		return REQUEST_LATER;
	memset(&f->hdr, 0, sizeof(f->hdr));
	net_gather(c->iov, c->readable, 0, &f->hdr, n->hdr_len);
	/* 5.1.9.2.2: unknown flags; 5.1.9.2.1: and those a driver never sets */
	f->hdr.flags &= VIRTIO_NET_HDR_F_NEEDS_CSUM |
			VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM;
	f->len = net_gather(c->iov, c->readable, n->hdr_len, f->data,
			    NET_FRAME_MAX);
	/* 14: an Ethernet header. The device does not pad runts. */
	if (f->len < c->read_len - n->hdr_len || f->len < 14) {
		net_count(n, NET_TX_MALFORMED, 1);
		n->stats[q->index].drops++;
		return 0;
	}
	moderate_packets(q, 1);
	send(n, pair, f);
	return 0;
}
