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
	void (*happens)(struct vfe_rig *rig);
	bool loses;	/* requests may fail */
	bool removes;	/* there is no disk afterwards */
};

struct life_case {
	enum life_point point;
	const struct life_event *event;
};

/* --- events --- */

static const struct dev_pm_ops *life_pm(struct vfe_rig *rig)
{
	return rig->m->pdev->dev.driver->pm;
}

static void life_unplug(struct vfe_rig *rig)
{
	/*
	 * the driver waits for the hanging request: make that take less than a
	 * second
	 */
	vfe_rig_hurry(rig);
	vfe_rig_unplug(rig);
}

static void life_vanish(struct vfe_rig *rig)
{
	vfe_mock_vanish(rig->m);
	vfe_rig_unplug(rig);
}

static void life_unbind(struct vfe_rig *rig)
{
	vfe_rig_hurry(rig);
	vfe_rig_unbind(rig);
	KUNIT_ASSERT_EQ(rig->test, 0, vfe_rig_bind(rig));
}

static void life_needs_reset(struct vfe_rig *rig)
{
	vfe_mock_needs_reset(rig->m);
}

static void life_flr(struct vfe_rig *rig)
{
	vfe_rig_hurry(rig);
	KUNIT_EXPECT_EQ(rig->test, 0, pci_reset_function(rig->m->pdev));
}

static void life_sleep(struct vfe_rig *rig)
{
	struct device *dev = &rig->m->pdev->dev;

	vfe_rig_hurry(rig);
	KUNIT_EXPECT_EQ(rig->test, 0, life_pm(rig)->suspend(dev));
	/* suspended: no status bit is set, bus mastering is off */
	KUNIT_EXPECT_EQ(rig->test, 0, rig->m->status);
	KUNIT_EXPECT_EQ(rig->test, 0, life_pm(rig)->resume(dev));
}

