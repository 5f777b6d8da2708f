// SPDX-License-Identifier: GPL-2.0
/*
 * Events, and the units that the SCSI core has after them: added, removed and
 * changed; events that were lost, that come in floods, that concern no unit; a
 * device that does not say which units it has.
 */
#include "lib/log.h"
#include "lib/scsi_fixture.h"
#include "lib/scsi_scan.h"
#include "lib/suite.h"

#define RESET	VIRTIO_SCSI_T_TRANSPORT_RESET
#define CHANGE	VIRTIO_SCSI_T_PARAM_CHANGE
#define RESCAN	VIRTIO_SCSI_EVT_RESET_RESCAN
#define REMOVED	VIRTIO_SCSI_EVT_RESET_REMOVED

static bool events_done(struct tscsi *ts)
{
	return tscsi_settled(ts) && ts->num_events >= VFE_SCSI_EVENTS - 1;
}

static void events_settle(struct tscsi *ts)
{
	KUNIT_EXPECT_TRUE(ts->test, TSCSI_WAIT_LONG(events_done(ts), 120));
}

static void events_boot(struct kunit *test)
{
	struct tscsi *ts = tscsi_plug(test, NULL, NULL);

	tscsi_add_unit(ts, 0, 1);
	tscsi_add_unit(ts, 0, 255);
	tscsi_add_unit(ts, 0, 256);
	tscsi_add_unit(ts, 0, 16383);
	tscsi_add_unit(ts, 7, 3);
	KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_num_sdevs(ts) == 6));
	KUNIT_EXPECT_NOT_NULL(test, tscsi_sdev(ts, 0, 0));
	KUNIT_EXPECT_NOT_NULL(test, tscsi_sdev(ts, 0, 1));
	KUNIT_EXPECT_NOT_NULL(test, tscsi_sdev(ts, 0, 255));
	KUNIT_EXPECT_NOT_NULL(test, tscsi_sdev(ts, 0, 256));
	KUNIT_EXPECT_NOT_NULL(test, tscsi_sdev(ts, 0, 16383));
	KUNIT_EXPECT_NOT_NULL(test, tscsi_sdev(ts, 7, 3));
	/* one command for each target */
	KUNIT_EXPECT_EQ(test, 8U, ts->luns);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/* A unit of target 0 by its LUN, with the method of addressing */
static struct scsi_device *events_at(struct tscsi *ts, u64 lun)
{
	struct scsi_device *sdev;

	sdev = scsi_device_lookup(tscsi_driver(ts)->shost, 0, 0, lun);
	if (sdev)
		scsi_device_put(sdev);
	return sdev;
}

/* A unit has the address that the device reports, by whichever method. */
static void events_addresses(struct kunit *test)
{
	struct tscsi *ts = tscsi_plug(test, NULL, NULL);
	struct scsi_device *sdev;

	ts->odd_luns = true;
	tscsi_add_unit(ts, 0, 5);
	tscsi_add_unit(ts, 0, 300);
	KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_num_sdevs(ts) == 3));
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_settled(ts)));
	KUNIT_EXPECT_NOT_NULL(test, events_at(ts, 0x4000));
	KUNIT_EXPECT_NOT_NULL(test, events_at(ts, 0x4005));
	sdev = events_at(ts, 300);
	KUNIT_EXPECT_NOT_NULL(test, sdev);
	/* the same units with other addresses are no others */
	ts->odd_luns = false;
	tscsi_event(ts, VIRTIO_SCSI_T_EVENTS_MISSED, 0, 0, 0);
	events_settle(ts);
	KUNIT_EXPECT_EQ(test, 3U, tscsi_num_sdevs(ts));
	KUNIT_EXPECT_PTR_EQ(test, sdev, events_at(ts, 300));
	/* an event has flat space addressing */
	tscsi_del_unit(ts, 0, 300);
	tscsi_event(ts, RESET, REMOVED, 0, 300);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(!events_at(ts, 300)));
	KUNIT_EXPECT_EQ(test, 0ULL, tscsi_count(ts, "odd_answers"));
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/* A list that is longer than the driver's first buffer is read as a whole. */
static void events_long_list(struct kunit *test)
{
	struct tscsi *ts = tscsi_plug(test, NULL, NULL);

	ts->more_luns = 1500;
	tscsi_add_unit(ts, 0, 5);
	KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_settled(ts)));
	KUNIT_EXPECT_EQ(test, 2U, tscsi_num_sdevs(ts));
	/* one command more, for the one target that has units */
	KUNIT_EXPECT_EQ(test, 8U + 1, ts->luns);
	tscsi_del_unit(ts, 0, 5);
	tscsi_event(ts, VIRTIO_SCSI_T_EVENTS_MISSED, 0, 0, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(!tscsi_sdev(ts, 0, 5)));
	KUNIT_EXPECT_EQ(test, 0ULL, tscsi_count(ts, "odd_answers"));
}

