// SPDX-License-Identifier: GPL-2.0
/*
 * The ring with a device that breaks the rules: for any of its writes, the
 * driver returns no buffer twice, none that it does not have, logs the fault
 * once, and works again after a reset.
 */
#include <linux/limits.h>
#include <linux/prandom.h>

#include "lib/log.h"
#include "lib/ring_fixture.h"
#include "lib/stats.h"
#include "lib/suite.h"

#define FAULT_SIZE	16
#define FAULT_SAID	"device wrote a wrong"

struct fault_mode {
	const char *name;
	u64 features;
};

static const struct fault_mode fault_modes[] = {
	{ "direct", VFE_LIVE_PLAIN | VFE_LIVE_EVENT_IDX },
	{ "indirect", VFE_LIVE_PLAIN | VFE_LIVE_EVENT_IDX |
		      VFE_LIVE_INDIRECT },
	{ "direct, flags", VFE_LIVE_PLAIN },
};

KUNIT_ARRAY_PARAM_DESC(fault, fault_modes, name);

/* Rings with other formats of the used ring, for the cases that fit them */
static const struct fault_mode fault_layouts[] = {
	{ "direct", VFE_LIVE_PLAIN | VFE_LIVE_EVENT_IDX },
	{ "indirect", VFE_LIVE_PLAIN | VFE_LIVE_INDIRECT },
	{ "in order", VFE_LIVE_PLAIN | VFE_LIVE_IN_ORDER },
	{ "packed", VFE_LIVE_PLAIN | VFE_LIVE_PACKED },
	{ "packed, indirect", VFE_LIVE_PLAIN | VFE_LIVE_PACKED |
			      VFE_LIVE_EVENT_IDX | VFE_LIVE_INDIRECT },
	{ "packed, in order", VFE_LIVE_PLAIN | VFE_LIVE_PACKED |
			      VFE_LIVE_IN_ORDER },
};

KUNIT_ARRAY_PARAM_DESC(fault_layout, fault_layouts, name);

/* Two queues: the fate of the first must not affect the second. */
static struct vfe_live *fault_start(struct kunit *test)
{
	const struct fault_mode *mode = test->param_value;
	struct vfe_live_spec spec = {
		.mock = {
			.features = mode->features,
			.queue_size = FAULT_SIZE,
			.queues = 2,
		},
	};

	return vfe_live_start(test, &spec);
}

/* Add @n and let the device pop it. Return: its id */
static u16 fault_give(struct vfe_live *l, u32 n, unsigned int out,
		      unsigned int in)
{
	KUNIT_ASSERT_EQ(l->test, vfe_live_add(l, n, out, in), 0);
	vfe_queue_kick_prepare(l->q);
	return vfe_live_pop(l, n, out, in);
}

static void fault_expect_broken(struct vfe_live *l, unsigned int faults)
{
	struct kunit *test = l->test;

	vfe_live_get_none(l);
	KUNIT_EXPECT_TRUE(test, vfe_queue_broken(l->q));
	KUNIT_EXPECT_EQ(test, l->faults, faults);
	KUNIT_EXPECT_EQ(test, vfe_live_add(l, 90, 1, 1), -EIO);
	KUNIT_EXPECT_FALSE(test, vfe_queue_kick_prepare(l->q));
	/* no loop until "no more buffers" may run for ever */
	KUNIT_EXPECT_TRUE(test, vfe_queue_enable_cb(l->q));
	vfe_queue_disable_cb(l->q);
	vfe_live_get_none(l);
	KUNIT_EXPECT_EQ(test, l->faults, faults);
}

/* The other queue works as usual. */
static void fault_expect_second_works(struct vfe_live *l)
{
	struct vfe_queue *q = l->q;
	struct vfe_mock_queue *mq = l->mq;

	l->q = vfe_get_queue(l->vd, 1);
	l->mq = &l->m->queues[1];
	KUNIT_EXPECT_FALSE(l->test, vfe_queue_broken(l->q));
	vfe_live_round_trip(l, 77);
	l->q = q;
	l->mq = mq;
}

