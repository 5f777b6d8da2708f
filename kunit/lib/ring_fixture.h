/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A live mock function, with the suite as class driver: for suites of rings,
 * notifications and counters.
 */
#ifndef VFE_KUNIT_RING_FIXTURE_H
#define VFE_KUNIT_RING_FIXTURE_H

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/string.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include <vfe/device.h>

#include "mock/mock.h"

#define VFE_LIVE_PLAIN		BIT_ULL(VIRTIO_F_VERSION_1)
#define VFE_LIVE_EVENT_IDX	BIT_ULL(VIRTIO_RING_F_EVENT_IDX)
#define VFE_LIVE_INDIRECT	BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC)
#define VFE_LIVE_PACKED		BIT_ULL(VIRTIO_F_RING_PACKED)
#define VFE_LIVE_IN_ORDER	BIT_ULL(VIRTIO_F_IN_ORDER)
#define VFE_LIVE_SEGS		8	/* most segments of a suite's buffers */

/**
 * struct vfe_live_spec - what to bring up
 * @mock: the function
 * @irqs: kind of interrupts
 * @max_segs: most segments of a buffer, 0 for VFE_LIVE_SEGS
 * @size: of each queue, 0 for the function's size
 * @own_tables: the suite writes indirect tables itself
 * @not_ready: stop just before vfe_ready()
 */
struct vfe_live_spec {
	struct vfe_mock_spec mock;
	enum vfe_interrupts irqs;
	unsigned int max_segs;
	u16 size;
	bool own_tables;
	bool not_ready;
};

/**
 * struct vfe_live_counts - what this class driver counts by itself
 * @own: nothing but what a test counts
 */
struct vfe_live_counts {
	u64 own;
};

/**
 * struct vfe_live - a function that is up
 * @test: the test that it belongs to
 * @m: the function
 * @vd: its core device, NULL after vfe_live_stop()
 * @q: its first queue, for the driver
 * @mq: the same, for the device
 * @chain: for vfe_mock_pop(), too large for the stack
 * @tables: with own tables, a page of them
 * @queues: their number
 * @done: calls of done()
 * @taken: buffers that done() reaped, if @drain is set
 * @faults: calls of needs_reset()
 * @changes: calls of config_changed()
 * @drain: let done() reap used buffers
 */
struct vfe_live {
	struct kunit *test;
	struct vfe_mock *m;
	struct vfe_device *vd;
	struct vfe_queue *q;
	struct vfe_mock_queue *mq;
	struct vfe_mock_chain *chain;
	struct vfe_desc (*tables)[VFE_LIVE_SEGS];
	unsigned int queues;
	unsigned int done;
	unsigned int taken;
	unsigned int faults;
	unsigned int changes;
	bool drain;
};

static inline void vfe_live_done(struct vfe_queue *q)
{
	struct vfe_live *l = vfe_priv(vfe_queue_device(q));
	u32 len;

	l->done++;
	while (l->drain && vfe_queue_get(q, &len))
		l->taken++;
}

static inline void vfe_live_config_changed(struct vfe_device *vd)
{
	struct vfe_live *l = vfe_priv(vd);

	l->changes++;
}

static inline void vfe_live_needs_reset(struct vfe_device *vd)
{
	struct vfe_live *l = vfe_priv(vd);

	l->faults++;
}

/* Stop using the function; otherwise the end of the test does this. */
static inline void vfe_live_stop(void *data)
{
	struct vfe_live *l = data;

	if (l->vd)
		vfe_destroy(l->vd);
	l->vd = NULL;
	l->q = NULL;
}

static inline void vfe_live_queues(struct vfe_live *l,
				   const struct vfe_live_spec *spec)
{
	struct vfe_queue_spec queues[VFE_MOCK_QUEUES] = {};
	unsigned int i;

	for (i = 0; i < l->queues; i++) {
		queues[i].name = "live";
		queues[i].done = vfe_live_done;
		queues[i].max_segs = spec->max_segs ?: VFE_LIVE_SEGS;
		queues[i].size = spec->size;
		queues[i].own_tables = spec->own_tables;
		queues[i].index = i;
	}
	KUNIT_ASSERT_EQ(l->test, 0,
			vfe_queues_create(l->vd, queues, l->queues,
					  spec->irqs));
	l->q = vfe_get_queue(l->vd, 0);
}

/*
 * Start a function according to @spec, up to DRIVER_OK; all steps must succeed.
 */
static inline struct vfe_live *vfe_live_start(struct kunit *test,
					      const struct vfe_live_spec *spec)
{
	static const struct vfe_counter own = { .name = "own" };
	static const struct vfe_class_counters counters = {
		.table = &own, .n = 1, .size = sizeof(struct vfe_live_counts),
	};
	static const struct vfe_device_ops ops = {
		.counters = &counters,
		.config_changed = vfe_live_config_changed,
		.needs_reset = vfe_live_needs_reset,
	};
	struct vfe_live *l = kunit_kzalloc(test, sizeof(*l), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, l);
	l->chain = kunit_kzalloc(test, sizeof(*l->chain), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, l->chain);
	if (spec->own_tables) {
		l->tables = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, l->tables);
	}
	l->test = test;
	l->queues = spec->mock.queues ?: 1;
	l->m = vfe_mock_plug(test, &spec->mock);
	KUNIT_ASSERT_NOT_NULL(test, l->m);
	l->mq = &l->m->queues[0];
	l->vd = vfe_create(l->m->pdev, &ops, l);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, l->vd);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, vfe_live_stop, l));
	KUNIT_ASSERT_EQ(test, 0, vfe_negotiate(l->vd, 0, 0));
	vfe_live_queues(l, spec);
	if (!spec->not_ready)
		KUNIT_ASSERT_EQ(test, 0, vfe_ready(l->vd));
	return l;
}

