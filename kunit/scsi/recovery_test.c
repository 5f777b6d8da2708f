// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a host: removal while commands are in flight, surprise removal,
 * resets that the device asks for, suspend, errors of the bus.
 */
#include <linux/pm.h>

#include "lib/log.h"
#include "lib/scsi_fixture.h"
#include "lib/suite.h"

static bool life_is_live(struct tscsi *ts)
{
	return tscsi_driver(ts) &&
	       vfe_recovery_state(&tscsi_driver(ts)->io.recovery) ==
	       VFE_RUN_LIVE;
}

/* Commands that the device has when it is reset are sent again. */
static void life_needs_reset(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	struct tscsi_io *w = tscsi_start_kept(ts, REQ_OP_WRITE, 40, 0x61);
	struct tscsi_io *r = tscsi_start_kept(ts, REQ_OP_READ, 50, 0);
	unsigned int luns = ts->luns;

	ts->keep = false;
	memset(ts->data + 50 * 512, 0x77, 512);
	vfe_mock_needs_reset(ts->m);
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, w));
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, r));
	KUNIT_EXPECT_EQ(test, 0x61, ts->data[40 * 512]);
	KUNIT_EXPECT_EQ(test, 0x77, r->data[0]);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_settled(ts)));
	/* events may have been lost: all targets were checked */
	KUNIT_EXPECT_EQ(test, luns + 8, ts->luns);
	tscsi_expect_works(ts);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/*
 * The device keeps a command, and asks for a reset each time that it has it, at
 * most @most times. Return: how often that was
 */
static unsigned int life_reset_again(struct tscsi *ts, struct tscsi_io *io,
				     unsigned int most)
{
	unsigned int i, before = ts->num_kept;

	for (i = 0; i < most && !io->ends; i++) {
		vfe_mock_needs_reset(ts->m);
		KUNIT_EXPECT_TRUE(ts->test,
				  TSCSI_WAIT_LONG(life_is_live(ts) &&
						  (ts->num_kept > before + i ||
						   io->ends), 90));
	}
	return i;
}

/* Only a number of times: then the command is the cause. */
static void life_always_needs_reset(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	struct tscsi_io *io = tscsi_start_kept(ts, REQ_OP_WRITE, 40, 0x61);

	KUNIT_EXPECT_EQ(test, life_reset_again(ts, io, 20),
			VFE_SCSI_MAX_RETRIES + 1U);
	KUNIT_EXPECT_EQ(test, -EIO, tscsi_wait(ts, io));
	/* nobody else sends it again either */
	msleep(1000);
	KUNIT_EXPECT_EQ(test, ts->num_kept, VFE_SCSI_MAX_RETRIES + 1U);
	ts->keep = false;
	tscsi_recycle(ts);
	tscsi_expect_works(ts);
}

static u32 life_tag(struct tscsi *ts)
{
	return lower_32_bits(le64_to_cpu(tscsi_request(&ts->kept[0])->id));
}

/* A command that the device keeps, with a tag that was in use before */
static struct tscsi_io *life_start_with(struct tscsi *ts, u32 tag)
{
	struct tscsi_io *io = NULL;
	unsigned int i;

	for (i = 0; i < 8; i++) {
		tscsi_recycle(ts);
		io = tscsi_start_kept(ts, REQ_OP_WRITE, 40, 0x62);
		if (life_tag(ts) == tag)
			return io;
		tscsi_return(ts, 0, 0);
		KUNIT_EXPECT_EQ(ts->test, 0, tscsi_wait(ts, io));
	}
	KUNIT_FAIL(ts->test, "no command with tag %u", tag);
	return io;
}

/*
 * A command that the SCSI core ends before it is sent again, as its unit is
 * offline, leaves no count behind for the next one with its tag.
 */