/* A reset repairs it: buffers come back once, and the ring is empty. */
static void fault_heal(struct vfe_live *l, unsigned int out)
{
	unsigned int n;

	fault_expect_second_works(l);
	KUNIT_EXPECT_EQ(l->test, vfe_live_restart(l), out);
	KUNIT_EXPECT_FALSE(l->test, vfe_queue_broken(l->q));
	for (n = 0; n < 2 * FAULT_SIZE; n++)
		vfe_live_round_trip(l, n);
}

/* Ids beyond the ring, some of them valid in their lower 16 bits */
static void fault_wrong_id(struct kunit *test)
{
	static const u32 wrong[] = {
		FAULT_SIZE, FAULT_SIZE + 1, 0x7fff, 0x8000, U16_MAX, 0x10000,
		0x80000000, U32_MAX, U32_MAX - FAULT_SIZE + 1,
	};
	struct vfe_live *l = fault_start(test);
	unsigned int i;
	u16 id;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		id = fault_give(l, i, 1, 1);
		vfe_mock_push_raw(l->mq, wrong[i] < 0x10000 ? wrong[i] :
				  wrong[i] | id, 0);
		fault_expect_broken(l, i + 1);
		fault_heal(l, 1);
	}
}

/* Ids of the ring that no buffer begins with */
static void fault_free_id(struct kunit *test)
{
	struct vfe_live *l = fault_start(test);
	unsigned int i, faults = 0;
	u16 id;

	for (i = 0; i < FAULT_SIZE; i++) {
		id = fault_give(l, i, 2, 1);
		if (i == id) {
			vfe_mock_push(l->mq, id, 0, l->chain->descs);
			vfe_live_get(l, i, 0);
			continue;
		}
		/* a free one, or (direct) one in the middle of the chain */
		vfe_mock_push_raw(l->mq, i, 0);
		fault_expect_broken(l, ++faults);
		KUNIT_EXPECT_EQ(test, vfe_live_restart(l), 1U);
	}
	KUNIT_EXPECT_GE(test, faults, FAULT_SIZE - 1U);
	fault_heal(l, 0);
}

static void fault_same_id_twice(struct kunit *test)
{
	struct vfe_live *l = fault_start(test);
	u16 id;

	id = fault_give(l, 1, 1, 1);
	fault_give(l, 2, 1, 1);
	vfe_mock_push(l->mq, id, 1, l->chain->descs);
	vfe_mock_push(l->mq, id, 1, l->chain->descs);
	vfe_live_get(l, 1, 1);
	fault_expect_broken(l, 1);
	fault_heal(l, 1);
}

/* Used again after it was given back, with nothing else out */
static void fault_stale_id(struct kunit *test)
{
	struct vfe_live *l = fault_start(test);
	u16 id = fault_give(l, 1, 0, 1);

	vfe_mock_push(l->mq, id, 1, 1);
	vfe_live_get(l, 1, 1);
	vfe_mock_push(l->mq, id, 1, 1);
	fault_expect_broken(l, 1);
	fault_heal(l, 0);
}

