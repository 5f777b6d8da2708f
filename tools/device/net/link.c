// SPDX-License-Identifier: GPL-2.0
/*
 * The link between a port and the back end. Towards the back end, each pair has
 * a queue of frames; towards the port one frame is under way at a time. A side
 * that takes no frame now holds up the frames behind it, for a bounded time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/net.h"
#include "net/offload.h"
#include "net/wire.h"

#define TX_FRAMES	64U
/* Frames that come in at a time, before others get their turn */
#define RX_BATCH	64U
/* The far side takes nothing for so long: drop what is for it. */
#define TX_PATIENCE_NS	UINT64_C(1000000000)
#define NEVER		UINT64_MAX

/* Frames of a pair on their way to the back end */
struct sender {
	struct net_frame *frames;
	struct offload_needs needs[TX_FRAMES];
	unsigned int head, count;
	struct offload way;	/* of the first one */
	uint64_t blocked_since;	/* 0: it is not */
	bool wanted;		/* the port waits for room */
};

struct link {
	struct net_backend *b;
	unsigned int pairs;
	struct sender senders[VFE_NET_MAX_PAIRS];
	struct net_frame *segment;	/* of a frame to send */

	struct wire *wire;
	struct net_frame *rx;		/* the frame under way to the port */
	struct net_frame *rx_segment;
	struct offload rx_way;
	bool blocked;			/* the port has no room for it */
	bool gave;			/* since received() */
	bool injected;			/* a frame waits in @rx_inject */
	struct net_frame *rx_inject;
	unsigned int turn;		/* the pair that is served first */

	const struct net_port *port;
	void *state;
	bool up;
	uint64_t *counts;
	uint64_t no_counts[COUNTS_OF_CLASS];
};

static bool allocate(struct link *l)
{
	for (unsigned int i = 0; i < l->pairs; i++) {
		l->senders[i].frames = calloc(TX_FRAMES,
					      sizeof(struct net_frame));
		if (!l->senders[i].frames)
			return false;
	}
	l->segment = calloc(1, sizeof(*l->segment));
	l->rx = calloc(1, sizeof(*l->rx));
	l->rx_segment = calloc(1, sizeof(*l->rx_segment));
	l->rx_inject = calloc(1, sizeof(*l->rx_inject));
	return l->wire && l->segment && l->rx && l->rx_segment && l->rx_inject;
}

struct link *link_new(const struct net_options *o, struct net_backend *b,
		      uint64_t seed)
{
	struct link *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->b = b;
	l->pairs = o->pairs;
	l->up = true;
	l->counts = l->no_counts;
	l->wire = wire_new(o, seed);
	if (allocate(l))
		return l;
	link_free(l);
	return NULL;
}

void link_free(struct link *l)
{
	if (!l)
		return;
	for (unsigned int i = 0; i < l->pairs; i++)
		free(l->senders[i].frames);
	free(l->segment);
	free(l->rx);
	free(l->rx_segment);
	free(l->rx_inject);
	wire_free(l->wire);
	free(l);
}

void link_counts(struct link *l, uint64_t *counts)
{
	l->counts = counts;
}

struct net_backend *link_backend(struct link *l)
{
	return l->b;
}

void link_set(struct link *l, bool up)
{
	if (l->up == up)
		return;
	l->up = up;
	if (l->port && l->port->link_changed)
		l->port->link_changed(l->state);
}

bool link_is_up(const struct link *l)
{
	return l->up && (!l->b->ops->is_up || l->b->ops->is_up(l->b));
}

/* Towards the back end */

static bool passes(const struct link *l)
{
	return l->up && l->port;
}

/* The first frame has left, or is lost. */
static void next_frame(struct sender *s)
{
	s->way.f = NULL;
	s->head = (s->head + 1) % TX_FRAMES;
	s->count--;
	if (!s->count)
		s->head = 0;
}

static void drop_all(struct link *l, struct sender *s)
{
	l->counts[NET_LINK_DROPPED] += s->count;
	while (s->count)
		next_frame(s);
}

