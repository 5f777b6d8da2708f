// SPDX-License-Identifier: GPL-2.0
/*
 * Timeouts and the error handler: task management functions that the device
 * answers, late or never; commands that it loses, or gives back after they were
 * aborted. All of it ends.
 */
#include "lib/log.h"
#include "lib/scsi_fixture.h"
#include "lib/suite.h"

#define QUERY	VIRTIO_SCSI_T_TMF_QUERY_TASK
#define ABORT	VIRTIO_SCSI_T_TMF_ABORT_TASK
#define UNIT	VIRTIO_SCSI_T_TMF_LOGICAL_UNIT_RESET
#define TARGET	VIRTIO_SCSI_T_TMF_I_T_NEXUS_RESET

#define ERROR_STATUS	0x1e	/* of a command, which SAM does not define */

/* A host whose commands time out after 4 s, and a write that it keeps */
static struct tscsi *error_host(struct kunit *test, struct tscsi_io **io)
{
	struct tscsi *ts = tscsi_host(test, NULL);

	ts->tmf_response = VIRTIO_SCSI_S_FUNCTION_SUCCEEDED;
	tscsi_timeout(ts, 4);
	*io = tscsi_start_kept(ts, REQ_OP_WRITE, 40, 0x31);
	return ts;
}

static void error_pass(unsigned int seconds)
{
	while (seconds--) {
		reset_hung_task_detector();
		msleep(1000);
	}
}

/* Time alone fails nothing while the device answers. */
static void error_slow_unit(struct kunit *test)
{
	struct tscsi_io *io;
	struct tscsi *ts = error_host(test, &io);

	error_pass(200);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	KUNIT_EXPECT_GE(test, ts->tmf[QUERY], 20U);
	KUNIT_EXPECT_EQ(test, 0U, ts->tmf[ABORT]);
	KUNIT_EXPECT_GE(test, tscsi_count(ts, "extended"), 20ULL);
	KUNIT_EXPECT_EQ(test, 0ULL, tscsi_count(ts, "tmfs_unanswered"));
	ts->keep = false;
	tscsi_return(ts, 0, 0);
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_EQ(test, 0x31, ts->data[40 * 512]);
	tscsi_expect_works(ts);
}

/*
 * After a long time the unit returns the command with a unit attention, or
 * busy: the SCSI core sends it again, however long that took.
 */
static void error_slow_then_again(struct kunit *test)
{
	struct tscsi_io *io;
	struct tscsi *ts = error_host(test, &io);

	error_pass(60);
	ts->keep = false;
	ts->attention = true;
	tscsi_return(ts, 0, 0);
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_FALSE(test, ts->attention);
	KUNIT_EXPECT_EQ(test, 0x31, ts->data[40 * 512]);
	io = tscsi_start_kept(ts, REQ_OP_WRITE, 50, 0x32);
	error_pass(60);
	ts->keep = false;
	tscsi_return(ts, 1, VIRTIO_SCSI_S_BUSY);
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_EQ(test, 0x32, ts->data[50 * 512]);
}

/* A device that knows no task management is alive nevertheless. */
static void error_rejecting_device(struct kunit *test)
{
	struct tscsi_io *io;
	struct tscsi *ts = error_host(test, &io);

	ts->tmf_response = VIRTIO_SCSI_S_FUNCTION_REJECTED;
	error_pass(100);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	KUNIT_EXPECT_EQ(test, 0U, ts->tmf[ABORT]);
	ts->keep = false;
	tscsi_return(ts, 0, 0);
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
}

/* It answers nothing: the device is reset, and the command sent again. */
static void error_dead_device(struct kunit *test)
{
	struct tscsi_io *io;
	struct tscsi *ts = error_host(test, &io);
	unsigned long start = jiffies;

	ts->mute_tmf = true;
	ts->keep = false;
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	ts->mute_tmf = false;
	KUNIT_EXPECT_EQ(test, 0x31, ts->data[40 * 512]);
	KUNIT_EXPECT_LT(test, jiffies - start, 120UL * HZ);
	/* once it owes an answer, no other function is tried */
	KUNIT_EXPECT_LE(test, ts->tmf[ABORT] + ts->tmf[UNIT] + ts->tmf[TARGET],
			1U);
	tscsi_recycle(ts);
	tscsi_expect_works(ts);
}

