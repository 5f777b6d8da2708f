// SPDX-License-Identifier: GPL-2.0
/*
 * A disk whose device is removed, reset or suspended at every point of a
 * request's life: each request ends once, in limited time, with correct data or
 * with an error. The device loses requests here, so the disks have reset_after.
 * device_fault_test.c has a faulty device, recovery_test.c one that cannot be
 * restarted.
 */
#include <linux/virtio_pci.h>

#include "lib/blk_fixture.h"
#include "lib/suite.h"

/* device_status of one that runs */
#define LIFE_LIVE	(VIRTIO_CONFIG_S_ACKNOWLEDGE | \
			 VIRTIO_CONFIG_S_DRIVER | \
			 VIRTIO_CONFIG_S_FEATURES_OK | \
			 VIRTIO_CONFIG_S_DRIVER_OK)

/* The point of a request at the event */
enum life_point {
	POINT_QUEUED,		/* no space in the ring */
	POINT_ADDED,		/* in the ring, and no kick was wanted */
	POINT_KICKED,		/* the device has not read it yet */
	POINT_POPPED,		/* the device is executing it */
	POINT_PUSHED,		/* used, but no interrupt was raised */
	POINT_INTERRUPT,	/* the interrupt comes with it */
	NUM_POINTS
};

static const char *const life_points[] = {
	[POINT_QUEUED] = "queued",
	[POINT_ADDED] = "added",
	[POINT_KICKED] = "kicked",
	[POINT_POPPED] = "popped",
	[POINT_PUSHED] = "pushed",
	[POINT_INTERRUPT] = "interrupt",
};

/* An event in the life of a disk */
struct life_event {
	const char *name;
	void (*happens)(struct tdisk *td);
	bool loses;	/* requests may fail */
	bool removes;	/* there is no disk afterwards */
};

struct life_case {
	enum life_point point;
	const struct life_event *event;
};

/* --- events --- */

static const struct dev_pm_ops *life_pm(struct tdisk *td)
{
	return td->m->pdev->dev.driver->pm;
}

static void life_unplug(struct tdisk *td)
{
	/*
	 * the driver waits for the hanging request: make that take less than a
	 * second
	 */
	tdisk_check_timeouts(td);
	tdisk_unplug(td);
}

static void life_vanish(struct tdisk *td)
{
	vfe_mock_vanish(td->m);
	tdisk_unplug(td);
}

static void life_unbind(struct tdisk *td)
{
	tdisk_check_timeouts(td);
	tdisk_unbind(td);
	KUNIT_ASSERT_EQ(td->test, 0, tdisk_bind(td));
}

static void life_needs_reset(struct tdisk *td)
{
	vfe_mock_needs_reset(td->m);
}

static void life_flr(struct tdisk *td)
{
	tdisk_check_timeouts(td);
	KUNIT_EXPECT_EQ(td->test, 0, pci_reset_function(td->m->pdev));
}

static void life_sleep(struct tdisk *td)
{
	struct device *dev = &td->m->pdev->dev;

	tdisk_check_timeouts(td);
	KUNIT_EXPECT_EQ(td->test, 0, life_pm(td)->suspend(dev));
	/* suspended: no status bit is set, bus mastering is off */
	KUNIT_EXPECT_EQ(td->test, 0, td->m->status);
	KUNIT_EXPECT_EQ(td->test, 0, life_pm(td)->resume(dev));
}

static void life_unplug_asleep(struct tdisk *td)
{
	tdisk_check_timeouts(td);
	KUNIT_EXPECT_EQ(td->test, 0, life_pm(td)->suspend(&td->m->pdev->dev));
	tdisk_unplug(td);
}

static const struct life_event life_events[] = {
	{ "unplug", life_unplug, .removes = true },
	{ "vanish", life_vanish, .loses = true, .removes = true },
	{ "unbind", life_unbind },
	{ "needs reset", life_needs_reset },
	{ "function-level reset", life_flr },
	{ "suspend", life_sleep },
	{ "unplug asleep", life_unplug_asleep, .loses = true,
	  .removes = true },
};

/* --- points --- */

static void life_interrupt(struct tdisk *td)
{
	vfe_mock_interrupt(&td->m->queues[0]);
}