/* A length beyond the buffer is cut to it, and told of once: nothing breaks. */
static void fault_length(struct kunit *test)
{
	static const struct {
		unsigned int out;
		unsigned int in;
	} bufs[] = { { 1, 0 }, { 0, 1 }, { 1, 1 }, { 3, 2 }, { 0, 8 } };
	struct vfe_live *l = fault_start(test);
	struct kmsg_dump_iter mark = log_mark();
	unsigned int i, k;
	u32 in_len, lie;
	u16 id;

	VFE_DUTY(test, "S12", "2.7.8.3",
		 "the used length reaches the class driver unchanged, but limited to the buffer");
	for (i = 0; i < ARRAY_SIZE(bufs); i++) {
		in_len = vfe_live_in_len(i, bufs[i].out, bufs[i].in);
		/* the bound itself is true */
		id = fault_give(l, i, bufs[i].out, bufs[i].in);
		vfe_mock_push(l->mq, id, in_len, l->chain->descs);
		vfe_live_get(l, i, in_len);
		for (k = 0; k < 3; k++) {
			lie = k ? U32_MAX >> (k - 1) : in_len + 1;
			id = fault_give(l, i, bufs[i].out, bufs[i].in);
			vfe_mock_push(l->mq, id, lie, l->chain->descs);
			vfe_live_get(l, i, in_len);
		}
	}
	KUNIT_EXPECT_FALSE(test, vfe_queue_broken(l->q));
	KUNIT_EXPECT_EQ(test, 0U, l->faults);
	KUNIT_EXPECT_EQ(test, log_warnings(mark, ": used length 1 for a"), 1U);
	KUNIT_EXPECT_EQ(test, log_warnings(mark, ": used length"), 1U);
	/* after a reset it is the same device */
	KUNIT_EXPECT_EQ(test, vfe_live_restart(l), 0U);
	id = fault_give(l, 0, 1, 1);
	vfe_mock_push(l->mq, id, U32_MAX, l->chain->descs);
	vfe_live_get(l, 0, vfe_live_in_len(0, 1, 1));
	KUNIT_EXPECT_EQ(test, log_warnings(mark, ": used length"), 1U);
}

/* More used than was made available, by one and by many */
static void fault_index_ahead(struct kunit *test)
{
	static const u16 ahead[] = { 1, 2, FAULT_SIZE, 0x7fff, 0x8000, 0xfffd };
	struct vfe_live *l = fault_start(test);
	unsigned int i, faults = 0;

	for (i = 0; i < ARRAY_SIZE(ahead); i++) {
		fault_give(l, 1, 0, 1);
		fault_give(l, 2, 0, 1);
		vfe_mock_set_used_idx(l->mq, vfe_mock_avail_idx(l->mq) +
				      ahead[i]);
		fault_expect_broken(l, ++faults);
		fault_heal(l, 2);
		/* and with nothing out at all */
		vfe_mock_set_used_idx(l->mq, vfe_mock_used_idx(l->mq) +
				      ahead[i]);
		fault_expect_broken(l, ++faults);
		fault_heal(l, 0);
	}
}

static void fault_index_back(struct kunit *test)
{
	struct vfe_live *l = fault_start(test);
	u32 n;

	for (n = 0; n < 3; n++)
		vfe_live_round_trip(l, n);
	fault_give(l, 3, 0, 1);
	vfe_mock_set_used_idx(l->mq, vfe_mock_used_idx(l->mq) - 1);
	fault_expect_broken(l, 1);
	fault_heal(l, 1);
}

/* A buffer used before the device was shown it */
static void fault_index_unshown(struct kunit *test)
{
	struct vfe_live *l = fault_start(test);

	KUNIT_ASSERT_EQ(test, vfe_live_add(l, 1, 0, 1), 0);
	vfe_mock_push_raw(l->mq, 0, 0);
	fault_expect_broken(l, 1);
	fault_heal(l, 1);
}

/* There and back again before the driver looks, and after it did */
static void fault_index_flips(struct kunit *test)
{
	struct vfe_live *l = fault_start(test);
	u16 a = fault_give(l, 1, 0, 1);
	u16 b = fault_give(l, 2, 0, 1);
	u16 at = vfe_mock_used_idx(l->mq);

	/* what nobody saw is nothing */
	vfe_mock_set_used_idx(l->mq, at + 9);
	vfe_mock_set_used_idx(l->mq, at);
	vfe_live_get_none(l);
	KUNIT_EXPECT_FALSE(test, vfe_queue_broken(l->q));
	/* what was seen stays: one look covers two buffers */
	vfe_mock_push(l->mq, a, 1, 1);
	vfe_mock_push(l->mq, b, 1, 1);
	vfe_live_get(l, 1, 1);
	vfe_mock_set_used_idx(l->mq, at);
	vfe_live_get(l, 2, 1);
	/* and then the index is two behind */
	fault_expect_broken(l, 1);
	/* broken stays broken, right as the ring may look again */
	vfe_mock_set_used_idx(l->mq, at + 2);
	fault_expect_broken(l, 1);
	fault_heal(l, 0);
}