static void life_offline_after_resets(struct kunit *test)
{
	const struct vfe_mock_spec spec = { .queue_size = 4 };
	struct tscsi *ts = tscsi_host(test, &spec);
	struct tscsi_io *io = tscsi_start_kept(ts, REQ_OP_WRITE, 40, 0x61);
	struct scsi_device *sdev = tscsi_sdev(ts, 0, 0);
	u32 tag = life_tag(ts);

	KUNIT_EXPECT_EQ(test, life_reset_again(ts, io, 5), 5U);
	KUNIT_EXPECT_EQ(test, 0, scsi_device_set_state(sdev, SDEV_OFFLINE));
	KUNIT_EXPECT_EQ(test, life_reset_again(ts, io, 1), 1U);
	KUNIT_EXPECT_EQ(test, -EIO, tscsi_wait(ts, io));
	KUNIT_EXPECT_EQ(test, 0, scsi_device_set_state(sdev, SDEV_RUNNING));
	io = life_start_with(ts, tag);
	KUNIT_EXPECT_EQ(test, life_reset_again(ts, io, 20),
			VFE_SCSI_MAX_RETRIES + 1U);
	KUNIT_EXPECT_EQ(test, -EIO, tscsi_wait(ts, io));
}

/* After a reset a unit says so: the command is sent again, no disc is lost. */
static void life_unit_attention(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	struct tscsi_io *io = tscsi_start_kept(ts, REQ_OP_WRITE, 40, 0x61);
	struct scsi_device *sdev = tscsi_sdev(ts, 0, 0);

	sdev->removable = 1;
	ts->keep = false;
	ts->attention = true;
	vfe_mock_needs_reset(ts->m);
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_FALSE(test, ts->attention);
	KUNIT_EXPECT_EQ(test, 0x61, ts->data[40 * 512]);
	KUNIT_EXPECT_FALSE(test, sdev->changed);
	/* a driver of tapes reads this */
	KUNIT_EXPECT_TRUE(test, sdev->was_reset);
	tscsi_recycle(ts);
	tscsi_expect_works(ts);
}

/* --- commands of users --- */

#define LIFE_USER_OP	0x10	/* WRITE FILEMARKS, of a tape */

/**
 * struct life_user - a command of a user, without data
 * @ts: the host
 * @work: sends it
 * @retries: how often the SCSI core may send it again
 * @result: of scsi_execute_cmd()
 */
struct life_user {
	struct tscsi *ts;
	struct work_struct work;
	int retries;
	int result;
};

static void life_user_work(struct work_struct *work)
{
	struct life_user *u = container_of(work, struct life_user, work);
	const u8 cdb[6] = { LIFE_USER_OP };

	u->result = scsi_execute_cmd(tscsi_sdev(u->ts, 0, 0), cdb,
				     REQ_OP_DRV_IN, NULL, 0, 60 * HZ,
				     u->retries, NULL);
}

/* The device is reset while it has the command. Return: how often it got it */
static unsigned int life_reset_user(struct tscsi *ts, struct life_user *u)
{
	tscsi_recycle(ts);
	ts->keep_op = LIFE_USER_OP;
	u->ts = ts;
	INIT_WORK(&u->work, life_user_work);
	queue_work(system_unbound_wq, &u->work);
	KUNIT_EXPECT_TRUE(ts->test, TSCSI_WAIT_FOR(ts->num_kept));
	vfe_mock_needs_reset(ts->m);
	KUNIT_EXPECT_TRUE(ts->test, TSCSI_WAIT_LONG(ts->num_kept > 1 ||
						    !work_busy(&u->work), 90));
	ts->keep_op = 0;
	if (ts->num_kept > 1)
		tscsi_return(ts, 1, 0);
	flush_work(&u->work);
	return ts->num_kept;
}

/* It must not be executed twice, unless its sender allows that. */
static void life_user_command(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	struct life_user *u = kunit_kzalloc(test, sizeof(*u), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, u);
	KUNIT_EXPECT_EQ(test, 1U, life_reset_user(ts, u));
	KUNIT_EXPECT_EQ(test, DID_ERROR, host_byte(u->result));
	u->retries = 1;
	KUNIT_EXPECT_EQ(test, 2U, life_reset_user(ts, u));
	tscsi_recycle(ts);
	tscsi_expect_works(ts);
}

