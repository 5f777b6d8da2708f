/* SPDX-License-Identifier: GPL-2.0 */
/* Buffers that differ from each other, for suites of rings and counters. */
#ifndef VFE_KUNIT_RING_FIXTURE_H
#define VFE_KUNIT_RING_FIXTURE_H

#include <linux/delay.h>
#include <linux/string.h>
#include <linux/virtio_ring.h>

#include "core_fixture.h"

#define RING_PLAIN	BIT_ULL(VIRTIO_F_VERSION_1)
#define RING_EVENT_IDX	BIT_ULL(VIRTIO_RING_F_EVENT_IDX)
#define RING_INDIRECT	BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC)
#define RING_PACKED	BIT_ULL(VIRTIO_F_RING_PACKED)
#define RING_IN_ORDER	BIT_ULL(VIRTIO_F_IN_ORDER)
#define BUF_SEGS	8	/* most segments of a buffer */

/**
 * struct tdrv_setup - a device to bring up
 * @mock: the function
 * @irqs: kind of interrupts
 * @size: of each queue, 0 for the function's size
 * @own_tables: the suite writes indirect tables itself
 * @not_ready: stop just before vfe_ready()
 */
struct tdrv_setup {
	struct vfe_mock_spec mock;
	enum vfe_interrupts irqs;
	u16 size;
	bool own_tables;
	bool not_ready;
};

/* A device up to DRIVER_OK; all steps must succeed. */
static inline struct tdrv *tdrv_start(struct kunit *test,
				      const struct tdrv_setup *setup)
{
	struct tdrv *td = tdrv_new(test, &setup->mock);
	unsigned int i;

	td->irqs = setup->irqs;
	for (i = 0; i < td->queues; i++) {
		td->specs[i].max_segs = BUF_SEGS;
		td->specs[i].size = setup->size;
		td->specs[i].own_tables = setup->own_tables;
	}
	if (setup->own_tables) {
		td->tables = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, td->tables);
	}
	KUNIT_ASSERT_EQ(test, 0, tdrv_up(td, setup->not_ready ? TDRV_QUEUES :
					     TDRV_READY));
	return td;
}

/* The token of buffer number @n */
static inline void *buf_token(u32 n)
{
	return (void *)((uintptr_t)n + 1);
}

/*
 * Segment @k of buffer number @n: memory that exists for the mock, but is not
 * accessed.
 */
static inline struct vfe_seg buf_seg(u32 n, unsigned int k)
{
	return (struct vfe_seg) {
		.addr = 0x100000 + (n % 0x10000) * 0x1000 + k * 16,
		.len = 1 + (n * 7 + k * 13) % 4093,
	};
}

/* Bytes of buffer @n that the device may write */
static inline u32 buf_in_len(u32 n, unsigned int out, unsigned int in)
{
	unsigned int k;
	u32 len = 0;

	for (k = out; k < out + in; k++)
		len += buf_seg(n, k).len;
	return len;
}

/* Like a class driver that writes its own tables; enough for a ring of 16. */
static inline int buf_add_table(struct tdrv *td, u32 n,
				const struct vfe_seg *segs, unsigned int out,
				unsigned int in)
{
	const struct vfe_table_format *f = vfe_queue_table_format(td->q);
	struct vfe_desc *table = td->tables + n % 16 * BUF_SEGS;
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
	return vfe_queue_add_table(td->q, virt_to_phys(table), total,
				   buf_in_len(n, out, in), buf_token(n));
}

static inline int buf_add(struct tdrv *td, u32 n, unsigned int out,
			  unsigned int in)
{
	struct vfe_seg segs[BUF_SEGS];
	unsigned int k;

	for (k = 0; k < out + in; k++)
		segs[k] = buf_seg(n, k);
	if (td->tables && out + in > 1)
		return buf_add_table(td, n, segs, out, in);
	return vfe_queue_add(td->q, segs, out, in, buf_token(n));
}

/* The device pops the next chain, which must be buffer @n. Return: its id */
static inline u16 buf_pop(struct tdrv *td, u32 n, unsigned int out,
			  unsigned int in)
{
	struct vfe_mock_chain *c = td->chain;
	struct kunit *test = td->test;
	struct vfe_seg seg;
	unsigned int k;

	KUNIT_ASSERT_EQ_MSG(test, vfe_mock_pop(td->mq, c), 1, "%s",
			    td->m->offence);
	KUNIT_ASSERT_EQ(test, c->out, out);
	KUNIT_ASSERT_EQ(test, c->in, in);
	KUNIT_EXPECT_EQ(test, c->in_len, buf_in_len(n, out, in));
	for (k = 0; k < out + in; k++) {
		seg = buf_seg(n, k);
		KUNIT_EXPECT_EQ(test, c->segs[k].addr, seg.addr);
		KUNIT_EXPECT_EQ(test, c->segs[k].len, seg.len);
		KUNIT_EXPECT_EQ(test, c->segs[k].write, k >= out);
	}
	return c->id;
}

/* The driver reaps a buffer, which must be @n with used length @len. */
static inline void buf_get(struct tdrv *td, u32 n, u32 len)
{
	u32 got = ~len;

	KUNIT_ASSERT_PTR_EQ(td->test, vfe_queue_get(td->q, &got), buf_token(n));
	KUNIT_EXPECT_EQ(td->test, got, len);
}

static inline void buf_get_none(struct tdrv *td)
{
	u32 len;

	KUNIT_EXPECT_NULL(td->test, vfe_queue_get(td->q, &len));
}

/* Use one buffer, to check that the queue works. */
static inline void buf_round_trip(struct tdrv *td, u32 n)
{
	u16 id;

	KUNIT_ASSERT_EQ(td->test, buf_add(td, n, 1, 1), 0);
	vfe_queue_kick_prepare(td->q);
	id = buf_pop(td, n, 1, 1);
	vfe_mock_push(td->mq, id, 1, td->chain->descs);
	buf_get(td, n, 1);
	buf_get_none(td);
}

#endif /* VFE_KUNIT_RING_FIXTURE_H */