/* The device wants no kick: its event index did not move. */
static void life_want_no_kick(struct tdisk *td)
{
	struct vfe_mock_queue *mq = &td->m->queues[0];

	vfe_mock_set_avail_event(mq, vfe_mock_avail_idx(mq) - 1);
}

/* A write of 512 bytes to sector 100 that gets as far as @point */
static struct tdisk_io *life_go_to(struct tdisk *td, enum life_point point)
{
	struct tdisk_io *io;

	td->keep = point != POINT_KICKED && point != POINT_ADDED;
	td->m->knobs.mute = point == POINT_KICKED;
	if (point == POINT_QUEUED)
		tdisk_fill_ring(td, 0);
	if (point == POINT_ADDED)
		life_want_no_kick(td);
	io = tdisk_start(td, REQ_OP_WRITE, 100, 512, 0x33);
	if (td->keep)
		KUNIT_ASSERT_TRUE(td->test, TDISK_WAIT_FOR(td->num_kept));
	if (point == POINT_PUSHED || point == POINT_INTERRUPT)
		tdisk_complete(td, 0);
	tdisk_serve(td);
	return io;
}

static void life_case_name(const struct life_case *c, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%s: %s", c->event->name,
		 life_points[c->point]);
}

static struct life_case life_cases[ARRAY_SIZE(life_events) * NUM_POINTS];

/* Every event at every point */
static const void *life_case_gen_params(const void *prev, char *desc)
{
	const struct life_case *last = prev;
	unsigned int n = last ? last - life_cases + 1 : 0;

	if (n == ARRAY_SIZE(life_cases))
		return NULL;
	life_cases[n].event = &life_events[n / NUM_POINTS];
	life_cases[n].point = n % NUM_POINTS;
	life_case_name(&life_cases[n], desc);
	return &life_cases[n];
}

static void life_check_end(struct tdisk *td, struct tdisk_io *io,
			   const struct life_event *event)
{
	int err = tdisk_wait(td, io);

	if (!event->loses)
		KUNIT_EXPECT_EQ(td->test, 0, err);
	/* a completed request has its data */
	if (!err && io->bio.bi_vcnt == 1)
		KUNIT_EXPECT_TRUE(td->test,
				  tdisk_holds(td, 100, io->data, 512));
}

static void life_request_ends_whatever_happens(struct kunit *test)
{
	const struct life_case *c = test->param_value;
	struct tdisk *td = tdisk_small_ring(test, 0);
	unsigned int i;

	tdisk_short_timeout(td);
	tdisk_resets_late(td);
	life_go_to(td, c->point);
	if (c->point == POINT_INTERRUPT)
		life_interrupt(td);
	c->event->happens(td);
	for (i = 0; i < td->num_ios; i++)
		life_check_end(td, &td->ios[i], c->event);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
	if (c->event->removes)
		return;
	tdisk_expect_works(td);
	KUNIT_EXPECT_STREQ(test, td->m->offence ?: "", "");
}

/* --- in the middle of an interrupt: under INTx it reads a register --- */

static bool life_vanish_in_interrupt(struct vfe_mock *m,
				     struct vfe_mock_access *a)
{
	if (a->reg != VFE_REG_ISR_STATUS)
		return false;
	m->knobs.access = NULL;
	vfe_mock_vanish(m);
	a->val = U8_MAX;
	return false;
}

static bool life_needs_reset_in_interrupt(struct vfe_mock *m,
					  struct vfe_mock_access *a)
{
	if (a->reg != VFE_REG_ISR_STATUS)
		return false;
	m->knobs.access = NULL;
	m->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	a->val |= VIRTIO_PCI_ISR_CONFIG;
	return false;
}

static struct tdisk *life_intx(struct kunit *test)
{
	struct vfe_mock_spec spec = { .vectors = -1 };
	struct tdisk *td = tdisk_plug(test, &spec, 0);

	KUNIT_ASSERT_NOT_NULL(test, td->disk);
	return td;
}