/* Reset, detach all buffers, restart. Return: number of buffers */
static inline unsigned int vfe_live_restart(struct vfe_live *l)
{
	unsigned int i, n = 0;

	KUNIT_EXPECT_EQ(l->test, 0, vfe_reset(l->vd));
	for (i = 0; i < l->queues; i++)
		while (vfe_queue_detach(vfe_get_queue(l->vd, i)))
			n++;
	KUNIT_ASSERT_EQ(l->test, 0, vfe_restart(l->vd));
	KUNIT_ASSERT_EQ(l->test, 0, vfe_ready(l->vd));
	return n;
}

/* Wait for @n calls of config_changed(), at most a second. */
static inline void vfe_live_wait_changes(struct vfe_live *l, unsigned int n)
{
	unsigned int i;

	for (i = 0; READ_ONCE(l->changes) < n && i < 10000; i++)
		usleep_range(50, 100);
	KUNIT_EXPECT_EQ(l->test, READ_ONCE(l->changes), n);
}

/* --- distinguishable buffers --- */

/* The token of buffer number @n */
static inline void *vfe_live_token(u32 n)
{
	return (void *)((uintptr_t)n + 1);
}

/*
 * Segment @k of buffer number @n: memory that exists for the mock, but is not
 * accessed.
 */
static inline struct vfe_seg vfe_live_seg(u32 n, unsigned int k)
{
	return (struct vfe_seg) {
		.addr = 0x100000 + (n % 0x10000) * 0x1000 + k * 16,
		.len = 1 + (n * 7 + k * 13) % 4093,
	};
}

/* Bytes of buffer @n that the device may write */
static inline u32 vfe_live_in_len(u32 n, unsigned int out, unsigned int in)
{
	unsigned int k;
	u32 len = 0;

	for (k = out; k < out + in; k++)
		len += vfe_live_seg(n, k).len;
	return len;
}

/* Like a class driver that writes its own tables; enough for a ring of 16. */
static inline int vfe_live_add_table(struct vfe_live *l, u32 n,
				     const struct vfe_seg *segs,
				     unsigned int out, unsigned int in)
{
	const struct vfe_table_format *f = vfe_queue_table_format(l->q);
	struct vfe_desc *table = l->tables[n % 16];
	unsigned int k, total = out + in;
	u32 ctrl;

	for (k = 0; k < total; k++) {
		ctrl = k + 1 < total ? f->link + (k + 1) * f->step : 0;
		if (k >= out)
			ctrl += f->write;
		table[k].addr = cpu_to_le64(segs[k].addr);
		table[k].len = cpu_to_le32(segs[k].len);
		table[k].ctrl = cpu_to_le32(ctrl);
	}
	return vfe_queue_add_table(l->q, virt_to_phys(table), total,
				   vfe_live_in_len(n, out, in),
				   vfe_live_token(n));
}

static inline int vfe_live_add(struct vfe_live *l, u32 n, unsigned int out,
			       unsigned int in)
{
	struct vfe_seg segs[VFE_LIVE_SEGS];
	unsigned int k;

	for (k = 0; k < out + in; k++)
		segs[k] = vfe_live_seg(n, k);
	if (l->tables && out + in > 1)
		return vfe_live_add_table(l, n, segs, out, in);
	return vfe_queue_add(l->q, segs, out, in, vfe_live_token(n));
}

/* The device pops the next chain, which must be buffer @n. Return: its id */
static inline u16 vfe_live_pop(struct vfe_live *l, u32 n, unsigned int out,
			       unsigned int in)
{
	struct vfe_mock_chain *c = l->chain;
	struct kunit *test = l->test;
	struct vfe_seg seg;
	unsigned int k;

	KUNIT_ASSERT_EQ_MSG(test, vfe_mock_pop(l->mq, c), 1, "%s",
			    l->m->offence);
	KUNIT_ASSERT_EQ(test, c->out, out);
	KUNIT_ASSERT_EQ(test, c->in, in);
	KUNIT_EXPECT_EQ(test, c->in_len, vfe_live_in_len(n, out, in));
	for (k = 0; k < out + in; k++) {
		seg = vfe_live_seg(n, k);
		KUNIT_EXPECT_EQ(test, c->segs[k].addr, seg.addr);
		KUNIT_EXPECT_EQ(test, c->segs[k].len, seg.len);
		KUNIT_EXPECT_EQ(test, c->segs[k].write, k >= out);
	}
	return c->id;
}

/* The driver reaps a buffer, which must be @n with used length @len. */
static inline void vfe_live_get(struct vfe_live *l, u32 n, u32 len)
{
	u32 got = ~len;

	KUNIT_ASSERT_PTR_EQ(l->test, vfe_queue_get(l->q, &got),
			    vfe_live_token(n));
	KUNIT_EXPECT_EQ(l->test, got, len);
}

static inline void vfe_live_get_none(struct vfe_live *l)
{
	u32 len;

	KUNIT_EXPECT_NULL(l->test, vfe_queue_get(l->q, &len));
}

/* Use one buffer, to check that the queue works. */
static inline void vfe_live_round_trip(struct vfe_live *l, u32 n)
{
	u16 id;

	KUNIT_ASSERT_EQ(l->test, vfe_live_add(l, n, 1, 1), 0);
	vfe_queue_kick_prepare(l->q);
	id = vfe_live_pop(l, n, 1, 1);
	vfe_mock_push(l->mq, id, 1, l->chain->descs);
	vfe_live_get(l, n, 1);
	vfe_live_get_none(l);
}

#endif /* VFE_KUNIT_RING_FIXTURE_H */
