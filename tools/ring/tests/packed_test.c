// SPDX-License-Identifier: GPL-2.0
/* Tests for packed rings only, with a device that keeps the rules. */
#include <linux/virtio_config.h>

#include "test.h"

/* Sizes need not be powers of two: virtio 1.4, 2.8.10.1 */
static const u16 sizes[] = { 1, 2, 3, 5, 8, 13, 100, 1000, 32767, 32768 };

/* virtio 1.4, 2.8.11: alignment 16, 4 and 4, parts do not overlap */
static void parts(void)
{
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		open_ring(sizes[i], 1, EVENT);
		check_equal(vfe_queue_size(q), sizes[i]);
		check_equal(q->desc_addr % 16, 0);
		check_equal(q->driver_addr % 4, 0);
		check_equal(q->device_addr % 4, 0);
		check(q->driver_addr >= q->desc_addr + 16ULL * sizes[i]);
		check(q->device_addr >= q->driver_addr + 4);
		for (n = 0; n < sizes[i]; n++)
			check_equal(m.packed.desc[n].flags, 0);
		check_equal(*m.packed.driver, 0);
		check_equal(*m.packed.device, 0);
		close_ring();
	}
}

/* As in notifications (virtio 1.4, 2.9): the next descriptor to write */
static void next_place(void)
{
	unsigned int i, n;
	u64 at;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		open_ring(sizes[i], 1, 0);
		for (n = 0, at = 0; n < 100; n++, at++) {
			check_equal(q->ops->next(q), at % sizes[i] |
				    !(at / sizes[i] & 1) << 15);
			add(n, 1, 0);
			/* what is not shown is not made available */
			check_equal(q->ops->next(q), at % sizes[i] |
				    !(at / sizes[i] & 1) << 15);
			vfe_queue_kick_prepare(q);
			use(1);
			get(1);
		}
		close_ring();
	}
}

/*
 * Notify if the step passed the device's event offset: at each position of two
 * rounds and for steps of several lengths, @at before or after the step.
 */
static void kick_at(unsigned int size, unsigned int step, int at)
{
	unsigned int n, i, place, want, wrong = 0;

	open_ring(size, 1, EVENT);
	for (n = 0; n < 2 * size; n += step) {
		place = (n + at + 2 * size) % (2 * size);
		*m.packed.device = cpu_to_le32(VRING_PACKED_EVENT_FLAG_DESC << 16 |
					       (place < size) << 15 |
					       place % size);
		for (i = 0, want = 0; i < step; i++) {
			add(i, 1, 0);
			want |= (n + i) % (2 * size) == place;
		}
		wrong += vfe_queue_kick_prepare(q) != want;
		use(step);
		get(step);
	}
	check_equal(wrong, 0);
	close_ring();
}

static void kick_by_event(void)
{
	unsigned int i, step;
	int at;

	for (i = 0; i < 7; i++)
		for (step = 1; step <= room_of(sizes[i]) && step < 9; step++)
			for (at = -1; at <= sizes[i] && at < 11; at++)
				kick_at(sizes[i], step, at);
}

/* Flags 0 and 1 alone without EVENT_IDX; a reserved value does not suppress */
static void kick_by_flags(void)
{
	static const struct {
		u32 flags;
		bool kick;
	} ways[] = { { 0, true }, { 1, false }, { 2, true }, { 3, true } };
	unsigned int event, i;

	for (event = 0; event < 2; event++) {
		open_ring(8, 1, event ? EVENT : 0);
		for (i = 0; i < ARRAY_SIZE(ways); i++) {
			/* 2: an event offset that is passed now */
			*m.packed.device = cpu_to_le32(ways[i].flags << 16 |
						       1 << 15 | i);
			add(i, 1, 0);
			check_equal(vfe_queue_kick_prepare(q), ways[i].kick);
		}
		use(4);
		get(4);
		close_ring();
	}
}

/* 2.8.14: 0 enable, 1 disable, 2 a place, with EVENT_IDX only */
static void interrupt_flags(void)
{
	unsigned int way;

	for (way = 0; way < 2; way++) {
		open_ring(5, 1, way ? EVENT : 0);
		add(0, 1, 0);
		vfe_queue_kick_prepare(q);
		use(1);
		get(1);
		vfe_queue_disable_cb(q);
		check_equal(le32_to_cpu(*m.packed.driver) >> 16, 1);
		check(vfe_queue_enable_cb(q));
		check_equal(le32_to_cpu(*m.packed.driver),
			    way ? 2 << 16 | 1 << 15 | 1 : 0);
		close_ring();
	}
}

/* A buffer that add refuses leaves no descriptor that looks available. */
static void refused(void)
{
	const struct vfe_seg big[3] = { { 0, U32_MAX }, { 0, 1 }, { 0, 1 } };
	struct model_buf buf;

	open_ring(4, 3, 0);
	check_equal(vfe_queue_add(q, big, 1, 2, token_of(1)), -22);
	add(2, 1, 0);
	vfe_queue_kick_prepare(q);
	check(model_pop(&m, &buf));
	check(!model_pop(&m, &buf));
	check(vfe_queue_detach(q) == token_of(2));
	close_ring();
}

/* The indices for users: buffers made available and reaped */
static void indices(void)
{
	u16 avail, used;

	open_ring(5, 2, 0);
	add(0, 1, 1);
	add(1, 1, 0);
	q->ops->indices(q, &avail, &used);
	check_equal(avail, 0);
	vfe_queue_kick_prepare(q);
	add(2, 1, 0);
	q->ops->indices(q, &avail, &used);
	check_equal(avail, 2);
	check_equal(used, 0);
	use(2);
	get(2);
	q->ops->indices(q, &avail, &used);
	check_equal(avail, 2);
	check_equal(used, 2);
	check(vfe_queue_detach(q) == token_of(2));
	host_reset(&h);
	q->ops->indices(q, &avail, &used);
	check_equal(avail | used, 0);
	close_ring();
}

const struct test packed_tests[] = {
	{ "the parts of a ring are aligned and begin as 0", parts },
	{ "the place of the next descriptor", next_place },
	{ "kick decision by each place of the ring", kick_by_event },
	{ "kick decision by flags, reserved ones too", kick_by_flags },
	{ "event suppression has the requested values", interrupt_flags },
	{ "what is refused leaves nothing available", refused },
	{ "how many were made available and taken back", indices },
	{ }
};
