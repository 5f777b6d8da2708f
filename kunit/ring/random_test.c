// SPDX-License-Identifier: GPL-2.0
/*
 * Random use of a ring, from a fixed seed, beside a model that knows nothing
 * of descriptors but how many a buffer takes: results, contents, order, lengths
 * and the notification decision must be the model's at every step.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/prandom.h>

#include "lib/ring_fixture.h"

#define MODEL_MAX	64	/* largest ring */
#define MODEL_STEPS	6000

struct model_buf {
	u32 n;
	u8 out;
	u8 in;
	u16 count;
	u16 id;
	u32 len;
};

struct model_list {
	struct model_buf bufs[MODEL_MAX];
	unsigned int len;
};

struct model_case {
	const char *name;
	u64 features;
	unsigned int size;
	u64 seed;
};

/**
 * struct model - the ring as it should be
 * @l: the real one
 * @rnd: where chance comes from
 * @c: the case
 * @free: descriptors that no buffer takes
 * @next: number of the next buffer
 * @shown: available index that the device was shown
 * @added: not shown yet
 * @avail: shown, not popped
 * @held: by the device
 * @used: not taken back
 */
struct model {
	struct vfe_live *l;
	struct rnd_state rnd;
	const struct model_case *c;
	unsigned int free;
	u32 next;
	u16 shown;
	struct model_list added;
	struct model_list avail;
	struct model_list held;
	struct model_list used;
};

#define MODEL_EVENT	(VFE_LIVE_PLAIN | VFE_LIVE_EVENT_IDX)

static const struct model_case model_cases[] = {
	{ "direct 64", MODEL_EVENT, 64, 1 },
	{ "direct 8", MODEL_EVENT, 8, 2 },
	{ "direct 64, flags", VFE_LIVE_PLAIN, 64, 3 },
	{ "indirect 64", MODEL_EVENT | VFE_LIVE_INDIRECT, 64, 4 },
	{ "indirect 2", MODEL_EVENT | VFE_LIVE_INDIRECT, 2, 5 },
	{ "indirect 16, flags", VFE_LIVE_PLAIN | VFE_LIVE_INDIRECT, 16, 6 },
};

