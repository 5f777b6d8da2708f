// SPDX-License-Identifier: GPL-2.0
/*
 * Random operations of driver and device at every size, against a list of what
 * was added and what was used: every buffer arrives as it was added, comes
 * back in the order in which it was used, with that length, and the ring takes
 * exactly what fits.
 */
#include <string.h>

#include <linux/errno.h>
#include <linux/virtio_config.h>

#include "test.h"

#define MAX_SEGS	8

/**
 * struct entry - what is known of a token
 * @n: token and contents
 * @out: pieces
 * @in: pieces
 * @cost: descriptors
 * @len: used length
 */
struct entry {
	unsigned int n;
	unsigned int out;
	unsigned int in;
	unsigned int cost;
	u32 len;
};

static struct host h;
static struct model m;
static struct vfe_queue *const q = &h.q;

static struct entry made[BIGGEST];	/* by token */
static unsigned int added[BIGGEST];	/* shown or not, in order: tokens */
static unsigned int taken[BIGGEST];	/* by the device: tokens, any order */
static u16 heads[BIGGEST];		/* beside @taken */
static unsigned int used[BIGGEST];	/* in order: tokens */
static unsigned int spare[BIGGEST];	/* tokens not in use */
static unsigned int num_added, first_added, num_taken, num_used, first_used;
static unsigned int num_spare, free_descs;
static u16 shown, avail, used_shown;
static u64 state;

static unsigned int any(unsigned int below)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (state >> 33) % below;
}

static void forget(void)
{
	num_spare = q->size;
	while (num_spare--)
		spare[num_spare] = num_spare;
	num_spare = q->size;
	num_added = 0;
	first_added = 0;
	num_taken = 0;
	num_used = 0;
	first_used = 0;
	free_descs = q->size;
	shown = 0;
	avail = 0;
	used_shown = 0;
}

static void do_add(void)
{
	unsigned int most = q->max_segs, total = 1 + any(most);
	unsigned int in = any(total + 1);
	struct entry e = { .out = total - in, .in = in };
	int ret;

	if (!num_spare)
		return;
	e.n = spare[num_spare - 1];
	e.cost = q->indirect && total > 1 ? 1 : total;
	ret = vfe_queue_add(q, segs_of(e.n, total), e.out, e.in,
			    token_of(e.n));
	check_equal(ret, e.cost > free_descs ? -ENOSPC : 0);
	if (ret)
		return;
	num_spare--;
	made[e.n] = e;
	free_descs -= e.cost;
	added[(first_added + num_added++) % q->size] = e.n;
	avail++;
}

static void do_kick(void)
{
	bool wanted = false, was = vfe_queue_kick_prepare(q);
	u16 event;

	memcpy(&event, &m.used->ring[m.size], sizeof(event));
	if (m.event_idx)
		wanted = (u16)(le16_to_cpu(event) - shown) <
			 (u16)(avail - shown);
	else if (avail != shown)
		wanted = !m.used->flags;
	check_equal(was, wanted);
	shown = avail;
}

static void do_take(void)
{
	struct model_buf buf;
	const struct vfe_seg *segs;
	struct entry *e;
	unsigned int n, i;

	if (!model_pop(&m, &buf)) {
		check(num_added == (u16)(avail - shown));
		return;
	}
	n = added[first_added++ % q->size];
	first_added %= q->size;
	num_added--;
	e = &made[n];
	segs = segs_of(n, e->out + e->in);
	check(buf.out == e->out && buf.in == e->in);
	for (i = 0; i < e->out + e->in; i++)
		check(buf.addr[i] == segs[i].addr &&
		      buf.len[i] == segs[i].len);
	taken[num_taken] = n;
	heads[num_taken++] = buf.head;
}

static void do_use(void)
{
	unsigned int i, n, last;
	struct entry *e;

	if (!num_taken)
		return;
	i = any(num_taken);
	n = taken[i];
	e = &made[n];
	e->len = any(1 + len_of(segs_of(n, e->out + e->in) + e->out, e->in));
	model_push(&m, heads[i], e->len);
	last = --num_taken;
	taken[i] = taken[last];
	heads[i] = heads[last];
	used[(first_used + num_used++) % q->size] = n;
	if (any(2)) {
		model_publish(&m);
		used_shown = m.next_used;
	}
}

static void do_get(void)
{
	u32 len = 0;
	void *token = vfe_queue_get(q, &len);
	unsigned int hidden = (u16)(m.next_used - used_shown);
	struct entry *e;

	if (!token) {
		check_equal(num_used, hidden);
		return;
	}
	check(num_used > hidden);
	e = &made[used[first_used++ % q->size]];
	first_used %= q->size;
	num_used--;
	check(token == token_of(e->n));
	check_equal(len, e->len);
	free_descs += e->cost;
	spare[num_spare++] = e->n;
}

static void do_callbacks(void)
{
	unsigned int hidden = (u16)(m.next_used - used_shown);

	if (any(2))
		vfe_queue_disable_cb(q);
	else
		check_equal(vfe_queue_enable_cb(q), num_used == hidden);
	if (any(2))
		model_quiet(&m);
	else
		model_arm(&m);
}

/* Everything comes back, each token once */
static void do_detach(void)
{
	unsigned int left = q->size - num_spare;

	while (vfe_queue_detach(q))
		left--;
	check_equal(left, 0);
	host_reset(&h);
	model_close(&m);
	model_open(&m, q);
	forget();
}

static void one_step(void)
{
	switch (any(12)) {
	case 0 ... 3:
		do_add();
		break;
	case 4:
		do_kick();
		break;
	case 5 ... 6:
		do_take();
		break;
	case 7 ... 8:
		do_use();
		break;
	case 9 ... 10:
		do_get();
		break;
	default:
		do_callbacks();
	}
}

static void random_ring(u16 size, u64 features, unsigned int steps)
{
	unsigned int seed;

	state = size + features;
	seed = 0;
	if (getenv("RING_SEED"))
		seed = strtoul(getenv("RING_SEED"), NULL, 0);
	state += (u64)seed << 20;
	if (host_open(&h, size, MAX_SEGS, features))
		die("no ring");
	model_open(&m, q);
	forget();
	while (steps-- && !m.error) {
		one_step();
		if (!any(20000))
			do_detach();
	}
	if (m.error)
		printf("# size %u, features %llx: %s\n", size,
		       (unsigned long long)features, m.error);
	check(!m.error);
	check(!vfe_queue_broken(q));
	do_detach();
	model_close(&m);
	host_close(&h);
}

static void every_size(u64 features)
{
	unsigned int size;

	for (size = 1; size <= BIGGEST; size *= 2)
		random_ring(size, features, 25000);
}

static void with_nothing(void)
{
	every_size(0);
}

static void with_event(void)
{
	every_size(EVENT);
}

static void with_indirect(void)
{
	every_size(INDIRECT);
}

static void with_both(void)
{
	every_size(EVENT | INDIRECT);
}

const struct test random_tests[] = {
	{ "random operations, every size", with_nothing },
	{ "random operations, every size, EVENT_IDX", with_event },
	{ "random operations, every size, INDIRECT_DESC", with_indirect },
	{ "random operations, every size, both", with_both },
	{ }
};