static void life_unplug_asleep(struct vfe_rig *rig)
{
	vfe_rig_hurry(rig);
	KUNIT_EXPECT_EQ(rig->test, 0,
			life_pm(rig)->suspend(&rig->m->pdev->dev));
	vfe_rig_unplug(rig);
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

static void life_interrupt(struct vfe_rig *rig)
{
	vfe_mock_interrupt(&rig->m->queues[0]);
}

/* The device wants no kick: its event index did not move. */
static void life_want_no_kick(struct vfe_rig *rig)
{
	struct vfe_mock_queue *mq = &rig->m->queues[0];

	vfe_mock_set_avail_event(mq, vfe_mock_avail_idx(mq) - 1);
}

/* A write of 512 bytes to sector 100 that gets as far as @point */
static struct vfe_rig_io *life_go_to(struct vfe_rig *rig,
				     enum life_point point)
{
	struct vfe_rig_io *io;

	rig->keep = point != POINT_KICKED && point != POINT_ADDED;
	rig->m->knobs.mute = point == POINT_KICKED;
	if (point == POINT_QUEUED)
		vfe_rig_fill(rig, 0);
	if (point == POINT_ADDED)
		life_want_no_kick(rig);
	io = vfe_rig_start(rig, REQ_OP_WRITE, 100, 512, 0x33);
	if (rig->keep)
		KUNIT_ASSERT_TRUE(rig->test, VFE_RIG_UNTIL(rig->num_kept));
	if (point == POINT_PUSHED || point == POINT_INTERRUPT)
		vfe_rig_push(rig, 0);
	vfe_rig_serve(rig);
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

static void life_check_end(struct vfe_rig *rig, struct vfe_rig_io *io,
			   const struct life_event *event)
{
	int err = vfe_rig_wait(rig, io);

	if (!event->loses)
		KUNIT_EXPECT_EQ(rig->test, 0, err);
	/* a completed request has its data */
	if (!err && io->bio.bi_vcnt == 1)
		KUNIT_EXPECT_TRUE(rig->test,
				  vfe_rig_holds(rig, 100, io->data, 512));
}

static void life_request_ends_whatever_happens(struct kunit *test)
{
	const struct life_case *c = test->param_value;
	struct vfe_rig *rig = vfe_rig_small(test, 0);
	unsigned int i;

	vfe_rig_impatient(rig);
	vfe_rig_resets_late(rig);
	life_go_to(rig, c->point);
	if (c->point == POINT_INTERRUPT)
		life_interrupt(rig);
	c->event->happens(rig);
	for (i = 0; i < rig->num_ios; i++)
		life_check_end(rig, &rig->ios[i], c->event);
	VFE_MOCK_EXPECT_CLEAN(test, rig->m);
	if (c->event->removes)
		return;
	vfe_rig_works(rig);
	KUNIT_EXPECT_STREQ(test, rig->m->offence ?: "", "");
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

static struct vfe_rig *life_intx(struct kunit *test)
{
	struct vfe_mock_spec spec = { .vectors = -1 };
	struct vfe_rig *rig = vfe_rig_plug(test, &spec, 0);

	KUNIT_ASSERT_NOT_NULL(test, rig->disk);
	return rig;
}

static void life_gone_in_the_interrupt(struct kunit *test)
{
	struct vfe_rig *rig = life_intx(test);
	struct vfe_rig_io *io = life_go_to(rig, POINT_PUSHED);

	rig->m->knobs.access = life_vanish_in_interrupt;
	life_interrupt(rig);
	KUNIT_EXPECT_EQ(test, -EIO, vfe_rig_wait(rig, io));
	KUNIT_EXPECT_EQ(test, -EIO, vfe_rig_write(rig, 0, 512, 1));
	vfe_rig_unplug(rig);
}

static void life_needs_reset_with_the_interrupt(struct kunit *test)
{
	struct vfe_rig *rig = life_intx(test);
	struct vfe_rig_io *io = life_go_to(rig, POINT_PUSHED);

	rig->m->knobs.access = life_needs_reset_in_interrupt;
	vfe_mock_log_clear(rig->m);
	life_interrupt(rig);
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, io));
	/* and it is reset, as it requested */
	KUNIT_EXPECT_TRUE(test,
			  VFE_RIG_UNTIL(rig->m->status == LIFE_LIVE));
	vfe_rig_works(rig);
}

/* --- coming and going --- */

static void life_bind_and_unbind(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_disk(test, 0);
	unsigned int i;

	for (i = 0; i < 10; i++) {
		vfe_rig_works(rig);
		vfe_rig_recycle(rig);
		vfe_rig_unbind(rig);
		KUNIT_EXPECT_EQ(test, 0, rig->m->status);
		KUNIT_ASSERT_EQ(test, 0, vfe_rig_bind(rig));
	}
	vfe_rig_works(rig);
	VFE_MOCK_EXPECT_CLEAN(test, rig->m);
}

static void life_vanish_without_requests(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_disk(test, 0);

	vfe_mock_vanish(rig->m);
	vfe_rig_unplug(rig);
	KUNIT_EXPECT_STREQ(test, rig->m->offence ?: "", "");
}

/* No wait of 30 s for a removed function. */
static void life_vanish_does_not_wait_for_a_timeout(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_small(test, 0);
	struct vfe_rig_io *io = life_go_to(rig, POINT_POPPED);
	unsigned long start = jiffies;

	vfe_mock_vanish(rig->m);
	vfe_rig_unplug(rig);
	KUNIT_EXPECT_EQ(test, -EIO, vfe_rig_wait(rig, io));
	KUNIT_EXPECT_LT(test, jiffies - start, 2UL * HZ);
}

/* The actions of a slow device 50 ms later */
struct life_later {
	struct delayed_work work;
	struct vfe_rig *rig;
};

static void life_finish(struct work_struct *work)
{
	struct life_later *later = container_of(to_delayed_work(work),
						struct life_later, work);

	vfe_rig_push(later->rig, 0);
	life_interrupt(later->rig);
}

/*
 * A slow device is not dead: its driver is unbound while one request is in
 * flight and another waits for space. Both complete as usual.
 */
static void life_unbind_waits_for_requests(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_small(test, 0);
	struct vfe_rig_io *io = life_go_to(rig, POINT_QUEUED);
	struct life_later later = { .rig = rig };

	vfe_mock_log_clear(rig->m);
	INIT_DELAYED_WORK_ONSTACK(&later.work, life_finish);
	schedule_delayed_work(&later.work, HZ / 20);
	vfe_rig_unbind(rig);
	flush_delayed_work(&later.work);
	destroy_delayed_work_on_stack(&later.work);
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, &rig->ios[0]));
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, io));
	KUNIT_EXPECT_TRUE(test, vfe_rig_holds(rig, 100, io->data, 512));
	VFE_MOCK_EXPECT_CLEAN(test, rig->m);
}

/* The disk exists while it is open, its device does not. */
static void life_open_beyond_the_end(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_disk(test, 0);
	struct gendisk *disk = rig->disk;
	struct file *file;

	file = bdev_file_open_by_dev(disk_devt(disk),
				     BLK_OPEN_READ | BLK_OPEN_WRITE, rig,
				     NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	vfe_rig_unplug(rig);
	rig->disk = disk;
	KUNIT_EXPECT_NE(test, 0, vfe_rig_write(rig, 0, 512, 1));
	__fput_sync(file);
}

static void life_unplug_in_a_recovery(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_small(test, 0);
	struct vfe_rig_io *io = life_go_to(rig, POINT_POPPED);

	/* a slow reset */
	rig->m->knobs.reset_reads = 20;
	vfe_mock_needs_reset(rig->m);
	vfe_rig_unplug(rig);
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, io));
	KUNIT_EXPECT_EQ(test, 0, rig->m->status);
	VFE_MOCK_EXPECT_CLEAN(test, rig->m);
}

static void life_vanish_in_a_recovery(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_small(test, 0);
	struct vfe_rig_io *io = life_go_to(rig, POINT_POPPED);

	rig->m->knobs.reset_reads = 20;
	vfe_mock_needs_reset(rig->m);
	usleep_range(5000, 10000);
	vfe_mock_vanish(rig->m);
	vfe_rig_unplug(rig);
	KUNIT_EXPECT_EQ(test, -EIO, vfe_rig_wait(rig, io));
}

