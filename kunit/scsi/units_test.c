// SPDX-License-Identifier: GPL-2.0
/*
 * The units of a host, compared with those that the device reports: the scan of
 * a new host, what a reset of the device hides, and answers that are wrong or
 * say too little.
 */
#include <linux/pm.h>

#include "lib/log.h"
#include "lib/scsi_fixture.h"
#include "lib/scsi_scan.h"
#include "lib/suite.h"

#define MISSED	VIRTIO_SCSI_T_EVENTS_MISSED
#define RESET	VIRTIO_SCSI_T_TRANSPORT_RESET
#define REMOVED	VIRTIO_SCSI_EVT_RESET_REMOVED

/* A unit more, that the driver has found */
static struct scsi_device *units_add(struct tscsi *ts, unsigned int target,
				     unsigned int unit)
{
	tscsi_add_unit(ts, target, unit);
	tscsi_event_rescan(ts, target, unit);
	KUNIT_ASSERT_TRUE(ts->test, TSCSI_WAIT_FOR(tscsi_sdev(ts, target,
							      unit)));
	KUNIT_ASSERT_TRUE(ts->test, TSCSI_WAIT_FOR(tscsi_settled(ts)));
	async_synchronize_full();
	return tscsi_sdev(ts, target, unit);
}

/* All targets are checked; a doubtful answer is followed by a second check. */
static void units_check(struct tscsi *ts)
{
	tscsi_event(ts, MISSED, 0, 0, 0);
	KUNIT_EXPECT_TRUE(ts->test, TSCSI_WAIT_FOR(tscsi_settled(ts)));
}

/* --- the scan of a new host --- */

/**
 * struct units_frozen - keeps the driver's work queue busy, as if it was frozen
 * @ts: the host
 * @work: sleeps
 * @queued: it is on the queue
 */
static struct units_frozen {
	struct tscsi *ts;
	struct work_struct work;
	bool queued;
} units_frozen;

static void units_frozen_work(struct work_struct *work)
{
	msleep(60 * 1000);
}

/* Before the driver adds the host */
static bool units_freeze(struct vfe_mock *m, struct vfe_mock_access *a)
{
	struct units_frozen *f = &units_frozen;

	if (a->reg != VFE_REG_DEVICE_STATUS || a->dir != VFE_WRITE ||
	    !(a->val & VIRTIO_CONFIG_S_DRIVER_OK) || f->queued)
		return false;
	f->queued = true;
	queue_work(tscsi_driver(f->ts)->events.rescans, &f->work);
	return false;
}

/* A suspend waits for the scan, while work queues are frozen. */
static void units_scan_while_frozen(struct kunit *test)
{
	struct tscsi *ts = tscsi_plug(test, NULL, NULL);
	unsigned long start = jiffies;

	units_frozen = (struct units_frozen) { .ts = ts };
	INIT_WORK(&units_frozen.work, units_frozen_work);
	ts->m->knobs.access = units_freeze;
	KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
	KUNIT_EXPECT_LT(test, jiffies - start, 20UL * HZ);
	KUNIT_EXPECT_TRUE(test, units_frozen.queued);
	KUNIT_EXPECT_NOT_NULL(test, tscsi_sdev(ts, 0, 0));
	ts->m->knobs.access = NULL;
	flush_work(&units_frozen.work);
}

/* However many events there are, the scan ends. */
static void units_scan_during_storm(struct kunit *test)
{
	struct tscsi *ts = tscsi_plug(test, NULL, NULL);

	ts->luns_events = 1000;
	KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
	KUNIT_EXPECT_GT(test, ts->luns_events, 900U);
	ts->luns_events = 0;
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_disk(ts, 0, 0)));
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_settled(ts)));
	tscsi_expect_works(ts);
}

/* Another thread scans, and the device does not answer for now. */
static struct tscsi *units_scanning(struct kunit *test)
{
	struct tscsi *ts = tscsi_plug(test, NULL, NULL);

	tscsi_set_scan(ts, "async");
	ts->luns_response = VFE_SCSI_S_NONE;
	KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(ts->num_kept));
	return ts;
}