/* A list without a header, or shorter than it says: no reason to remove units */
static void events_short_list(struct kunit *test)
{
	struct kmsg_dump_iter mark = log_mark();
	struct tscsi *ts = tscsi_host(test, NULL);

	tscsi_add_unit(ts, 0, 5);
	tscsi_event(ts, RESET, RESCAN, 0, 5);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_sdev(ts, 0, 5)));
	events_settle(ts);
	for (ts->luns_cut = 4; ts->luns_cut < 16; ts->luns_cut += 8) {
		tscsi_event(ts, VIRTIO_SCSI_T_EVENTS_MISSED, 0, 0, 0);
		msleep(1000);
		KUNIT_EXPECT_EQ(test, 2U, tscsi_num_sdevs(ts));
	}
	KUNIT_EXPECT_GE(test, tscsi_count(ts, "odd_answers"), 2ULL);
	KUNIT_EXPECT_EQ(test, 1U, log_warnings(mark, "length of a list of units"));
	ts->luns_cut = 0;
	tscsi_del_unit(ts, 0, 5);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(!tscsi_sdev(ts, 0, 5), 30));
}

static void events_plug(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	unsigned int i;

	VFE_DUTY(test, "C03", "5.6.6.3.1", "the event queue stays filled; units come and go");
	KUNIT_EXPECT_EQ(test, (unsigned int)VFE_SCSI_EVENTS, ts->num_events);
	for (i = 0; i < 20; i++) {
		tscsi_add_unit(ts, 3, i);
		KUNIT_ASSERT_TRUE(test, tscsi_event(ts, RESET, RESCAN, 3, i));
		KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_sdev(ts, 3, i)));
		tscsi_del_unit(ts, 3, i);
		KUNIT_ASSERT_TRUE(test, tscsi_event(ts, RESET, REMOVED, 3, i));
		KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(!tscsi_sdev(ts, 3, i)));
	}
	events_settle(ts);
	KUNIT_EXPECT_EQ(test, 40ULL, tscsi_count(ts, "events"));
	KUNIT_EXPECT_EQ(test, 0ULL, tscsi_count(ts, "odd_answers"));
	KUNIT_EXPECT_EQ(test, 1U, tscsi_num_sdevs(ts));
	tscsi_expect_works(ts);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/* Buffers of the size that the device wants, and never too small for an event */
static void events_buffers(struct kunit *test)
{
	static const u32 sizes[] = { 0, 16, 64 };
	struct vfe_scsi_config config = tscsi_config();
	unsigned int i, n;
	struct tscsi *ts;

	VFE_DUTY(test, "C03", "5.6.6.3.1",
		 "event buffers are writable, and large enough");
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		config.event_info_size = cpu_to_le32(sizes[i]);
		ts = tscsi_plug(test, NULL, &config);
		KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
		KUNIT_EXPECT_EQ(test, (unsigned int)VFE_SCSI_EVENTS,
				ts->num_events);
		for (n = 0; n < ts->num_events; n++) {
			KUNIT_EXPECT_EQ(test, 0U, ts->events[n].out);
			KUNIT_EXPECT_GE(test, ts->events[n].in_len,
					max_t(u32, sizes[i],
					      sizeof(struct vfe_scsi_event)));
		}
		vfe_mock_unplug(ts->m);
	}
}