static void life_gone_in_the_interrupt(struct kunit *test)
{
	struct tdisk *td = life_intx(test);
	struct tdisk_io *io = life_go_to(td, POINT_PUSHED);

	td->m->knobs.access = life_vanish_in_interrupt;
	life_interrupt(td);
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_wait(td, io));
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_write(td, 0, 512, 1));
	tdisk_unplug(td);
}

static void life_needs_reset_with_the_interrupt(struct kunit *test)
{
	struct tdisk *td = life_intx(test);
	struct tdisk_io *io = life_go_to(td, POINT_PUSHED);

	td->m->knobs.access = life_needs_reset_in_interrupt;
	vfe_mock_log_clear(td->m);
	life_interrupt(td);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	/* and it is reset, as it requested */
	KUNIT_EXPECT_TRUE(test, TDISK_WAIT_FOR(td->m->status == LIFE_LIVE));
	tdisk_expect_works(td);
}

/* --- coming and going --- */

static void life_bind_and_unbind(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	unsigned int i;

	for (i = 0; i < 10; i++) {
		tdisk_expect_works(td);
		tdisk_recycle(td);
		tdisk_unbind(td);
		KUNIT_EXPECT_EQ(test, 0, td->m->status);
		KUNIT_ASSERT_EQ(test, 0, tdisk_bind(td));
	}
	tdisk_expect_works(td);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void life_vanish_without_requests(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);

	vfe_mock_vanish(td->m);
	tdisk_unplug(td);
	KUNIT_EXPECT_STREQ(test, td->m->offence ?: "", "");
}

/* No wait of 30 s for a removed function. */
static void life_vanish_does_not_wait_for_a_timeout(struct kunit *test)
{
	struct tdisk *td = tdisk_small_ring(test, 0);
	struct tdisk_io *io = life_go_to(td, POINT_POPPED);
	unsigned long start = jiffies;

	vfe_mock_vanish(td->m);
	tdisk_unplug(td);
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_wait(td, io));
	KUNIT_EXPECT_LT(test, jiffies - start, 2UL * HZ);
}

/* The actions of a slow device 50 ms later */
struct life_later {
	struct delayed_work work;
	struct tdisk *td;
};

static void life_finish(struct work_struct *work)
{
	struct life_later *later = container_of(to_delayed_work(work),
						struct life_later, work);

	tdisk_complete(later->td, 0);
	life_interrupt(later->td);
}

/*
 * A slow device is not dead: its driver is unbound while one request is in
 * flight and another waits for space. Both complete as usual.
 */
