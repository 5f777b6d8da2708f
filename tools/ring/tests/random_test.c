// SPDX-License-Identifier: GPL-2.0
/*
 * Random operations of driver and device at every size, against a list of added
 * and used buffers: every buffer arrives unchanged and comes back in the order
 * of use, with its used length, and the ring accepts exactly the buffers that
 * fit.
 */
#include <string.h>

#include <linux/errno.h>
#include <linux/virtio_config.h>

#include "test.h"

#define MAX_SEGS	8
#define STEPS		10000
#define TOKENS		(BIGGEST + 1)	/* one more than a full ring has */

/**
 * struct entry - the expected state of a token
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

static struct entry made[TOKENS];	/* by token */
static unsigned int added[BIGGEST];	/* shown or not, in order: tokens */
static unsigned int taken[BIGGEST];	/* by the device: tokens, any order */
static u16 heads[BIGGEST];		/* beside @taken */
static unsigned int used[BIGGEST];	/* in order: tokens */
static unsigned int spare[TOKENS];	/* tokens not in use */
static struct vfe_desc tables[TOKENS][MAX_SEGS];	/* own ones, by token */
static bool own;	/* the class driver builds tables, for half of them */
static unsigned int num_added, first_added, num_taken, num_used, first_used;
static unsigned int num_spare, free_descs;
static unsigned int hidden;	/* of @num_used the last, not published */
static unsigned int skipped;	/* of @hidden the last: the next push says so */
static u16 shown, avail;	/* available index, as shown and as added */
static u64 descs, descs_shown;	/* the same in descriptors */
static u64 got, published;	/* buffers back, and that could be */
static u64 call_by;		/* an interrupt comes when this many are published */
static bool armed;		/* it did not come yet */
static u64 state;

static unsigned int any(unsigned int below)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (state >> 33) % below;
}

static void forget(void)
{
	for (num_spare = 0; num_spare <= q->size; num_spare++)
		spare[num_spare] = num_spare;
	num_added = 0;
	first_added = 0;
	num_taken = 0;
	num_used = 0;
	first_used = 0;
	free_descs = room_of(q->size);
	check_equal(vfe_queue_capacity(q), free_descs);
	hidden = 0;
	skipped = 0;
	shown = 0;
	avail = 0;
	descs = 0;
	descs_shown = 0;
	got = 0;
	published = 0;
	armed = false;
}

static int add_entry(const struct entry *e, bool table)
{
	unsigned int total = e->out + e->in;
	const struct vfe_seg *segs = segs_of(e->n, total);
	u32 in_len;

	if (!table)
		return vfe_queue_add(q, segs, e->out, e->in, token_of(e->n));
	in_len = host_write_table(&h, tables[e->n], segs, e->out, e->in);
	return vfe_queue_add_table(q, host_bus(tables[e->n]), total, in_len,
				   token_of(e->n));
}

static void do_add(void)
{
	unsigned int most = q->max_segs, total = 1 + any(most);
	unsigned int in = any(total + 1);
	struct entry e = { .out = total - in, .in = in };
	bool table = own && any(2);
	int ret;

	e.n = spare[num_spare - 1];
	e.cost = table || (q->indirect && !own && total > 1) ? 1 : total;
	ret = add_entry(&e, table);
	check_equal(ret, e.cost > free_descs ? -ENOSPC : 0);
	if (ret)
		return;
	num_spare--;
	made[e.n] = e;
	free_descs -= e.cost;
	added[(first_added + num_added++) % q->size] = e.n;
	avail++;
	descs += e.cost;
}

/* Does the range of new descriptors contain the event offset? */
static bool packed_wanted(void)
{
	u32 event = le32_to_cpu(*m.packed.device);
	u64 n;

	if (event >> 16 != VRING_PACKED_EVENT_FLAG_DESC)
		return event >> 16 == VRING_PACKED_EVENT_FLAG_ENABLE;
	for (n = descs_shown; n < descs; n++)
		if (n % m.size == (event & 0x7fff) &&
		    (n / m.size + 1) % 2 == (event >> 15 & 1))
			return true;
	return false;
}

/* Does the device want to know, by what it wrote? */
static bool wanted(void)
{
	u16 event;

	if (avail == shown)
		return false;
	if (layout & PACKED)
		return packed_wanted();
	if (!m.event_idx)
		return !m.split.used->flags;
	memcpy(&event, &m.split.used->ring[m.size], sizeof(event));
	return (u16)(le16_to_cpu(event) - shown) < (u16)(avail - shown);
}

