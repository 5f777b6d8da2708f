// SPDX-License-Identifier: GPL-2.0
/*
 * The receive queues: the port of the link that the virtio driver is. Buffers
 * stay in their ring until a frame comes; the device asks for a notification
 * only when a frame waits for them.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "net/net.h"

/* A frame waits for buffers so long, then it is dropped. */
#define RX_PATIENCE_NS	UINT64_C(200000000)
/* Flags that there are */
#define FLAGS	(VIRTIO_NET_HDR_F_NEEDS_CSUM | VIRTIO_NET_HDR_F_DATA_VALID | \
		 VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM)
/* Buffers of one frame */
#define MOST_BUFFERS	1024

/* The contents of the buffers: the header, then the frame */
struct source {
	const struct net_frame *f;
	const struct vfe_net_hdr *hdr;
	uint32_t hdr_len;
	uint32_t at, len;
};

/* The buffers of a frame; their pieces are adjacent in @v->iov. */
struct buffers {
	struct {
		struct chain c;
		uint32_t len;	/* that the frame has of it */
	} of[MOST_BUFFERS];
	unsigned int n;
	uint64_t room;
};

static size_t copy_part(struct source *s, uint8_t *to, size_t room)
{
	const uint8_t *from;
	size_t part;

	if (s->at < s->hdr_len) {
		from = (const uint8_t *)s->hdr + s->at;
		part = s->hdr_len - s->at;
	} else {
		from = s->f->data + s->at - s->hdr_len;
		part = s->len - s->at;
	}
	if (part > room)
		part = room;
	memcpy(to, from, part);
	s->at += part;
	return part;
}

/* Return: how much of the buffer was filled */
static uint32_t fill(struct source *s, const struct chain *c)
{
	const struct iovec *iov = c->iov + c->readable;
	uint32_t before = s->at;

	for (int i = 0; i < c->writable && s->at < s->len; i++) {
		size_t done = 0;

		while (done < iov[i].iov_len && s->at < s->len)
			done += copy_part(s, (uint8_t *)iov[i].iov_base + done,
					  iov[i].iov_len - done);
	}
	return s->at - before;
}

static int complain(struct queue *q, const char *what)
{
	log_line("queue %u: %s", q->index, what);
	vdev_break(q->v);
	return -EINVAL;
}

/*
 * Take buffers for @len bytes, one if they cannot be merged.
 * Return: 0, -EAGAIN if there are not enough, -EINVAL if the ring is broken
 */
static int take(struct queue *q, struct buffers *b, uint64_t len)
{
	unsigned int most = 1;

	if (vdev_has(q->v, VIRTIO_NET_F_MRG_RXBUF))
		most = MOST_BUFFERS;
	b->n = 0;
	b->room = 0;
	while (b->room < len && b->n < most) {
		struct chain *c = &b->of[b->n].c;
		int ret = queue_take(q, c);

		if (ret <= 0)
			return ret ? -EINVAL : -EAGAIN;
		if (c->fault)
			return complain(q, "a receive buffer that is not all guest memory");
		/* 5.1.9.3.1: a header must fit, at the least. */
		if (c->read_len || c->write_len < net_of(q->v)->hdr_len)
			return complain(q, "a receive buffer with no room for a header");
		b->room += c->write_len;
		b->n++;
	}
	return 0;
}

/* 5.1.9.3.2, 5.1.9.4.1 */
static void put(struct queue *q, struct buffers *b, const struct net_frame *f)
{
	struct net *n = net_of(q->v);
	struct vfe_net_hdr hdr = f->hdr;
	struct source s = {
		.f = f, .hdr = &hdr, .hdr_len = n->hdr_len,
		.len = n->hdr_len + f->len,
	};

	hdr.num_buffers = htole16(b->n);
	/* 5.1.9.4.1: no flag without GUEST_CSUM */
	hdr.flags &= n->offloads & NET_CSUM ? FLAGS : 0;
	stats_frame(&n->stats[q->index], &hdr, f->len);
	n->received++;
	net_quirk_header(n, &hdr, f->len);
	for (unsigned int i = 0; i < b->n; i++)
		b->of[i].len = fill(&s, &b->of[i].c);
	b->of[0].len = net_quirk_len(n, b->of[0].len, b->of[0].c.write_len);
	for (unsigned int i = 0; i < b->n; i++)
		ring_push(q, &b->of[i].c, b->of[i].len);
	net_count(n, NET_RX_FRAMES, 1);
	net_count(n, NET_RX_BYTES, f->len);
	net_count(n, NET_RX_BUFFERS, b->n);
	moderate_packets(q, 1);
}

static void overrun(struct net *n, unsigned int pair)
{
	n->stats[2 * pair].overruns++;
	net_count(n, NET_RX_OVERRUN, 1);
}