/* The device answers nothing, and cannot be restarted for some minutes. */
static struct tscsi *error_away(struct kunit *test, struct tscsi_io **io)
{
	struct tscsi *ts = error_host(test, io);

	ts->mute_tmf = true;
	ts->m->knobs.refuse_features = true;
	return ts;
}

/* Meanwhile commands wait: that the device is away is no error of its disks. */
static void error_device_away(struct kunit *test)
{
	struct tscsi_io *io;
	struct tscsi *ts = error_away(test, &io);
	struct scsi_device *sdev = tscsi_sdev(ts, 0, 0);

	error_pass(180);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	KUNIT_EXPECT_EQ(test, (int)SDEV_RUNNING, (int)sdev->sdev_state);
	/* the error handler has ended */
	KUNIT_EXPECT_FALSE(test, scsi_host_in_recovery(sdev->host));
	ts->mute_tmf = false;
	ts->keep = false;
	ts->m->knobs.refuse_features = false;
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_EQ(test, 0x31, ts->data[40 * 512]);
	KUNIT_EXPECT_EQ(test, (int)SDEV_RUNNING, (int)sdev->sdev_state);
	tscsi_recycle(ts);
	tscsi_expect_works(ts);
}

/* The user no longer wants to wait: I/O fails, but not for good. */
static void error_device_given_up(struct kunit *test)
{
	struct tscsi_io *io;
	struct tscsi *ts = error_away(test, &io);
	struct scsi_device *sdev = tscsi_sdev(ts, 0, 0);

	tscsi_enable_recovery(ts, "0");
	KUNIT_EXPECT_EQ(test, -EIO, tscsi_wait(ts, io));
	error_pass(60);
	KUNIT_EXPECT_FALSE(test, scsi_host_in_recovery(sdev->host));
	KUNIT_EXPECT_EQ(test, (int)SDEV_RUNNING, (int)sdev->sdev_state);
	ts->mute_tmf = false;
	ts->keep = false;
	ts->m->knobs.refuse_features = false;
	tscsi_enable_recovery(ts, "1");
	tscsi_recycle(ts);
	tscsi_expect_works(ts);
}

/*
 * The storage of the unit is stopped for longer: a reset of the device does not
 * help. That is no reason to do without the disk from then on.
 */
static void error_unit_stands_still(struct kunit *test)
{
	struct tscsi_io *io;
	struct tscsi *ts = error_host(test, &io);
	struct scsi_device *sdev = tscsi_sdev(ts, 0, 0);

	ts->mute_tmf = true;
	ts->keep_tests = true;
	error_pass(120);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	KUNIT_EXPECT_EQ(test, (int)SDEV_RUNNING, (int)sdev->sdev_state);
	ts->mute_tmf = false;
	ts->keep_tests = false;
	ts->keep = false;
	/* it is sent again by the next reset */
	vfe_mock_needs_reset(ts->m);
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_EQ(test, 0x31, ts->data[40 * 512]);
	tscsi_recycle(ts);
	tscsi_expect_works(ts);
}

/*
 * The device is away when the SCSI core tests a unit that it has reset, because
 * of a status that has no meaning.
 */
static void error_device_away_again(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	struct scsi_device *sdev = tscsi_sdev(ts, 0, 0);
	struct tscsi_io *io;

	ts->tmf_response = VIRTIO_SCSI_S_FUNCTION_SUCCEEDED;
	ts->keep_tests = true;
	ts->status = ERROR_STATUS;
	io = tscsi_start(ts, REQ_OP_WRITE, 40, 0x31);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(ts->num_kept, 60));
	KUNIT_EXPECT_EQ(test, 1U, ts->tmf[UNIT]);
	ts->status = 0;
	ts->m->knobs.refuse_features = true;
	vfe_mock_needs_reset(ts->m);
	error_pass(100);
	KUNIT_EXPECT_EQ(test, (int)SDEV_RUNNING, (int)sdev->sdev_state);
	ts->keep_tests = false;
	ts->m->knobs.refuse_features = false;
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	tscsi_recycle(ts);
	tscsi_expect_works(ts);
}

