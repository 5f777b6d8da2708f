// SPDX-License-Identifier: GPL-2.0
/*
 * Loss, delay and reordering of frames that come in. Delayed frames stay in
 * order, however much the model's times vary; one that is picked for
 * reordering comes a millisecond later than it would.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "net/net.h"
#include "net/wire.h"

#define REORDER_NS	1000000U
#define MOST_HELD	8192U
#define MOST_BYTES	(64U << 20)

struct held {
	uint64_t due;
	uint64_t order;
	struct net_frame *f;	/* only as long as the frame */
};

struct wire {
	const struct net_options *o;
	uint64_t random;
	uint64_t came;
	uint64_t last_due;
	size_t bytes;
	unsigned int n;
	struct held heap[MOST_HELD];
};

struct wire *wire_new(const struct net_options *o, uint64_t seed)
{
	struct wire *w = calloc(1, sizeof(*w));

	if (w) {
		w->o = o;
		w->random = seed;
	}
	return w;
}

void wire_drop(struct wire *w)
{
	while (w->n)
		free(w->heap[--w->n].f);
	w->bytes = 0;
}

void wire_free(struct wire *w)
{
	if (w)
		wire_drop(w);
	free(w);
}

static bool by_chance(struct wire *w, double percent)
{
	/* An option that is off takes no number from the random ones. */
	return percent > 0 && (random_next(&w->random) >> 11) * 100.0 /
			      9007199254740992.0 < percent;
}

static bool before(const struct held *a, const struct held *b)
{
	return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void swap(struct held *a, struct held *b)
{
	struct held copy = *a;

	*a = *b;
	*b = copy;
}

static void insert(struct wire *w, const struct held *h)
{
	unsigned int i = w->n++;

	w->heap[i] = *h;
	while (i && before(&w->heap[i], &w->heap[(i - 1) / 2])) {
		swap(&w->heap[i], &w->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
}

static struct held take_first(struct wire *w)
{
	struct held first = w->heap[0];
	unsigned int i = 0, child;

	w->heap[0] = w->heap[--w->n];
	for (;;) {
		child = 2 * i + 1;
		if (child >= w->n)
			return first;
		if (child + 1 < w->n &&
		    before(&w->heap[child + 1], &w->heap[child]))
			child++;
		if (!before(&w->heap[child], &w->heap[i]))
			return first;
		swap(&w->heap[i], &w->heap[child]);
		i = child;
	}
}

static size_t size_of(const struct net_frame *f)
{
	return offsetof(struct net_frame, data) + f->len;
}

static enum wire_fate hold(struct wire *w, const struct net_frame *f,
			   uint64_t due)
{
	struct held h = { .due = due, .order = w->came++ };

	if (wire_full(w))
		return WIRE_LOST;
	h.f = malloc(size_of(f));
	if (!h.f)
		return WIRE_LOST;
	memcpy(h.f, f, size_of(f));
	w->bytes += f->len;
	insert(w, &h);
	return WIRE_HELD;
}

enum wire_fate wire_pass(struct wire *w, const struct net_frame *f,
			 uint64_t now)
{
	uint64_t due = now + service_draw(&w->o->delay, &w->random);

	if (by_chance(w, w->o->loss))
		return WIRE_LOST;
	if (by_chance(w, w->o->reorder))
		return hold(w, f, due + REORDER_NS);
	if (!w->o->delay.kind)
		return WIRE_NOW;
	if (due < w->last_due)
		due = w->last_due;
	w->last_due = due;
	return hold(w, f, due);
}

bool wire_full(const struct wire *w)
{
	return w->n == MOST_HELD || w->bytes >= MOST_BYTES;
}

uint64_t wire_due(const struct wire *w)
{
	return w->n ? w->heap[0].due : UINT64_MAX;
}

bool wire_take(struct wire *w, struct net_frame *f, uint64_t now)
{
	struct held h;

	if (wire_due(w) > now)
		return false;
	h = take_first(w);
	w->bytes -= h.f->len;
	memcpy(f, h.f, size_of(h.f));
	free(h.f);
	return true;
}
