// SPDX-License-Identifier: GPL-2.0
/*
 * The reset of a device (drivers/core/status.c): the driver waits until
 * device_status reads 0, for a bounded time, and leaves rings and buffers
 * alone until then.
 */
#include <linux/bitops.h>
#include <linux/delay.h>
#include <linux/virtio_ring.h>

#include "lib/core_fixture.h"
#include "lib/log.h"
#include "lib/suite.h"

static void reset_twice(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);

	KUNIT_EXPECT_EQ(test, vfe_reset(td->vd), 0);
	tdrv_restart(td);
	KUNIT_EXPECT_EQ(test, td->m->status, S_LIVE);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void reset_that_takes_its_time(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);
	unsigned int reads;

	VFE_DUTY(test, "B09", "2.4.2",
		 "a reset counts as completed when device_status reads 0");
	td->m->knobs.reset_reads = 10;
	KUNIT_ASSERT_EQ(test, tdrv_step(td, TDRV_CREATE), 0);
	/* the ten and the zero */
	reads = vfe_mock_count(td->m, VFE_REG_DEVICE_STATUS, VFE_READ);
	KUNIT_EXPECT_EQ(test, reads, 11U);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void restart_waits_for_status_0(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);
	unsigned int i;

	VFE_DUTY(test, "T10", "4.1.4.3.2",
		 "after a reset nothing is set up before device_status reads 0");
	KUNIT_ASSERT_EQ(test, vfe_reset(td->vd), 0);
	td->m->knobs.reset_reads = 5;
	vfe_mock_log_clear(td->m);
	KUNIT_ASSERT_EQ(test, vfe_restart(td->vd), 0);
	/* the reset, five old values, the zero: nothing in between */
	for (i = 0; i < 7; i++)
		KUNIT_EXPECT_EQ(test, td->m->log[i].reg, VFE_REG_DEVICE_STATUS);
	KUNIT_EXPECT_EQ(test, vfe_mock_find(td->m, 1, VFE_REG_DEVICE_STATUS,
					    VFE_WRITE), 7);
	KUNIT_EXPECT_EQ(test, td->m->log[6].val, 0U);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/**
 * struct hang - a life cycle with a device that never ends a reset
 * @work: runs it
 * @td: the device
 * @ret: the result of the call
 * @ms: its time
 */
struct hang {
	struct work_struct work;
	struct tdrv *td;
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

	h->ret = vfe_reset(h->td->vd);
	h->ms = ms_since(start);
}

/* After one long wait, each further call fails at once. */
static void expect_no_second_wait(struct kunit *test, struct tdrv *td)
{
	struct kmsg_dump_iter mark = log_mark();
	unsigned long start = jiffies;

	/* buffers are safe: bus mastering is off */
	KUNIT_EXPECT_FALSE(test, tdrv_command(td) & PCI_COMMAND_MASTER);
	KUNIT_EXPECT_EQ(test, vfe_restart(td->vd), -ETIMEDOUT);
	KUNIT_EXPECT_FALSE(test, tdrv_command(td) & PCI_COMMAND_MASTER);
	KUNIT_EXPECT_EQ(test, vfe_reset(td->vd), -ETIMEDOUT);
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
	struct hang reset = { .td = tdrv_live(test, NULL) };
	struct hang destroy = { .td = tdrv_live(test, NULL) };
	unsigned long start;

	reset.td->m->knobs.reset_reads = UINT_MAX;
	destroy.td->m->knobs.reset_reads = UINT_MAX;
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
	KUNIT_EXPECT_EQ(test, log_errors(mark, pci_name(reset.td->m->pdev)),
			1U);

	expect_no_second_wait(test, reset.td);
	start = jiffies;
	tdrv_down(destroy.td);
	KUNIT_EXPECT_LT(test, ms_since(start), 2500U);
	/* 4.1.4.3.2: and nothing is set before the status reads 0 */
	VFE_MOCK_EXPECT_CLEAN(test, reset.td->m);
	VFE_MOCK_EXPECT_CLEAN(test, destroy.td->m);

	/*
	 * A device that ends its reset late is used again, as a user expects
	 * who reset the function by other means.
	 */
	reset.td->m->knobs.reset_reads = 20;
	KUNIT_EXPECT_EQ(test, vfe_restart(reset.td->vd), 0);
	KUNIT_EXPECT_EQ(test, vfe_ready(reset.td->vd), 0);
	KUNIT_EXPECT_TRUE(test, tdrv_command(reset.td) & PCI_COMMAND_MASTER);
	KUNIT_EXPECT_EQ(test, reset.td->m->status, S_LIVE);
}

