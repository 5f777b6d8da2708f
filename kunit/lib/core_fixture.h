/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A class driver that only counts calls, with which suites drive the core. It
 * goes through the life cycle of include/vfe/device.h step by step, so that a
 * suite can stop anywhere.
 */
#ifndef VFE_KUNIT_CORE_FIXTURE_H
#define VFE_KUNIT_CORE_FIXTURE_H

#include <kunit/test.h>
#include <linux/completion.h>
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
enum front_step {
	FRONT_CREATE,
	FRONT_NEGOTIATE,
	FRONT_QUEUES,
	FRONT_READY,
};

/**
 * struct front - a class driver and its device
 * @m: the function
 * @vd: its core device, NULL before and after
 * @wanted: features of the device type to accept
 * @required: features without which it does not work
 * @queues: number of queues that it uses, by default all
 * @specs: their specifications
 * @irqs: the best kind of interrupts to use
 * @config_changed: how often the core called it
 * @may_do_io: an allocation in the last of these calls could have waited for I/O
 * @needs_reset: how often the core called it
 * @done: how often the core called it, by queue
 * @changed: completed by config_changed()
 * @pleaded: completed by needs_reset()
 * @buf: memory for a buffer
 */
struct front {
	struct vfe_mock *m;
	struct vfe_device *vd;
	u64 wanted;
	u64 required;
	unsigned int queues;
	struct vfe_queue_spec specs[VFE_MOCK_QUEUES];
	enum vfe_interrupts irqs;
	unsigned int config_changed;
	bool may_do_io;
	unsigned int needs_reset;
	unsigned int done[VFE_MOCK_QUEUES];
	struct completion changed;
	struct completion pleaded;
	u8 *buf;
};

#define FRONT_BUF_SIZE		512
#define FRONT_CONFIG_SIZE	64	/* of the usual function */

static inline void front_config_changed(struct vfe_device *vd)
{
	struct front *f = vfe_priv(vd);

	f->config_changed++;
	f->may_do_io = !!(current_gfp_context(GFP_KERNEL) & __GFP_IO);
	complete(&f->changed);
}

static inline void front_needs_reset(struct vfe_device *vd)
{
	struct front *f = vfe_priv(vd);

	f->needs_reset++;
	complete(&f->pleaded);
}

static const struct vfe_device_ops front_ops = {
	.config_changed = front_config_changed,
	.needs_reset = front_needs_reset,
};

static inline void front_done(struct vfe_queue *q)
{
	struct front *f = vfe_priv(vfe_queue_device(q));

	f->done[vfe_queue_index(q)]++;
}

/* End the life cycle, from any step; may be called repeatedly. */
static inline void front_down(struct front *f)
{
	if (f->vd)
		vfe_destroy(f->vd);
	f->vd = NULL;
}

/* At the end of a test: the data of its hook is gone */
static inline void front_end(void *data)
{
	struct front *f = data;

	f->m->knobs.access = NULL;
	front_down(f);
}

/* A class driver for an existing function; ends with the test. */
static inline struct front *front_over(struct kunit *test, struct vfe_mock *m)
{
	struct front *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, f);
	KUNIT_ASSERT_NOT_NULL(test, m);
	f->buf = kunit_kzalloc(test, FRONT_BUF_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, f->buf);
	f->m = m;
	f->queues = m->num_queues;
	init_completion(&f->changed);
	init_completion(&f->pleaded);
	for (i = 0; i < VFE_MOCK_QUEUES; i++)
		f->specs[i] = (struct vfe_queue_spec) {
			.name = "test", .done = front_done, .max_segs = 2,
			.index = i, .spread = true,
		};
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action(test, front_end, f));
	return f;
}

/* The same for a new function; @spec may be NULL for the default. */
static inline struct front *front_new(struct kunit *test,
				      const struct vfe_mock_spec *spec)
{
	static const u8 config[FRONT_CONFIG_SIZE];
	struct vfe_mock_spec full = {};

	if (spec)
		full = *spec;
	if (!full.config) {
		full.config = config;
		full.config_len = sizeof(config);
	}
	return front_over(test, vfe_mock_plug(test, &full));
}

static inline int front_step(struct front *f, enum front_step step)
{
	struct vfe_device *vd;

	switch (step) {
	case FRONT_CREATE:
		vd = vfe_create(f->m->pdev, &front_ops, f);
		if (IS_ERR(vd))
			return PTR_ERR(vd);
		f->vd = vd;
		return 0;
	case FRONT_NEGOTIATE:
		return vfe_negotiate(f->vd, f->wanted, f->required);
	case FRONT_QUEUES:
		return vfe_queues_create(f->vd, f->specs, f->queues, f->irqs);
	default:
		return vfe_ready(f->vd);
	}
}

/* Do the steps up to @last. Return: 0 or the first error */
static inline int front_up(struct front *f, enum front_step last)
{
	enum front_step step;
	int ret = 0;

	for (step = FRONT_CREATE; !ret && step <= last; step++)
		ret = front_step(f, step);
	return ret;
}

