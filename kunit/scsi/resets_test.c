// SPDX-License-Identifier: GPL-2.0
/*
 * Resets that users ask for: of a unit, of its target, of the device. Each ends
 * with an answer that is right. Also the reset that reset_after asks for.
 */
#include "lib/scsi_fixture.h"
#include "lib/suite.h"

#define UNIT	VIRTIO_SCSI_T_TMF_LOGICAL_UNIT_RESET
#define TARGET	VIRTIO_SCSI_T_TMF_I_T_NEXUS_RESET

/* A function that the device refuses has failed. */
static void resets_refused_function(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);

	ts->tmf_response = VIRTIO_SCSI_S_FUNCTION_REJECTED;
	KUNIT_EXPECT_EQ(test, FAILED, tscsi_reset_unit(ts));
	ts->tmf_response = VIRTIO_SCSI_S_INCORRECT_LUN;
	KUNIT_EXPECT_EQ(test, FAILED, tscsi_reset_unit(ts));
	ts->tmf_response = VIRTIO_SCSI_S_FUNCTION_SUCCEEDED;
	KUNIT_EXPECT_EQ(test, SUCCESS, tscsi_reset_unit(ts));
	ts->tmf_response = 250;
	KUNIT_EXPECT_EQ(test, FAILED, tscsi_reset_unit(ts));
}

/*
 * It uses a function's memory without an answer: that of the function before,
 * in the same memory, is none.
 */
static void resets_unwritten_answer(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);

	ts->tmf_response = VIRTIO_SCSI_S_FUNCTION_SUCCEEDED;
	KUNIT_EXPECT_EQ(test, SUCCESS, tscsi_reset_unit(ts));
	ts->no_tmf_response = true;
	KUNIT_EXPECT_EQ(test, FAILED, tscsi_reset_unit(ts));
	ts->no_tmf_response = false;
	KUNIT_EXPECT_EQ(test, SUCCESS, tscsi_reset_unit(ts));
	KUNIT_EXPECT_EQ(test, 0ULL, tscsi_count(ts, "tmfs_unanswered"));
}

/**
 * struct resets_users - resets that users ask for at the same time
 * @ts: the host
 * @works: each calls tscsi_reset_unit()
 * @failed: how many have failed
 */
struct resets_users {
	struct tscsi *ts;
	struct resets_user {
		struct work_struct work;
		struct resets_users *all;
	} works[VFE_SCSI_TMFS + 3];
	unsigned int failed;
};

static void resets_user_work(struct work_struct *work)
{
	struct resets_user *r = container_of(work, struct resets_user, work);

	if (tscsi_reset_unit(r->all->ts) == FAILED)
		r->all->failed++;
}

/* More functions at a time than there is memory for: others fail at once. */
static void resets_all_functions(struct kunit *test)
{
	struct resets_users *all = kunit_kzalloc(test, sizeof(*all),
						 GFP_KERNEL);
	struct tscsi *ts = tscsi_host(test, NULL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, all);
	all->ts = ts;
	ts->mute_tmf = true;
	for (i = 0; i < ARRAY_SIZE(all->works); i++) {
		all->works[i].all = all;
		INIT_WORK(&all->works[i].work, resets_user_work);
		queue_work(system_unbound_wq, &all->works[i].work);
	}
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(all->failed == 3));
	KUNIT_EXPECT_EQ(test, (unsigned int)VFE_SCSI_TMFS, ts->num_kept);
	for (i = 0; i < ts->num_kept; i++)
		tscsi_answer_kept(ts, i);
	vfe_mock_interrupt(&ts->m->queues[VFE_SCSI_CONTROLQ]);
	for (i = 0; i < ARRAY_SIZE(all->works); i++)
		flush_work(&all->works[i].work);
	KUNIT_EXPECT_EQ(test, 3U, all->failed);
	ts->mute_tmf = false;
	KUNIT_EXPECT_EQ(test, SUCCESS, tscsi_reset_unit(ts));
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/* A reset of a user, of unit 1 of target 0 */
static int resets_user_reset(struct tscsi *ts,
			     int (*handler)(struct scsi_cmnd *sc))
{
	struct scsi_cmnd *sc = kunit_kzalloc(ts->test, sizeof(*sc), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(ts->test, sc);
	sc->device = tscsi_sdev(ts, 0, 1);
	KUNIT_ASSERT_NOT_NULL(ts->test, sc->device);
	sc->submitter = SUBMITTED_BY_SCSI_RESET_IOCTL;
	return handler(sc);
}

/* A reset is about the commands of its unit, or of all units of its target. */
static void resets_whose_commands(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	const struct scsi_host_template *t = tscsi_driver(ts)->shost->hostt;
	struct tscsi_io *io;

	tscsi_add_unit(ts, 0, 1);
	tscsi_event(ts, VIRTIO_SCSI_T_TRANSPORT_RESET,
		    VIRTIO_SCSI_EVT_RESET_RESCAN, 0, 1);
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(tscsi_sdev(ts, 0, 1)));
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_settled(ts)));
	ts->abort_returns = false;
	io = tscsi_start_kept(ts, REQ_OP_WRITE, 40, 0x31);
	KUNIT_EXPECT_EQ(test, SUCCESS,
			resets_user_reset(ts, t->eh_device_reset_handler));
	KUNIT_EXPECT_EQ(test, FAILED,
			resets_user_reset(ts, t->eh_target_reset_handler));
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	ts->abort_returns = true;
	ts->keep = false;
	KUNIT_EXPECT_EQ(test, SUCCESS,
			resets_user_reset(ts, t->eh_target_reset_handler));
	KUNIT_EXPECT_EQ(test, 2U, ts->tmf[TARGET]);
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	tscsi_expect_works(ts);
}