/* The device still reports a unit for a moment after it removed it. */
static void events_removed_late(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	unsigned int luns;

	tscsi_add_unit(ts, 3, 1);
	tscsi_event(ts, RESET, RESCAN, 3, 1);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_sdev(ts, 3, 1)));
	events_settle(ts);
	luns = ts->luns;
	tscsi_event(ts, RESET, REMOVED, 3, 1);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(!tscsi_sdev(ts, 3, 1)));
	KUNIT_EXPECT_EQ(test, luns, ts->luns);
	tscsi_del_unit(ts, 3, 1);
	events_settle(ts);
	KUNIT_EXPECT_GT(test, ts->luns, luns);
	KUNIT_EXPECT_NULL(test, tscsi_sdev(ts, 3, 1));
}

/* A unit is removed and another added in its place, before the driver looks. */
static void events_replaced(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	struct scsi_device *old;

	tscsi_add_unit(ts, 3, 1);
	tscsi_event(ts, RESET, RESCAN, 3, 1);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_sdev(ts, 3, 1)));
	events_settle(ts);
	old = scsi_device_lookup(tscsi_driver(ts)->shost, 0, 3, 1);
	KUNIT_ASSERT_NOT_NULL(test, old);
	tscsi_push_event(ts, RESET, REMOVED, 3, 1);
	tscsi_event(ts, RESET, RESCAN, 3, 1);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_sdev(ts, 3, 1) &&
					       tscsi_sdev(ts, 3, 1) != old));
	scsi_device_put(old);
}

/* More than 8 at once, and more than the driver has buffers for */
static void events_flood(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	unsigned int i, sent = 0;

	for (i = 0; i < 90; i++) {
		tscsi_add_unit(ts, 5, i);
		sent += tscsi_push_event(ts, RESET, RESCAN, 5, i);
	}
	KUNIT_EXPECT_EQ(test, (unsigned int)VFE_SCSI_EVENTS, sent);
	vfe_mock_interrupt(&ts->m->queues[VFE_SCSI_EVENTQ]);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(tscsi_num_sdevs(ts) == 91,
						60));
	events_settle(ts);
	KUNIT_EXPECT_EQ(test, (unsigned int)VFE_SCSI_EVENTS, ts->num_events);
	for (i = 0; i < 90; i++) {
		tscsi_del_unit(ts, 5, i);
		tscsi_push_event(ts, RESET, REMOVED, 5, i);
	}
	/* the device found no buffer for the others, and says so in the next */
	vfe_mock_interrupt(&ts->m->queues[VFE_SCSI_EVENTQ]);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(ts->num_events));
	tscsi_event(ts, VIRTIO_SCSI_T_EVENTS_MISSED, 0, 0, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(tscsi_num_sdevs(ts) == 1, 60));
	KUNIT_EXPECT_EQ(test, 1ULL, tscsi_count(ts, "events_missed"));
	tscsi_expect_works(ts);
}

/*
 * Events were lost: units come and go, and others stay. The block layer waits
 * for commands in flight when a second unit comes, so there are two before.
 */
static void events_missed(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	unsigned int capacities;
	struct tscsi_io *io;

	tscsi_add_unit(ts, 2, 0);
	tscsi_event(ts, RESET, RESCAN, 2, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_disk(ts, 2, 0)));
	events_settle(ts);
	async_synchronize_full();
	io = tscsi_start_kept(ts, REQ_OP_WRITE, 40, 3);
	tscsi_add_unit(ts, 1, 0);
	tscsi_add_unit(ts, 6, 300);
	tscsi_event(ts, VIRTIO_SCSI_T_EVENTS_MISSED | RESET, RESCAN, 4, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_sdev(ts, 1, 0) &&
					       tscsi_sdev(ts, 6, 300)));
	events_settle(ts);
	capacities = ts->capacities;
	tscsi_del_unit(ts, 1, 0);
	tscsi_event(ts, VIRTIO_SCSI_T_EVENTS_MISSED, 0, 0, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(!tscsi_sdev(ts, 1, 0)));
	KUNIT_EXPECT_NOT_NULL(test, tscsi_sdev(ts, 6, 300));
	/* a change of capacity may have been lost, too */
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(ts->capacities > capacities));
	/* the disk in use did not notice */
	tscsi_return(ts, 0, 0);
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	ts->keep = false;
	tscsi_expect_works(ts);
}