/* Return: false if the back end takes no more now */
static bool send_first(struct link *l, unsigned int pair)
{
	struct sender *s = &l->senders[pair];
	struct net_frame *out;
	int ret;

	if (!s->way.f)
		offload_begin(&s->way, &s->frames[s->head], &s->needs[s->head],
			      l->b->offloads);
	/* Another pair may have used the room since. */
	s->way.ready = false;
	while ((out = offload_next(&s->way, l->segment))) {
		ret = l->b->ops->send(l->b, pair, out);
		if (ret == -EAGAIN)
			return false;
		if (ret)
			l->counts[NET_LINK_DROPPED]++;
		offload_taken(&s->way);
	}
	next_frame(s);
	return true;
}

static void flush(struct link *l, unsigned int pair, uint64_t now)
{
	struct sender *s = &l->senders[pair];

	while (s->count) {
		if (send_first(l, pair)) {
			s->blocked_since = 0;
			continue;
		}
		if (!s->blocked_since)
			s->blocked_since = now;
		if (now - s->blocked_since < TX_PATIENCE_NS)
			break;
		drop_all(l, s);
	}
	if (l->b->ops->flush)
		l->b->ops->flush(l->b, pair);
	if (s->wanted && s->count < TX_FRAMES && l->port) {
		s->wanted = false;
		l->port->can_send(l->state, pair);
	}
}

void link_flush(struct link *l, unsigned int pair)
{
	if (l->senders[pair].count)
		flush(l, pair, clock_ns());
}

struct net_frame *link_frame(struct link *l, unsigned int pair)
{
	struct sender *s = &l->senders[pair];

	if (s->count == TX_FRAMES)
		link_flush(l, pair);
	s->wanted = s->count == TX_FRAMES;
	if (s->wanted)
		return NULL;
	return &s->frames[(s->head + s->count) % TX_FRAMES];
}

int link_send(struct link *l, unsigned int pair, uint32_t allowed)
{
	struct sender *s = &l->senders[pair];
	unsigned int i = (s->head + s->count) % TX_FRAMES;

	if (!offload_check(&s->frames[i], &s->needs[i]) ||
	    s->needs[i].needs & ~allowed)
		return -1;
	offload_tidy(&s->frames[i], &s->needs[i]);
	if (passes(l))
		s->count++;
	else
		l->counts[NET_LINK_DROPPED]++;
	return 0;
}

/* Towards the port */

/* Drops what a back end in this process still has for the port before. */
static void drain(struct link *l)
{
	if (l->b->ops->fds)
		return;
	for (unsigned int i = 0; i < RX_BATCH; i++) {
		if (l->b->ops->receive(l->b, 0, l->rx))
			break;
		l->counts[NET_LINK_UNWANTED]++;
	}
}

void link_attach(struct link *l, const struct net_port *port, void *state)
{
	drain(l);
	l->port = port;
	l->state = state;
	l->blocked = false;
	l->rx_way.f = NULL;
	for (unsigned int i = 0; i < l->pairs; i++)
		l->senders[i].wanted = false;
}

bool link_is_attached(const struct link *l, const struct net_port *port,
		      const void *state)
{
	return l->port == port && l->state == state;
}

/* Give the rest of the frame under way. */
static void give(struct link *l)
{
	struct net_frame *out;

	while ((out = offload_next(&l->rx_way, l->rx_segment))) {
		l->blocked = l->port->receive(l->state, out) == -EAGAIN;
		if (l->blocked)
			return;
		l->gave = true;
		offload_taken(&l->rx_way);
	}
}

/* The frame in @rx has come. */
static void arrived(struct link *l)
{
	struct offload_needs n;

	if (!passes(l)) {
		l->counts[NET_LINK_UNWANTED]++;
	} else if (!offload_check(l->rx, &n)) {
		l->counts[NET_LINK_MALFORMED]++;
	} else {
		offload_tidy(l->rx, &n);
		offload_begin(&l->rx_way, l->rx, &n,
			      l->port->offloads(l->state));
		give(l);
	}
}

/* Return: whether there may be more of this pair */
static bool receive_one(struct link *l, unsigned int pair, uint64_t now)
{
	int ret = l->b->ops->receive(l->b, pair, l->rx);

	if (ret == -EAGAIN)
		return false;
	if (ret) {
		l->counts[NET_LINK_MALFORMED]++;
		return true;
	}
	switch (wire_pass(l->wire, l->rx, now)) {
	case WIRE_NOW:
		arrived(l);
		break;
	case WIRE_LOST:
		l->counts[NET_LINK_LOST]++;
		break;
	case WIRE_HELD:
		break;
	}
	return true;
}

