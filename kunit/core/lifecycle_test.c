// SPDX-License-Identifier: GPL-2.0
/*
 * The life cycle of a device (drivers/core/device.c and status.c): the order of
 * the steps, features, slow and endless resets, restarts, and each point at
 * which a class driver may stop. surprise_removal_test.c has functions that go
 * away.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/virtio_ring.h>

#include "lib/core_fixture.h"
#include "lib/log.h"

#define CLASS_BIT	5	/* a feature of some device type */
#define OTHER_BIT	6
#define UNKNOWN_BIT	23	/* of no type that the driver supports */

#define USUAL_FEATURES	(BIT_ULL(VIRTIO_F_VERSION_1) | \
			 BIT_ULL(VIRTIO_RING_F_EVENT_IDX) | \
			 BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC))

static struct front *front_offering(struct kunit *test, u64 features)
{
	struct vfe_mock_spec spec = { .features = features };

	return front_new(test, &spec);
}

/* --- the order of steps --- */

static void steps_in_order(struct kunit *test)
{
	struct front *f = front_new(test, NULL);
	struct vfe_mock *m = f->m;
	int num_queues, features, enable;

	KUNIT_ASSERT_EQ(test, front_up(f, FRONT_READY), 0);
	FRONT_EXPECT_STATUSES(test, m, 0, S_ACK, S_DRIVER, S_FEATURES, S_LIVE);
	KUNIT_EXPECT_EQ(test, m->status, S_LIVE);
	/* features before FEATURES_OK, queues before DRIVER_OK */
	num_queues = vfe_mock_find(m, 0, VFE_REG_NUM_QUEUES, VFE_READ);
	features = vfe_mock_find(m, 0, VFE_REG_DRIVER_FEATURE, VFE_WRITE);
	enable = vfe_mock_find(m, 0, VFE_REG_QUEUE_ENABLE, VFE_WRITE);
	KUNIT_EXPECT_GT(test, num_queues, 0);
	KUNIT_EXPECT_GT(test, features, num_queues);
	KUNIT_EXPECT_GT(test, enable, features);
	KUNIT_EXPECT_LT(test, enable, (int)m->log_len - 1);
	VFE_MOCK_EXPECT_CLEAN(test, m);
}

static void status_after_each_step(struct kunit *test)
{
	static const u8 status[] = {
		[FRONT_CREATE] = S_DRIVER, [FRONT_NEGOTIATE] = S_FEATURES,
		[FRONT_QUEUES] = S_FEATURES, [FRONT_READY] = S_LIVE,
	};
	struct front *f = front_new(test, NULL);
	enum front_step step;

	for (step = FRONT_CREATE; step <= FRONT_READY; step++) {
		KUNIT_ASSERT_EQ(test, front_step(f, step), 0);
		KUNIT_EXPECT_EQ(test, f->m->status, status[step]);
	}
}

/*
 * 3.1.1: FAILED, then a reset, for an aborted set-up; only a reset for a live
 * device.
 */
static void destroyed_after_each_step(struct kunit *test)
{
	struct front *f = front_new(test, NULL);
	enum front_step step;
	unsigned int n;
	u8 vals[16];

	for (step = FRONT_CREATE; step <= FRONT_READY; step++) {
		KUNIT_ASSERT_EQ(test, front_up(f, step), 0);
		vfe_mock_log_clear(f->m);
		front_down(f);
		n = front_statuses(f->m, vals, ARRAY_SIZE(vals));
		KUNIT_ASSERT_EQ(test, n, step == FRONT_READY ? 1U : 2U);
		if (step != FRONT_READY)
			KUNIT_EXPECT_TRUE(test, vals[0] & S_FAILED);
		KUNIT_EXPECT_EQ(test, vals[n - 1], 0);
		KUNIT_EXPECT_EQ(test, f->m->status, 0);
		KUNIT_EXPECT_FALSE(test, front_command(f) & PCI_COMMAND_MASTER);
		VFE_MOCK_EXPECT_CLEAN(test, f->m);
	}
}

static void destroyed_after_reset(struct kunit *test)
{
	struct front *f = front_live(test, NULL);

	KUNIT_EXPECT_EQ(test, vfe_reset(f->vd), 0);
	vfe_mock_log_clear(f->m);
	front_down(f);
	/* it is reset: no access */
	KUNIT_EXPECT_EQ(test, f->m->log_len, 0U);
}