static void events_capacity(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);

	ts->units[0].blocks = 1024;
	tscsi_event(ts, CHANGE, 0x092a, 0, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(get_capacity(tscsi_disk(ts, 0, 0)) ==
					       1024));
	/* a change of the list of units */
	tscsi_add_unit(ts, 0, 9);
	tscsi_event(ts, CHANGE, 0x0e3f, 0, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_sdev(ts, 0, 9)));
}

/* However many changes come while a unit does not answer, it is read twice. */
static void events_many_changes(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	unsigned int i, before = ts->capacities;

	ts->keep_op = READ_CAPACITY;
	tscsi_event(ts, CHANGE, 0x092a, 0, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(ts->num_kept));
	for (i = 0; i < 50; i++) {
		ts->units[0].blocks = 1024 - i;
		KUNIT_EXPECT_TRUE(test, tscsi_event(ts, CHANGE, 0x092a, 0, 0));
		msleep(20);
	}
	ts->keep_op = 0;
	tscsi_return(ts, 0, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(get_capacity(tscsi_disk(ts, 0, 0)) ==
					       1024 - 49));
	events_settle(ts);
	msleep(1000);
	KUNIT_EXPECT_LE(test, ts->capacities - before, 2U);
}

/*
 * A target has lost its units, which will be checked again soon, and a new unit
 * of another target stops in the middle of its scan: no other work waits for
 * that, which the kernel would report as a hung task.
 */
static void events_stopped_scan(struct kunit *test)
{
	struct tscsi *ts = tscsi_plug(test, NULL, NULL);
	struct vfe_scsi *vs;

	tscsi_add_unit(ts, 1, 0);
	KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
	vs = tscsi_driver(ts);
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(tscsi_disk(ts, 1, 0)));
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(tscsi_settled(ts)));
	async_synchronize_full();
	ts->tmf_response = VIRTIO_SCSI_S_FUNCTION_SUCCEEDED;
	ts->keep_op = INQUIRY;
	tscsi_del_unit(ts, 1, 0);
	tscsi_add_unit(ts, 2, 0);
	/* both in one check */
	tscsi_push_event(ts, RESET, RESCAN, 1, 0);
	tscsi_event(ts, RESET, RESCAN, 2, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(ts->num_kept));
	msleep(2000);
	KUNIT_EXPECT_NE(test, 0U, work_busy(&vs->events.act));
	KUNIT_EXPECT_EQ(test, 0U, work_busy(&vs->events.act_later.work));
	KUNIT_EXPECT_NULL(test, tscsi_disk(ts, 2, 0));
	ts->keep_op = 0;
	tscsi_return_all(ts, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_disk(ts, 2, 0)));
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(!tscsi_sdev(ts, 1, 0)));
	events_settle(ts);
	tscsi_expect_works(ts);
}

/* Events that do not concern any unit, or have no meaning */
static void events_odd(struct kunit *test)
{
	struct kmsg_dump_iter mark = log_mark();
	struct tscsi *ts = tscsi_host(test, NULL);

	tscsi_event(ts, VIRTIO_SCSI_T_NO_EVENT, 0, 0, 0);
	tscsi_event(ts, VIRTIO_SCSI_T_ASYNC_NOTIFY, 2, 0, 0);
	tscsi_event(ts, RESET, VIRTIO_SCSI_EVT_RESET_HARD, 0, 0);
	tscsi_event(ts, RESET, REMOVED, 4, 77);
	tscsi_event(ts, CHANGE, 0x092a, 4, 77);
	events_settle(ts);
	KUNIT_EXPECT_EQ(test, 0ULL, tscsi_count(ts, "odd_answers"));
	tscsi_event(ts, 77, 0, 0, 0);
	tscsi_event(ts, RESET, 77, 0, 0);
	tscsi_event(ts, RESET, REMOVED, 200, 0);
	events_settle(ts);
	KUNIT_EXPECT_EQ(test, 3ULL, tscsi_count(ts, "odd_answers"));
	KUNIT_EXPECT_EQ(test, 1U, log_warnings(mark, "cannot be right"));
	KUNIT_EXPECT_EQ(test, 1U, tscsi_num_sdevs(ts));
	tscsi_expect_works(ts);
}