static void fault_scribble_bytes(struct rnd_state *rnd, void *mem, size_t len)
{
	prandom_bytes_state(rnd, mem, len);
}

/*
 * The descriptors, the tables and the driver's ring are the driver's to write:
 * what a device writes there changes nothing that the driver does.
 */
static void fault_scribble(struct kunit *test)
{
	struct vfe_live *l = fault_start(test);
	struct rnd_state rnd;
	unsigned int i, total;
	u32 n;
	u16 id;

	prandom_seed_state(&rnd, 3);
	for (n = 0; n < 20 * FAULT_SIZE; n++) {
		total = n % VFE_LIVE_SEGS;
		id = fault_give(l, n, 1, total);
		for (i = 0; l->chain->indirect && i < FAULT_SIZE; i++)
			fault_scribble_bytes(&rnd, vfe_mock_mem(l->mq->desc +
					     id * 16) + i, 1);
		fault_scribble_bytes(&rnd, vfe_mock_mem(l->mq->desc),
				     FAULT_SIZE * 16);
		/* behind flags, which the driver alone changes, and idx */
		fault_scribble_bytes(&rnd, vfe_mock_mem(l->mq->driver) + 4,
				     FAULT_SIZE * 2 + 2);
		vfe_mock_push(l->mq, id, 0, 1);
		vfe_live_get(l, n, 0);
		KUNIT_EXPECT_TRUE(test, vfe_queue_enable_cb(l->q));
	}
	KUNIT_EXPECT_EQ(test, l->faults, 0U);
	/* not one descriptor went astray */
	for (n = 0; n < FAULT_SIZE; n++)
		KUNIT_EXPECT_EQ(test, vfe_live_add(l, n, 0, 1), 0);
	KUNIT_EXPECT_EQ(test, vfe_live_add(l, n, 0, 1), -ENOSPC);
	KUNIT_EXPECT_EQ(test, vfe_live_restart(l), (unsigned int)FAULT_SIZE);
	vfe_live_round_trip(l, 1);
}

/* An available index that the device wrote is not what the driver goes by. */
static void fault_scribble_avail_idx(struct kunit *test)
{
	struct vfe_live *l = fault_start(test);
	__le16 *avail = vfe_mock_mem(l->mq->driver);
	u32 n;

	for (n = 1; n < 5; n++) {
		avail[1] = cpu_to_le16(n * 1000);
		KUNIT_ASSERT_EQ(test, vfe_live_add(l, n, 0, 1), 0);
		vfe_queue_kick_prepare(l->q);
		KUNIT_EXPECT_EQ(test, le16_to_cpu(avail[1]), n);
	}
}

/* Once in the log and once to the class driver, whatever comes behind it */
static void fault_said_once(struct kunit *test)
{
	struct vfe_live *l = fault_start(test);
	struct kmsg_dump_iter mark;
	unsigned int i;

	l->drain = true;
	mark = log_mark();
	for (i = 0; i < 20; i++) {
		vfe_mock_set_used_idx(l->mq, 100 + i);
		vfe_mock_interrupt(l->mq);
		vfe_live_get_none(l);
	}
	KUNIT_EXPECT_EQ(test, log_errors(mark, FAULT_SAID), 1U);
	KUNIT_EXPECT_EQ(test, log_errors(mark, "used index 100"), 1U);
	KUNIT_EXPECT_EQ(test, l->faults, 1U);
	/* the interrupt that found it was the last to come through */
	KUNIT_EXPECT_EQ(test, l->done, 1U);
	KUNIT_EXPECT_EQ(test, l->taken, 0U);

	/* another queue says so too; the class driver knows already */
	vfe_mock_set_used_idx(&l->m->queues[1], 7);
	vfe_mock_interrupt(&l->m->queues[1]);
	KUNIT_EXPECT_EQ(test, log_errors(mark, FAULT_SAID), 2U);
	KUNIT_EXPECT_EQ(test, l->faults, 1U);

	/* a new life, a new message */
	vfe_live_restart(l);
	vfe_mock_set_used_idx(l->mq, 5);
	vfe_live_get_none(l);
	KUNIT_EXPECT_EQ(test, log_errors(mark, FAULT_SAID), 3U);
	KUNIT_EXPECT_EQ(test, l->faults, 2U);
}