static void reset_twice(struct kunit *test)
{
	struct front *f = front_live(test, NULL);

	KUNIT_EXPECT_EQ(test, vfe_reset(f->vd), 0);
	KUNIT_EXPECT_EQ(test, vfe_reset(f->vd), 0);
	KUNIT_EXPECT_EQ(test, vfe_restart(f->vd), 0);
	KUNIT_EXPECT_EQ(test, vfe_ready(f->vd), 0);
	KUNIT_EXPECT_EQ(test, f->m->status, S_LIVE);
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

/* 3.1.1: no notification before DRIVER_OK, nor after the reset */
static void no_notification_but_live(struct kunit *test)
{
	struct front *f = front_new(test, NULL);

	KUNIT_ASSERT_EQ(test, front_up(f, FRONT_QUEUES), 0);
	vfe_queue_notify(vfe_get_queue(f->vd, 0));
	KUNIT_EXPECT_EQ(test, f->m->queues[0].kicks, 0U);
	KUNIT_ASSERT_EQ(test, vfe_ready(f->vd), 0);
	vfe_queue_notify(vfe_get_queue(f->vd, 0));
	KUNIT_EXPECT_EQ(test, f->m->queues[0].kicks, 1U);
	KUNIT_ASSERT_EQ(test, vfe_reset(f->vd), 0);
	vfe_queue_notify(vfe_get_queue(f->vd, 0));
	KUNIT_EXPECT_EQ(test, vfe_mock_count(f->m, VFE_REG_NOTIFY, VFE_WRITE),
			1U);
	KUNIT_EXPECT_EQ(test, f->m->queues[0].early, 0U);
}

/* ready() too early: no DRIVER_OK for a device without queues */
static void ready_without_queues(struct kunit *test)
{
	struct front *f = front_new(test, NULL);

	KUNIT_ASSERT_EQ(test, front_up(f, FRONT_NEGOTIATE), 0);
	KUNIT_EXPECT_EQ(test, vfe_ready(f->vd), -ENODEV);
	KUNIT_EXPECT_FALSE(test, f->m->status & VIRTIO_CONFIG_S_DRIVER_OK);
}

/* --- features --- */

static void only_what_is_wanted_is_accepted(struct kunit *test)
{
	u64 offered = USUAL_FEATURES | BIT_ULL(CLASS_BIT) |
		      BIT_ULL(OTHER_BIT) | BIT_ULL(UNKNOWN_BIT);
	struct front *f = front_offering(test, offered);

	f->wanted = BIT_ULL(CLASS_BIT) | BIT_ULL(CLASS_BIT + 2);
	KUNIT_ASSERT_EQ(test, front_up(f, FRONT_READY), 0);
	KUNIT_EXPECT_EQ(test, f->m->accepted,
			USUAL_FEATURES | BIT_ULL(CLASS_BIT));
	KUNIT_EXPECT_TRUE(test, vfe_has_feature(f->vd, CLASS_BIT));
	/* wanted, not offered */
	KUNIT_EXPECT_FALSE(test, vfe_has_feature(f->vd, CLASS_BIT + 2));
	/* offered, not wanted */
	KUNIT_EXPECT_FALSE(test, vfe_has_feature(f->vd, OTHER_BIT));
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

static void everything_is_offered(struct kunit *test)
{
	struct front *f = front_offering(test, U64_MAX);

	KUNIT_ASSERT_EQ(test, front_up(f, FRONT_READY), 0);
	KUNIT_EXPECT_EQ(test, f->m->accepted,
			USUAL_FEATURES | BIT_ULL(VIRTIO_F_ACCESS_PLATFORM) |
			BIT_ULL(VIRTIO_F_ORDER_PLATFORM) |
			BIT_ULL(VIRTIO_F_RING_PACKED) |
			BIT_ULL(VIRTIO_F_IN_ORDER) |
			BIT_ULL(VIRTIO_F_NOTIFICATION_DATA) |
			BIT_ULL(VIRTIO_F_NOTIF_CONFIG_DATA) |
			BIT_ULL(VIRTIO_F_RING_RESET));
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

static void only_version_1(struct kunit *test)
{
	struct front *f = front_offering(test, BIT_ULL(VIRTIO_F_VERSION_1));

	KUNIT_ASSERT_EQ(test, front_up(f, FRONT_READY), 0);
	KUNIT_EXPECT_EQ(test, f->m->accepted, BIT_ULL(VIRTIO_F_VERSION_1));
}

/* Incompatible features: FAILED, an error, a line with the reason */
static void expect_refusal(struct kunit *test, struct front *f,
			   const char *says)
{
	struct kmsg_dump_iter mark = log_mark();

	KUNIT_ASSERT_EQ(test, front_step(f, FRONT_CREATE), 0);
	KUNIT_EXPECT_EQ(test, front_step(f, FRONT_NEGOTIATE), -ENODEV);
	KUNIT_EXPECT_TRUE(test, f->m->status & S_FAILED);
	KUNIT_EXPECT_EQ(test, log_errors(mark, pci_name(f->m->pdev)), 1U);
	KUNIT_EXPECT_EQ(test, log_errors(mark, says), 1U);
	KUNIT_EXPECT_FALSE(test, vfe_has_feature(f->vd, VIRTIO_F_VERSION_1));
	/* 2.1.1: after FAILED the next thing is a reset */
	vfe_mock_log_clear(f->m);
	front_down(f);
	FRONT_EXPECT_STATUSES(test, f->m, 0);
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

static void version_1_is_missing(struct kunit *test)
{
	struct front *f = front_offering(test,
					 BIT_ULL(VIRTIO_RING_F_EVENT_IDX));

	expect_refusal(test, f, "needed 0x100000000");
	KUNIT_EXPECT_EQ(test, vfe_mock_count(f->m, VFE_REG_DRIVER_FEATURE,
					     VFE_WRITE), 0U);
}

static void required_feature_is_missing(struct kunit *test)
{
	struct front *f = front_offering(test, USUAL_FEATURES);

	f->required = BIT_ULL(CLASS_BIT);
	expect_refusal(test, f, "needed 0x20");
}

static void features_ok_does_not_stick(struct kunit *test)
{
	struct front *f = front_new(test, NULL);

	f->m->knobs.refuse_features = true;
	expect_refusal(test, f, "no FEATURES_OK");
}

/* The same device again, with a driver that wants less */
static void second_try_after_refusal(struct kunit *test)
{
	struct front *f = front_new(test, NULL);

	f->required = BIT_ULL(CLASS_BIT);
	KUNIT_EXPECT_EQ(test, front_up(f, FRONT_READY), -ENODEV);
	front_down(f);
	f->required = 0;
	KUNIT_EXPECT_EQ(test, front_up(f, FRONT_READY), 0);
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

/* --- reset --- */

static void reset_that_takes_its_time(struct kunit *test)
{
	struct front *f = front_new(test, NULL);
	unsigned int reads;

	f->m->knobs.reset_reads = 10;
	KUNIT_ASSERT_EQ(test, front_step(f, FRONT_CREATE), 0);
	/* the ten and the zero */
	reads = vfe_mock_count(f->m, VFE_REG_DEVICE_STATUS, VFE_READ);
	KUNIT_EXPECT_EQ(test, reads, 11U);
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

/**
 * struct hang - a life cycle with a device that never ends a reset
 * @work: runs it
 * @f: the device
 * @ret: the result of the call
 * @ms: its time
 */
struct hang {
	struct work_struct work;
	struct front *f;
	int ret;
	unsigned int ms;
};

static unsigned int ms_since(unsigned long start)
{
	return jiffies_to_msecs(jiffies - start);
}

static void hang_in_reset(struct work_struct *work)
{
	struct hang *h = container_of(work, struct hang, work);
	unsigned long start = jiffies;

	h->ret = vfe_reset(h->f->vd);
	h->ms = ms_since(start);
}

/* After one long wait, each further call fails at once. */
static void expect_no_second_wait(struct kunit *test, struct front *f)
{
	struct kmsg_dump_iter mark = log_mark();
	unsigned long start = jiffies;

	/* buffers are safe: bus mastering is off */
	KUNIT_EXPECT_FALSE(test, front_command(f) & PCI_COMMAND_MASTER);
	KUNIT_EXPECT_EQ(test, vfe_restart(f->vd), -ETIMEDOUT);
	KUNIT_EXPECT_FALSE(test, front_command(f) & PCI_COMMAND_MASTER);
	KUNIT_EXPECT_EQ(test, vfe_reset(f->vd), -ETIMEDOUT);
	KUNIT_EXPECT_LT(test, ms_since(start), 2500U);
	/* and it is not logged repeatedly */
	KUNIT_EXPECT_EQ(test, log_errors(mark, "device_status"), 0U);
}

/*
 * All hanging devices in parallel: the driver waits for seconds, and this test
 * only once.
 */
static void reset_that_never_ends(struct kunit *test)
{
	struct kmsg_dump_iter mark = log_mark();
	struct hang reset = { .f = front_live(test, NULL) };
	struct hang destroy = { .f = front_live(test, NULL) };
	unsigned long start;

	reset.f->m->knobs.reset_reads = UINT_MAX;
	destroy.f->m->knobs.reset_reads = UINT_MAX;
	INIT_WORK_ONSTACK(&reset.work, hang_in_reset);
	INIT_WORK_ONSTACK(&destroy.work, hang_in_reset);
	queue_work(system_unbound_wq, &reset.work);
	queue_work(system_unbound_wq, &destroy.work);
	flush_work(&reset.work);
	flush_work(&destroy.work);
	destroy_work_on_stack(&reset.work);
	destroy_work_on_stack(&destroy.work);

	KUNIT_EXPECT_EQ(test, reset.ret, -ETIMEDOUT);
	KUNIT_EXPECT_GE(test, reset.ms, 4900U);
	KUNIT_EXPECT_LT(test, reset.ms, 7000U);
	KUNIT_EXPECT_EQ(test, log_errors(mark, "device_status"), 2U);
	KUNIT_EXPECT_EQ(test, log_errors(mark, pci_name(reset.f->m->pdev)), 1U);

	expect_no_second_wait(test, reset.f);
	start = jiffies;
	front_down(destroy.f);
	KUNIT_EXPECT_LT(test, ms_since(start), 2500U);
	/* 4.1.4.3.2: and nothing is set before the status reads 0 */
	VFE_MOCK_EXPECT_CLEAN(test, reset.f->m);
	VFE_MOCK_EXPECT_CLEAN(test, destroy.f->m);

	/*
	 * A device that ends its reset late is used again, as a user expects
	 * who reset the function by other means.
	 */
	reset.f->m->knobs.reset_reads = 20;
	KUNIT_EXPECT_EQ(test, vfe_restart(reset.f->vd), 0);
	KUNIT_EXPECT_EQ(test, vfe_ready(reset.f->vd), 0);
	KUNIT_EXPECT_TRUE(test, front_command(reset.f) & PCI_COMMAND_MASTER);
	KUNIT_EXPECT_EQ(test, reset.f->m->status, S_LIVE);
}

/*
 * The device may still have I/O of its previous driver: the driver waits for a
 * minute, and logs that after five seconds.
 */
static void probe_that_takes_long(struct kunit *test)
{
	struct front *f = front_new(test, NULL);
	struct kmsg_dump_iter mark = log_mark();
	unsigned long start = jiffies;

	if (!IS_ENABLED(CONFIG_UML))
		kunit_skip(test, "sleeping takes its time here");
	f->m->status = S_LIVE;
	f->m->knobs.reset_ms = 50000;
	KUNIT_EXPECT_EQ(test, front_up(f, FRONT_READY), 0);
	KUNIT_EXPECT_GE(test, ms_since(start), 49000U);
	KUNIT_EXPECT_LT(test, ms_since(start), 52000U);
	KUNIT_EXPECT_EQ(test, log_errors(mark, pci_name(f->m->pdev)), 0U);
	KUNIT_EXPECT_EQ(test, log_lines(mark, "device_status is still 0xf"),
			1U);
	/* each read is an exit */
	KUNIT_EXPECT_LT(test, vfe_mock_count(f->m, VFE_REG_DEVICE_STATUS,
					     VFE_READ), 1500U);
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

static void probe_that_never_ends(struct kunit *test)
{
	struct front *f = front_new(test, NULL);
	struct kmsg_dump_iter mark = log_mark();
	unsigned long start = jiffies;

	if (!IS_ENABLED(CONFIG_UML))
		kunit_skip(test, "sleeping takes its time here");
	f->m->status = S_LIVE;
	f->m->knobs.reset_reads = UINT_MAX;
	KUNIT_EXPECT_EQ(test, front_step(f, FRONT_CREATE), -ETIMEDOUT);
	KUNIT_EXPECT_GE(test, ms_since(start), 59000U);
	KUNIT_EXPECT_LT(test, ms_since(start), 62000U);
	KUNIT_EXPECT_EQ(test, log_errors(mark, pci_name(f->m->pdev)), 1U);
	/* 4.1.4.3.2: and nothing is set before the status reads 0 */
	KUNIT_EXPECT_FALSE(test, front_command(f) & PCI_COMMAND_MASTER);
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

/* A reset that ends after the call that began it */
static void reset_that_ends_later(struct kunit *test)
{
	struct front *f = front_live(test, NULL);
	struct kmsg_dump_iter mark = log_mark();
	unsigned int tries = 0, writes;
	int ret;

	KUNIT_ASSERT_EQ(test, front_add(f, 0), 0);
	f->m->knobs.reset_ms = 8000;
	KUNIT_EXPECT_EQ(test, vfe_reset(f->vd), -ETIMEDOUT);
	front_detach_all(f);
	/* like a class driver: repeatedly, with pauses */
	do {
		KUNIT_EXPECT_FALSE(test,
				   front_command(f) & PCI_COMMAND_MASTER);
		msleep(1000);
		writes = vfe_mock_count(f->m, VFE_REG_DEVICE_STATUS, VFE_WRITE);
		ret = vfe_restart(f->vd);
	} while (ret == -ETIMEDOUT && ++tries < 10);
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_GE(test, tries, 1U);
	/* the reset that ended was not repeated: ACKNOWLEDGE came next */
	KUNIT_EXPECT_EQ(test, vfe_mock_count(f->m, VFE_REG_DEVICE_STATUS,
					     VFE_WRITE), writes + 3);
	KUNIT_EXPECT_TRUE(test, front_command(f) & PCI_COMMAND_MASTER);
	KUNIT_EXPECT_EQ(test, vfe_ready(f->vd), 0);
	KUNIT_EXPECT_EQ(test, log_errors(mark, pci_name(f->m->pdev)), 1U);
	front_expect_completion(test, f, 0);
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

/* --- restart --- */

static void restart_again_and_again(struct kunit *test)
{
	struct front *f = front_live(test, NULL);
	unsigned int i;

	for (i = 0; i < 50; i++) {
		KUNIT_ASSERT_EQ(test, front_add(f, 0), 0);
		KUNIT_ASSERT_EQ(test, vfe_reset(f->vd), 0);
		front_detach_all(f);
		KUNIT_ASSERT_EQ(test, vfe_restart(f->vd), 0);
		KUNIT_ASSERT_EQ(test, vfe_ready(f->vd), 0);
		/* the ring starts from 0 on both sides */
		KUNIT_ASSERT_EQ(test, vfe_mock_avail_idx(&f->m->queues[0]), 0);
		KUNIT_ASSERT_EQ(test, vfe_mock_used_idx(&f->m->queues[0]), 0);
	}
	KUNIT_EXPECT_EQ(test, front_add(f, 0), 0);
	KUNIT_EXPECT_TRUE(test, front_use(f, 0));
	vfe_mock_interrupt(&f->m->queues[0]);
	KUNIT_EXPECT_EQ(test, f->done[0], 1U);
	front_take_all(f, 0);
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

static void restart_without_a_feature(struct kunit *test)
{
	struct front *f = front_live(test, NULL);
	struct kmsg_dump_iter mark = log_mark();

	KUNIT_ASSERT_EQ(test, vfe_reset(f->vd), 0);
	f->m->offered &= ~BIT_ULL(VIRTIO_RING_F_EVENT_IDX);
	vfe_mock_log_clear(f->m);
	KUNIT_EXPECT_EQ(test, vfe_restart(f->vd), -ENODEV);
	KUNIT_EXPECT_TRUE(test, f->m->status & S_FAILED);
	KUNIT_EXPECT_EQ(test, vfe_mock_count(f->m, VFE_REG_DRIVER_FEATURE,
					     VFE_WRITE), 0U);
	KUNIT_EXPECT_EQ(test, log_errors(mark, "no longer offered"), 1U);
	KUNIT_EXPECT_FALSE(test, front_command(f) & PCI_COMMAND_MASTER);
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

/*
 * The driver does not accept more than before: its queues were made for less.
 */
static void restart_with_another_feature(struct kunit *test)
{
	struct front *f = front_offering(test, BIT_ULL(VIRTIO_F_VERSION_1));

	f->wanted = BIT_ULL(CLASS_BIT);
	KUNIT_ASSERT_EQ(test, front_up(f, FRONT_READY), 0);
	KUNIT_ASSERT_EQ(test, vfe_reset(f->vd), 0);
	f->m->offered = USUAL_FEATURES | BIT_ULL(CLASS_BIT);
	KUNIT_EXPECT_EQ(test, vfe_restart(f->vd), 0);
	KUNIT_EXPECT_EQ(test, f->m->accepted, BIT_ULL(VIRTIO_F_VERSION_1));
	KUNIT_EXPECT_FALSE(test, vfe_has_feature(f->vd, CLASS_BIT));
}

static void restart_that_is_refused(struct kunit *test)
{
	struct front *f = front_live(test, NULL);

	KUNIT_ASSERT_EQ(test, vfe_reset(f->vd), 0);
	f->m->knobs.refuse_features = true;
	KUNIT_EXPECT_EQ(test, vfe_restart(f->vd), -ENODEV);
	KUNIT_EXPECT_TRUE(test, f->m->status & S_FAILED);
	/* but it does at the next probe */
	f->m->knobs.refuse_features = false;
	KUNIT_EXPECT_EQ(test, vfe_restart(f->vd), 0);
	KUNIT_EXPECT_EQ(test, vfe_ready(f->vd), 0);
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

static bool refuse_vectors(struct vfe_mock *m, struct vfe_mock_access *a)
{
	if (a->dir == VFE_READ && a->reg == VFE_REG_QUEUE_MSIX_VECTOR)
		a->val = VIRTIO_MSI_NO_VECTOR;
	return false;
}

/* The kind of interrupts can no longer change: an error with that reason */
static void restart_without_vectors(struct kunit *test)
{
	struct front *f = front_live(test, NULL);
	struct kmsg_dump_iter mark = log_mark();

	KUNIT_ASSERT_EQ(test, vfe_reset(f->vd), 0);
	f->m->knobs.access = refuse_vectors;
	KUNIT_EXPECT_EQ(test, vfe_restart(f->vd), -ENOSPC);
	KUNIT_EXPECT_TRUE(test, f->m->status & S_FAILED);
	KUNIT_EXPECT_EQ(test, log_errors(mark, pci_name(f->m->pdev)), 1U);
	f->m->knobs.access = NULL;
	KUNIT_EXPECT_EQ(test, vfe_restart(f->vd), 0);
}

static struct kunit_case life_cases[] = {
	KUNIT_CASE(steps_in_order),
	KUNIT_CASE(status_after_each_step),
	KUNIT_CASE(destroyed_after_each_step),
	KUNIT_CASE(destroyed_after_reset),
	KUNIT_CASE(reset_twice),
	KUNIT_CASE(no_notification_but_live),
	KUNIT_CASE(ready_without_queues),
	KUNIT_CASE(only_what_is_wanted_is_accepted),
	KUNIT_CASE(everything_is_offered),
	KUNIT_CASE(only_version_1),
	KUNIT_CASE(version_1_is_missing),
	KUNIT_CASE(required_feature_is_missing),
	KUNIT_CASE(features_ok_does_not_stick),
	KUNIT_CASE(second_try_after_refusal),
	KUNIT_CASE(reset_that_takes_its_time),
	KUNIT_CASE_SLOW(reset_that_never_ends),
	KUNIT_CASE_SLOW(probe_that_takes_long),
	KUNIT_CASE_SLOW(probe_that_never_ends),
	KUNIT_CASE_SLOW(reset_that_ends_later),
	KUNIT_CASE(restart_again_and_again),
	KUNIT_CASE(restart_without_a_feature),
	KUNIT_CASE(restart_with_another_feature),
	KUNIT_CASE(restart_that_is_refused),
	KUNIT_CASE(restart_without_vectors),
	{}
};

static struct kunit_suite life_suite = {
	.name = "vfe-life",
	.test_cases = life_cases,
};

kunit_test_suite(life_suite);

MODULE_DESCRIPTION("Suite of the life cycle");
MODULE_LICENSE("GPL");