/* An error is no reason to remove a unit. */
static void events_no_answer(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);

	tscsi_del_unit(ts, 0, 0);
	tscsi_add_unit(ts, 0, 1);
	ts->luns_response = VIRTIO_SCSI_S_FAILURE;
	tscsi_event(ts, VIRTIO_SCSI_T_EVENTS_MISSED, 0, 0, 0);
	msleep(2000);
	KUNIT_EXPECT_NOT_NULL(test, tscsi_sdev(ts, 0, 0));
	/* the device keeps the command */
	ts->luns_response = VFE_SCSI_S_NONE;
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(ts->num_kept == 1, 60));
	msleep(60 * 1000);
	KUNIT_EXPECT_NOT_NULL(test, tscsi_sdev(ts, 0, 0));
	/* at last it answers */
	ts->luns_response = 0;
	tscsi_return(ts, 0, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(!tscsi_sdev(ts, 0, 0) &&
						tscsi_sdev(ts, 0, 1), 120));
}

/* One target that does not answer delays what is to do at others only once. */
static void events_no_answer_of_one(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);

	tscsi_add_unit(ts, 3, 1);
	tscsi_event(ts, RESET, RESCAN, 3, 1);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_sdev(ts, 3, 1)));
	events_settle(ts);
	ts->luns_response = VFE_SCSI_S_NONE;
	tscsi_event(ts, VIRTIO_SCSI_T_EVENTS_MISSED, 0, 0, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(ts->num_kept == 1));
	tscsi_del_unit(ts, 3, 1);
	tscsi_event(ts, RESET, REMOVED, 3, 1);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(!tscsi_sdev(ts, 3, 1), 50));
	ts->luns_response = 0;
	tscsi_return(ts, 0, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(tscsi_settled(ts), 60));
	KUNIT_EXPECT_NOT_NULL(test, tscsi_sdev(ts, 0, 0));
	tscsi_expect_works(ts);
}

/* The ring has no room for the driver's command, for a moment or for longer. */
static void events_full_ring(struct kunit *test)
{
	const struct vfe_mock_spec spec = {
		.features = BIT_ULL(VIRTIO_F_VERSION_1), .queue_size = 8,
	};
	static const unsigned int pauses[] = { 300, 3000 };
	struct tscsi *ts = tscsi_host(test, &spec);
	struct tscsi_io *io;
	unsigned int i, luns;

	for (i = 0; i < ARRAY_SIZE(pauses); i++) {
		tscsi_recycle(ts);
		ts->keep = true;
		io = tscsi_start_segs(ts, REQ_OP_WRITE, 40, 5, 512, 9);
		KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(ts->num_kept));
		luns = ts->luns;
		tscsi_add_unit(ts, 1, i);
		tscsi_event(ts, RESET, RESCAN, 1, i);
		msleep(pauses[i]);
		KUNIT_EXPECT_EQ(test, luns, ts->luns);
		ts->keep = false;
		tscsi_return(ts, 0, 0);
		KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
		KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(tscsi_sdev(ts, 1, i),
							20));
		KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(tscsi_settled(ts), 20));
	}
	tscsi_expect_works(ts);
}

/* A device without REPORT LUNS: the SCSI core scans, INQUIRY says what is gone */
static void events_no_report_luns(struct kunit *test)
{
	struct tscsi *ts = tscsi_plug(test, NULL, NULL);

	ts->luns_status = SAM_STAT_CHECK_CONDITION;
	tscsi_add_unit(ts, 0, 1);
	KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(tscsi_sdev(ts, 0, 0), 60));
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(tscsi_settled(ts), 60));
	tscsi_del_unit(ts, 0, 0);
	/* an error does not say it */
	ts->own_response = VIRTIO_SCSI_S_FAILURE;
	tscsi_event(ts, VIRTIO_SCSI_T_EVENTS_MISSED, 0, 0, 0);
	msleep(2000);
	KUNIT_EXPECT_NOT_NULL(test, tscsi_sdev(ts, 0, 0));
	ts->own_response = 0;
	tscsi_event(ts, VIRTIO_SCSI_T_EVENTS_MISSED, 0, 0, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(!tscsi_sdev(ts, 0, 0), 60));
}

