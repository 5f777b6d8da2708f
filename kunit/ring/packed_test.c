// SPDX-License-Identifier: GPL-2.0
/*
 * What only a packed ring has: a device that breaks its rules, or bends them.
 * What it shares with a split ring is in buffers_test.c and device_fault_test.c.
 */
#include <kunit/test.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/virtio_ring.h>

#include "lib/ring_fixture.h"

#define PACKED_SIZE	15

struct packed_mode {
	const char *name;
	u64 features;
};

static const struct packed_mode packed_modes[] = {
	{ "direct", VFE_LIVE_EVENT_IDX },
	{ "indirect", VFE_LIVE_EVENT_IDX | VFE_LIVE_INDIRECT },
	{ "flags", 0 },
	{ "in order", VFE_LIVE_EVENT_IDX | VFE_LIVE_IN_ORDER },
};

static void packed_mode_name(const struct packed_mode *mode, char *name)
{
	strscpy(name, mode->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(packed, packed_modes, packed_mode_name);

static struct vfe_live *packed_start(struct kunit *test)
{
	const struct packed_mode *mode = test->param_value;
	struct vfe_live_spec spec = {
		.mock = {
			.features = VFE_LIVE_PLAIN | VFE_LIVE_PACKED |
				    mode->features,
			.queue_size = PACKED_SIZE,
		},
	};

	return vfe_live_start(test, &spec);
}

static u16 packed_give(struct vfe_live *l, u32 n, unsigned int out,
		       unsigned int in)
{
	KUNIT_ASSERT_EQ(l->test, vfe_live_add(l, n, out, in), 0);
	vfe_queue_kick_prepare(l->q);
	return vfe_live_pop(l, n, out, in);
}

static void packed_expect_broken(struct vfe_live *l, unsigned int faults,
				 unsigned int out)
{
	vfe_live_get_none(l);
	KUNIT_EXPECT_TRUE(l->test, vfe_queue_broken(l->q));
	KUNIT_EXPECT_EQ(l->test, l->faults, faults);
	KUNIT_EXPECT_EQ(l->test, vfe_live_restart(l), out);
	vfe_live_round_trip(l, 7);
}

/* Ids that no buffer has: beyond the ring, and free ones */
static void packed_wrong_id(struct kunit *test)
{
	static const u16 wrong[] = {
		1, 2, PACKED_SIZE - 1, PACKED_SIZE, PACKED_SIZE + 1, 0x7fff,
		0x8000, U16_MAX,
	};
	struct vfe_live *l = packed_start(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		vfe_live_restart(l);
		KUNIT_ASSERT_EQ(test, packed_give(l, i, 1, 1), 0);
		vfe_mock_push(l->mq, wrong[i], 0, l->chain->descs);
		packed_expect_broken(l, i + 1, 1);
	}
}

/* A buffer that the device was not shown, beside one that it was */
static void packed_unshown(struct kunit *test)
{
	struct vfe_live *l = packed_start(test);
	unsigned int shown;

	for (shown = 0; shown < 2; shown++) {
		vfe_live_restart(l);
		if (shown)
			packed_give(l, 1, 0, 1);
		KUNIT_ASSERT_EQ(test, vfe_live_add(l, 2, 0, 1), 0);
		vfe_mock_push(l->mq, shown, 0, 1);
		packed_expect_broken(l, shown + 1, shown + 1);
	}
}

/*
 * The descriptors and tables are the driver's to write until they are used:
 * what a device writes there changes nothing that the driver does.
 */
static void packed_scribble(struct kunit *test)
{
	struct vfe_live *l = packed_start(test);
	struct rnd_state rnd;
	u32 n;
	u16 id;

	prandom_seed_state(&rnd, 5);
	for (n = 0; n < 20 * PACKED_SIZE; n++) {
		id = packed_give(l, n, 1, n % VFE_LIVE_SEGS);
		prandom_bytes_state(&rnd, vfe_mock_mem(l->mq->desc),
				    PACKED_SIZE * 16);
		prandom_bytes_state(&rnd, vfe_mock_mem(l->mq->device), 4);
		vfe_mock_push(l->mq, id, 0, l->chain->descs);
		/* for it not to look used before it is */
		memset(vfe_mock_mem(l->mq->desc) + l->mq->used * 16, 0, 16);
		if (!l->mq->used_wrap)
			memset(vfe_mock_mem(l->mq->desc) + l->mq->used * 16,
			       0xff, 16);
		vfe_live_get(l, n, 0);
		vfe_live_get_none(l);
	}
	KUNIT_EXPECT_EQ(test, l->faults, 0U);
	/* not one descriptor or id went astray */
	for (n = 0; n < vfe_queue_capacity(l->q); n++)
		KUNIT_EXPECT_EQ(test, vfe_live_add(l, n, 0, 1), 0);
	KUNIT_EXPECT_EQ(test, vfe_live_add(l, n, 0, 1), -ENOSPC);
	KUNIT_EXPECT_EQ(test, vfe_live_restart(l), n);
	vfe_live_round_trip(l, 1);
}

/* 2.8.4: without WRITE the length says nothing, whatever it is. */
static void packed_meaningless_length(struct kunit *test)
{
	struct vfe_live *l = packed_start(test);
	struct vring_packed_desc *d;
	u32 n;
	u16 id;

	for (n = 0; n < 3 * PACKED_SIZE; n++) {
		id = packed_give(l, n, 1, 0);
		d = vfe_mock_mem(l->mq->desc);
		d += l->mq->used;
		vfe_mock_push(l->mq, id, 0, l->chain->descs);
		d->len = cpu_to_le32(U32_MAX - n);
		vfe_live_get(l, n, 0);
	}
	KUNIT_EXPECT_EQ(test, l->faults, 0U);
	VFE_MOCK_EXPECT_CLEAN(test, l->m);
}

static struct kunit_case packed_cases[] = {
	KUNIT_CASE_PARAM(packed_wrong_id, packed_gen_params),
	KUNIT_CASE_PARAM(packed_unshown, packed_gen_params),
	KUNIT_CASE_PARAM(packed_scribble, packed_gen_params),
	KUNIT_CASE_PARAM(packed_meaningless_length, packed_gen_params),
	{}
};

static struct kunit_suite packed_suite = {
	.name = "vfe-ring-packed",
	.test_cases = packed_cases,
};

kunit_test_suite(packed_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit: what only a packed ring has");
