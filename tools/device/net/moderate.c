// SPDX-License-Identifier: GPL-2.0
/*
 * Notification coalescing (virtio 1.4, 5.1.9.5.10): the first packet after an
 * interrupt starts the time, and the interrupt follows when that is over, or
 * with the packet that reaches the number.
 */
#include "base/clock.h"
#include "net/net.h"

#define NS_PER_US	UINT64_C(1000)

static struct moderation *of(const struct queue *q)
{
	return &net_of(q->v)->moderation[q->index];
}

static bool is_met(const struct moderation *m, uint64_t now)
{
	return !m->max_packets || !m->max_usecs ||
	       m->packets >= m->max_packets || now >= m->due;
}

void moderate_packets(struct queue *q, unsigned int packets)
{
	struct moderation *m = of(q);

	if (!m->packets && m->max_usecs)
		m->due = clock_ns() + m->max_usecs * NS_PER_US;
	m->packets += packets;
}

bool moderate_may_notify(struct queue *q)
{
	struct moderation *m = of(q);

	m->held = m->packets && !is_met(m, clock_ns());
	if (!m->held)
		m->packets = 0;
	return !m->held;
}

static void release(struct queue *q)
{
	struct moderation *m = of(q);

	m->held = false;
	m->packets = 0;
	if (queue_usable(q))
		queue_notify(q);
}

void moderate_expired(struct net *n, uint64_t now)
{
	for (unsigned int i = 0; i < n->v->num_queues; i++) {
		const struct moderation *m = &n->moderation[i];

		if (m->held && is_met(m, now))
			release(&n->v->queues[i]);
	}
}

uint64_t moderate_due(const struct net *n)
{
	uint64_t due = UINT64_MAX;

	for (unsigned int i = 0; n->v && i < n->v->num_queues; i++) {
		if (n->moderation[i].held && n->moderation[i].due < due)
			due = n->moderation[i].due;
	}
	return due;
}

void moderate_set(struct queue *q, const struct vfe_net_coal *c)
{
	struct moderation *m = of(q);

	m->max_packets = le32toh(c->max_packets);
	m->max_usecs = le32toh(c->max_usecs);
	if (m->held && m->due > clock_ns() + m->max_usecs * NS_PER_US)
		m->due = clock_ns() + m->max_usecs * NS_PER_US;
	/* The new values may be reached already. */
	if (m->held && is_met(m, clock_ns()))
		release(q);
}

/* It begins with the values for all queues of its kind. */
void moderate_queue_reset(struct queue *q)
{
	const struct net *n = net_of(q->v);
	const struct vfe_net_coal *all = q->index % 2 ? &n->tx_coal :
							&n->rx_coal;

	*of(q) = (struct moderation){
		.max_packets = le32toh(all->max_packets),
		.max_usecs = le32toh(all->max_usecs),
	};
}