/* A unit that is not connected now stays: the SCSI core would add it again. */
static void events_not_connected(struct kunit *test)
{
	struct tscsi *ts = tscsi_plug(test, NULL, NULL);
	struct scsi_device *sdev;

	ts->luns_status = SAM_STAT_CHECK_CONDITION;
	KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(tscsi_sdev(ts, 0, 0), 60));
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(tscsi_settled(ts), 60));
	sdev = scsi_device_lookup(tscsi_driver(ts)->shost, 0, 0, 0);
	KUNIT_ASSERT_NOT_NULL(test, sdev);
	ts->type = 1 << 5;
	tscsi_event(ts, VIRTIO_SCSI_T_EVENTS_MISSED, 0, 0, 0);
	events_settle(ts);
	KUNIT_EXPECT_PTR_EQ(test, sdev, tscsi_sdev(ts, 0, 0));
	scsi_device_put(sdev);
}

/* --- scsi_mod.scan: what the SCSI core may add by itself --- */

static struct tscsi *events_without_scan(struct kunit *test, const char *type)
{
	struct tscsi *ts = tscsi_bind_with_scan(test, type);

	msleep(1000);
	/* as with virtio_scsi, the device is not even asked */
	KUNIT_EXPECT_EQ(test, 0U, tscsi_num_sdevs(ts));
	KUNIT_EXPECT_EQ(test, 0U, ts->luns);
	return ts;
}

/*
 * The user adds units; the SCSI core would scan no target by itself. An event
 * adds the unit that it names, except 0, which stands for the whole target.
 */
static void events_scan_manual(struct kunit *test)
{
	struct tscsi *ts = events_without_scan(test, "manual");
	struct Scsi_Host *shost = tscsi_driver(ts)->shost;

	KUNIT_EXPECT_EQ(test, 0, scsi_add_device(shost, 0, 0, 0));
	KUNIT_EXPECT_EQ(test, 0, scsi_add_device(shost, 0, 3, 0));
	tscsi_add_unit(ts, 3, 5);
	tscsi_event(ts, RESET, RESCAN, 3, 0);
	tscsi_add_unit(ts, 3, 6);
	tscsi_add_unit(ts, 3, 300);
	tscsi_event(ts, RESET, RESCAN, 3, 6);
	tscsi_event(ts, RESET, RESCAN, 3, 300);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_sdev(ts, 3, 6)));
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_sdev(ts, 3, 300)));
	tscsi_event(ts, RESET, RESCAN, 3, 7);
	events_settle(ts);
	KUNIT_EXPECT_NULL(test, tscsi_sdev(ts, 3, 5));
	KUNIT_EXPECT_NULL(test, tscsi_sdev(ts, 3, 7));
	tscsi_event(ts, RESET, REMOVED, 3, 6);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(!tscsi_sdev(ts, 3, 6)));
	ts->units[0].blocks = 1024;
	tscsi_event(ts, CHANGE, 0x092a, 0, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(get_capacity(tscsi_disk(ts, 0, 0)) ==
					       1024));
	events_settle(ts);
	KUNIT_EXPECT_NULL(test, tscsi_sdev(ts, 3, 6));
	/* a unit that is gone leaves, and no other one comes */
	tscsi_del_unit(ts, 3, 0);
	tscsi_event(ts, VIRTIO_SCSI_T_EVENTS_MISSED, 0, 0, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(!tscsi_sdev(ts, 3, 0)));
	events_settle(ts);
	KUNIT_EXPECT_EQ(test, 2U, tscsi_num_sdevs(ts));
	tscsi_expect_works(ts);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/* The SCSI core adds nothing at all, also not for an event or for the user. */