static void life_unbind_waits_for_requests(struct kunit *test)
{
	struct tdisk *td = tdisk_small_ring(test, 0);
	struct tdisk_io *io = life_go_to(td, POINT_QUEUED);
	struct life_later later = { .td = td };

	vfe_mock_log_clear(td->m);
	INIT_DELAYED_WORK_ONSTACK(&later.work, life_finish);
	schedule_delayed_work(&later.work, HZ / 20);
	tdisk_unbind(td);
	flush_delayed_work(&later.work);
	destroy_delayed_work_on_stack(&later.work);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, &td->ios[0]));
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	KUNIT_EXPECT_TRUE(test, tdisk_holds(td, 100, io->data, 512));
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* The disk exists while it is open, its device does not. */
static void life_open_beyond_the_end(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct gendisk *disk = td->disk;
	struct file *file;

	file = bdev_file_open_by_dev(disk_devt(disk),
				     BLK_OPEN_READ | BLK_OPEN_WRITE, td,
				     NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	tdisk_unplug(td);
	td->disk = disk;
	KUNIT_EXPECT_NE(test, 0, tdisk_write(td, 0, 512, 1));
	__fput_sync(file);
}

static void life_unplug_in_a_recovery(struct kunit *test)
{
	struct tdisk *td = tdisk_small_ring(test, 0);
	struct tdisk_io *io = life_go_to(td, POINT_POPPED);

	/* a slow reset */
	td->m->knobs.reset_reads = 20;
	vfe_mock_needs_reset(td->m);
	tdisk_unplug(td);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	KUNIT_EXPECT_EQ(test, 0, td->m->status);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void life_vanish_in_a_recovery(struct kunit *test)
{
	struct tdisk *td = tdisk_small_ring(test, 0);
	struct tdisk_io *io = life_go_to(td, POINT_POPPED);

	td->m->knobs.reset_reads = 20;
	vfe_mock_needs_reset(td->m);
	usleep_range(5000, 10000);
	vfe_mock_vanish(td->m);
	tdisk_unplug(td);
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_wait(td, io));
}

/* --- sleep --- */

static void life_requests_wait_for_the_resume(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct device *dev = &td->m->pdev->dev;
	struct tdisk_io *io;

	tdisk_expect_works(td);
	KUNIT_EXPECT_EQ(test, 0, life_pm(td)->suspend(dev));
	vfe_mock_log_clear(td->m);
	io = tdisk_start(td, REQ_OP_WRITE, 100, 512, 9);
	usleep_range(5000, 10000);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	/* suspended: not accessed */
	KUNIT_EXPECT_EQ(test, 0U, td->m->log_len);
	KUNIT_EXPECT_EQ(test, 0, life_pm(td)->resume(dev));
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	KUNIT_EXPECT_TRUE(test, tdisk_holds(td, 100, io->data, 512));
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* The same of many requests at once, and of a flush */
static void life_a_plug_waits_for_the_resume(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, BIT_ULL(VIRTIO_BLK_F_FLUSH));
	struct device *dev = &td->m->pdev->dev;
	struct blk_plug plug;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, 0, life_pm(td)->suspend(dev));
	vfe_mock_log_clear(td->m);
	blk_start_plug(&plug);
	for (i = 0; i < 8; i++)
		tdisk_start(td, REQ_OP_WRITE, 100 + 10 * i, 512, i);
	tdisk_start(td, REQ_OP_WRITE | REQ_PREFLUSH, 0, 0, 0);
	blk_finish_plug(&plug);
	msleep(1000);
	for (i = 0; i < td->num_ios; i++)
		KUNIT_EXPECT_EQ(test, 0U, td->ios[i].ends);
	KUNIT_EXPECT_EQ(test, 0U, td->m->log_len);
	KUNIT_EXPECT_EQ(test, 0, life_pm(td)->resume(dev));
	for (i = 0; i < td->num_ios; i++)
		KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, &td->ios[i]));
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_TRUE(test, tdisk_holds(td, 100 + 10 * i,
						    td->ios[i].data, 512));
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void life_gone_while_asleep(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct device *dev = &td->m->pdev->dev;
	struct tdisk_io *io;

	KUNIT_EXPECT_EQ(test, 0, life_pm(td)->suspend(dev));
	io = tdisk_start(td, REQ_OP_WRITE, 100, 512, 9);
	vfe_mock_vanish(td->m);
	KUNIT_EXPECT_EQ(test, 0, life_pm(td)->resume(dev));
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_wait(td, io));
	tdisk_unplug(td);
}

/* Nothing wakes it any more: requests that wait for that fail. */
static void life_unplug_asleep_with_a_request(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct device *dev = &td->m->pdev->dev;
	struct tdisk_io *io;

	KUNIT_EXPECT_EQ(test, 0, life_pm(td)->suspend(dev));
	io = tdisk_start(td, REQ_OP_WRITE, 100, 512, 9);
	tdisk_unplug(td);
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_wait(td, io));
}

/* Later calls find a device that does nothing after the shutdown. */
static void life_shutdown(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct device *dev = &td->m->pdev->dev;

	tdisk_expect_works(td);
	to_pci_driver(dev->driver)->shutdown(td->m->pdev);
	KUNIT_EXPECT_EQ(test, 0, td->m->status);
	/* and its driver can be unbound */
	tdisk_unbind(td);
	KUNIT_ASSERT_EQ(test, 0, tdisk_bind(td));
	tdisk_expect_works(td);
}