static void life_queue_reset(struct kunit *test)
{
	const struct vfe_mock_spec spec = {
		.features = VFE_MOCK_FEATURES | BIT_ULL(VIRTIO_F_RING_RESET),
	};
	struct tscsi *ts = tscsi_host(test, &spec);
	struct vfe_mock_queue *mq = &ts->m->queues[VFE_SCSI_REQUESTQ];
	struct tscsi_io *io = tscsi_start_kept(ts, REQ_OP_WRITE, 40, 0x61);

	ts->keep = false;
	/* an id that is not in flight breaks the ring */
	vfe_mock_push(mq, 63, 108, 1);
	vfe_mock_interrupt(mq);
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_EQ(test, 1U, mq->resets);
	KUNIT_EXPECT_EQ(test, 0U, ts->m->queues[VFE_SCSI_EVENTQ].resets);
	tscsi_expect_works(ts);
	/* the event queue, and the control queue */
	vfe_mock_push(&ts->m->queues[VFE_SCSI_EVENTQ], 9999, 16, 1);
	vfe_mock_interrupt(&ts->m->queues[VFE_SCSI_EVENTQ]);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(ts->m->queues[1].resets == 1));
	vfe_mock_push(&ts->m->queues[VFE_SCSI_CONTROLQ], 63, 1, 1);
	vfe_mock_interrupt(&ts->m->queues[VFE_SCSI_CONTROLQ]);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(ts->m->queues[0].resets == 1));
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_settled(ts)));
	ts->tmf_response = 0;
	KUNIT_EXPECT_EQ(test, SUCCESS, tscsi_reset_unit(ts));
	tscsi_expect_works(ts);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/* --- removal --- */

static void life_unbind(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	unsigned int i;

	for (i = 0; i < 5; i++) {
		tscsi_expect_works(ts);
		tscsi_recycle(ts);
		vfe_mock_unbind(ts->m);
		KUNIT_EXPECT_EQ(test, 0, ts->m->status);
		ts->num_events = 0;
		KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
		KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(tscsi_disk(ts, 0, 0)));
	}
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/* A command that the device completes while the driver is being unbound */
struct life_unbind {
	struct tscsi *ts;
	struct completion done;
	struct work_struct work;
};

static void life_unbind_work(struct work_struct *work)
{
	struct life_unbind *u = container_of(work, struct life_unbind, work);

	vfe_mock_unbind(u->ts->m);
	complete(&u->done);
}

static void life_unbind_in_flight(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	struct tscsi_io *io = tscsi_start_kept(ts, REQ_OP_WRITE, 40, 0x61);
	struct life_unbind *u = kunit_kzalloc(test, sizeof(*u), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, u);
	u->ts = ts;
	init_completion(&u->done);
	INIT_WORK(&u->work, life_unbind_work);
	queue_work(system_unbound_wq, &u->work);
	msleep(3000);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	ts->keep = false;
	tscsi_return(ts, 0, 0);
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	wait_for_completion(&u->done);
	flush_work(&u->work);
	KUNIT_EXPECT_EQ(test, 0, ts->m->status);
}

/* Unbinds, and expects that to end by itself, however much the device keeps. */
static void life_unbind_expect_end(struct tscsi *ts)
{
	struct life_unbind *u = kunit_kzalloc(ts->test, sizeof(*u), GFP_KERNEL);
	struct kmsg_dump_iter mark = log_mark();
	bool ended;

	KUNIT_ASSERT_NOT_NULL(ts->test, u);
	u->ts = ts;
	init_completion(&u->done);
	INIT_WORK(&u->work, life_unbind_work);
	queue_work(system_unbound_wq, &u->work);
	/* not before storage may have gone on */
	msleep(100 * 1000);
	KUNIT_EXPECT_FALSE(ts->test, completion_done(&u->done));
	ended = TSCSI_WAIT_LONG(completion_done(&u->done), 90);
	KUNIT_EXPECT_TRUE(ts->test, ended);
	KUNIT_EXPECT_EQ(ts->test, 1U, log_errors(mark, "still in flight"));
	/* let a driver that waits for ever go on */
	ts->keep = false;
	ts->keep_op = 0;
	if (!ended)
		tscsi_return_all(ts, VIRTIO_SCSI_S_BAD_TARGET);
	wait_for_completion(&u->done);
	flush_work(&u->work);
	KUNIT_EXPECT_EQ(ts->test, 0, ts->m->status);
}