static void events_scan_none(struct kunit *test)
{
	struct tscsi *ts = events_without_scan(test, "none");
	struct Scsi_Host *shost = tscsi_driver(ts)->shost;

	tscsi_add_unit(ts, 3, 5);
	tscsi_event(ts, RESET, RESCAN, 3, 5);
	tscsi_event(ts, VIRTIO_SCSI_T_EVENTS_MISSED, 0, 0, 0);
	events_settle(ts);
	KUNIT_EXPECT_EQ(test, 0U, tscsi_num_sdevs(ts));
	KUNIT_EXPECT_GT(test, ts->luns, 0U);
	/* a unit from before the user wrote the parameter is removed */
	KUNIT_EXPECT_GT(test, vfe_files_write_path(ts->sysfs, TSCSI_SCAN,
						   "sync"), 0L);
	KUNIT_EXPECT_EQ(test, 0, scsi_add_device(shost, 0, 3, 0));
	KUNIT_EXPECT_GT(test, vfe_files_write_path(ts->sysfs, TSCSI_SCAN,
						   "none"), 0L);
	tscsi_del_unit(ts, 3, 0);
	tscsi_event(ts, RESET, REMOVED, 3, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(!tscsi_sdev(ts, 3, 0)));
	events_settle(ts);
	KUNIT_EXPECT_EQ(test, 0U, tscsi_num_sdevs(ts));
}

/* Another thread scans, after the probe: the driver knows that it will. */
static void events_scan_async(struct kunit *test)
{
	struct tscsi *ts = tscsi_bind_with_scan(test, "async");

	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_disk(ts, 0, 0) &&
					       tscsi_disk(ts, 3, 0)));
	async_synchronize_full();
	tscsi_add_unit(ts, 3, 5);
	tscsi_event(ts, RESET, RESCAN, 3, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_sdev(ts, 3, 5)));
	KUNIT_EXPECT_FALSE(test, tscsi_driver(ts)->manual);
	tscsi_expect_works(ts);
}

/* A device without REPORT LUNS: an event adds the unit that it names. */
static void events_scan_manual_no_list(struct kunit *test)
{
	struct tscsi *ts = events_without_scan(test, "manual");

	ts->luns_status = SAM_STAT_CHECK_CONDITION;
	tscsi_add_unit(ts, 3, 6);
	tscsi_event(ts, RESET, RESCAN, 3, 6);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_sdev(ts, 3, 6)));
	/* once more: it is there */
	tscsi_event(ts, RESET, RESCAN, 3, 6);
	events_settle(ts);
	KUNIT_EXPECT_EQ(test, 1U, tscsi_num_sdevs(ts));
	/* without an answer nothing is added */
	ts->luns_response = VIRTIO_SCSI_S_FAILURE;
	tscsi_event(ts, RESET, RESCAN, 3, 0);
	tscsi_event(ts, RESET, RESCAN, 3, 7);
	msleep(1000);
	KUNIT_EXPECT_EQ(test, 1U, tscsi_num_sdevs(ts));
}

static struct kunit_case events_cases[] = {
	KUNIT_CASE(events_boot),
	KUNIT_CASE(events_addresses),
	KUNIT_CASE(events_long_list),
	KUNIT_CASE(events_short_list),
	KUNIT_CASE(events_plug),
	KUNIT_CASE(events_buffers),
	KUNIT_CASE(events_removed_late),
	KUNIT_CASE(events_replaced),
	KUNIT_CASE(events_flood),
	KUNIT_CASE(events_missed),
	KUNIT_CASE(events_capacity),
	KUNIT_CASE(events_many_changes),
	KUNIT_CASE(events_stopped_scan),
	KUNIT_CASE(events_odd),
	KUNIT_CASE(events_no_answer),
	KUNIT_CASE(events_no_answer_of_one),
	KUNIT_CASE(events_full_ring),
	KUNIT_CASE(events_no_report_luns),
	KUNIT_CASE(events_not_connected),
	KUNIT_CASE(events_scan_manual),
	KUNIT_CASE(events_scan_manual_no_list),
	KUNIT_CASE(events_scan_none),
	KUNIT_CASE(events_scan_async),
	{ }
};

VFE_SUITE(events_cases);