static void units_unbind_during_scan(struct kunit *test)
{
	struct tscsi *ts = units_scanning(test);
	unsigned long start = jiffies;

	vfe_mock_unbind(ts->m);
	KUNIT_EXPECT_LT(test, jiffies - start, 5UL * HZ);
	KUNIT_EXPECT_EQ(test, 0, ts->m->status);
	async_synchronize_full();
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

static void units_reset_during_scan(struct kunit *test)
{
	struct tscsi *ts = units_scanning(test);

	ts->luns_response = 0;
	tscsi_add_unit(ts, 0, 7);
	vfe_mock_needs_reset(ts->m);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_disk(ts, 0, 0) &&
					       tscsi_sdev(ts, 0, 7)));
	tscsi_expect_works(ts);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/* The device answers too late: the driver repeats the command. */
static void units_no_answer_to_scan(struct kunit *test)
{
	struct tscsi *ts = units_scanning(test);

	msleep(40 * 1000);
	ts->luns_response = 0;
	tscsi_return(ts, 0, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(tscsi_disk(ts, 0, 0), 30));
	KUNIT_EXPECT_FALSE(test, tscsi_driver(ts)->manual);
}

/* --- what a reset of the device hides --- */

static void units_capacity_over_reset(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	struct device *dev = &ts->m->pdev->dev;

	ts->units[0].blocks = 1024;
	vfe_mock_needs_reset(ts->m);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(get_capacity(tscsi_disk(ts, 0, 0)) ==
					       1024));
	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->suspend(dev));
	ts->units[0].blocks = 1000;
	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->resume(dev));
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(get_capacity(tscsi_disk(ts, 0, 0)) ==
					       1000));
	KUNIT_EXPECT_EQ(test, 0ULL, tscsi_count(ts, "events_missed"));
	tscsi_expect_works(ts);
}

/* An event that the driver has not reaped when the device is reset */
static void units_event_before_reset(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	struct scsi_device *old = units_add(ts, 3, 1);
	u64 events = tscsi_count(ts, "events");

	KUNIT_ASSERT_EQ(test, 0, scsi_device_get(old));
	/* another unit takes its place */
	KUNIT_EXPECT_TRUE(test, tscsi_push_event(ts, RESET, REMOVED, 3, 1));
	ts->num_events = 0;
	vfe_mock_needs_reset(ts->m);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_sdev(ts, 3, 1) &&
					       tscsi_sdev(ts, 3, 1) != old));
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_settled(ts)));
	KUNIT_EXPECT_EQ(test, events + 1, tscsi_count(ts, "events"));
	KUNIT_EXPECT_EQ(test, (unsigned int)VFE_SCSI_EVENTS, ts->num_events);
	scsi_device_put(old);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/* --- answers that are wrong, or say too little --- */

/* The list always has unit 0: INQUIRY says whether it is there. */
static void units_list_with_missing_0(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	struct scsi_device *other = units_add(ts, 0, 5);

	ts->lists_0 = true;
	tscsi_del_unit(ts, 0, 0);
	units_check(ts);
	KUNIT_EXPECT_NULL(test, tscsi_sdev(ts, 0, 0));
	KUNIT_EXPECT_PTR_EQ(test, other, tscsi_sdev(ts, 0, 5));
	tscsi_add_unit(ts, 0, 0);
	units_check(ts);
	KUNIT_EXPECT_NOT_NULL(test, tscsi_sdev(ts, 0, 0));
	/* nor does a check remove one that is there */
	other = tscsi_sdev(ts, 0, 0);
	units_check(ts);
	KUNIT_EXPECT_PTR_EQ(test, other, tscsi_sdev(ts, 0, 0));
}

/*
 * Says once, for all targets, what @say sets, and expects that all units stay.
 * Then says so each time, and expects that they go.
 */
