/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A class driver that only counts calls, with which suites drive the core. It
 * goes through the life cycle of include/vfe/device.h step by step, so that a
 * suite can stop anywhere.
 */
#ifndef VFE_KUNIT_CORE_FIXTURE_H
#define VFE_KUNIT_CORE_FIXTURE_H

#include <kunit/test.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/sched/mm.h>
#include <linux/virtio_config.h>
#include <linux/workqueue.h>

#include <vfe/device.h>

#include "stats.h"
#include "mock/mock.h"

/* The steps of the life cycle, in their order */
enum tdrv_step {
	TDRV_CREATE,
	TDRV_NEGOTIATE,
	TDRV_QUEUES,
	TDRV_READY,
};

/**
 * struct tdrv - the class driver of a test, and its device
 * @test: the test
 * @m: the function
 * @vd: its core device, NULL before and after
 * @q: its first queue, for the driver
 * @mq: the same, for the device
 * @chain: for vfe_mock_pop(), too large for the stack
 * @wanted: features of the device type to accept
 * @wanted_high: the same from 64 on
 * @required: features without which it does not work
 * @queues: number of queues that it uses, by default all
 * @specs: their specifications
 * @irqs: the best kind of interrupts to use
 * @config_changed: how often the core called it
 * @may_do_io: an allocation in the last of these calls could wait for I/O
 * @needs_reset: how often the core called it
 * @done: how often the core called it, by queue
 * @drain: let done() reap used buffers
 * @reaped: buffers that it reaped
 * @buf: memory for a buffer
 * @tables: a page of indirect tables, if the suite writes them itself
 */
struct tdrv {
	struct kunit *test;
	struct vfe_mock *m;
	struct vfe_device *vd;
	struct vfe_queue *q;
	struct vfe_mock_queue *mq;
	struct vfe_mock_chain *chain;
	u64 wanted;
	u64 wanted_high;
	u64 required;
	unsigned int queues;
	struct vfe_queue_spec specs[VFE_MOCK_QUEUES];
	enum vfe_interrupts irqs;
	unsigned int config_changed;
	bool may_do_io;
	unsigned int needs_reset;
	unsigned int done[VFE_MOCK_QUEUES];
	bool drain;
	unsigned int reaped;
	u8 *buf;
	struct vfe_desc *tables;
};

#define TDRV_BUF_SIZE		512
#define TDRV_CONFIG_SIZE	64	/* of the usual function */

/**
 * struct tdrv_counts - the counters of this class
 * @own: counts nothing but what a test counts
 */
struct tdrv_counts {
	u64 own;
};

static inline void tdrv_config_changed(struct vfe_device *vd)
{
	struct tdrv *td = vfe_priv(vd);

	td->config_changed++;
	td->may_do_io = !!(current_gfp_context(GFP_KERNEL) & __GFP_IO);
}

static inline void tdrv_needs_reset(struct vfe_device *vd)
{
	struct tdrv *td = vfe_priv(vd);

	td->needs_reset++;
}

static const struct vfe_counter tdrv_counter = { .name = "own" };

static const struct vfe_class_counters tdrv_counters = {
	.table = &tdrv_counter, .n = 1, .size = sizeof(struct tdrv_counts),
};

static const struct vfe_device_ops tdrv_ops = {
	.counters = &tdrv_counters,
	.config_changed = tdrv_config_changed,
	.needs_reset = tdrv_needs_reset,
};

static inline void tdrv_done(struct vfe_queue *q)
{
	struct tdrv *td = vfe_priv(vfe_queue_device(q));
	u32 len;

	td->done[vfe_queue_index(q)]++;
	while (td->drain && vfe_queue_get(q, &len))
		td->reaped++;
}

/* End the life cycle, from any step; may be called repeatedly. */
static inline void tdrv_down(struct tdrv *td)
{
	if (td->vd)
		vfe_destroy(td->vd);
	td->vd = NULL;
	td->q = NULL;
}

/* At the end of a test: the data of its hook is gone */
static inline void tdrv_end(void *data)
{
	struct tdrv *td = data;

	td->m->knobs.access = NULL;
	tdrv_down(td);
}