/*
 * The device answers no function, but completes other commands, so it does not
 * stand still: it is reset soon.
 */
static void error_silent_functions(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	unsigned long start = jiffies;
	struct tscsi_io *io, *other;
	unsigned int i;

	tscsi_timeout(ts, 20);
	io = tscsi_start_kept(ts, REQ_OP_WRITE, 40, 0x31);
	ts->keep = false;
	ts->mute_tmf = true;
	for (i = 0; i < 110 && !io->ends; i++) {
		other = tscsi_start(ts, REQ_OP_WRITE, 60, i);
		if (tscsi_wait(ts, other))
			break;
		ts->num_ios = 1;
		ts->memory_used = 512;
		memset(&ts->ios[1], 0, sizeof(ts->ios[1]));
		error_pass(1);
	}
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_LT(test, jiffies - start, 110UL * HZ);
	KUNIT_EXPECT_EQ(test, 0x31, ts->data[40 * 512]);
}

static bool error_note_read(struct vfe_mock *m, struct vfe_mock_access *a)
{
	unsigned int *reads = m->knobs.priv;

	*reads += a->dir == VFE_READ;
	return false;
}

/*
 * The device's process is stopped for 100 s: it does not execute, answer or
 * complete anything, and a read of a register would not end. Then it goes on.
 */
static void error_device_stopped(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	unsigned int i, reads = 0;
	struct tscsi_io *io;

	tscsi_timeout(ts, 30);
	ts->mute_tmf = true;
	ts->m->knobs.priv = &reads;
	ts->m->knobs.access = error_note_read;
	io = tscsi_start_kept(ts, REQ_OP_WRITE, 40, 0x31);
	error_pass(100);
	KUNIT_EXPECT_EQ(test, 1U, ts->tmf[QUERY]);
	ts->m->knobs.access = NULL;
	KUNIT_EXPECT_EQ(test, 0U, reads);
	KUNIT_EXPECT_EQ(test, 0U, ts->tmf[ABORT] + ts->tmf[UNIT]);
	ts->mute_tmf = false;
	ts->keep = false;
	for (i = 0; i < ts->num_kept; i++) {
		if (ts->kept_queue[i]->index) {
			tscsi_return(ts, i, 0);
			continue;
		}
		tscsi_answer_kept(ts, i);
		vfe_mock_interrupt(ts->kept_queue[i]);
	}
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_EQ(test, 0x31, ts->data[40 * 512]);
	tscsi_expect_works(ts);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/*
 * Its process is stopped after it has completed one more command. A user sets
 * the counts to 0 meanwhile, which is no completion.
 */
static void error_stopped_after_one(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	struct tscsi_io *io;
	unsigned int reads = 0;

	tscsi_timeout(ts, 20);
	io = tscsi_start_kept(ts, REQ_OP_WRITE, 40, 0x31);
	ts->mute_tmf = true;
	ts->keep = false;
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_LONG(ts->tmf[QUERY], 40));
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, tscsi_start(ts, REQ_OP_WRITE,
							    60, 1)));
	ts->m->knobs.priv = &reads;
	ts->m->knobs.access = error_note_read;
	error_pass(50);
	tscsi_reset_counts(ts);
	error_pass(50);
	ts->m->knobs.access = NULL;
	KUNIT_EXPECT_EQ(test, 0U, reads);
	KUNIT_EXPECT_EQ(test, 0U, ts->tmf[ABORT] + ts->tmf[UNIT]);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	ts->mute_tmf = false;
	tscsi_return(ts, 0, 0);
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
}

/**
 * struct error_user - a command of a user
 * @ts: the host
 * @unit: to which it is
 * @work: sends it
 * @seconds: its timeout
 * @result: of scsi_execute_cmd()
 */
struct error_user {
	struct tscsi *ts;
	unsigned int unit;
	struct work_struct work;
	unsigned int seconds;
	int result;
};

static void error_user_work(struct work_struct *work)
{
	struct error_user *u = container_of(work, struct error_user, work);
	const u8 cdb[6] = { START_STOP };

	u->result = scsi_execute_cmd(tscsi_sdev(u->ts, 0, u->unit), cdb,
				     REQ_OP_DRV_IN, NULL, 0, u->seconds * HZ,
				     0, NULL);
}