static void units_doubt(struct kunit *test,
			void (*say)(struct tscsi *ts, bool on))
{
	struct tscsi *ts = tscsi_host(test, NULL);
	struct scsi_device *sdev = units_add(ts, 3, 1);
	unsigned int luns = ts->luns;

	say(ts, true);
	tscsi_event(ts, MISSED, 0, 0, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(ts->luns >= luns + 8));
	say(ts, false);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_settled(ts)));
	KUNIT_EXPECT_PTR_EQ(test, sdev, tscsi_sdev(ts, 3, 1));
	KUNIT_EXPECT_NOT_NULL(test, tscsi_sdev(ts, 0, 0));
	/* several checks at once are not several answers */
	say(ts, true);
	tscsi_event(ts, MISSED, 0, 0, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(ts->luns >= luns + 18));
	tscsi_event_rescan(ts, 3, 1);
	msleep(60);
	say(ts, false);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_settled(ts)));
	KUNIT_EXPECT_PTR_EQ(test, sdev, tscsi_sdev(ts, 3, 1));
	say(ts, true);
	units_check(ts);
	KUNIT_EXPECT_EQ(test, 0U, tscsi_num_sdevs(ts));
}

static void units_say_bad_target(struct tscsi *ts, bool on)
{
	ts->luns_response = on ? VIRTIO_SCSI_S_BAD_TARGET : 0;
}

/* vhost-scsi says so for any error of its own. */
static void units_bad_target(struct kunit *test)
{
	units_doubt(test, units_say_bad_target);
}

static void units_say_nothing(struct tscsi *ts, bool on)
{
	ts->luns_empty = on;
}

static void units_empty_list(struct kunit *test)
{
	units_doubt(test, units_say_nothing);
}

/* The event names the unit: there is no doubt. */
static void units_removed_at_once(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	unsigned int luns;

	units_add(ts, 3, 1);
	luns = ts->luns;
	tscsi_del_unit(ts, 3, 1);
	tscsi_event(ts, RESET, REMOVED, 3, 1);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(!tscsi_sdev(ts, 3, 1)));
	KUNIT_EXPECT_EQ(test, luns, ts->luns);
}

/*
 * While a target is in doubt, no disk of it reads its capacity: that would fail,
 * too, and leave it without one. It does once the device has said what there is.
 */
static void units_no_rescan_in_doubt(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	unsigned int luns, capacities = ts->capacities;

	luns = ts->luns;
	ts->luns_response = VIRTIO_SCSI_S_BAD_TARGET;
	tscsi_event(ts, MISSED, 0, 0, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(ts->luns > luns));
	msleep(100);
	KUNIT_EXPECT_EQ(test, capacities, ts->capacities);
	ts->luns_response = 0;
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(ts->capacities > capacities));
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_settled(ts)));
	tscsi_expect_works(ts);
}

/* Without REPORT LUNS a unit's INQUIRY may fail in the same way. */
static void units_bad_target_to_inquiry(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	struct scsi_device *sdev = tscsi_sdev(ts, 0, 0);

	ts->luns_status = SAM_STAT_CHECK_CONDITION;
	ts->own_response = VIRTIO_SCSI_S_BAD_TARGET;
	ts->own_inquiries = 0;
	tscsi_event_rescan(ts, 0, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(ts->own_inquiries));
	ts->own_response = 0;
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(tscsi_settled(ts), 60));
	KUNIT_EXPECT_PTR_EQ(test, sdev, tscsi_sdev(ts, 0, 0));
	ts->own_response = VIRTIO_SCSI_S_BAD_TARGET;
	tscsi_del_unit(ts, 0, 0);
	tscsi_event_rescan(ts, 0, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(!tscsi_sdev(ts, 0, 0), 60));
}

/* A list that the device did not write is not that of another target. */
static void units_unwritten_list(struct kunit *test)
{
	struct kmsg_dump_iter mark = log_mark();
	struct tscsi *ts = tscsi_host(test, NULL);
	struct scsi_device *sdev = units_add(ts, 1, 5);

	ts->luns_unwritten = 1;
	tscsi_event(ts, MISSED, 0, 0, 0);
	msleep(1000);
	KUNIT_EXPECT_PTR_EQ(test, sdev, tscsi_sdev(ts, 1, 5));
	KUNIT_EXPECT_EQ(test, 2U, tscsi_num_sdevs(ts));
	KUNIT_EXPECT_GE(test, tscsi_count(ts, "odd_answers"), 1ULL);
	KUNIT_EXPECT_EQ(test, 1U, log_warnings(mark, "length of a list of units"));
	ts->luns_unwritten = 0;
	tscsi_del_unit(ts, 1, 5);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(!tscsi_sdev(ts, 1, 5), 30));
}

