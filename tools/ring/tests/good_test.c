// SPDX-License-Identifier: GPL-2.0
/* The driver's side with a device that keeps the rules. */
#include <linux/errno.h>
#include <linux/virtio_config.h>

#include "test.h"

static struct host h;
static struct model m;
static struct vfe_queue *const q = &h.q;

static void open_ring(u16 size, unsigned int segs, u64 features)
{
	if (host_open(&h, size, segs, features | layout))
		die("no ring");
	model_open(&m, q);
}

static void close_ring(void)
{
	check(!m.error);
	if (m.error)
		printf("# %s\n", m.error);
	model_close(&m);
	host_close(&h);
}

static int add(unsigned int n, unsigned int out, unsigned int in)
{
	return vfe_queue_add(q, segs_of(n, out + in), out, in, token_of(n));
}

/* One buffer there and back */
static void round_trip(unsigned int n)
{
	struct model_buf buf;
	u32 len;

	check_equal(add(n, 1, 1), 0);
	vfe_queue_kick_prepare(q);
	check(model_pop(&m, &buf));
	model_push(&m, buf.head, 1);
	model_publish(&m);
	check(vfe_queue_get(q, &len) == token_of(n));
	check_equal(len, 1);
}

/* virtio 1.4, 2.7.1: alignment 16, 2 and 4, parts do not overlap */
static void parts(void)
{
	unsigned int size;

	for (size = 1; size <= BIGGEST; size *= 2) {
		open_ring(size, 1, EVENT);
		check_equal(vfe_queue_size(q), size);
		check_equal(q->desc_addr % 16, 0);
		check_equal(q->driver_addr % 2, 0);
		check_equal(q->device_addr % 4, 0);
		check(q->driver_addr >= q->desc_addr + 16ULL * size);
		check(q->device_addr >= q->driver_addr + 6 + 2ULL * size);
		check_equal(m.split.avail->idx | m.split.avail->flags, 0);
		check_equal(m.split.used->idx | m.split.used->flags, 0);
		check_equal(model_used_event(&m), 0);
		close_ring();
	}
}

static void compare(const struct model_buf *buf, unsigned int n,
		    unsigned int out, unsigned int in)
{
	const struct vfe_seg *segs = segs_of(n, out + in);
	unsigned int i;

	check_equal(buf->out, out);
	check_equal(buf->in, in);
	for (i = 0; i < out + in; i++) {
		check_equal(buf->addr[i], segs[i].addr);
		check_equal(buf->len[i], segs[i].len);
	}
}

static void chains(void)
{
	unsigned int out, in, n = 0;
	struct model_buf buf;
	u32 len;

	open_ring(16, 8, 0);
	for (out = 0; out <= 8; out++) {
		for (in = 0; in <= 8 - out; in++) {
			if (!out && !in)
				continue;
			check_equal(add(++n, out, in), 0);
			check(!model_pop(&m, &buf));
			check(vfe_queue_kick_prepare(q));
			check(model_pop(&m, &buf));
			compare(&buf, n, out, in);
			check(!buf.indirect);
			model_push(&m, buf.head, buf.in_len);
			model_publish(&m);
			check(vfe_queue_get(q, &len) == token_of(n));
			check_equal(len, buf.in_len);
		}
	}
	close_ring();
}

/* A piece alone needs no table: virtio 1.4, 2.7.5.3 leaves the choice */
static void tables(void)
{
	struct model_buf buf;
	unsigned int total;
	u32 len;

	open_ring(16, 8, INDIRECT);
	for (total = 1; total <= 8; total++) {
		check_equal(add(total, total / 2, total - total / 2), 0);
		vfe_queue_kick_prepare(q);
		check(model_pop(&m, &buf));
		compare(&buf, total, total / 2, total - total / 2);
		check_equal(buf.indirect, total > 1);
		model_push(&m, buf.head, 0);
		model_publish(&m);
		check(vfe_queue_get(q, &len) == token_of(total));
	}
	close_ring();
}

