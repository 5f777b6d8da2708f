// SPDX-License-Identifier: GPL-2.0
/*
 * Answers about units, and events, from a device that does not write what it
 * says that it wrote, writes more of them than the driver has room for, or
 * answers only later.
 */
#include "lib/scsi_fixture.h"
#include "lib/suite.h"

#define RESET	VIRTIO_SCSI_T_TRANSPORT_RESET
#define MISSED	VIRTIO_SCSI_T_EVENTS_MISSED
#define RESCAN	VIRTIO_SCSI_EVT_RESET_RESCAN
#define REMOVED	VIRTIO_SCSI_EVT_RESET_REMOVED

/* A host with two units of target 0 */
static struct tscsi *answers_host(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);

	tscsi_add_unit(ts, 0, 5);
	tscsi_event(ts, RESET, RESCAN, 0, 5);
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(tscsi_sdev(ts, 0, 5)));
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(tscsi_settled(ts)));
	return ts;
}

/* --- lists of units --- */

/*
 * A unit attention is no answer: the command is sent again, three times. Without
 * a list, the driver would ask each unit, not only unit 0.
 */
static void answers_attention(struct kunit *test)
{
	struct tscsi *ts = answers_host(test);
	unsigned int inquiries = ts->own_inquiries;

	ts->luns_attentions = 3;
	tscsi_del_unit(ts, 0, 5);
	tscsi_event(ts, MISSED, 0, 0, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(!tscsi_sdev(ts, 0, 5)));
	KUNIT_EXPECT_EQ(test, 0U, ts->luns_attentions);
	KUNIT_EXPECT_EQ(test, inquiries + 1, ts->own_inquiries);
}

/* A busy target is no target without REPORT LUNS: the driver checks it later. */
static void answers_busy(struct kunit *test)
{
	struct tscsi *ts = answers_host(test);
	unsigned int inquiries = ts->own_inquiries;

	ts->luns_status = SAM_STAT_BUSY;
	tscsi_del_unit(ts, 0, 5);
	tscsi_event(ts, MISSED, 0, 0, 0);
	msleep(5000);
	KUNIT_EXPECT_NOT_NULL(test, tscsi_sdev(ts, 0, 5));
	KUNIT_EXPECT_EQ(test, inquiries, ts->own_inquiries);
	ts->luns_status = 0;
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(!tscsi_sdev(ts, 0, 5), 30));
}

/* The driver adds no unit for an address of more levels or of other methods. */
static void answers_no_units(struct kunit *test)
{
	struct tscsi *ts = answers_host(test);
	unsigned int strays = ts->stray_inquiries;

	ts->more_luns = 3;
	tscsi_event(ts, MISSED, 0, 0, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_settled(ts)));
	ts->more_luns = 0;
	ts->odd_luns = true;
	tscsi_event(ts, MISSED, 0, 0, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_settled(ts)));
	msleep(1000);
	KUNIT_EXPECT_EQ(test, strays, ts->stray_inquiries);
	KUNIT_EXPECT_EQ(test, 2U, tscsi_num_sdevs(ts));
	KUNIT_EXPECT_EQ(test, 0ULL, tscsi_count(ts, "odd_answers"));
}

/* The answer came, but not its interrupt: the driver looks for itself. */
static void answers_lost_interrupt(struct kunit *test)
{
	struct tscsi *ts = answers_host(test);

	ts->luns_response = VFE_SCSI_S_NONE;
	tscsi_event(ts, MISSED, 0, 0, 0);
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(ts->num_kept == 1));
	tscsi_del_unit(ts, 0, 5);
	ts->luns_response = 0;
	tscsi_execute_kept(ts, 0);
	ts->kept_queue[0] = NULL;
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(!tscsi_sdev(ts, 0, 5)));
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_settled(ts)));
	tscsi_expect_works(ts);
}

/* --- events --- */

static void answers_settle(struct tscsi *ts)
{
	KUNIT_EXPECT_TRUE(ts->test, TSCSI_WAIT_LONG(tscsi_settled(ts), 60));
}

/* 5.6.6.3.1: an event of unit 0 may stand for its whole target. */
static void answers_whole_target(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	unsigned int i;

	VFE_DUTY(test, "C03", "5.6.6.3.1", "an event of unit 0: the target is scanned again");
	for (i = 0; i < 3; i++)
		tscsi_add_unit(ts, 3, i);
	tscsi_event(ts, RESET, RESCAN, 3, 0);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_sdev(ts, 3, i)));
	answers_settle(ts);
	for (i = 0; i < 3; i++)
		tscsi_del_unit(ts, 3, i);
	tscsi_event(ts, RESET, REMOVED, 3, 0);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(!tscsi_sdev(ts, 3, i)));
	KUNIT_EXPECT_NOT_NULL(test, tscsi_sdev(ts, 0, 0));
	tscsi_expect_works(ts);
}

/* The device uses a buffer, but writes nothing: the last event is not new. */
static void answers_unwritten_event(struct kunit *test)
{
	struct tscsi *ts = answers_host(test);
	struct vfe_mock_queue *mq = &ts->m->queues[VFE_SCSI_EVENTQ];
	unsigned int luns = ts->luns;
	struct vfe_mock_chain *last;

	/* the buffer of the last event was added again after the others */
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(ts->num_events ==
					       VFE_SCSI_EVENTS));
	last = &ts->events[--ts->num_events];
	vfe_mock_push(mq, last->id, sizeof(struct vfe_scsi_event), last->descs);
	vfe_mock_interrupt(mq);
	answers_settle(ts);
	KUNIT_EXPECT_EQ(test, 2ULL, tscsi_count(ts, "events"));
	KUNIT_EXPECT_EQ(test, luns, ts->luns);
	KUNIT_EXPECT_EQ(test, (unsigned int)VFE_SCSI_EVENTS, ts->num_events);
}

/* More events than the driver remembers, while it waits for a unit */
static void answers_more_events(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	unsigned int i, most = TSCSI_UNITS - 2;

	ts->luns_response = VFE_SCSI_S_NONE;
	tscsi_event(ts, RESET, RESCAN, 2, 0);
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(ts->num_kept == 1));
	for (i = 0; i < most; i++) {
		tscsi_add_unit(ts, i & 1 ? 5 : 6, i);
		KUNIT_ASSERT_TRUE(test, tscsi_event(ts, RESET, RESCAN,
						    i & 1 ? 5 : 6, i));
		KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(ts->num_events ==
						       VFE_SCSI_EVENTS));
	}
	KUNIT_EXPECT_EQ(test, (u64)most - VFE_SCSI_RECORDS,
			tscsi_count(ts, "events_missed"));
	ts->luns_response = 0;
	tscsi_return(ts, 0, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(tscsi_num_sdevs(ts) == most + 1,
						60));
	answers_settle(ts);
	KUNIT_EXPECT_EQ(test, 0ULL, tscsi_count(ts, "odd_answers"));
	tscsi_expect_works(ts);
}

static struct kunit_case answers_cases[] = {
	KUNIT_CASE(answers_attention),
	KUNIT_CASE(answers_busy),
	KUNIT_CASE(answers_no_units),
	KUNIT_CASE(answers_lost_interrupt),
	KUNIT_CASE(answers_whole_target),
	KUNIT_CASE(answers_unwritten_event),
	KUNIT_CASE(answers_more_events),
	{ }
};

VFE_SUITE(answers_cases);