/* A user who has the device reset wants to know whether it works then. */
static void resets_host_reset(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	const struct scsi_host_template *t = tscsi_driver(ts)->shost->hostt;
	unsigned long start = jiffies;

	tscsi_add_unit(ts, 0, 1);
	tscsi_event(ts, VIRTIO_SCSI_T_TRANSPORT_RESET,
		    VIRTIO_SCSI_EVT_RESET_RESCAN, 0, 1);
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(tscsi_sdev(ts, 0, 1)));
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_settled(ts)));
	ts->num_events = 0;
	KUNIT_EXPECT_EQ(test, SUCCESS,
			resets_user_reset(ts, t->eh_host_reset_handler));
	/* or the disk cannot read its capacity, which it does after a reset */
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_settled(ts)));
	flush_workqueue(tscsi_driver(ts)->events.rescans);
	ts->m->knobs.refuse_features = true;
	KUNIT_EXPECT_EQ(test, FAILED,
			resets_user_reset(ts, t->eh_host_reset_handler));
	KUNIT_EXPECT_LT(test, jiffies - start, 90UL * HZ);
	/* it does not come back while nobody tries: no reason to wait */
	tscsi_enable_recovery(ts, "0");
	start = jiffies;
	KUNIT_EXPECT_EQ(test, FAILED,
			resets_user_reset(ts, t->eh_host_reset_handler));
	KUNIT_EXPECT_LT(test, jiffies - start, 2UL * HZ);
	ts->m->knobs.refuse_features = false;
	ts->num_events = 0;
	tscsi_enable_recovery(ts, "1");
	KUNIT_EXPECT_EQ(test, SUCCESS,
			resets_user_reset(ts, t->eh_host_reset_handler));
	tscsi_expect_works(ts);
}

/* A reset of the unit, as a user asks for it: the device returns commands. */
static void resets_unit_reset(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	struct tscsi_io *io = tscsi_start_kept(ts, REQ_OP_WRITE, 40, 0x31);

	ts->keep = false;
	KUNIT_EXPECT_EQ(test, SUCCESS, tscsi_reset_unit(ts));
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_EQ(test, 1U, ts->tmf[UNIT]);
	KUNIT_EXPECT_EQ(test, 0x31, ts->data[40 * 512]);
	tscsi_expect_works(ts);
}

/*
 * The time is that of one command, not of all that had its tag: in this ring,
 * there is one tag. After a reset of the device its units are looked for.
 */
static void resets_after_a_time(struct kunit *test)
{
	const struct vfe_mock_spec spec = {
		.features = BIT_ULL(VIRTIO_F_VERSION_1), .queue_size = 4,
	};
	struct tscsi *ts = tscsi_host(test, &spec);
	struct tscsi_io *io;
	unsigned int i, luns = ts->luns;

	ts->tmf_response = VIRTIO_SCSI_S_FUNCTION_SUCCEEDED;
	tscsi_timeout(ts, 4);
	tscsi_set(ts, "reset_after", "20");
	for (i = 0; i < 3; i++) {
		io = tscsi_start_kept(ts, REQ_OP_WRITE, 40 + i, 0x31 + i);
		reset_hung_task_detector();
		msleep(14 * MSEC_PER_SEC);
		KUNIT_EXPECT_EQ(test, 0U, io->ends);
		ts->keep = false;
		tscsi_return(ts, i, 0);
		KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	}
	KUNIT_EXPECT_EQ(test, luns, ts->luns);
	io = tscsi_start_kept(ts, REQ_OP_WRITE, 50, 0x34);
	ts->keep = false;
	ts->num_events = 0;
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_EQ(test, 0x34, ts->data[50 * 512]);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(ts->luns > luns));
	tscsi_expect_works(ts);
}

static struct kunit_case resets_cases[] = {
	KUNIT_CASE(resets_refused_function),
	KUNIT_CASE(resets_unwritten_answer),
	KUNIT_CASE(resets_all_functions),
	KUNIT_CASE(resets_whose_commands),
	KUNIT_CASE(resets_host_reset),
	KUNIT_CASE(resets_unit_reset),
	KUNIT_CASE(resets_after_a_time),
	{ }
};

VFE_SUITE(resets_cases);