/* There are no buffers: wait, but not for ever. */
static int starve(struct net *n, unsigned int pair)
{
	uint64_t now = clock_ns();

	if (!n->starved_since[pair])
		n->starved_since[pair] = now;
	if (now - n->starved_since[pair] < RX_PATIENCE_NS) {
		n->retry_at = n->starved_since[pair] + RX_PATIENCE_NS;
		return -EAGAIN;
	}
	overrun(n, pair);
	return 0;
}

static int deliver(struct queue *q, struct net_frame *f)
{
	static struct buffers b;
	struct net *n = net_of(q->v);
	unsigned int pair = q->index / 2;
	uint64_t len = n->hdr_len + f->len;
	bool more;
	int ret;

	do {
		ret = take(q, &b, len);
		/* Too few buffers: ask for a notification, or look at new ones. */
		more = ret == -EAGAIN && b.n < q->size && !queue_arm(q);
		if (ret)
			queue_untake(q);
	} while (more);
	if (ret == -EAGAIN && b.n < q->size)
		return starve(n, pair);
	if (ret == -EINVAL)
		return 0;
	n->starved_since[pair] = 0;
	/* The frame does not fit into all buffers of the ring. */
	if (b.room < len) {
		queue_untake(q);
		n->stats[q->index].drops++;
		net_count(n, NET_RX_TOO_LONG, 1);
		return 0;
	}
	put(q, &b, f);
	queue_done(q);
	n->touched |= 1U << pair;
	return 0;
}

/* 5.1.4.1: no longer frames once the MTU is negotiated */
static bool is_too_long(const struct net *n, const struct net_frame *f)
{
	return vdev_has(n->v, VIRTIO_NET_F_MTU) &&
	       !(f->hdr.gso_type & ~VIRTIO_NET_HDR_GSO_ECN) &&
	       f->len > n->o->mtu + 14 + 4;
}

/* 5.1.9.5.6, .7: a queue that is being reset gets nothing. */
static struct queue *choose(struct net *n, struct net_frame *f,
			    const struct packet *p)
{
	unsigned int report, pair;
	uint32_t hash = 0;

	report = steer_hash(&n->steer, f->data, p, &hash);
	/* 5.1.9.4.4 */
	f->hdr.hash_value_lo = htole16(hash);
	f->hdr.hash_value_hi = htole16(hash >> 16);
	f->hdr.hash_report = htole16(report);
	f->hdr.padding = 0;
	pair = steer_pair(&n->steer, f->data, p, n->pairs, report, hash);
	if (n->steer.rss || queue_usable(&n->v->queues[2 * pair]))
		return &n->v->queues[2 * pair];
	for (pair = 0; pair < n->pairs; pair++) {
		if (queue_usable(&n->v->queues[2 * pair]))
			break;
	}
	return &n->v->queues[pair < n->pairs ? 2 * pair : 0];
}

/* --control stall: nothing is received meanwhile. */
static bool is_stalled(struct net *n)
{
	uint64_t until = service_stalled_until(n->v);

	if (until <= clock_ns())
		return false;
	n->retry_at = until;
	return true;
}

static int receive(void *state, struct net_frame *f)
{
	struct net *n = state;
	struct packet p;
	struct queue *q;

	if (is_stalled(n))
		return -EAGAIN;
	packet_parse(f->data, f->len, &p);
	if (f->len < ETH_LEN ||
	    !filter_passes(&n->filter, n->mac, f->data, &p)) {
		net_count(n, NET_RX_FILTERED, 1);
		return 0;
	}
	if (is_too_long(n, f)) {
		net_count(n, NET_RX_TOO_LONG, 1);
		return 0;
	}
	q = choose(n, f, &p);
	if (queue_usable(q))
		return deliver(q, f);
	overrun(n, q->index / 2);
	return 0;
}

static void received(void *state)
{
	struct net *n = state;

	for (unsigned int i = 0; n->touched; i++) {
		struct queue *q = &n->v->queues[2 * i];
		uint32_t bit = 1U << i;

		if (n->touched & bit && queue_usable(q))
			queue_publish(q);
		n->touched &= ~bit;
	}
}

static uint32_t offloads(void *state)
{
	return ((const struct net *)state)->offloads;
}

static void can_send(void *state, unsigned int pair)
{
	struct net *n = state;

	n->v->queues[2 * pair + 1].pending = true;
}

const struct net_port net_virtio_port = {
	.offloads = offloads,
	.receive = receive,
	.received = received,
	.can_send = can_send,
};

bool net_available(struct queue *q)
{
	struct net *n = net_of(q->v);

	if (net_role(q) != ROLE_RX)
		return false;
	n->starved_since[q->index / 2] = 0;
	n->retry_at = UINT64_MAX;
	link_room(n->link);
	return true;
}

void net_rx_reset(struct net *n, unsigned int pair)
{
	n->starved_since[pair] = 0;
	n->touched &= ~(1U << pair);
}