/* The queue is full when there are no descriptors for the buffer, not before */
static void full(void)
{
	unsigned int size, room, n;
	struct model_buf buf;
	u32 len;

	for (size = 1; size <= 1024; size *= 2) {
		open_ring(size, 2, 0);
		room = room_of(size);
		check_equal(vfe_queue_capacity(q), room);
		for (n = 0; n < room; n++)
			check_equal(add(n, 1, 0), 0);
		check_equal(add(n, 1, 0), -ENOSPC);
		vfe_queue_kick_prepare(q);
		for (n = 0; n < room; n++) {
			check(model_pop(&m, &buf));
			model_push(&m, buf.head, 0);
		}
		model_publish(&m);
		check(vfe_queue_get(q, &len) == token_of(0));
		if (room > 1)
			check_equal(add(size, 1, 1), -ENOSPC);
		check_equal(add(size, 0, 1), 0);
		while (vfe_queue_get(q, &len))
			n--;
		check_equal(n, 1);
		check(vfe_queue_detach(q) == token_of(size));
		check(!vfe_queue_detach(q));
		close_ring();
	}
}

static void indirect_full(void)
{
	unsigned int n;

	open_ring(8, 4, INDIRECT);
	for (n = 0; n < room_of(8); n++)
		check_equal(add(n, 2, 2), 0);
	check_equal(add(n, 2, 2), -ENOSPC);
	while (vfe_queue_detach(q))
		n--;
	check_equal(n, 0);
	close_ring();
}

static void arguments(void)
{
	struct vfe_seg big[2] = { { 0, U32_MAX }, { 0, 1 } };

	open_ring(4, 8, 0);
	check_equal(add(1, 0, 0), -EINVAL);
	check_equal(add(1, 5, 0), -EINVAL); /* more than the ring has */
	check_equal(add(1, room_of(4) + 1, 0), -EINVAL);
	check_equal(add(1, 2, 3), -EINVAL);
	check_equal(add(1, ~0u, 2), -EINVAL); /* sums to one */
	check_equal(vfe_queue_add(q, segs_of(1, 1), 1, 0, NULL), -EINVAL);
	check_equal(vfe_queue_add(q, big, 0, 2, token_of(1)), -EINVAL);
	check_equal(vfe_queue_add(q, big, 2, 0, token_of(1)), -EINVAL);
	check_equal(vfe_queue_add(q, big, 0, 1, token_of(1)), 0);
	check_equal(h.messages, 0);
	check(vfe_queue_detach(q) == token_of(1));
	close_ring();
}

/* virtio 1.4, 2.7.10.1 */
static void kick_by_flags(void)
{
	struct model_buf buf;
	unsigned int n;

	open_ring(8, 1, 0);
	check(!vfe_queue_kick_prepare(q));
	add(0, 1, 0);
	check(vfe_queue_kick_prepare(q));
	check(!vfe_queue_kick_prepare(q));
	model_quiet(&m);
	if (m.layout == &model_split_layout)
		model_set_avail_event(&m, 1); /* to be ignored */
	add(1, 1, 0);
	check(!vfe_queue_kick_prepare(q));
	for (n = 0; n < 2; n++)
		check(model_pop(&m, &buf));
	check(model_arm(&m));
	add(2, 1, 0);
	check(vfe_queue_kick_prepare(q));
	while (vfe_queue_detach(q))
		;
	close_ring();
}

/*
 * virtio 1.4, 2.7.10: notify when the step passed avail_event, at each of the
 * 65536 positions, for steps of several lengths and events around both ends.
 */
static void kick_by_event(void)
{
	static const int at[] = { -32768, -2, -1, 0, 1, 2, 7, 8, 9, 30000 };
	unsigned int step, i, want, wrong = 0, total = 0;
	struct model_buf buf;
	u16 old = 0, event;
	u32 len;

	open_ring(8, 1, EVENT);
	m.split.used->flags = cpu_to_le16(VRING_USED_F_NO_NOTIFY); /* ignored */
	while (total < 65536 * 4) {
		step = 1 + (total / 65536 * 3) % 8;
		for (i = 0; i < step; i++)
			add(i, 1, 0);
		event = old + at[(total / 8) % 10];
		model_set_avail_event(&m, event);
		/* does the range of new entries contain the event index? */
		for (i = 0, want = 0; i < step; i++)
			want |= (u16)(old + i) == event;
		wrong += vfe_queue_kick_prepare(q) != want;
		for (i = 0; i < step; i++) {
			model_pop(&m, &buf);
			model_push(&m, buf.head, 0);
		}
		model_publish(&m);
		for (i = 0; i < step; i++)
			vfe_queue_get(q, &len);
		old += step;
		total += step;
	}
	check_equal(wrong, 0);
	check_equal(model_avail_idx(&m), (u16)total);
	close_ring();
}

