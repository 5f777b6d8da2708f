// SPDX-License-Identifier: GPL-2.0
/*
 * What users have reported of drivers like this one, on Linux and elsewhere, and
 * no other suite has: the last addresses, limits that differ, more queues than
 * CPUs or vectors, completions that come late or twice.
 */
#include "lib/log.h"
#include "lib/scsi_fixture.h"
#include "lib/suite.h"

#define RESET	VIRTIO_SCSI_T_TRANSPORT_RESET
#define RESCAN	VIRTIO_SCSI_EVT_RESET_RESCAN
#define REMOVED	VIRTIO_SCSI_EVT_RESET_REMOVED

/* --- addresses --- */

/* The last target and the last unit are numbers, not how many there are. */
static void reports_last_address(struct kunit *test)
{
	struct vfe_scsi_config config = tscsi_config();
	struct tscsi *ts;

	config.max_target = cpu_to_le16(255);
	ts = tscsi_plug(test, NULL, &config);
	tscsi_add_unit(ts, 255, 16383);
	KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_sdev(ts, 255, 16383)));
	KUNIT_EXPECT_EQ(test, 256U, ts->luns);
	tscsi_add_unit(ts, 255, 16382);
	tscsi_event(ts, RESET, RESCAN, 255, 16382);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_sdev(ts, 255, 16382)));
	tscsi_del_unit(ts, 255, 16383);
	tscsi_event(ts, RESET, REMOVED, 255, 16383);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(!tscsi_sdev(ts, 255, 16383)));
	KUNIT_EXPECT_NOT_NULL(test, tscsi_sdev(ts, 255, 16382));
	KUNIT_EXPECT_EQ(test, 0ULL, tscsi_count(ts, "odd_answers"));
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/*
 * A device with one target and one unit, by its configuration, reports a second
 * unit: virtio_scsi has it, too. Not so one in flat space addressing.
 */
static void reports_unit_beyond_last(struct kunit *test)
{
	struct vfe_scsi_config config = tscsi_config();
	struct tscsi *ts;

	config.max_target = 0;
	config.max_lun = 0;
	ts = tscsi_plug(test, NULL, &config);
	tscsi_add_unit(ts, 0, 1);
	tscsi_add_unit(ts, 0, 300);
	KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_settled(ts)));
	KUNIT_EXPECT_NOT_NULL(test, tscsi_sdev(ts, 0, 0));
	KUNIT_EXPECT_NOT_NULL(test, tscsi_sdev(ts, 0, 1));
	KUNIT_EXPECT_NULL(test, tscsi_sdev(ts, 0, 300));
}

/* 5.6.6.1: commands and functions for units from 256 on have this address. */
static void reports_functions_of_high_units(struct kunit *test)
{
	static const u8 lun[8] = { 1, 0, 0x41, 0x2c };
	struct tscsi *ts = tscsi_host(test, NULL);
	struct scsi_cmnd *sc = kunit_kzalloc(test, sizeof(*sc), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, sc);
	tscsi_add_unit(ts, 0, 300);
	tscsi_event(ts, RESET, RESCAN, 0, 300);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_sdev(ts, 0, 300)));
	sc->device = tscsi_sdev(ts, 0, 300);
	KUNIT_ASSERT_NOT_NULL(test, sc->device);
	sc->submitter = SUBMITTED_BY_SCSI_RESET_IOCTL;
	ts->tmf_response = VIRTIO_SCSI_S_FUNCTION_SUCCEEDED;
	KUNIT_EXPECT_EQ(test, SUCCESS,
			sc->device->host->hostt->eh_device_reset_handler(sc));
	KUNIT_EXPECT_MEMEQ(test, lun, ts->last_tmf.lun, sizeof(lun));
}

/* --- limits --- */

