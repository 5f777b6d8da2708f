// SPDX-License-Identifier: GPL-2.0
/*
 * A device that breaks the rules of a ring: the core stops the queue, logs the
 * fault once, tells the class driver once, and the queue works again after a
 * reset. tools/ring/tests has every wrong value that a device can write.
 */
#include <linux/limits.h>

#include "lib/log.h"
#include "lib/ring_fixture.h"
#include "lib/suite.h"

#define FAULT_SIZE	16
#define FAULT_SAID	"device wrote a wrong"

static const struct fault_layout {
	const char *name;
	u64 features;
} fault_layouts[] = {
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
	const struct fault_layout *layout = test->param_value;
	struct vfe_live_spec spec = {
		.mock = {
			.features = layout ? layout->features :
				    VFE_MOCK_FEATURES,
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

static struct kunit_case fault_cases[] = {
	KUNIT_CASE_PARAM(fault_same_id_twice, fault_layout_gen_params),
	KUNIT_CASE_PARAM(fault_length, fault_layout_gen_params),
	KUNIT_CASE(fault_said_once),
	KUNIT_CASE(fault_message),
	KUNIT_CASE(fault_found_by_enable),
	KUNIT_CASE(fault_detach_broken),
	{}
};

VFE_SUITE(fault_cases);