/* The message names the device, the queue, the field and the value. */
static void fault_message(struct kunit *test)
{
	struct vfe_live *l = fault_start(test);
	struct kmsg_dump_iter mark;

	mark = log_mark();
	fault_give(l, 1, 0, 1);
	vfe_mock_push_raw(l->mq, 12345, 0);
	vfe_live_get_none(l);
	KUNIT_EXPECT_EQ(test, 1U,
			log_errors(mark,
				   "queue 0 (live): device wrote a wrong used id 12345"));
	KUNIT_EXPECT_EQ(test, log_errors(mark, pci_name(l->m->pdev)), 1U);
}

/* Enabling callbacks also detects a fault. */
static void fault_found_by_enable(struct kunit *test)
{
	struct vfe_live *l = fault_start(test);

	vfe_queue_disable_cb(l->q);
	vfe_mock_set_used_idx(l->mq, 3);
	KUNIT_EXPECT_TRUE(test, vfe_queue_enable_cb(l->q));
	fault_expect_broken(l, 1);
	fault_heal(l, 0);
}

/* Buffers that a broken queue holds come back by a reset, each once. */
static void fault_detach_broken(struct kunit *test)
{
	struct vfe_live *l = fault_start(test);
	bool back[5] = {};
	uintptr_t token;
	u32 n;

	for (n = 0; n < ARRAY_SIZE(back); n++)
		fault_give(l, n, 1, n % 3);
	vfe_mock_push_raw(l->mq, U32_MAX, 0);
	fault_expect_broken(l, 1);
	KUNIT_ASSERT_EQ(test, vfe_reset(l->vd), 0);
	while ((token = (uintptr_t)vfe_queue_detach(l->q))) {
		KUNIT_ASSERT_LE(test, token, (uintptr_t)ARRAY_SIZE(back));
		KUNIT_EXPECT_FALSE(test, back[token - 1]);
		back[token - 1] = true;
	}
	for (n = 0; n < ARRAY_SIZE(back); n++)
		KUNIT_EXPECT_TRUE(test, back[n]);
	KUNIT_EXPECT_TRUE(test, vfe_queue_broken(l->q));
	KUNIT_ASSERT_EQ(test, vfe_restart(l->vd), 0);
	KUNIT_ASSERT_EQ(test, vfe_ready(l->vd), 0);
	vfe_live_round_trip(l, 1);
}

