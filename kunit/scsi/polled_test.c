// SPDX-License-Identifier: GPL-2.0
/*
 * Polled queues of vfe_scsi: they have no vector, and their commands complete
 * when the block layer polls, or when a timeout, a suspend or the error handler
 * looks at the ring.
 */
#include <linux/pm.h>

#include "lib/scsi_fixture.h"
#include "lib/suite.h"

#define PARAMETER	"module/vfe_scsi/parameters/poll_queues"
#define POLLED		(VFE_SCSI_REQUESTQ + 1)

static void polled_no_more(void *data)
{
	struct tscsi *ts = data;

	vfe_files_write_path(ts->sysfs, PARAMETER, "0");
}

/* One CPU uses one queue, and one is polled. */
static struct tscsi *polled_host(struct kunit *test)
{
	const struct vfe_mock_spec spec = { .queues = POLLED + 1 };
	struct vfe_scsi_config config = tscsi_config();
	struct tscsi *ts;

	config.num_queues = cpu_to_le32(2);
	ts = tscsi_plug(test, &spec, &config);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action(test, polled_no_more, ts));
	KUNIT_ASSERT_EQ(test, 1L, vfe_files_write_path(ts->sysfs, PARAMETER,
						       "1"));
	KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(tscsi_disk(ts, 0, 0)));
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(tscsi_settled(ts)));
	async_synchronize_full();
	KUNIT_EXPECT_EQ(test, VIRTIO_MSI_NO_VECTOR,
			ts->m->queues[POLLED].vector);
	return ts;
}

static int polled_wait(struct tscsi *ts, struct tscsi_io *io)
{
	unsigned long end = jiffies + TSCSI_TIMEOUT;

	while (!io->ends && time_before(jiffies, end)) {
		DEFINE_IO_COMP_BATCH(iob);

		vfe_mock_settle(ts->m);
		bio_poll(&io->bio, &iob, BLK_POLL_ONESHOT);
		if (iob.complete)
			iob.complete(&iob);
	}
	return tscsi_wait(ts, io);
}

static void polled_without_interrupts(struct kunit *test)
{
	struct tscsi *ts = polled_host(test);
	struct Scsi_Host *shost = tscsi_driver(ts)->shost;
	struct tscsi_io *io;

	io = tscsi_start(ts, REQ_OP_WRITE | REQ_POLLED, 40, 0x31);
	vfe_mock_settle(ts->m);
	KUNIT_EXPECT_EQ(test, 0x31, ts->data[40 * 512]);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	KUNIT_EXPECT_EQ(test, 0, polled_wait(ts, io));
	/* a poll that finds nothing */
	KUNIT_EXPECT_EQ(test, 0, shost->hostt->mq_poll(shost, 1));
	io = tscsi_start(ts, REQ_OP_READ | REQ_POLLED, 40, 0);
	KUNIT_EXPECT_EQ(test, 0, polled_wait(ts, io));
	KUNIT_EXPECT_EQ(test, 0x31, io->data[0]);
	/* the other queue has interrupts */
	tscsi_expect_works(ts);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/* Nobody polls: the timeout finds the completion, and no error. */
static void polled_by_the_timeout(struct kunit *test)
{
	struct tscsi *ts = polled_host(test);
	struct tscsi_io *io;

	tscsi_timeout(ts, 4);
	io = tscsi_start(ts, REQ_OP_WRITE | REQ_POLLED, 40, 0x32);
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_EQ(test, 0U, ts->tmf[VIRTIO_SCSI_T_TMF_QUERY_TASK]);
}

static void polled_by_a_suspend(struct kunit *test)
{
	struct tscsi *ts = polled_host(test);
	struct device *dev = &ts->m->pdev->dev;
	struct tscsi_io *io;

	io = tscsi_start(ts, REQ_OP_WRITE | REQ_POLLED, 40, 0x33);
	vfe_mock_settle(ts->m);
	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->suspend(dev));
	KUNIT_EXPECT_EQ(test, 1U, io->ends);
	ts->num_events = 0;
	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->resume(dev));
	tscsi_expect_works(ts);
}

/* A reset of the unit waits for commands of all queues. */
static void polled_by_a_reset(struct kunit *test)
{
	struct tscsi *ts = polled_host(test);
	struct tscsi_io *io;

	io = tscsi_start(ts, REQ_OP_WRITE | REQ_POLLED, 40, 0x34);
	vfe_mock_settle(ts->m);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	KUNIT_EXPECT_EQ(test, SUCCESS, tscsi_reset_unit(ts));
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	tscsi_expect_works(ts);
}

static struct kunit_case polled_cases[] = {
	KUNIT_CASE(polled_without_interrupts),
	KUNIT_CASE(polled_by_the_timeout),
	KUNIT_CASE(polled_by_a_suspend),
	KUNIT_CASE(polled_by_a_reset),
	{ }
};

VFE_SUITE(polled_cases);