static unsigned int reports_max_sectors(struct kunit *test, u32 of_host,
					u32 of_unit)
{
	struct vfe_scsi_config config = tscsi_config();
	unsigned int sectors;
	struct tscsi *ts;

	config.max_sectors = cpu_to_le32(of_host);
	ts = tscsi_plug(test, NULL, &config);
	ts->vpd_max = of_unit;
	KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(tscsi_disk(ts, 0, 0)));
	async_synchronize_full();
	sectors = queue_max_sectors(tscsi_disk(ts, 0, 0)->queue);
	tscsi_expect_works(ts);
	vfe_mock_unplug(ts->m);
	return sectors;
}

/* The smaller of what the host and what the unit's VPD page allows */
static void reports_vpd_limits(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 64U, reports_max_sectors(test, 64, 4096));
	KUNIT_EXPECT_EQ(test, 32U, reports_max_sectors(test, 4096, 32));
	KUNIT_EXPECT_EQ(test, 64U, reports_max_sectors(test, 64, 0));
}

/* However many requests there are, and however deep the queue is */
static void reports_commands_per_unit(struct kunit *test)
{
	struct vfe_scsi_config config = tscsi_config();
	unsigned int i;
	struct tscsi *ts;

	VFE_DUTY(test, "C01", "5.6.4.1", "not more than cmd_per_lun commands to a unit");
	config.cmd_per_lun = cpu_to_le32(5);
	ts = tscsi_plug(test, NULL, &config);
	KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(tscsi_disk(ts, 0, 0)));
	async_synchronize_full();
	ts->keep = true;
	for (i = 0; i < 12; i++)
		tscsi_start(ts, REQ_OP_WRITE, 8 * i, i + 1);
	msleep(1000);
	KUNIT_EXPECT_EQ(test, 5U, ts->num_kept);
	/* each that ends makes room for one */
	tscsi_return(ts, 0, 0);
	msleep(1000);
	KUNIT_EXPECT_EQ(test, 6U, ts->num_kept);
	ts->keep = false;
	tscsi_return_all(ts, 0);
	for (i = 0; i < 12; i++)
		KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, &ts->ios[i]));
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/* --- queues --- */

static void reports_queues(struct kunit *test, u32 num_queues,
			   unsigned int has, int vectors)
{
	const struct vfe_mock_spec spec = { .queues = has, .vectors = vectors };
	struct vfe_scsi_config config = tscsi_config();
	struct tscsi *ts;

	config.num_queues = cpu_to_le32(num_queues);
	ts = tscsi_plug(test, &spec, &config);
	KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(tscsi_disk(ts, 0, 0)));
	KUNIT_EXPECT_LE(test, tscsi_driver(ts)->share.queues,
			num_possible_cpus());
	tscsi_expect_works(ts);
	tscsi_add_unit(ts, 1, 1);
	tscsi_event(ts, RESET, RESCAN, 1, 1);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_sdev(ts, 1, 1)));
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
	vfe_mock_unplug(ts->m);
}

/* More than CPUs, more than the device has, more than vectors; none */
static void reports_num_queues(struct kunit *test)
{
	reports_queues(test, 6, 8, 0);
	reports_queues(test, 128, 3, 0);
	reports_queues(test, 6, 8, 2);
	reports_queues(test, 6, 8, 1);
	reports_queues(test, 6, 8, -1);
	reports_queues(test, 0, 3, 0);
}

/* --- completions --- */

/* A write that the device says twice not to have: it is being aborted. */
static struct tscsi *reports_aborting(struct kunit *test, struct tscsi_io **io)
{
	struct tscsi *ts = tscsi_host(test, NULL);

	ts->tmf_response = VFE_SCSI_S_FUNCTION_COMPLETE;
	tscsi_timeout(ts, 4);
	*io = tscsi_start_kept(ts, REQ_OP_WRITE, 40, 0x31);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(ts->tmf[VIRTIO_SCSI_T_TMF_QUERY_TASK] ==
						2, 60));
	ts->mute_tmf = true;
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_LONG(ts->tmf[VIRTIO_SCSI_T_TMF_ABORT_TASK],
						60));
	ts->keep = false;
	return ts;
}

