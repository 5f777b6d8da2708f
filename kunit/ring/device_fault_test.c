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
	{ "direct", RING_PLAIN | RING_EVENT_IDX },
	{ "indirect", RING_PLAIN | RING_INDIRECT },
	{ "in order", RING_PLAIN | RING_IN_ORDER },
	{ "packed", RING_PLAIN | RING_PACKED },
	{ "packed, indirect", RING_PLAIN | RING_PACKED |
			      RING_EVENT_IDX | RING_INDIRECT },
	{ "packed, in order", RING_PLAIN | RING_PACKED |
			      RING_IN_ORDER },
};

KUNIT_ARRAY_PARAM_DESC(fault_layout, fault_layouts, name);

/* Two queues: the fate of the first must not affect the second. */
static struct tdrv *fault_start(struct kunit *test)
{
	const struct fault_layout *layout = test->param_value;
	struct tdrv_setup spec = {
		.mock = {
			.features = layout ? layout->features :
				    VFE_MOCK_FEATURES,
			.queue_size = FAULT_SIZE,
			.queues = 2,
		},
	};

	return tdrv_start(test, &spec);
}

/* Add @n and let the device pop it. Return: its id */
static u16 fault_give(struct tdrv *td, u32 n, unsigned int out, unsigned int in)
{
	KUNIT_ASSERT_EQ(td->test, buf_add(td, n, out, in), 0);
	vfe_queue_kick_prepare(td->q);
	return buf_pop(td, n, out, in);
}

static void fault_expect_broken(struct tdrv *td, unsigned int faults)
{
	struct kunit *test = td->test;

	buf_get_none(td);
	KUNIT_EXPECT_TRUE(test, vfe_queue_broken(td->q));
	KUNIT_EXPECT_EQ(test, td->needs_reset, faults);
	KUNIT_EXPECT_EQ(test, buf_add(td, 90, 1, 1), -EIO);
	KUNIT_EXPECT_FALSE(test, vfe_queue_kick_prepare(td->q));
	/* no loop until "no more buffers" may run for ever */
	KUNIT_EXPECT_TRUE(test, vfe_queue_enable_cb(td->q));
	vfe_queue_disable_cb(td->q);
	buf_get_none(td);
	KUNIT_EXPECT_EQ(test, td->needs_reset, faults);
}

/* The other queue works as usual. */
static void fault_expect_second_works(struct tdrv *td)
{
	struct vfe_queue *q = td->q;
	struct vfe_mock_queue *mq = td->mq;

	td->q = vfe_get_queue(td->vd, 1);
	td->mq = &td->m->queues[1];
	KUNIT_EXPECT_FALSE(td->test, vfe_queue_broken(td->q));
	buf_round_trip(td, 77);
	td->q = q;
	td->mq = mq;
}

/* A reset repairs it: buffers come back once, and the ring is empty. */
static void fault_heal(struct tdrv *td, unsigned int out)
{
	unsigned int n;

	fault_expect_second_works(td);
	KUNIT_EXPECT_EQ(td->test, tdrv_restart(td), out);
	KUNIT_EXPECT_FALSE(td->test, vfe_queue_broken(td->q));
	for (n = 0; n < 2 * FAULT_SIZE; n++)
		buf_round_trip(td, n);
}

static void fault_same_id_twice(struct kunit *test)
{
	struct tdrv *td = fault_start(test);
	u16 id;

	id = fault_give(td, 1, 1, 1);
	fault_give(td, 2, 1, 1);
	vfe_mock_push(td->mq, id, 1, td->chain->descs);
	vfe_mock_push(td->mq, id, 1, td->chain->descs);
	buf_get(td, 1, 1);
	fault_expect_broken(td, 1);
	fault_heal(td, 1);
}

/* A length beyond the buffer is cut to it, and told of once: nothing breaks. */
static void fault_length(struct kunit *test)
{
	static const struct {
		unsigned int out;
		unsigned int in;
	} bufs[] = { { 1, 0 }, { 0, 1 }, { 1, 1 }, { 3, 2 }, { 0, 8 } };
	struct tdrv *td = fault_start(test);
	struct kmsg_dump_iter mark = log_mark();
	unsigned int i, k;
	u32 in_len, lie;
	u16 id;

	VFE_DUTY(test, "S12", "2.7.8.3",
		 "the used length reaches the class driver unchanged, but limited to the buffer");
	for (i = 0; i < ARRAY_SIZE(bufs); i++) {
		in_len = buf_in_len(i, bufs[i].out, bufs[i].in);
		/* the bound itself is true */
		id = fault_give(td, i, bufs[i].out, bufs[i].in);
		vfe_mock_push(td->mq, id, in_len, td->chain->descs);
		buf_get(td, i, in_len);
		for (k = 0; k < 3; k++) {
			lie = k ? U32_MAX >> (k - 1) : in_len + 1;
			id = fault_give(td, i, bufs[i].out, bufs[i].in);
			vfe_mock_push(td->mq, id, lie, td->chain->descs);
			buf_get(td, i, in_len);
		}
	}
	KUNIT_EXPECT_FALSE(test, vfe_queue_broken(td->q));
	KUNIT_EXPECT_EQ(test, 0U, td->needs_reset);
	KUNIT_EXPECT_EQ(test, log_warnings(mark, ": used length 1 for a"), 1U);
	KUNIT_EXPECT_EQ(test, log_warnings(mark, ": used length"), 1U);
	/* after a reset it is the same device */
	KUNIT_EXPECT_EQ(test, tdrv_restart(td), 0U);
	id = fault_give(td, 0, 1, 1);
	vfe_mock_push(td->mq, id, U32_MAX, td->chain->descs);
	buf_get(td, 0, buf_in_len(0, 1, 1));
	KUNIT_EXPECT_EQ(test, log_warnings(mark, ": used length"), 1U);
}