/* A class driver for a new function; @spec may be NULL for the default. */
static inline struct tdrv *tdrv_new(struct kunit *test,
				    const struct vfe_mock_spec *spec)
{
	static const u8 config[TDRV_CONFIG_SIZE];
	struct vfe_mock_spec full = {};
	unsigned int i;
	struct tdrv *td;

	if (spec)
		full = *spec;
	if (!full.config) {
		full.config = config;
		full.config_len = sizeof(config);
	}
	td = kunit_kzalloc(test, sizeof(*td), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, td);
	td->test = test;
	td->buf = kunit_kzalloc(test, TDRV_BUF_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, td->buf);
	td->chain = kunit_kzalloc(test, sizeof(*td->chain), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, td->chain);
	td->m = vfe_mock_plug(test, &full);
	KUNIT_ASSERT_NOT_NULL(test, td->m);
	td->mq = &td->m->queues[0];
	td->queues = td->m->num_queues;
	for (i = 0; i < VFE_MOCK_QUEUES; i++)
		td->specs[i] = (struct vfe_queue_spec) {
			.name = "test", .done = tdrv_done, .max_segs = 2,
			.index = i, .spread = true,
		};
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action(test, tdrv_end, td));
	return td;
}

static inline int tdrv_step(struct tdrv *td, enum tdrv_step step)
{
	struct vfe_device *vd;
	int ret;

	switch (step) {
	case TDRV_CREATE:
		vd = vfe_create(td->m->pdev, &tdrv_ops, td);
		if (IS_ERR(vd))
			return PTR_ERR(vd);
		td->vd = vd;
		return 0;
	case TDRV_NEGOTIATE:
		return vfe_negotiate(td->vd, td->wanted, td->wanted_high,
				     td->required);
	case TDRV_QUEUES:
		ret = vfe_queues_create(td->vd, td->specs, td->queues,
					td->irqs);
		td->q = vfe_get_queue(td->vd, 0);
		return ret;
	default:
		return vfe_ready(td->vd);
	}
}

/* Do the steps up to @last. Return: 0 or the first error */
static inline int tdrv_up(struct tdrv *td, enum tdrv_step last)
{
	enum tdrv_step step;
	int ret = 0;

	for (step = TDRV_CREATE; !ret && step <= last; step++)
		ret = tdrv_step(td, step);
	return ret;
}

/* A live device, or the test ends here. */
static inline struct tdrv *tdrv_live(struct kunit *test,
				     const struct vfe_mock_spec *spec)
{
	struct tdrv *td = tdrv_new(test, spec);

	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	return td;
}

/* Make one buffer available: a readable and a writable segment. */
static inline int tdrv_add(struct tdrv *td, unsigned int queue)
{
	struct vfe_seg segs[] = {
		{ .addr = virt_to_phys(td->buf), .len = 16 },
		{ .addr = virt_to_phys(td->buf) + 16, .len = 64 },
	};
	struct vfe_queue *q = vfe_get_queue(td->vd, queue);
	int ret = vfe_queue_add(q, segs, 1, 1, td);

	if (!ret && vfe_queue_kick_prepare(q))
		vfe_queue_notify(q);
	return ret;
}

/* The device uses the next buffer of a queue, without an interrupt. */
static inline bool tdrv_use(struct tdrv *td, unsigned int queue)
{
	struct vfe_mock_queue *mq = &td->m->queues[queue];

	if (vfe_mock_pop(mq, td->chain) != 1)
		return false;
	vfe_mock_push(mq, td->chain->id, 1, td->chain->descs);
	return true;
}

static inline void tdrv_reap_all(struct tdrv *td, unsigned int queue)
{
	u32 len;

	while (vfe_queue_get(vfe_get_queue(td->vd, queue), &len))
		;
}

/* After a reset. Return: number of buffers that come back */
static inline unsigned int tdrv_detach_all(struct tdrv *td)
{
	unsigned int i, n = 0;

	for (i = 0; i < vfe_num_queues(td->vd); i++)
		while (vfe_queue_detach(vfe_get_queue(td->vd, i)))
			n++;
	return n;
}