/* The unit was only slow: the command completes while it is being aborted. */
static void reports_completed_during_abort(struct kunit *test)
{
	struct tscsi_io *io;
	struct tscsi *ts = reports_aborting(test, &io);

	tscsi_return(ts, 0, 0);
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_EQ(test, 0x31, ts->data[40 * 512]);
	/* the answer comes after its sender has given up */
	msleep(20 * 1000);
	ts->mute_tmf = false;
	tscsi_answer_kept(ts, 1);
	vfe_mock_interrupt(ts->kept_queue[1]);
	KUNIT_EXPECT_EQ(test, 0U,
			ts->tmf[VIRTIO_SCSI_T_TMF_LOGICAL_UNIT_RESET]);
	KUNIT_EXPECT_EQ(test, SUCCESS, tscsi_reset_unit(ts));
	tscsi_expect_works(ts);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/*
 * A completion that comes twice completes the next command in the same entry
 * of the ring, before the device has written its response: it is sent again.
 */
static void reports_completed_twice(struct kunit *test)
{
	struct kmsg_dump_iter mark = log_mark();
	struct tscsi *ts = tscsi_host(test, NULL);
	struct tscsi_io *io = tscsi_start_kept(ts, REQ_OP_WRITE, 40, 0x31);
	struct vfe_mock_queue *mq = &ts->m->queues[VFE_SCSI_REQUESTQ];
	u16 id = ts->kept[0].id;

	tscsi_return(ts, 0, 0);
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	io = tscsi_start_kept(ts, REQ_OP_WRITE, 50, 0x32);
	KUNIT_ASSERT_EQ(test, id, ts->kept[1].id);
	ts->keep = false;
	vfe_mock_push(mq, id, sizeof(struct vfe_scsi_response),
		      ts->kept[1].descs);
	vfe_mock_interrupt(mq);
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_EQ(test, 0x32, ts->data[50 * 512]);
	KUNIT_EXPECT_EQ(test, 1ULL, tscsi_count(ts, "odd_answers"));
	KUNIT_EXPECT_EQ(test, 1U, log_warnings(mark, "an unwritten response"));
	tscsi_expect_works(ts);
}

/* --- detaching --- */

/**
 * struct reports_unbind - a function that leaves while it has a command
 * @ts: the host
 * @work: unbinds it
 */
struct reports_unbind {
	struct tscsi *ts;
	struct work_struct work;
};

static void reports_unbind_work(struct work_struct *work)
{
	struct reports_unbind *u = container_of(work, struct reports_unbind,
						work);

	vfe_mock_unbind(u->ts->m);
}

/* The host first: the disk goes while its removal waits for a command. */
static void reports_host_then_disk(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	struct tscsi_io *io = tscsi_start_kept(ts, REQ_OP_WRITE, 40, 0x61);
	struct reports_unbind *u = kunit_kzalloc(test, sizeof(*u), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, u);
	u->ts = ts;
	INIT_WORK(&u->work, reports_unbind_work);
	queue_work(system_unbound_wq, &u->work);
	msleep(1000);
	tscsi_del_unit(ts, 0, 0);
	tscsi_event(ts, RESET, REMOVED, 0, 0);
	msleep(1000);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	ts->keep = false;
	tscsi_return_all(ts, VIRTIO_SCSI_S_BAD_TARGET);
	KUNIT_EXPECT_NE(test, 0, tscsi_wait(ts, io));
	flush_work(&u->work);
	KUNIT_EXPECT_EQ(test, 0, ts->m->status);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

static struct kunit_case reports_cases[] = {
	KUNIT_CASE(reports_last_address),
	KUNIT_CASE(reports_unit_beyond_last),
	KUNIT_CASE(reports_functions_of_high_units),
	KUNIT_CASE(reports_vpd_limits),
	KUNIT_CASE(reports_commands_per_unit),
	KUNIT_CASE(reports_num_queues),
	KUNIT_CASE(reports_completed_during_abort),
	KUNIT_CASE(reports_completed_twice),
	KUNIT_CASE(reports_host_then_disk),
	{ }
};

VFE_SUITE(reports_cases);