/* The batch ends: tell the port, and send what the back end now has room for. */
static void end_batch(struct link *l, uint64_t now)
{
	if (l->gave && l->port)
		l->port->received(l->state);
	l->gave = false;
	for (unsigned int i = 0; i < l->pairs; i++) {
		if (l->senders[i].count)
			flush(l, i, now);
	}
}

static bool may_receive(const struct link *l, unsigned int pair)
{
	/* Without a port, a back end in this process keeps its frames. */
	if (l->blocked || wire_full(l->wire) || (!l->port && !l->b->ops->fds))
		return false;
	return l->b->ops->may_receive(l->b, pair);
}

bool link_poll(struct link *l)
{
	uint64_t now = clock_ns();
	unsigned int left = RX_BATCH;

	if (l->injected && !l->blocked) {
		l->injected = false;
		memcpy(l->rx, l->rx_inject, sizeof(*l->rx));
		arrived(l);
		left--;
	}
	while (left && !l->blocked && wire_take(l->wire, l->rx, now)) {
		arrived(l);
		left--;
	}
	for (unsigned int i = 0; i < l->pairs; i++) {
		unsigned int pair = (l->turn + i) % l->pairs;

		while (left && may_receive(l, pair) &&
		       receive_one(l, pair, now))
			left--;
	}
	l->turn = (l->turn + 1) % l->pairs;
	if (left < RX_BATCH || l->gave)
		end_batch(l, now);
	return left < RX_BATCH;
}

bool link_wants_poll(const struct link *l)
{
	if (l->injected && !l->blocked)
		return true;
	for (unsigned int i = 0; i < l->pairs; i++) {
		if (may_receive(l, i))
			return true;
	}
	return false;
}

void link_room(struct link *l)
{
	if (!l->blocked)
		return;
	l->blocked = false;
	give(l);
	if (!l->blocked)
		link_poll(l);
	else if (l->gave)
		end_batch(l, clock_ns());
}

int link_inject(struct link *l, const uint8_t *hdr_and_data, size_t len)
{
	struct net_frame *f = l->rx_inject;

	if (l->injected || len < VFE_NET_HDR_LEN ||
	    len - VFE_NET_HDR_LEN > NET_FRAME_MAX)
		return -1;
	memset(&f->hdr, 0, sizeof(f->hdr));
	memcpy(&f->hdr, hdr_and_data, VFE_NET_HDR_LEN);
	f->len = len - VFE_NET_HDR_LEN;
	memcpy(f->data, hdr_and_data + VFE_NET_HDR_LEN, f->len);
	l->injected = true;
	return 0;
}

/* Events */

int link_fds(struct link *l, struct pollfd *fds)
{
	struct net_wants w = {};

	if (!l->b->ops->fds)
		return 0;
	for (unsigned int i = 0; i < l->pairs; i++) {
		if (!l->blocked && !wire_full(l->wire))
			w.receive |= 1U << i;
		if (l->senders[i].count)
			w.send |= 1U << i;
	}
	return l->b->ops->fds(l->b, &w, fds);
}

void link_handle(struct link *l, const struct pollfd *fds, int n)
{
	uint64_t now = clock_ns();

	l->b->ops->handle(l->b, fds, n);
	for (unsigned int i = 0; i < l->pairs; i++) {
		if (l->senders[i].count)
			flush(l, i, now);
	}
}

uint64_t link_due(const struct link *l)
{
	uint64_t due = NEVER, at;

	if (!l->blocked)
		due = wire_due(l->wire);
	for (unsigned int i = 0; i < l->pairs; i++) {
		if (!l->senders[i].count || !l->senders[i].blocked_since)
			continue;
		at = l->senders[i].blocked_since + TX_PATIENCE_NS;
		due = at < due ? at : due;
	}
	if (l->b->ops->due) {
		at = l->b->ops->due(l->b);
		due = at < due ? at : due;
	}
	return due;
}

void link_expired(struct link *l, uint64_t now)
{
	if (l->b->ops->due && l->b->ops->due(l->b) <= now)
		l->b->ops->expired(l->b, now);
	for (unsigned int i = 0; i < l->pairs; i++) {
		if (l->senders[i].count)
			flush(l, i, now);
	}
	link_poll(l);
}