/* Once in the log and once to the class driver, whatever comes behind it */
static void fault_said_once(struct kunit *test)
{
	struct tdrv *td = fault_start(test);
	struct kmsg_dump_iter mark;
	unsigned int i;

	td->drain = true;
	mark = log_mark();
	for (i = 0; i < 20; i++) {
		vfe_mock_set_used_idx(td->mq, 100 + i);
		vfe_mock_interrupt(td->mq);
		buf_get_none(td);
	}
	KUNIT_EXPECT_EQ(test, log_errors(mark, FAULT_SAID), 1U);
	KUNIT_EXPECT_EQ(test, log_errors(mark, "used index 100"), 1U);
	KUNIT_EXPECT_EQ(test, td->needs_reset, 1U);
	/* the interrupt that found it was the last to come through */
	KUNIT_EXPECT_EQ(test, td->done[0], 1U);
	KUNIT_EXPECT_EQ(test, td->reaped, 0U);

	/* another queue says so too; the class driver knows already */
	vfe_mock_set_used_idx(&td->m->queues[1], 7);
	vfe_mock_interrupt(&td->m->queues[1]);
	KUNIT_EXPECT_EQ(test, log_errors(mark, FAULT_SAID), 2U);
	KUNIT_EXPECT_EQ(test, td->needs_reset, 1U);

	/* a new life, a new message */
	tdrv_restart(td);
	vfe_mock_set_used_idx(td->mq, 5);
	buf_get_none(td);
	KUNIT_EXPECT_EQ(test, log_errors(mark, FAULT_SAID), 3U);
	KUNIT_EXPECT_EQ(test, td->needs_reset, 2U);
}

/* The message names the device, the queue, the field and the value. */
static void fault_message(struct kunit *test)
{
	struct tdrv *td = fault_start(test);
	struct kmsg_dump_iter mark;

	mark = log_mark();
	fault_give(td, 1, 0, 1);
	vfe_mock_push_raw(td->mq, 12345, 0);
	buf_get_none(td);
	KUNIT_EXPECT_EQ(test, 1U,
			log_errors(mark,
				   "queue 0 (test): device wrote a wrong used id 12345"));
	KUNIT_EXPECT_EQ(test, log_errors(mark, pci_name(td->m->pdev)), 1U);
}

/* Enabling callbacks also detects a fault. */
static void fault_found_by_enable(struct kunit *test)
{
	struct tdrv *td = fault_start(test);

	vfe_queue_disable_cb(td->q);
	vfe_mock_set_used_idx(td->mq, 3);
	KUNIT_EXPECT_TRUE(test, vfe_queue_enable_cb(td->q));
	fault_expect_broken(td, 1);
	fault_heal(td, 0);
}

/* Buffers that a broken queue holds come back by a reset, each once. */
static void fault_detach_broken(struct kunit *test)
{
	struct tdrv *td = fault_start(test);
	bool back[5] = {};
	uintptr_t token;
	u32 n;

	for (n = 0; n < ARRAY_SIZE(back); n++)
		fault_give(td, n, 1, n % 3);
	vfe_mock_push_raw(td->mq, U32_MAX, 0);
	fault_expect_broken(td, 1);
	KUNIT_ASSERT_EQ(test, vfe_reset(td->vd), 0);
	while ((token = (uintptr_t)vfe_queue_detach(td->q))) {
		KUNIT_ASSERT_LE(test, token, (uintptr_t)ARRAY_SIZE(back));
		KUNIT_EXPECT_FALSE(test, back[token - 1]);
		back[token - 1] = true;
	}
	for (n = 0; n < ARRAY_SIZE(back); n++)
		KUNIT_EXPECT_TRUE(test, back[n]);
	KUNIT_EXPECT_TRUE(test, vfe_queue_broken(td->q));
	KUNIT_ASSERT_EQ(test, vfe_restart(td->vd), 0);
	KUNIT_ASSERT_EQ(test, vfe_ready(td->vd), 0);
	buf_round_trip(td, 1);
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