/* Nothing starts the device again: waiting and later requests fail. */
static void life_requests_fail_after_the_shutdown(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct device *dev = &td->m->pdev->dev;
	struct tdisk_io *io = tdisk_start_kept(td, REQ_OP_WRITE, 100, 9);

	to_pci_driver(dev->driver)->shutdown(td->m->pdev);
	KUNIT_EXPECT_EQ(test, 0, td->m->status);
	vfe_mock_log_clear(td->m);
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_wait(td, io));
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_write(td, 200, 512, 1));
	/* no user and no event starts it */
	tdisk_set(td, "recovery", "0");
	tdisk_set(td, "recovery", "1");
	KUNIT_EXPECT_EQ(test, 0, life_pm(td)->resume(dev));
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_write(td, 200, 512, 1));
	KUNIT_EXPECT_EQ(test, 0U, td->m->log_len);
	tdisk_serve(td);
	tdisk_unbind(td);
	KUNIT_ASSERT_EQ(test, 0, tdisk_bind(td));
	tdisk_expect_works(td);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* Requests that have ended */
static unsigned int life_ended(const struct tdisk *td)
{
	unsigned int i, n = 0;

	for (i = 0; i < td->num_ios; i++)
		n += READ_ONCE(td->ios[i].ends);
	return n;
}

/* From the reset of a live device to the last status read that shows it live */
static bool life_resetting(const struct vfe_mock *m,
			   const struct vfe_mock_access *a)
{
	if (a->reg != VFE_REG_DEVICE_STATUS)
		return false;
	if (a->dir == VFE_WRITE)
		return !a->val && m->status & VIRTIO_CONFIG_S_DRIVER_OK;
	return a->val & VIRTIO_CONFIG_S_DRIVER_OK;
}

/* The device keeps its buffers until its reset is known to have ended. */
static bool life_early(struct vfe_mock *m, struct vfe_mock_access *a)
{
	struct tdisk *td = m->knobs.priv;

	if (life_resetting(m, a))
		KUNIT_EXPECT_EQ(td->test, 0U, life_ended(td));
	return false;
}

static void life_requests_end_after_the_reset(struct kunit *test)
{
	struct tdisk *td;
	struct tdisk_io *io;
	unsigned int n;

	VFE_DUTY(test, "B21", "3.3.1",
		 "a request that the device has is given back after a reset, not before");
	td = tdisk_disk(test, 0);
	td->keep = true;
	td->m->knobs.reset_reads = 3;
	td->m->knobs.access = life_early;
	td->m->knobs.priv = td;
	io = tdisk_start(td, REQ_OP_WRITE, 0, 4096, 1);
	/* sent again after each reset, and completed after the third */
	for (n = 1; n <= 3; n++) {
		KUNIT_ASSERT_TRUE(test, TDISK_WAIT_FOR(td->num_kept == n));
		KUNIT_EXPECT_EQ(test, 0U, life_ended(td));
		td->keep = n < 3;
		vfe_mock_log_clear(td->m);
		KUNIT_EXPECT_TRUE(test, vfe_mock_needs_reset(td->m));
	}
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	td->m->knobs.access = NULL;
	KUNIT_EXPECT_GT(test, vfe_mock_count(td->m, VFE_REG_DEVICE_STATUS,
					     VFE_READ), 3U);
	tdisk_serve(td);
	tdisk_expect_works(td);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static struct kunit_case life_kunit_cases[] = {
	KUNIT_CASE_PARAM(life_request_ends_whatever_happens,
			 life_case_gen_params),
	KUNIT_CASE(life_gone_in_the_interrupt),
	KUNIT_CASE(life_needs_reset_with_the_interrupt),
	KUNIT_CASE(life_bind_and_unbind),
	KUNIT_CASE(life_vanish_without_requests),
	KUNIT_CASE(life_vanish_does_not_wait_for_a_timeout),
	KUNIT_CASE(life_unbind_waits_for_requests),
	KUNIT_CASE(life_open_beyond_the_end),
	KUNIT_CASE(life_unplug_in_a_recovery),
	KUNIT_CASE(life_vanish_in_a_recovery),
	KUNIT_CASE(life_requests_wait_for_the_resume),
	KUNIT_CASE(life_a_plug_waits_for_the_resume),
	KUNIT_CASE(life_gone_while_asleep),
	KUNIT_CASE(life_unplug_asleep_with_a_request),
	KUNIT_CASE(life_shutdown),
	KUNIT_CASE_SLOW(life_requests_fail_after_the_shutdown),
	KUNIT_CASE(life_requests_end_after_the_reset),
	{ }
};

VFE_SUITE(life_kunit_cases);