/* The storage of a disk is stopped: the unbind has a bound. */
static void life_unbind_stopped(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	struct tscsi_io *io = tscsi_start_kept(ts, REQ_OP_WRITE, 40, 0x61);

	ts->tmf_response = VIRTIO_SCSI_S_FUNCTION_SUCCEEDED;
	life_unbind_expect_end(ts);
	KUNIT_EXPECT_NE(test, 0, tscsi_wait(ts, io));
	ts->num_events = 0;
	KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(tscsi_disk(ts, 0, 0)));
	tscsi_recycle(ts);
	tscsi_expect_works(ts);
}

/* The driver itself waits for a unit: for a new one, or after a change. */
static void life_unbind_stopped_event(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);

	ts->tmf_response = VIRTIO_SCSI_S_FUNCTION_SUCCEEDED;
	ts->keep_op = INQUIRY;
	tscsi_add_unit(ts, 3, 0);
	tscsi_event(ts, VIRTIO_SCSI_T_TRANSPORT_RESET,
		    VIRTIO_SCSI_EVT_RESET_RESCAN, 3, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(ts->num_kept));
	life_unbind_expect_end(ts);
}

static void life_unbind_stopped_change(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);

	ts->tmf_response = VIRTIO_SCSI_S_FUNCTION_SUCCEEDED;
	ts->keep_op = READ_CAPACITY;
	tscsi_event(ts, VIRTIO_SCSI_T_PARAM_CHANGE, 0x092a, 0, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(ts->num_kept));
	life_unbind_expect_end(ts);
}

/* --- what the removal of a host does not wait for by itself --- */

/**
 * struct life_reset - a reset that a user asks for
 * @ts: the host
 * @work: calls tscsi_reset_unit()
 * @result: what it returned
 */
struct life_reset {
	struct tscsi *ts;
	struct work_struct work;
	int result;
};

static void life_reset_work(struct work_struct *work)
{
	struct life_reset *r = container_of(work, struct life_reset, work);

	r->result = tscsi_reset_unit(r->ts);
}

static void life_unbind_during_reset(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	struct life_reset *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, r);
	r->ts = ts;
	ts->mute_tmf = true;
	INIT_WORK(&r->work, life_reset_work);
	queue_work(system_unbound_wq, &r->work);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(ts->num_kept));
	vfe_mock_unbind(ts->m);
	flush_work(&r->work);
	KUNIT_EXPECT_EQ(test, FAILED, r->result);
	KUNIT_EXPECT_EQ(test, 0, ts->m->status);
}

/* A check of units ends without a word: the device is not to blame. */
static void life_unbind_during_query(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	struct kmsg_dump_iter mark = log_mark();
	unsigned long start = jiffies;

	ts->luns_response = VFE_SCSI_S_NONE;
	tscsi_event(ts, VIRTIO_SCSI_T_EVENTS_MISSED, 0, 0, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(ts->num_kept));
	vfe_mock_unbind(ts->m);
	KUNIT_EXPECT_LT(test, jiffies - start, 5UL * HZ);
	KUNIT_EXPECT_EQ(test, 0U, log_warnings(mark, "no answer"));
	KUNIT_EXPECT_EQ(test, 0, ts->m->status);
}