static void error_start_user(struct error_user *u, struct tscsi *ts,
			     unsigned int seconds)
{
	u->ts = ts;
	u->seconds = seconds;
	INIT_WORK(&u->work, error_user_work);
	queue_work(system_unbound_wq, &u->work);
}

/*
 * Likewise, and a user has a command whose timeout is short: what others lose
 * by a reset does not depend on that.
 */
static void error_stopped_for_a_user(struct kunit *test)
{
	struct error_user *u = kunit_kzalloc(test, sizeof(*u), GFP_KERNEL);
	struct tscsi *ts = tscsi_host(test, NULL);
	unsigned int reads = 0;

	KUNIT_ASSERT_NOT_NULL(test, u);
	tscsi_timeout(ts, 30);
	ts->mute_tmf = true;
	ts->keep_op = START_STOP;
	ts->m->knobs.priv = &reads;
	ts->m->knobs.access = error_note_read;
	error_start_user(u, ts, 1);
	error_pass(20);
	KUNIT_EXPECT_EQ(test, 0U, ts->tmf[QUERY]);
	error_pass(80);
	KUNIT_EXPECT_EQ(test, 0U, reads);
	KUNIT_EXPECT_EQ(test, 1U, ts->tmf[QUERY]);
	KUNIT_EXPECT_EQ(test, 0U, ts->tmf[ABORT] + ts->tmf[UNIT]);
	ts->m->knobs.access = NULL;
	ts->mute_tmf = false;
	ts->keep_op = 0;
	tscsi_return(ts, 0, 0);
	flush_work(&u->work);
	KUNIT_EXPECT_EQ(test, 0, u->result);
	tscsi_expect_works(ts);
}

/*
 * The device does not answer a user's reset of a unit whose storage is stopped,
 * but all else: that is no reason to reset it when another command is slow.
 */
static void error_unanswered_reset(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	struct tscsi_io *io;

	ts->mute_tmf = true;
	KUNIT_EXPECT_EQ(test, FAILED, tscsi_reset_unit(ts));
	ts->mute_tmf = false;
	ts->tmf_response = VIRTIO_SCSI_S_FUNCTION_SUCCEEDED;
	tscsi_timeout(ts, 4);
	io = tscsi_start_kept(ts, REQ_OP_WRITE, 40, 0x31);
	error_pass(100);
	KUNIT_EXPECT_GE(test, ts->tmf[QUERY], 10U);
	KUNIT_EXPECT_EQ(test, 0U, ts->tmf[ABORT]);
	/* it was sent once: no reset has given it back */
	KUNIT_EXPECT_EQ(test, 2U, ts->num_kept);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	ts->keep = false;
	tscsi_return(ts, 1, 0);
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_EQ(test, 0x31, ts->data[40 * 512]);
}

/* The device says that it does not have the command: it is aborted, retried. */
static void error_lost_command(struct kunit *test)
{
	struct tscsi_io *io;
	struct tscsi *ts = error_host(test, &io);

	ts->tmf_response = VFE_SCSI_S_FUNCTION_COMPLETE;
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(ts->tmf[ABORT], 60));
	ts->keep = false;
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_GE(test, ts->tmf[QUERY], 2U);
	KUNIT_EXPECT_EQ(test, 1U, ts->tmf[ABORT]);
	KUNIT_EXPECT_EQ(test, 0U, ts->tmf[UNIT]);
	KUNIT_EXPECT_EQ(test, 0x31, ts->data[40 * 512]);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/*
 * It gives the command back only by a reset of the unit, which then says that it
 * was reset: of a removable medium, too, that is no other one.
 */
static void error_lost_removable(struct kunit *test)
{
	struct tscsi_io *io;
	struct tscsi *ts = error_host(test, &io);

	tscsi_sdev(ts, 0, 0)->removable = 1;
	ts->tmf_response = VFE_SCSI_S_FUNCTION_COMPLETE;
	ts->abort_returns = false;
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(ts->tmf[ABORT], 60));
	ts->abort_returns = true;
	ts->attention = true;
	ts->keep = false;
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_EQ(test, 1U, ts->tmf[UNIT]);
	KUNIT_EXPECT_EQ(test, 0U, ts->tmf[TARGET]);
	KUNIT_EXPECT_FALSE(test, ts->attention);
	KUNIT_EXPECT_EQ(test, 0x31, ts->data[40 * 512]);
	tscsi_sdev(ts, 0, 0)->removable = 0;
}