/* --- sleep --- */

static void life_requests_wait_for_the_resume(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_disk(test, 0);
	struct device *dev = &rig->m->pdev->dev;
	struct vfe_rig_io *io;

	vfe_rig_works(rig);
	KUNIT_EXPECT_EQ(test, 0, life_pm(rig)->suspend(dev));
	vfe_mock_log_clear(rig->m);
	io = vfe_rig_start(rig, REQ_OP_WRITE, 100, 512, 9);
	usleep_range(5000, 10000);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	/* suspended: not accessed */
	KUNIT_EXPECT_EQ(test, 0U, rig->m->log_len);
	KUNIT_EXPECT_EQ(test, 0, life_pm(rig)->resume(dev));
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, io));
	KUNIT_EXPECT_TRUE(test, vfe_rig_holds(rig, 100, io->data, 512));
	VFE_MOCK_EXPECT_CLEAN(test, rig->m);
}

static void life_gone_while_asleep(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_disk(test, 0);
	struct device *dev = &rig->m->pdev->dev;
	struct vfe_rig_io *io;

	KUNIT_EXPECT_EQ(test, 0, life_pm(rig)->suspend(dev));
	io = vfe_rig_start(rig, REQ_OP_WRITE, 100, 512, 9);
	vfe_mock_vanish(rig->m);
	KUNIT_EXPECT_EQ(test, 0, life_pm(rig)->resume(dev));
	KUNIT_EXPECT_EQ(test, -EIO, vfe_rig_wait(rig, io));
	vfe_rig_unplug(rig);
}

/* Nothing wakes it any more: requests that wait for that fail. */
static void life_unplug_asleep_with_a_request(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_disk(test, 0);
	struct device *dev = &rig->m->pdev->dev;
	struct vfe_rig_io *io;

	KUNIT_EXPECT_EQ(test, 0, life_pm(rig)->suspend(dev));
	io = vfe_rig_start(rig, REQ_OP_WRITE, 100, 512, 9);
	vfe_rig_unplug(rig);
	KUNIT_EXPECT_EQ(test, -EIO, vfe_rig_wait(rig, io));
}

/* Later calls find a device that does nothing after the shutdown. */
static void life_shutdown(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_disk(test, 0);
	struct device *dev = &rig->m->pdev->dev;

	vfe_rig_works(rig);
	to_pci_driver(dev->driver)->shutdown(rig->m->pdev);
	KUNIT_EXPECT_EQ(test, 0, rig->m->status);
	/* and its driver can be unbound */
	vfe_rig_unbind(rig);
	KUNIT_ASSERT_EQ(test, 0, vfe_rig_bind(rig));
	vfe_rig_works(rig);
}

/* Requests that have ended */
static unsigned int life_ended(const struct vfe_rig *rig)
{
	unsigned int i, n = 0;

	for (i = 0; i < rig->num_ios; i++)
		n += READ_ONCE(rig->ios[i].ends);
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
	struct vfe_rig *rig = m->knobs.priv;

	if (life_resetting(m, a))
		KUNIT_EXPECT_EQ(rig->test, 0U, life_ended(rig));
	return false;
}

static void life_requests_end_after_the_reset(struct kunit *test)
{
	struct vfe_rig *rig;
	struct vfe_rig_io *io;
	unsigned int n;

	VFE_DUTY(test, "B21", "3.3.1",
		 "a request that the device has is given back after a reset, not before");
	rig = vfe_rig_disk(test, 0);
	rig->keep = true;
	rig->m->knobs.reset_reads = 3;
	rig->m->knobs.access = life_early;
	rig->m->knobs.priv = rig;
	io = vfe_rig_start(rig, REQ_OP_WRITE, 0, 4096, 1);
	/* sent again after each reset, and completed after the third */
	for (n = 1; n <= 3; n++) {
		KUNIT_ASSERT_TRUE(test, VFE_RIG_UNTIL(rig->num_kept == n));
		KUNIT_EXPECT_EQ(test, 0U, life_ended(rig));
		rig->keep = n < 3;
		vfe_mock_log_clear(rig->m);
		KUNIT_EXPECT_TRUE(test, vfe_mock_needs_reset(rig->m));
	}
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, io));
	rig->m->knobs.access = NULL;
	KUNIT_EXPECT_GT(test, vfe_mock_count(rig->m, VFE_REG_DEVICE_STATUS,
					     VFE_READ), 3U);
	vfe_rig_serve(rig);
	vfe_rig_works(rig);
	VFE_MOCK_EXPECT_CLEAN(test, rig->m);
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
	KUNIT_CASE(life_gone_while_asleep),
	KUNIT_CASE(life_unplug_asleep_with_a_request),
	KUNIT_CASE(life_shutdown),
	KUNIT_CASE(life_requests_end_after_the_reset),
	{ }
};

VFE_SUITE(life_kunit_cases);