static void model_name(const struct model_case *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(model, model_cases, model_name);

static u32 model_rnd(struct model *m, u32 below)
{
	return prandom_u32_state(&m->rnd) % below;
}

static void model_put(struct model_list *list, const struct model_buf *buf)
{
	list->bufs[list->len++] = *buf;
}

static struct model_buf model_take(struct model_list *list, unsigned int at)
{
	struct model_buf buf = list->bufs[at];

	list->len--;
	memmove(&list->bufs[at], &list->bufs[at + 1],
		(list->len - at) * sizeof(buf));
	return buf;
}

static void model_add(struct model *m)
{
	unsigned int most = min_t(unsigned int, m->c->size, VFE_LIVE_SEGS);
	unsigned int total = 1 + model_rnd(m, most);
	struct model_buf buf = {
		.n = m->next,
		.out = model_rnd(m, total + 1),
		.count = m->c->features & VFE_LIVE_INDIRECT ? 1 : total,
	};
	int ret = 0;

	buf.in = total - buf.out;
	if (buf.count > m->free)
		ret = -ENOSPC;
	KUNIT_ASSERT_EQ(m->l->test, vfe_live_add(m->l, buf.n, buf.out, buf.in),
			ret);
	if (ret)
		return;
	m->free -= buf.count;
	m->next++;
	model_put(&m->added, &buf);
}

/* 2.7.10.1, said in another way than the driver's */
static bool model_wants_kick(const struct model *m, u16 event, u16 flags)
{
	unsigned int i;

	if (!m->added.len)
		return false;
	if (!(m->c->features & VFE_LIVE_EVENT_IDX))
		return !(flags & 1);
	for (i = 0; i < m->added.len; i++)
		if ((u16)(m->shown + i) == event)
			return true;
	return false;
}

static void model_kick(struct model *m)
{
	u16 event = m->shown - 2 + model_rnd(m, m->added.len + 4);
	u16 flags = model_rnd(m, 2);
	struct model_buf buf;

	vfe_mock_set_avail_event(m->l->mq, event);
	vfe_mock_set_used_flags(m->l->mq, flags);
	KUNIT_EXPECT_EQ(m->l->test, vfe_queue_kick_prepare(m->l->q),
			model_wants_kick(m, event, flags));
	m->shown += m->added.len;
	while (m->added.len) {
		buf = model_take(&m->added, 0);
		model_put(&m->avail, &buf);
	}
	KUNIT_EXPECT_EQ(m->l->test, vfe_mock_available(m->l->mq),
			m->avail.len);
}

static void model_pop(struct model *m)
{
	struct model_buf buf;

	if (!m->avail.len) {
		KUNIT_EXPECT_EQ(m->l->test, 0,
				vfe_mock_pop(m->l->mq, m->l->chain));
		return;
	}
	buf = model_take(&m->avail, 0);
	buf.id = vfe_live_pop(m->l, buf.n, buf.out, buf.in);
	model_put(&m->held, &buf);
}

static void model_use(struct model *m)
{
	struct model_buf buf;

	if (!m->held.len)
		return;
	buf = model_take(&m->held, model_rnd(m, m->held.len));
	buf.len = model_rnd(m, vfe_live_in_len(buf.n, buf.out, buf.in) + 1);
	vfe_mock_push(m->l->mq, buf.id, buf.len, buf.count);
	model_put(&m->used, &buf);
}

static void model_get(struct model *m)
{
	struct model_buf buf;

	if (!m->used.len) {
		vfe_live_get_none(m->l);
		return;
	}
	buf = model_take(&m->used, 0);
	vfe_live_get(m->l, buf.n, buf.len);
	m->free += buf.count;
}

/* disabled and enabled as drivers do; enabling reports used buffers */
static void model_callbacks(struct model *m)
{
	if (model_rnd(m, 2))
		vfe_queue_disable_cb(m->l->q);
	else
		KUNIT_EXPECT_EQ(m->l->test, vfe_queue_enable_cb(m->l->q),
				!m->used.len);
}

static void model_step(struct model *m)
{
	static void (* const acts[])(struct model *m) = {
		model_add, model_add, model_add, model_kick, model_pop,
		model_pop, model_use, model_use, model_get, model_get,
		model_callbacks,
	};

	acts[model_rnd(m, ARRAY_SIZE(acts))](m);
}

static struct model *model_start(struct kunit *test)
{
	struct model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	struct vfe_live_spec spec = {};

	KUNIT_ASSERT_NOT_NULL(test, m);
	m->c = test->param_value;
	m->free = m->c->size;
	prandom_seed_state(&m->rnd, m->c->seed);
	spec.mock.features = m->c->features;
	spec.mock.queue_size = m->c->size;
	m->l = vfe_live_start(test, &spec);
	return m;
}

static void model_random(struct kunit *test)
{
	struct model *m = model_start(test);
	unsigned int step;

	for (step = 0; step < MODEL_STEPS; step++)
		model_step(m);
	/* and all of it back: no descriptor was lost or won */
	model_kick(m);
	while (m->avail.len)
		model_pop(m);
	while (m->held.len)
		model_use(m);
	while (m->used.len)
		model_get(m);
	KUNIT_EXPECT_EQ(test, m->free, m->c->size);
	for (step = 0; step < m->c->size; step++)
		KUNIT_EXPECT_EQ(test, vfe_live_add(m->l, step, 0, 1), 0);
	KUNIT_EXPECT_EQ(test, vfe_live_add(m->l, step, 0, 1), -ENOSPC);
	KUNIT_EXPECT_EQ(test, m->l->faults, 0U);
	VFE_MOCK_EXPECT_CLEAN(test, m->l->m);
}

/* Is buffer @n with the device, or on its way there or back? Forget it. */
static bool model_forget(struct model *m, u32 n)
{
	struct model_list *lists[] = { &m->added, &m->avail, &m->held,
				       &m->used };
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		for (k = 0; k < lists[i]->len; k++) {
			if (lists[i]->bufs[k].n == n) {
				model_take(lists[i], k);
				return true;
			}
		}
	}
	return false;
}

/* A reset anywhere: detach gives exactly what is out. */
static void model_detach(struct kunit *test)
{
	struct model *m = model_start(test);
	unsigned int lap, step;
	uintptr_t token;

	for (lap = 0; lap < 30; lap++) {
		for (step = 10 + model_rnd(m, 200); step; step--)
			model_step(m);
		KUNIT_ASSERT_EQ(test, vfe_reset(m->l->vd), 0);
		while ((token = (uintptr_t)vfe_queue_detach(m->l->q)))
			KUNIT_ASSERT_TRUE(test, model_forget(m, token - 1));
		KUNIT_EXPECT_EQ(test, 0U, m->added.len + m->avail.len +
				m->held.len + m->used.len);
		m->free = m->c->size;
		m->shown = 0;
		KUNIT_ASSERT_EQ(test, vfe_restart(m->l->vd), 0);
		KUNIT_ASSERT_EQ(test, vfe_ready(m->l->vd), 0);
	}
	VFE_MOCK_EXPECT_CLEAN(test, m->l->m);
}

static struct kunit_case model_test_cases[] = {
	KUNIT_CASE_PARAM(model_random, model_gen_params),
	KUNIT_CASE_PARAM(model_detach, model_gen_params),
	{}
};

static struct kunit_suite model_suite = {
	.name = "vfe-ring-model",
	.test_cases = model_test_cases,
};

kunit_test_suite(model_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit: random use of the ring beside a model");