/*
 * The device may still have I/O of its previous driver: the driver waits for a
 * minute, and logs that after five seconds.
 */
static void probe_that_takes_long(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);
	struct kmsg_dump_iter mark = log_mark();
	unsigned long start = jiffies;

	if (!IS_ENABLED(CONFIG_UML))
		kunit_skip(test, "sleeping takes its time here");
	td->m->status = S_LIVE;
	td->m->knobs.reset_ms = 50000;
	KUNIT_EXPECT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	KUNIT_EXPECT_GE(test, ms_since(start), 49000U);
	KUNIT_EXPECT_LT(test, ms_since(start), 52000U);
	KUNIT_EXPECT_EQ(test, log_errors(mark, pci_name(td->m->pdev)), 0U);
	KUNIT_EXPECT_EQ(test, log_lines(mark, "device_status is still 0xf"),
			1U);
	/* each read is an exit */
	KUNIT_EXPECT_LT(test, vfe_mock_count(td->m, VFE_REG_DEVICE_STATUS,
					     VFE_READ), 1500U);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void probe_that_never_ends(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);
	struct kmsg_dump_iter mark = log_mark();
	unsigned long start = jiffies;

	if (!IS_ENABLED(CONFIG_UML))
		kunit_skip(test, "sleeping takes its time here");
	td->m->status = S_LIVE;
	td->m->knobs.reset_reads = UINT_MAX;
	KUNIT_EXPECT_EQ(test, tdrv_step(td, TDRV_CREATE), -ETIMEDOUT);
	KUNIT_EXPECT_GE(test, ms_since(start), 59000U);
	KUNIT_EXPECT_LT(test, ms_since(start), 62000U);
	KUNIT_EXPECT_EQ(test, log_errors(mark, pci_name(td->m->pdev)), 1U);
	/* 4.1.4.3.2: and nothing is set before the status reads 0 */
	KUNIT_EXPECT_FALSE(test, tdrv_command(td) & PCI_COMMAND_MASTER);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* A reset that ends after the call that began it */
static void reset_that_ends_later(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);
	struct kmsg_dump_iter mark = log_mark();
	unsigned int tries = 0, writes;
	int ret;

	KUNIT_ASSERT_EQ(test, tdrv_add(td, 0), 0);
	td->m->knobs.reset_ms = 8000;
	KUNIT_EXPECT_EQ(test, vfe_reset(td->vd), -ETIMEDOUT);
	tdrv_detach_all(td);
	/* like a class driver: repeatedly, with pauses */
	do {
		KUNIT_EXPECT_FALSE(test, tdrv_command(td) & PCI_COMMAND_MASTER);
		msleep(1000);
		writes = vfe_mock_count(td->m, VFE_REG_DEVICE_STATUS,
					VFE_WRITE);
		ret = vfe_restart(td->vd);
	} while (ret == -ETIMEDOUT && ++tries < 10);
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_GE(test, tries, 1U);
	/* the reset that ended was not repeated: ACKNOWLEDGE came next */
	KUNIT_EXPECT_EQ(test, vfe_mock_count(td->m, VFE_REG_DEVICE_STATUS,
					     VFE_WRITE), writes + 3);
	KUNIT_EXPECT_TRUE(test, tdrv_command(td) & PCI_COMMAND_MASTER);
	KUNIT_EXPECT_EQ(test, vfe_ready(td->vd), 0);
	KUNIT_EXPECT_EQ(test, log_errors(mark, pci_name(td->m->pdev)), 1U);
	tdrv_expect_completion(test, td, 0);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* --- what the device may read until its reset is over --- */

#define VIEW_SIZE	8	/* four buffers of two pieces */

/**
 * struct view - what a queue shows the device
 * @test: the test
 * @avail: the driver's ring
 * @desc: the descriptors
 * @ring: contents of @avail
 * @descs: contents of @desc
 * @exposed: bit i: the device has not used what @ring[i] leads to
 * @looks: how often the device checked during a reset
 */
struct view {
	struct kunit *test;
	const struct vring_avail *avail;
	const struct vring_desc *desc;
	__virtio16 ring[VIEW_SIZE];
	struct vring_desc descs[VIEW_SIZE];
	unsigned long exposed;
	unsigned int looks;
};

static u16 view_le16(__virtio16 val)
{
	return le16_to_cpu((__force __le16)val) % VIEW_SIZE;
}