/*
 * The device does not give the command back, so that it is reset. That does not
 * wait for a command of another unit, whose storage is slow.
 */
static void error_beside_slow(struct kunit *test, bool mute)
{
	struct error_user *u = kunit_kzalloc(test, sizeof(*u), GFP_KERNEL);
	struct tscsi *ts = tscsi_plug(test, NULL, NULL);
	struct Scsi_Host *shost;
	struct tscsi_io *io;
	bool ended;

	KUNIT_ASSERT_NOT_NULL(test, u);
	tscsi_add_unit(ts, 0, 1);
	KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(tscsi_disk(ts, 0, 0)));
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(tscsi_disk(ts, 0, 1)));
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(tscsi_settled(ts)));
	async_synchronize_full();
	ts->keep_op = START_STOP;
	u->unit = 1;
	error_start_user(u, ts, 1000);
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(ts->num_kept == 1));
	ts->tmf_response = VFE_SCSI_S_FUNCTION_COMPLETE;
	ts->abort_returns = false;
	ts->mute_tmf = mute;
	tscsi_timeout(ts, 4);
	io = tscsi_start_kept(ts, REQ_OP_WRITE, 40, 0x31);
	ts->keep = false;
	ended = TSCSI_WAIT_LONG(io->ends, 150);
	KUNIT_EXPECT_TRUE(test, ended);
	shost = tscsi_driver(ts)->shost;
	KUNIT_EXPECT_FALSE(test, scsi_host_in_recovery(shost));
	ts->keep_op = 0;
	/* let a driver that waits for the slow unit go on */
	if (!ended)
		tscsi_return(ts, 0, 0);
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_EQ(test, 0x31, ts->data[40 * 512]);
	flush_work(&u->work);
	tscsi_recycle(ts);
	tscsi_expect_works(ts);
}

static void error_lost_beside_slow(struct kunit *test)
{
	error_beside_slow(test, false);
}

/* The device answers no function, so the command cannot be aborted. */
static void error_unaborted_beside_slow(struct kunit *test)
{
	error_beside_slow(test, true);
}

/* Two commands are lost, and time out by turns: either answer is kept. */
static void error_two_lost_commands(struct kunit *test)
{
	struct tscsi_io *first, *second;
	struct tscsi *ts = error_host(test, &first);

	ts->tmf_response = VFE_SCSI_S_FUNCTION_COMPLETE;
	error_pass(2);
	second = tscsi_start_kept(ts, REQ_OP_WRITE, 50, 0x32);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(ts->tmf[ABORT], 60));
	KUNIT_EXPECT_GE(test, ts->tmf[QUERY], 4U);
	ts->keep = false;
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, first));
	KUNIT_EXPECT_EQ(test, 0x31, ts->data[40 * 512]);
	/* the device of this test returns all commands, as aborted */
	tscsi_wait(ts, second);
}

/* A reset gives the command back while the abort waits for its answer. */
static void error_reset_during_abort(struct kunit *test)
{
	struct tscsi_io *io;
	struct tscsi *ts = error_host(test, &io);

	ts->tmf_response = VFE_SCSI_S_FUNCTION_COMPLETE;
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(ts->tmf[QUERY] == 2, 60));
	ts->mute_tmf = true;
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(ts->tmf[ABORT], 60));
	ts->mute_tmf = false;
	ts->keep = false;
	vfe_mock_needs_reset(ts->m);
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_EQ(test, 0U, ts->tmf[UNIT]);
	KUNIT_EXPECT_EQ(test, 0x31, ts->data[40 * 512]);
	/* the reset ended the function: the device did not fail to answer */
	KUNIT_EXPECT_EQ(test, 0ULL, tscsi_count(ts, "tmfs_unanswered"));
	tscsi_recycle(ts);
	tscsi_expect_works(ts);
}