/* Reset, detach all buffers, start again. Return: number of buffers */
static inline unsigned int tdrv_restart(struct tdrv *td)
{
	unsigned int n;

	KUNIT_ASSERT_EQ(td->test, vfe_reset(td->vd), 0);
	n = tdrv_detach_all(td);
	KUNIT_ASSERT_EQ(td->test, vfe_restart(td->vd), 0);
	KUNIT_ASSERT_EQ(td->test, vfe_ready(td->vd), 0);
	return n;
}

/* Let the core's work items run. */
static inline void tdrv_settle(void)
{
	flush_workqueue(vfe_wq);
}

static inline u16 tdrv_command(struct tdrv *td)
{
	u16 command = 0;

	pci_read_config_word(td->m->pdev, PCI_COMMAND, &command);
	return command;
}

/*
 * The values that the driver wrote to device_status, oldest first. Return:
 * their number
 */
static inline unsigned int tdrv_statuses(struct vfe_mock *m, u8 *vals,
					 unsigned int max)
{
	unsigned int n = 0;
	int at = -1;

	for (;;) {
		at = vfe_mock_find(m, at + 1, VFE_REG_DEVICE_STATUS, VFE_WRITE);
		if (at < 0 || n == max)
			return n;
		vals[n++] = m->log[at].val;
	}
}

/* Are these all of them, in this order? */
#define TDRV_EXPECT_STATUSES(test, m, ...) do { \
	static const u8 expected_[] = { __VA_ARGS__ }; \
	u8 got_[16]; \
	unsigned int n_ = tdrv_statuses(m, got_, ARRAY_SIZE(got_)); \
	struct kunit *test_ = (test); \
\
	KUNIT_EXPECT_EQ(test_, n_, (unsigned int)ARRAY_SIZE(expected_)); \
	if (n_ == ARRAY_SIZE(expected_)) \
		KUNIT_EXPECT_MEMEQ(test_, got_, expected_, n_); \
} while (0)

static inline struct vfe_event_counts tdrv_events(struct tdrv *td)
{
	struct vfe_event_counts sum;

	stats_get(vfe_stats_of(td->vd), &sum);
	return sum;
}

#define TDRV_EXPECT_EVENTS(test, td, all, nothing, conf) do { \
	struct vfe_event_counts sum_ = tdrv_events(td); \
	struct kunit *test_ = (test); \
\
	KUNIT_EXPECT_EQ(test_, sum_.interrupts, (u64)(all)); \
	KUNIT_EXPECT_EQ(test_, sum_.spurious, (u64)(nothing)); \
	KUNIT_EXPECT_EQ(test_, sum_.config, (u64)(conf)); \
} while (0)

/* The device uses a buffer and raises an interrupt. */
static inline void tdrv_expect_completion(struct kunit *test, struct tdrv *td,
					  unsigned int queue)
{
	unsigned int before = td->done[queue];

	KUNIT_ASSERT_EQ(test, tdrv_add(td, queue), 0);
	KUNIT_ASSERT_TRUE(test, tdrv_use(td, queue));
	KUNIT_EXPECT_TRUE(test, vfe_mock_interrupt(&td->m->queues[queue]));
	KUNIT_EXPECT_EQ(test, td->done[queue], before + 1);
	tdrv_reap_all(td, queue);
}

/* A change of the configuration reaches the class driver. */
static inline void tdrv_expect_config_change(struct kunit *test,
					     struct tdrv *td)
{
	unsigned int before = td->config_changed;

	KUNIT_EXPECT_TRUE(test, vfe_mock_config_interrupt(td->m));
	tdrv_settle();
	KUNIT_EXPECT_EQ(test, td->config_changed, before + 1);
}

#define S_ACK		VIRTIO_CONFIG_S_ACKNOWLEDGE
#define S_DRIVER	(S_ACK | VIRTIO_CONFIG_S_DRIVER)
#define S_FEATURES	(S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK)
#define S_LIVE		(S_FEATURES | VIRTIO_CONFIG_S_DRIVER_OK)
#define S_FAILED	VIRTIO_CONFIG_S_FAILED

#endif /* VFE_KUNIT_CORE_FIXTURE_H */