/* All exposed entries are unchanged since the view was taken. */
static void expect_same_view(const struct view *v)
{
	unsigned int i, at;

	for_each_set_bit(i, &v->exposed, VIEW_SIZE) {
		KUNIT_EXPECT_EQ(v->test, (__force u16)v->avail->ring[i],
				(__force u16)v->ring[i]);
		at = view_le16(v->ring[i]);
		KUNIT_EXPECT_MEMEQ(v->test, &v->desc[at], &v->descs[at],
				   sizeof(v->desc[at]));
		at = view_le16(v->descs[at].next);
		KUNIT_EXPECT_MEMEQ(v->test, &v->desc[at], &v->descs[at],
				   sizeof(v->desc[at]));
	}
}

static bool view_access(struct vfe_mock *m, struct vfe_mock_access *a)
{
	struct view *v = m->knobs.priv;

	if (a->reg == VFE_REG_DEVICE_STATUS) {
		expect_same_view(v);
		v->looks++;
	}
	return false;
}

/* A live queue that is full, and its view */
static struct tdrv *tdrv_full(struct kunit *test, struct view *v)
{
	struct vfe_mock_spec spec = { .features = BIT_ULL(VIRTIO_F_VERSION_1),
				      .queue_size = VIEW_SIZE };
	struct tdrv *td = tdrv_live(test, &spec);
	unsigned int i;

	for (i = 0; i < VIEW_SIZE / 2; i++)
		KUNIT_ASSERT_EQ(test, tdrv_add(td, 0), 0);
	v->test = test;
	v->avail = vfe_mock_mem(td->m->queues[0].driver);
	v->desc = vfe_mock_mem(td->m->queues[0].desc);
	memcpy(v->ring, v->avail->ring, sizeof(v->ring));
	memcpy(v->descs, v->desc, sizeof(v->descs));
	v->exposed = BIT(VIEW_SIZE / 2) - 1;
	/* a slow reset, during which the device checks */
	td->m->knobs.reset_reads = 3;
	td->m->knobs.access = view_access;
	td->m->knobs.priv = v;
	return td;
}

/* The device uses buffer @n, in any order, and the driver reaps it. */
static void view_use(struct tdrv *td, struct view *v, unsigned int n)
{
	struct vfe_queue *q = vfe_get_queue(td->vd, 0);
	u32 len;

	vfe_mock_push(&td->m->queues[0], view_le16(v->ring[n]), 1, 2);
	v->exposed &= ~BIT(n);
	vfe_mock_interrupt(&td->m->queues[0]);
	KUNIT_EXPECT_PTR_EQ(v->test, vfe_queue_get(q, &len), (void *)td);
	expect_same_view(v);
}

static void exposed_buffers_stay_as_they_are(struct kunit *test)
{
	struct view v = {};
	struct vfe_queue *q;
	struct tdrv *td;
	unsigned int i;

	VFE_DUTY(test, "B21", "3.3.1",
		 "what a live queue shows is not altered; the device is reset first");
	td = tdrv_full(test, &v);
	q = vfe_get_queue(td->vd, 0);
	KUNIT_EXPECT_EQ(test, tdrv_add(td, 0), -ENOSPC);
	vfe_queue_disable_cb(q);
	vfe_queue_enable_cb(q);
	expect_same_view(&v);
	view_use(td, &v, 2);
	KUNIT_EXPECT_EQ(test, tdrv_add(td, 0), 0);
	expect_same_view(&v);
	view_use(td, &v, 0);
	KUNIT_EXPECT_EQ(test, hweight_long(v.exposed), 2UL);
	/* the reset, three old values, the zero */
	KUNIT_ASSERT_EQ(test, vfe_reset(td->vd), 0);
	KUNIT_EXPECT_EQ(test, v.looks, 5U);
	for (i = 0; vfe_queue_detach(q); i++)
		;
	KUNIT_EXPECT_EQ(test, i, 3U);
}

static void rings_outlive_the_reset(struct kunit *test)
{
	struct view v = {};
	struct tdrv *td;

	VFE_DUTY(test, "B21", "3.3.1",
		 "what a live queue shows is there until the reset is over");
	td = tdrv_full(test, &v);
	tdrv_down(td);
	KUNIT_EXPECT_EQ(test, v.looks, 5U);
}

static struct kunit_case reset_cases[] = {
	KUNIT_CASE(reset_twice),
	KUNIT_CASE(reset_that_takes_its_time),
	KUNIT_CASE(restart_waits_for_status_0),
	KUNIT_CASE_SLOW(reset_that_never_ends),
	KUNIT_CASE_SLOW(probe_that_takes_long),
	KUNIT_CASE_SLOW(probe_that_never_ends),
	KUNIT_CASE_SLOW(reset_that_ends_later),
	KUNIT_CASE(exposed_buffers_stay_as_they_are),
	KUNIT_CASE(rings_outlive_the_reset),
	{}
};

VFE_SUITE(reset_cases);