static void do_kick(void)
{
	bool want = wanted();

	check_equal(vfe_queue_kick_prepare(q), want);
	shown = avail;
	descs_shown = descs;
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

/* An enabled interrupt is not lost. */
static void do_publish(void)
{
	published += hidden - skipped;
	hidden = skipped;
	if (model_publish(&m))
		armed = false;
	check(!armed || published < call_by);
}

/* The device's buffers come back in any order, or as they went. */
static void do_use(void)
{
	unsigned int i, n, in_len;
	struct entry *e;

	if (!num_taken)
		return;
	i = m.in_order ? 0 : any(num_taken);
	n = taken[i];
	e = &made[n];
	in_len = len_of(segs_of(n, e->out + e->in) + e->out, e->in);
	/* virtio 1.4, 2.7.9 and 2.8.8: what is skipped was used completely */
	if (m.in_order && num_taken > 1 && !any(3)) {
		e->len = in_len;
		model_skip(&m, heads[i]);
		skipped++;
	} else {
		e->len = any(1 + in_len);
		model_push(&m, heads[i], e->len);
		skipped = 0;
	}
	num_taken--;
	memmove(&taken[i], &taken[i + 1], (num_taken - i) * sizeof(*taken));
	memmove(&heads[i], &heads[i + 1], (num_taken - i) * sizeof(*heads));
	used[(first_used + num_used++) % q->size] = n;
	hidden++;
	if (any(2))
		do_publish();
}

static void got_one(const struct vfe_used *one)
{
	struct entry *e = &made[used[first_used++ % q->size]];

	first_used %= q->size;
	num_used--;
	got++;
	check(one->token == token_of(e->n));
	check_equal(one->len, e->len);
	free_descs += e->cost;
	spare[num_spare++] = e->n;
}

/* Several at once: none is not taken if there is one, and no more than asked */
static void do_get(void)
{
	unsigned int there = num_used - hidden, most = 1 + any(4), n, i;
	struct vfe_used some[4];

	n = vfe_queue_get_many(q, some, most);
	check_equal(!n, !there);
	check(n <= most && n <= there);
	for (i = 0; i < n; i++)
		got_one(&some[i]);
	check_equal(vfe_queue_in_flight(q), (u16)(shown - got));
}

/* Ask for an interrupt after some more buffers, of those that are out. */
static void do_arm(void)
{
	unsigned int n = any(2) ? 1 : 1 + any(8), out = (u16)(shown - got);
	bool sure = vfe_queue_enable_cb_after(q, n);

	n = n > out ? out : n;
	n = n ? n : 1;
	if (m.event_idx && !(layout & PACKED))
		check_equal(sure, num_used - hidden < n);
	else
		check_equal(sure, num_used == hidden);
	armed = sure;
	call_by = got + n;
}

static void do_callbacks(void)
{
	switch (any(3)) {
	case 0:
		vfe_queue_disable_cb(q);
		armed = false;
		break;
	case 1:
		armed = vfe_queue_enable_cb(q);
		check_equal(armed, num_used == hidden);
		call_by = got + 1;
		break;
	default:
		do_arm();
	}
	if (any(2))
		model_quiet(&m);
	else
		model_arm(&m);
}

/* Everything comes back, each token once */
static void do_detach(void)
{
	unsigned int left = q->size + 1 - num_spare;

	check_equal(detach_all(), left);
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
	features |= layout;
	if (own ? host_open_own(&h, size, MAX_SEGS, features) :
		  host_open(&h, size, MAX_SEGS, features))
		die("no ring");
	model_open(&m, q);
	forget();
	while (steps-- && !m.error) {
		one_step();
		if (!any(2000))
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

	for (size = 1; size <= BIGGEST; size *= 2) {
		random_ring(size, features, STEPS);
		/* virtio 1.4, 2.8.10.1: not only powers of two */
		if (layout & PACKED && size > 2)
			random_ring(size - 1 - size / 4, features, STEPS);
	}
}

static void any_features(void)
{
	every_size(0);
	every_size(EVENT);
	every_size(INDIRECT);
	every_size(EVENT | INDIRECT);
}

static void with_own_tables(void)
{
	own = true;
	every_size(EVENT | INDIRECT);
	own = false;
}

const struct test random_tests[] = {
	{ "random operations, every size and features", any_features },
	{ "random operations, every size, tables of the class driver's",
	  with_own_tables },
	{ }
};