/* A live device, or the test ends here. */
static inline struct front *front_live(struct kunit *test,
				       const struct vfe_mock_spec *spec)
{
	struct front *f = front_new(test, spec);

	KUNIT_ASSERT_EQ(test, front_up(f, FRONT_READY), 0);
	return f;
}

/* Make one buffer available: a readable and a writable segment. */
static inline int front_add(struct front *f, unsigned int queue)
{
	struct vfe_seg segs[] = {
		{ .addr = virt_to_phys(f->buf), .len = 16 },
		{ .addr = virt_to_phys(f->buf) + 16, .len = 64 },
	};
	struct vfe_queue *q = vfe_get_queue(f->vd, queue);
	int ret = vfe_queue_add(q, segs, 1, 1, f);

	if (!ret && vfe_queue_kick_prepare(q))
		vfe_queue_notify(q);
	return ret;
}

/* The device uses the next buffer of a queue, without an interrupt. */
static inline bool front_use(struct front *f, unsigned int queue)
{
	struct vfe_mock_queue *mq = &f->m->queues[queue];
	struct vfe_mock_chain *chain = kzalloc(sizeof(*chain), GFP_KERNEL);
	bool popped = chain && vfe_mock_pop(mq, chain) == 1;

	if (popped)
		vfe_mock_push(mq, chain->id, 1, chain->descs);
	kfree(chain);
	return popped;
}

static inline void front_take_all(struct front *f, unsigned int queue)
{
	u32 len;

	while (vfe_queue_get(vfe_get_queue(f->vd, queue), &len))
		;
}

static inline void front_detach_all(struct front *f)
{
	unsigned int i;

	for (i = 0; i < vfe_num_queues(f->vd); i++)
		while (vfe_queue_detach(vfe_get_queue(f->vd, i)))
			;
}

/* Let the core's work items run. */
static inline void front_settle(void)
{
	flush_workqueue(vfe_wq);
}

static inline u16 front_command(struct front *f)
{
	u16 command = 0;

	pci_read_config_word(f->m->pdev, PCI_COMMAND, &command);
	return command;
}

/*
 * The values that the driver wrote to device_status, oldest first. Return:
 * their number
 */
static inline unsigned int front_statuses(struct vfe_mock *m, u8 *vals,
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
#define FRONT_EXPECT_STATUSES(test, m, ...) do { \
	static const u8 expected_[] = { __VA_ARGS__ }; \
	u8 got_[16]; \
	unsigned int n_ = front_statuses(m, got_, ARRAY_SIZE(got_)); \
	struct kunit *test_ = (test); \
\
	KUNIT_EXPECT_EQ(test_, n_, (unsigned int)ARRAY_SIZE(expected_)); \
	if (n_ == ARRAY_SIZE(expected_)) \
		KUNIT_EXPECT_MEMEQ(test_, got_, expected_, n_); \
} while (0)

static inline struct vfe_event_counts front_events(struct front *f)
{
	struct vfe_event_counts sum;

	stats_get(vfe_stats_of(f->vd), &sum);
	return sum;
}

#define FRONT_EXPECT_EVENTS(test, f, all, nothing, conf) do { \
	struct vfe_event_counts sum_ = front_events(f); \
	struct kunit *test_ = (test); \
\
	KUNIT_EXPECT_EQ(test_, sum_.interrupts, (u64)(all)); \
	KUNIT_EXPECT_EQ(test_, sum_.spurious, (u64)(nothing)); \
	KUNIT_EXPECT_EQ(test_, sum_.config, (u64)(conf)); \
} while (0)

/* The device uses a buffer and raises an interrupt. */
static inline void front_expect_completion(struct kunit *test, struct front *f,
					   unsigned int queue)
{
	unsigned int before = f->done[queue];

	KUNIT_ASSERT_EQ(test, front_add(f, queue), 0);
	KUNIT_ASSERT_TRUE(test, front_use(f, queue));
	KUNIT_EXPECT_TRUE(test, vfe_mock_interrupt(&f->m->queues[queue]));
	KUNIT_EXPECT_EQ(test, f->done[queue], before + 1);
	front_take_all(f, queue);
}

/* A change of the configuration reaches the class driver. */
static inline void front_expect_config_change(struct kunit *test,
					      struct front *f)
{
	unsigned int before = f->config_changed;

	KUNIT_EXPECT_TRUE(test, vfe_mock_config_interrupt(f->m));
	front_settle();
	KUNIT_EXPECT_EQ(test, f->config_changed, before + 1);
}

#define S_ACK		VIRTIO_CONFIG_S_ACKNOWLEDGE
#define S_DRIVER	(S_ACK | VIRTIO_CONFIG_S_DRIVER)
#define S_FEATURES	(S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK)
#define S_LIVE		(S_FEATURES | VIRTIO_CONFIG_S_DRIVER_OK)
#define S_FAILED	VIRTIO_CONFIG_S_FAILED

#endif /* VFE_KUNIT_CORE_FIXTURE_H */