static void kick_counts(void)
{
	struct vfe_queue_counts c;

	open_ring(8, 1, 0);
	model_quiet(&m);
	add(0, 1, 0);
	add(1, 1, 0);
	vfe_queue_kick_prepare(q);
	vfe_queue_kick_prepare(q);
	vfe_queue_notify(q);
	vfe_queue_get_counts(q, &c);
	check_equal(c.kicks_suppressed, 1);
	check_equal(c.kicks, 1);
	check_equal(h.notifies, 1);
	check_equal(h.notified, vfe_queue_index(q));
	check_equal(h.notified_at, HOST_NOTIFY_OFFSET);
	h.vd.state = VFE_STATE_RESET;
	vfe_queue_notify(q); /* virtio 1.4, 3.1.1: not to this one */
	check_equal(h.notifies, 1);
	vfe_queue_reset_counts(q);
	vfe_queue_get_counts(q, &c);
	check_equal(c.kicks + c.kicks_suppressed, 0);
	while (vfe_queue_detach(q))
		;
	close_ring();
}

static void interrupts(void)
{
	struct vfe_queue_counts c;
	struct model_buf buf;
	u32 len;

	open_ring(8, 1, 0);
	check(!vfe_queue_interrupt(q));
	add(0, 1, 0);
	vfe_queue_kick_prepare(q);
	check(!vfe_queue_interrupt(q));
	check(model_pop(&m, &buf));
	model_push(&m, buf.head, 0);
	check(model_publish(&m));
	check(vfe_queue_interrupt(q));
	check_equal(h.done, 1);
	vfe_queue_get(q, &len);
	check(!vfe_queue_interrupt(q));
	check_equal(h.done, 1);
	vfe_queue_get_counts(q, &c);
	check_equal(c.interrupts, 1);
	check_equal(c.completions, 1);
	close_ring();
}

/* A hint either way, and with EVENT_IDX flags stay 0: virtio 1.4, 2.7.7.1 */
static void callbacks(void)
{
	struct model_buf buf;
	unsigned int way, n;
	u32 len;

	for (way = 0; way < 2; way++) {
		open_ring(4, 2, way ? EVENT : 0);
		for (n = 0; n < 100; n++)
			round_trip(n);
		vfe_queue_disable_cb(q);
		add(0, 1, 1);
		vfe_queue_kick_prepare(q);
		model_pop(&m, &buf);
		model_push(&m, buf.head, 0);
		check(!model_publish(&m));
		check(!vfe_queue_enable_cb(q)); /* there is one */
		check(vfe_queue_get(q, &len));
		check(vfe_queue_enable_cb(q));
		add(0, 1, 1);
		vfe_queue_kick_prepare(q);
		model_pop(&m, &buf);
		model_push(&m, buf.head, 0);
		check(model_publish(&m));
		check(vfe_queue_get(q, &len));
		if (m.layout == &model_split_layout)
			check_equal(way ? m.split.avail->flags :
				    model_used_event(&m), 0);
		close_ring();
	}
}

/*
 * Indices pass 2^16 several times, positions wrap around the ring, at any size.
 */
static void wrap_around(void)
{
	unsigned int size, n, rounds;
	u16 avail, used;

	for (size = 2; size <= BIGGEST; size *= 2) {
		/* a round trip takes two descriptors */
		if (room_of(size) < 2)
			continue;
		open_ring(size, 2, size & 0x5555 ? EVENT : 0);
		rounds = (layout & PACKED ? 0 : 65536) + 2 * size;
		for (n = 0; n < rounds; n++)
			round_trip(n % 64);
		q->ops->indices(q, &avail, &used);
		check_equal(avail, (u16)rounds);
		check_equal(used, avail);
		close_ring();
	}
}