/* Anything in the device's ring, for long: no crash, no buffer twice. */
static void fault_noise(struct kunit *test)
{
	struct vfe_live *l = fault_start(test);
	struct rnd_state rnd;
	bool out[256] = {};
	unsigned int round;
	uintptr_t token;
	u32 n, len;

	prandom_seed_state(&rnd, 11);
	for (round = 0; round < 300; round++) {
		for (n = 0; n < FAULT_SIZE / 2; n++) {
			if (!out[n] && !vfe_live_add(l, n, 1, 1))
				out[n] = true;
		}
		vfe_queue_kick_prepare(l->q);
		fault_scribble_bytes(&rnd, vfe_mock_mem(l->mq->device),
				     4 + FAULT_SIZE * 8 + 2);
		/* every other time with an index and ids to get further by */
		if (round % 2)
			vfe_mock_set_used_idx(l->mq, vfe_mock_avail_idx(l->mq));
		for (n = 0; round % 4 == 3 && n < FAULT_SIZE; n++) {
			__le32 *e = vfe_mock_mem(l->mq->device + 4 + n * 8);

			e[0] = cpu_to_le32(prandom_u32_state(&rnd) %
					   FAULT_SIZE);
			e[1] = 0;
		}
		while ((token = (uintptr_t)vfe_queue_get(l->q, &len))) {
			KUNIT_ASSERT_LT(test, token - 1,
					(uintptr_t)ARRAY_SIZE(out));
			KUNIT_ASSERT_TRUE(test, out[token - 1]);
			KUNIT_EXPECT_LE(test, len,
					vfe_live_in_len(token - 1, 1, 1));
			out[token - 1] = false;
		}
		if (!vfe_queue_broken(l->q))
			continue;
		KUNIT_ASSERT_EQ(test, vfe_reset(l->vd), 0);
		while ((token = (uintptr_t)vfe_queue_detach(l->q))) {
			KUNIT_ASSERT_TRUE(test, out[token - 1]);
			out[token - 1] = false;
		}
		for (n = 0; n < ARRAY_SIZE(out); n++)
			KUNIT_ASSERT_FALSE(test, out[n]);
		KUNIT_ASSERT_EQ(test, vfe_restart(l->vd), 0);
		KUNIT_ASSERT_EQ(test, vfe_ready(l->vd), 0);
	}
	KUNIT_EXPECT_GT(test, l->faults, 50U);
}

/* Interrupts without end, on a good queue and on a broken one */
static void fault_storm(struct kunit *test)
{
	struct vfe_live *l = fault_start(test);
	struct vfe_event_counts sum;
	unsigned int i;

	l->drain = true;
	for (i = 0; i < 500; i++)
		vfe_mock_interrupt(l->mq);
	KUNIT_EXPECT_EQ(test, l->done, 0U);
	vfe_mock_set_used_idx(l->mq, 9);
	for (i = 0; i < 500; i++)
		vfe_mock_interrupt(l->mq);
	KUNIT_EXPECT_EQ(test, l->done, 1U);
	stats_get(vfe_stats_of(l->vd), &sum);
	KUNIT_EXPECT_EQ(test, sum.interrupts, 1000ULL);
	KUNIT_EXPECT_EQ(test, sum.spurious, 999ULL);
	fault_heal(l, 0);
}

static struct kunit_case fault_cases[] = {
	KUNIT_CASE_PARAM(fault_wrong_id, fault_gen_params),
	KUNIT_CASE_PARAM(fault_free_id, fault_gen_params),
	KUNIT_CASE_PARAM(fault_same_id_twice, fault_layout_gen_params),
	KUNIT_CASE_PARAM(fault_stale_id, fault_layout_gen_params),
	KUNIT_CASE_PARAM(fault_length, fault_layout_gen_params),
	KUNIT_CASE_PARAM(fault_index_ahead, fault_gen_params),
	KUNIT_CASE_PARAM(fault_index_back, fault_gen_params),
	KUNIT_CASE_PARAM(fault_index_unshown, fault_gen_params),
	KUNIT_CASE_PARAM(fault_index_flips, fault_gen_params),
	KUNIT_CASE_PARAM(fault_scribble, fault_gen_params),
	KUNIT_CASE_PARAM(fault_scribble_avail_idx, fault_gen_params),
	KUNIT_CASE_PARAM(fault_said_once, fault_gen_params),
	KUNIT_CASE_PARAM(fault_message, fault_gen_params),
	KUNIT_CASE_PARAM(fault_found_by_enable, fault_gen_params),
	KUNIT_CASE_PARAM(fault_detach_broken, fault_gen_params),
	KUNIT_CASE_PARAM(fault_noise, fault_gen_params),
	KUNIT_CASE_PARAM(fault_storm, fault_gen_params),
	{}
};

VFE_SUITE(fault_cases);