/* As the SCSI core, which does not look at the residual of a list */
static void units_wrong_residual(struct kunit *test)
{
	struct tscsi *ts = tscsi_plug(test, NULL, NULL);

	ts->luns_residual = 4096;
	tscsi_add_unit(ts, 2, 9);
	KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_sdev(ts, 0, 0) &&
					       tscsi_sdev(ts, 2, 9)));
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_settled(ts)));
	KUNIT_EXPECT_EQ(test, 0ULL, tscsi_count(ts, "odd_answers"));
}

/* As with virtio_scsi: the SCSI core scans, but nothing is removed. */
static void units_error_to_list(struct kunit *test)
{
	struct tscsi *ts = tscsi_plug(test, NULL, NULL);

	ts->luns_response = VIRTIO_SCSI_S_FAILURE;
	tscsi_add_unit(ts, 0, 1);
	KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_disk(ts, 0, 0) &&
					       tscsi_disk(ts, 0, 1)));
	async_synchronize_full();
	tscsi_expect_works(ts);
	tscsi_del_unit(ts, 0, 1);
	msleep(30 * 1000);
	KUNIT_EXPECT_NOT_NULL(test, tscsi_sdev(ts, 0, 1));
	/* the driver repeats REPORT LUNS */
	ts->luns_response = 0;
	tscsi_add_unit(ts, 0, 9);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(tscsi_sdev(ts, 0, 9) &&
						!tscsi_sdev(ts, 0, 1), 30));
	KUNIT_EXPECT_EQ(test, 0ULL, tscsi_count(ts, "odd_answers"));
}

/* In answers to the driver's own commands */
static void units_odd_answers(struct kunit *test)
{
	struct kmsg_dump_iter mark = log_mark();
	struct tscsi *ts = tscsi_host(test, NULL);

	ts->luns_response = 77;
	tscsi_event_rescan(ts, 0, 0);
	msleep(1000);
	KUNIT_EXPECT_EQ(test, 1ULL, tscsi_count(ts, "odd_answers"));
	KUNIT_EXPECT_EQ(test, 1U, log_warnings(mark, "a response is 77"));
	KUNIT_EXPECT_EQ(test, 1U, tscsi_num_sdevs(ts));
	ts->luns_response = 0;
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(tscsi_settled(ts), 30));
	KUNIT_EXPECT_EQ(test, 1ULL, tscsi_count(ts, "odd_answers"));
	ts->luns_residual = 4097;
	units_check(ts);
	KUNIT_EXPECT_EQ(test, 1U, tscsi_num_sdevs(ts));
	KUNIT_EXPECT_EQ(test, 2ULL, tscsi_count(ts, "odd_answers"));
	KUNIT_EXPECT_EQ(test, 1U, log_warnings(mark, "a residual is 4097"));
}

static struct kunit_case units_cases[] = {
	KUNIT_CASE(units_scan_while_frozen),
	KUNIT_CASE(units_scan_during_storm),
	KUNIT_CASE(units_unbind_during_scan),
	KUNIT_CASE(units_reset_during_scan),
	KUNIT_CASE(units_no_answer_to_scan),
	KUNIT_CASE(units_capacity_over_reset),
	KUNIT_CASE(units_event_before_reset),
	KUNIT_CASE(units_list_with_missing_0),
	KUNIT_CASE(units_bad_target),
	KUNIT_CASE(units_empty_list),
	KUNIT_CASE(units_removed_at_once),
	KUNIT_CASE(units_no_rescan_in_doubt),
	KUNIT_CASE(units_bad_target_to_inquiry),
	KUNIT_CASE(units_unwritten_list),
	KUNIT_CASE(units_wrong_residual),
	KUNIT_CASE(units_error_to_list),
	KUNIT_CASE(units_odd_answers),
	{ }
};

VFE_SUITE(units_cases);
