// SPDX-License-Identifier: GPL-2.0
/* The driver's side with a device that keeps the rules. */
#include <linux/errno.h>
#include <linux/virtio_config.h>

#include "test.h"

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

/* As with ORDER_PLATFORM; legacy devices, which lack it, are no exception. */
static void fence(void)
{
	u64 event;

	for (event = 0; event <= EVENT; event += EVENT) {
		vfe_needs_fence = true;
		open_ring(8, 2, event);
		vfe_needs_fence = false;
		check(q->fence);
		round_trip(1);
		if (!(layout & LAYOUTS)) {
			q->no_used_len = true;
			check(vfe_split_ops(q)->add);
		}
		close_ring();
	}
}

const struct test good_tests[] = {
	{ "add refuses what cannot be a buffer", arguments },
	{ "kick decision by flags", kick_by_flags },
	{ "kicks are counted, suppressed ones apart", kick_counts },
	{ "an interrupt is one if something was used", interrupts },
	{ "interrupts enabled and disabled", callbacks },
	{ "all of the largest ring in flight", most_in_flight },
	{ "each allocation of a ring may fail", no_memory },
	{ "a CPU that needs a fence", fence },
	{ }
};

const struct test split_tests[] = {
	{ "the parts of a ring are aligned and begin as 0", parts },
	{ "kick decision by avail_event at 65536 positions", kick_by_event },
	{ }
};