/* The error handler waits for the answer to the reset of a unit. */
static struct tscsi *error_resetting_unit(struct kunit *test,
					  struct tscsi_io **io)
{
	struct tscsi *ts = error_host(test, io);

	ts->abort_returns = false;
	ts->tmf_response = VFE_SCSI_S_FUNCTION_COMPLETE;
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(ts->tmf[ABORT], 60));
	ts->mute_tmf = true;
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(ts->tmf[UNIT], 60));
	ts->mute_tmf = false;
	ts->abort_returns = true;
	ts->keep = false;
	return ts;
}

/* A reset gives the command back meanwhile: the next step finds nothing to do. */
static void error_reset_during_unit_reset(struct kunit *test)
{
	struct tscsi_io *io;
	struct tscsi *ts = error_resetting_unit(test, &io);

	vfe_mock_needs_reset(ts->m);
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_EQ(test, 0x31, ts->data[40 * 512]);
	KUNIT_EXPECT_EQ(test, 1U, ts->tmf[UNIT]);
	KUNIT_EXPECT_EQ(test, 0ULL, tscsi_count(ts, "tmfs_unanswered"));
	tscsi_recycle(ts);
	tscsi_expect_works(ts);
}

/* The bus resets the function meanwhile, which takes long. */
static void error_stopped_during_unit_reset(struct kunit *test)
{
	struct tscsi_io *io;
	struct tscsi *ts = error_resetting_unit(test, &io);
	struct scsi_device *sdev = tscsi_sdev(ts, 0, 0);
	const struct pci_error_handlers *h =
		to_pci_driver(ts->m->pdev->dev.driver)->err_handler;

	h->reset_prepare(ts->m->pdev);
	error_pass(100);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	KUNIT_EXPECT_EQ(test, (int)SDEV_RUNNING, (int)sdev->sdev_state);
	ts->num_events = 0;
	h->reset_done(ts->m->pdev);
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_EQ(test, 0x31, ts->data[40 * 512]);
	tscsi_recycle(ts);
	tscsi_expect_works(ts);
}

/*
 * It says that it aborted, but does not give the command back: its memory is
 * still the device's, so each step fails, and the last one resets the device.
 */
static void error_aborted_but_kept(struct kunit *test)
{
	struct tscsi_io *io;
	struct tscsi *ts = error_host(test, &io);

	ts->abort_returns = false;
	ts->tmf_response = VFE_SCSI_S_FUNCTION_COMPLETE;
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(ts->tmf[TARGET], 200));
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	ts->keep = false;
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_EQ(test, 1U, ts->tmf[ABORT]);
	KUNIT_EXPECT_EQ(test, 1U, ts->tmf[UNIT]);
	KUNIT_EXPECT_EQ(test, 1U, ts->tmf[TARGET]);
	tscsi_recycle(ts);
	tscsi_expect_works(ts);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/* The functions name the command and the unit. */
static void error_function_fields(struct kunit *test)
{
	struct tscsi_io *io;
	struct tscsi *ts = error_host(test, &io);
	const struct vfe_scsi_request *request = tscsi_request(&ts->kept[0]);

	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(ts->tmf[QUERY], 30));
	KUNIT_EXPECT_EQ(test, 0U, le32_to_cpu(ts->last_tmf.type));
	KUNIT_EXPECT_EQ(test, request->id, ts->last_tmf.id);
	KUNIT_EXPECT_MEMEQ(test, request->lun, ts->last_tmf.lun, 8);
	ts->keep = false;
	tscsi_return(ts, 0, 0);
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
}