/* Users of a unit that the driver has left, and a scan that comes late */
static void life_after_unbind(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	struct scsi_device *sdev = tscsi_sdev(ts, 0, 0);
	struct scsi_cmnd *sc = kunit_kzalloc(test, sizeof(*sc), GFP_KERNEL);
	struct Scsi_Host *shost = sdev->host;

	KUNIT_ASSERT_NOT_NULL(test, sc);
	KUNIT_ASSERT_EQ(test, 0, scsi_device_get(sdev));
	sc->device = sdev;
	sc->submitter = SUBMITTED_BY_SCSI_RESET_IOCTL;
	vfe_mock_unbind(ts->m);
	KUNIT_EXPECT_EQ(test, FAILED, shost->hostt->eh_device_reset_handler(sc));
	KUNIT_EXPECT_EQ(test, FAILED, shost->hostt->eh_target_reset_handler(sc));
	KUNIT_EXPECT_EQ(test, FAILED, shost->hostt->eh_host_reset_handler(sc));
	shost->hostt->scan_start(shost);
	KUNIT_EXPECT_TRUE(test, shost->hostt->scan_finished(shost, 0));
	scsi_device_put(sdev);
}

/* The unit goes first, then the function. */
static void life_unit_then_function(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	struct tscsi_io *io = tscsi_start_kept(ts, REQ_OP_WRITE, 40, 0x61);

	tscsi_del_unit(ts, 0, 0);
	tscsi_event(ts, VIRTIO_SCSI_T_TRANSPORT_RESET,
		    VIRTIO_SCSI_EVT_RESET_REMOVED, 0, 0);
	ts->keep = false;
	msleep(100);
	tscsi_return_all(ts, VIRTIO_SCSI_S_BAD_TARGET);
	KUNIT_EXPECT_EQ(test, -EIO, tscsi_wait(ts, io));
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(!tscsi_sdev(ts, 0, 0)));
	vfe_mock_unplug(ts->m);
}

static void life_surprise_removal(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	struct tscsi_io *io = tscsi_start_kept(ts, REQ_OP_WRITE, 40, 0x61);
	unsigned long start = jiffies;

	vfe_mock_vanish(ts->m);
	vfe_mock_unplug(ts->m);
	KUNIT_EXPECT_NE(test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_LT(test, jiffies - start, 60UL * HZ);
}

/* --- suspend --- */

static void life_suspend(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	struct Scsi_Host *shost = tscsi_driver(ts)->shost;
	struct device *dev = &ts->m->pdev->dev;
	unsigned int luns = ts->luns;

	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->suspend(dev));
	KUNIT_EXPECT_EQ(test, 0, ts->m->status);
	/* the SCSI core keeps commands until the device is back */
	KUNIT_EXPECT_TRUE(test, shost->host_self_blocked);
	ts->num_events = 0;
	/* what changed meanwhile is found */
	tscsi_add_unit(ts, 2, 2);
	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->resume(dev));
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_sdev(ts, 2, 2) &&
					       tscsi_settled(ts)));
	KUNIT_EXPECT_FALSE(test, shost->host_self_blocked);
	KUNIT_EXPECT_GE(test, ts->luns, luns + 8);
	KUNIT_EXPECT_EQ(test, (unsigned int)VFE_SCSI_EVENTS, ts->num_events);
	tscsi_expect_works(ts);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

static void life_no_suspend(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	struct tscsi_io *io = tscsi_start_kept(ts, REQ_OP_WRITE, 40, 0x61);
	struct device *dev = &ts->m->pdev->dev;

	KUNIT_EXPECT_EQ(test, -EBUSY, dev->driver->pm->suspend(dev));
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	ts->keep = false;
	tscsi_return(ts, 0, 0);
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	tscsi_expect_works(ts);
}