static void detach_and_reset(void)
{
	unsigned int n, twice;
	struct model_buf buf;
	u32 len;

	open_ring(16, 4, INDIRECT | EVENT);
	for (twice = 0; twice < 2; twice++) {
		for (n = 0; n < room_of(16); n++)
			check_equal(add(n, 1, n % 3), 0);
		vfe_queue_kick_prepare(q);
		model_pop(&m, &buf);
		model_push(&m, buf.head, 0);
		model_publish(&m);
		check(vfe_queue_get(q, &len) == token_of(0));
		for (n = 1; n < room_of(16); n++)
			check(vfe_queue_detach(q));
		check(!vfe_queue_detach(q));
		host_reset(&h);
		model_close(&m);
		model_open(&m, q);
		check(!model_available(&m));
	}
	round_trip(5);
	close_ring();
}

/* Buffers that the device has or has used, and that were not reaped */
static void in_flight(void)
{
	struct model_buf buf;
	unsigned int n;
	u32 len;

	open_ring(8, 2, 0);
	check_equal(vfe_queue_in_flight(q), 0);
	for (n = 0; n < 3; n++)
		check_equal(add(n, 1, 1), 0);
	check_equal(vfe_queue_in_flight(q), 0);
	vfe_queue_kick_prepare(q);
	check_equal(vfe_queue_in_flight(q), 3);
	for (n = 0; n < 2; n++) {
		check(model_pop(&m, &buf));
		model_push(&m, buf.head, 0);
	}
	model_publish(&m);
	check_equal(vfe_queue_in_flight(q), 3);
	check(vfe_queue_get(q, &len));
	check_equal(vfe_queue_in_flight(q), 2);
	check(vfe_queue_get(q, &len));
	check_equal(vfe_queue_in_flight(q), 1);
	check(vfe_queue_detach(q) == token_of(2));
	host_reset(&h);
	check_equal(vfe_queue_in_flight(q), 0);
	close_ring();
}

/* The largest number at once, while a 16-bit index wraps */
static void most_in_flight(void)
{
	unsigned int round, n;
	struct model_buf buf;
	u32 len;

	open_ring(BIGGEST, 1, 0);
	for (round = 0; round < 3; round++) {
		for (n = 0; n < room_of(BIGGEST); n++)
			check_equal(add(n, 1, 0), 0);
		vfe_queue_kick_prepare(q);
		check_equal(vfe_queue_in_flight(q), room_of(BIGGEST));
		while (model_pop(&m, &buf))
			model_push(&m, buf.head, 0);
		model_publish(&m);
		while (vfe_queue_get(q, &len))
			n--;
		check_equal(n, 0);
		check_equal(vfe_queue_in_flight(q), 0);
	}
	close_ring();
}

/* Each allocation of a set-up fails once, and all others are freed. */
static void fail_each(u16 size)
{
	unsigned int nth, total, before = host_allocations();

	open_ring(size, 4, INDIRECT);
	close_ring();
	host_fail_allocation(0);
	open_ring(size, 4, INDIRECT);
	total = host_allocations_made();
	close_ring();
	/* the ring, the state of buffers, all tables, and their list */
	check(total > 4);
	for (nth = 1; nth <= total; nth++) {
		host_fail_allocation(nth);
		check_equal(host_open(&h, size, 4, INDIRECT | layout), -ENOMEM);
		check_equal(host_allocations(), before);
	}
	host_fail_allocation(0);
}

static void no_memory(void)
{
	/* tables in one page, and in three, the last of them with few */
	fail_each(8);
	fail_each(layout & PACKED ? 150 : 256);
}

const struct test good_tests[] = {
	{ "a chain is what was added, to read before to write", chains },
	{ "an indirect table is what was added", tables },
	{ "a ring is full at its last descriptor", full },
	{ "a ring of tables is full at its last descriptor", indirect_full },
	{ "add refuses what cannot be a buffer", arguments },
	{ "kick decision by flags", kick_by_flags },
	{ "kicks are counted, suppressed ones apart", kick_counts },
	{ "an interrupt is one if something was used", interrupts },
	{ "interrupts enabled and disabled", callbacks },
	{ "indices wrap at every size", wrap_around },
	{ "buffers in flight are counted", in_flight },
	{ "all of the largest ring in flight", most_in_flight },
	{ "detach and reset leave a ring like new", detach_and_reset },
	{ "each allocation of a ring may fail", no_memory },
	{ }
};

const struct test split_tests[] = {
	{ "the parts of a ring are aligned and begin as 0", parts },
	{ "kick decision by avail_event at 65536 positions", kick_by_event },
	{ }
};