/* An answer that comes after its sender has given up frees its memory. */
static void error_late_answer(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	unsigned long start = jiffies;
	unsigned int i;

	ts->mute_tmf = true;
	KUNIT_EXPECT_EQ(test, FAILED, tscsi_reset_unit(ts));
	KUNIT_EXPECT_GE(test, jiffies - start,
			(unsigned long)VFE_SCSI_TMF_TIMEOUT);
	/* while it owes this answer, others fail at once */
	start = jiffies;
	for (i = 0; i < 20; i++)
		KUNIT_EXPECT_EQ(test, FAILED, tscsi_reset_unit(ts));
	KUNIT_EXPECT_LT(test, jiffies - start, 1UL * HZ);
	KUNIT_EXPECT_EQ(test, 1U, ts->num_kept);
	ts->mute_tmf = false;
	tscsi_copy(&ts->kept[0], true, 0, &ts->tmf_response, 1);
	vfe_mock_push(&ts->m->queues[0], ts->kept[0].id, 1, ts->kept[0].descs);
	vfe_mock_interrupt(&ts->m->queues[0]);
	for (i = 0; i < 20; i++)
		KUNIT_EXPECT_EQ(test, SUCCESS, tscsi_reset_unit(ts));
	KUNIT_EXPECT_EQ(test, 1ULL, tscsi_count(ts, "tmfs_unanswered"));
	KUNIT_EXPECT_EQ(test, 21ULL, tscsi_count(ts, "tmfs"));
	tscsi_expect_works(ts);
}

/* Some kernels do not mark commands of the error handler as the last ones. */
static void error_handler_kicks(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	struct scsi_device *sdev = tscsi_sdev(ts, 0, 0);
	struct scsi_cmnd *sc;
	struct request *rq;

	rq = scsi_alloc_request(sdev->request_queue, REQ_OP_DRV_IN, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(rq));
	sc = blk_mq_rq_to_pdu(rq);
	sc->device = sdev;
	sc->submitter = SUBMITTED_BY_SCSI_ERROR_HANDLER;
	sc->flags &= ~SCMD_LAST;
	sc->result = -1;
	memset(&sc->sdb, 0, sizeof(sc->sdb));
	memset(sc->cmnd, 0, sizeof(sc->cmnd));
	sc->cmd_len = 6;	/* TEST UNIT READY */
	KUNIT_EXPECT_EQ(test, 0, sdev->host->hostt->queuecommand(sdev->host,
								 sc));
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(!sc->result));
	/* if the device did not get it, another command kicks for it */
	tscsi_expect_works(ts);
	blk_mq_free_request(rq);
}

/* The completion came, but not its interrupt. */
static void error_lost_interrupt(struct kunit *test)
{
	struct tscsi_io *io;
	struct tscsi *ts = error_host(test, &io);

	ts->keep = false;
	tscsi_execute_kept(ts, 0);
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_EQ(test, 0U, ts->tmf[QUERY]);
	tscsi_expect_works(ts);
}

/* The device wants a reset, and does not say so by an interrupt. */
static void error_silent_fault(struct kunit *test)
{
	struct tscsi_io *io;
	struct tscsi *ts = error_host(test, &io);

	ts->m->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	ts->keep = false;
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_EQ(test, 0x31, ts->data[40 * 512]);
	tscsi_recycle(ts);
	tscsi_expect_works(ts);
}

static struct kunit_case error_cases[] = {
	KUNIT_CASE(error_slow_unit),
	KUNIT_CASE(error_slow_then_again),
	KUNIT_CASE(error_rejecting_device),
	KUNIT_CASE(error_dead_device),
	KUNIT_CASE(error_device_away),
	KUNIT_CASE(error_device_given_up),
	KUNIT_CASE(error_unit_stands_still),
	KUNIT_CASE(error_device_away_again),
	KUNIT_CASE(error_silent_functions),
	KUNIT_CASE(error_device_stopped),
	KUNIT_CASE(error_stopped_for_a_user),
	KUNIT_CASE(error_stopped_after_one),
	KUNIT_CASE(error_unanswered_reset),
	KUNIT_CASE(error_lost_command),
	KUNIT_CASE(error_lost_removable),
	KUNIT_CASE(error_lost_beside_slow),
	KUNIT_CASE(error_unaborted_beside_slow),
	KUNIT_CASE(error_two_lost_commands),
	KUNIT_CASE(error_reset_during_abort),
	KUNIT_CASE(error_reset_during_unit_reset),
	KUNIT_CASE(error_stopped_during_unit_reset),
	KUNIT_CASE(error_aborted_but_kept),
	KUNIT_CASE(error_function_fields),
	KUNIT_CASE(error_late_answer),
	KUNIT_CASE(error_handler_kicks),
	KUNIT_CASE(error_lost_interrupt),
	KUNIT_CASE(error_silent_fault),
	{ }
};

VFE_SUITE(error_cases);