/* After a shutdown commands fail, and the device is left alone. */
static void life_shutdown(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	struct tscsi_io *io = tscsi_start_kept(ts, REQ_OP_WRITE, 40, 0x61);
	struct pci_dev *pdev = ts->m->pdev;
	unsigned int luns = ts->luns;

	to_pci_driver(pdev->dev.driver)->shutdown(pdev);
	KUNIT_EXPECT_EQ(test, -EIO, tscsi_wait(ts, io));
	KUNIT_EXPECT_EQ(test, 0, ts->m->status);
	io = tscsi_start(ts, REQ_OP_READ, 40, 0);
	KUNIT_EXPECT_EQ(test, -EIO, tscsi_wait(ts, io));
	KUNIT_EXPECT_EQ(test, FAILED, tscsi_reset_unit(ts));
	msleep(30 * 1000);
	KUNIT_EXPECT_EQ(test, luns, ts->luns);
	vfe_mock_unbind(ts->m);
	KUNIT_EXPECT_EQ(test, 0, ts->m->status);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/* A target that could not be checked is not checked after a shutdown either. */
static void life_shutdown_ends_checks(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	struct pci_dev *pdev = ts->m->pdev;

	ts->luns_response = VIRTIO_SCSI_S_FAILURE;
	tscsi_event(ts, VIRTIO_SCSI_T_EVENTS_MISSED, 0, 0, 0);
	msleep(1000);
	KUNIT_EXPECT_FALSE(test, tscsi_settled(ts));
	to_pci_driver(pdev->dev.driver)->shutdown(pdev);
	msleep(15 * 1000);
	KUNIT_EXPECT_TRUE(test, tscsi_settled(ts));
	vfe_mock_unbind(ts->m);
}

/* Nor while the device is away: once it is back, all targets are checked. */
static void life_reset_ends_checks(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);

	ts->luns_response = VIRTIO_SCSI_S_FAILURE;
	tscsi_event(ts, VIRTIO_SCSI_T_EVENTS_MISSED, 0, 0, 0);
	msleep(1000);
	ts->m->knobs.refuse_features = true;
	vfe_mock_needs_reset(ts->m);
	msleep(15 * 1000);
	KUNIT_EXPECT_TRUE(test, tscsi_settled(ts));
	ts->m->knobs.refuse_features = false;
	ts->luns_response = 0;
	tscsi_add_unit(ts, 2, 2);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(tscsi_sdev(ts, 2, 2), 90));
	tscsi_expect_works(ts);
}

/* A reset of the function by the bus */
static void life_function_reset(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	struct tscsi_io *io = tscsi_start_kept(ts, REQ_OP_WRITE, 40, 0x61);
	const struct pci_error_handlers *h =
		to_pci_driver(ts->m->pdev->dev.driver)->err_handler;

	h->reset_prepare(ts->m->pdev);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	ts->keep = false;
	ts->num_events = 0;
	h->reset_done(ts->m->pdev);
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_EQ(test, 0x61, ts->data[40 * 512]);
	tscsi_expect_works(ts);
}

static struct kunit_case life_cases[] = {
	KUNIT_CASE(life_needs_reset),
	KUNIT_CASE(life_always_needs_reset),
	KUNIT_CASE(life_offline_after_resets),
	KUNIT_CASE(life_unit_attention),
	KUNIT_CASE(life_user_command),
	KUNIT_CASE(life_queue_reset),
	KUNIT_CASE(life_unbind),
	KUNIT_CASE(life_unbind_in_flight),
	KUNIT_CASE(life_unbind_stopped),
	KUNIT_CASE(life_unbind_stopped_event),
	KUNIT_CASE(life_unbind_stopped_change),
	KUNIT_CASE(life_unbind_during_reset),
	KUNIT_CASE(life_unbind_during_query),
	KUNIT_CASE(life_after_unbind),
	KUNIT_CASE(life_unit_then_function),
	KUNIT_CASE(life_surprise_removal),
	KUNIT_CASE(life_suspend),
	KUNIT_CASE(life_no_suspend),
	KUNIT_CASE(life_shutdown),
	KUNIT_CASE(life_shutdown_ends_checks),
	KUNIT_CASE(life_reset_ends_checks),
	KUNIT_CASE(life_function_reset),
	{ }
};

VFE_SUITE(life_cases);
