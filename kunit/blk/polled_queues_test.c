// SPDX-License-Identifier: GPL-2.0
/*
 * Polled queues of vfe_blk: they have no vector, never interrupt, and their
 * requests complete when the block layer polls.
 */
#include <linux/module.h>

#include "lib/blk_fixture.h"

#define F(name)		BIT_ULL(VIRTIO_BLK_F_##name)
#define QUEUES		3	/* of the function; one CPU uses one, and one polled */
#define POLLED		1	/* the index of that */
#define PARAMETER	"module/vfe_blk/parameters/poll_queues"

static void polled_no_more(void *td)
{
	tdisk_write_file(td, PARAMETER, "0");
}

/* Queues according to the parameter, on a function like @more */
static struct tdisk *polled_plug(struct kunit *test, const char *queues,
				 const struct vfe_mock_spec *more)
{
	struct vfe_mock_spec spec = { .queues = QUEUES };
	struct tdisk *td;

	if (more)
		spec = *more;
	td = tdisk_plug(test, &spec, F(MQ) | F(FLUSH));
	KUNIT_ASSERT_NOT_NULL(test, td->disk);
	tdisk_unbind(td);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action(test, polled_no_more, td));
	KUNIT_ASSERT_EQ(test, (ssize_t)strlen(queues),
			tdisk_write_file(td, PARAMETER, queues));
	KUNIT_ASSERT_EQ(test, 0, tdisk_bind(td));
	KUNIT_ASSERT_NOT_NULL(test, td->disk);
	return td;
}

static struct tdisk *polled_disk(struct kunit *test)
{
	struct tdisk *td = polled_plug(test, "1", NULL);

	tdisk_expect_works(td);
	tdisk_recycle(td);
	tdisk_reset_counts(td);
	return td;
}

/* Poll for the end of a request, for a limited time. Return: its error */
static int polled_wait(struct tdisk *td, struct tdisk_io *io)
{
	unsigned long end = jiffies + TDISK_TIMEOUT;

	while (!io->ends && time_before(jiffies, end)) {
		DEFINE_IO_COMP_BATCH(iob);

		vfe_mock_settle(td->m);
		bio_poll(&io->bio, &iob, BLK_POLL_ONESHOT);
		if (iob.complete)
			iob.complete(&iob);
	}
	return tdisk_wait(td, io);
}

static struct tdisk_io *polled_start(struct tdisk *td, enum req_op op,
				     u64 sector, u8 seed)
{
	return tdisk_start(td, op | REQ_POLLED, sector, 4096, seed);
}

static void polled_without_interrupts(struct kunit *test)
{
	struct tdisk *td = polled_disk(test);
	struct vfe_mock_queue *mq = &td->m->queues[POLLED];
	struct tdisk_io *w, *r;
	unsigned int kicks = mq->kicks;

	KUNIT_EXPECT_EQ(test, mq->vector, VIRTIO_MSI_NO_VECTOR);
	KUNIT_EXPECT_EQ(test, 1, td->m->queues[0].vector);
	KUNIT_EXPECT_EQ(test, 2LL, tdisk_counter(td, "vectors"));
	w = polled_start(td, REQ_OP_WRITE, 8, 0x33);
	vfe_mock_settle(td->m);
	KUNIT_EXPECT_EQ(test, kicks + 1, mq->kicks);
	/* used by the device; not completed until a poll */
	KUNIT_EXPECT_EQ(test, 1U, td->num_types);
	KUNIT_EXPECT_EQ(test, 0U, w->ends);
	KUNIT_EXPECT_EQ(test, 0, polled_wait(td, w));
	KUNIT_EXPECT_TRUE(test, tdisk_holds(td, 8, w->data, 4096));
	r = polled_start(td, REQ_OP_READ, 8, 0);
	KUNIT_EXPECT_EQ(test, 0, polled_wait(td, r));
	KUNIT_EXPECT_MEMEQ(test, w->data, r->data, 4096);
	KUNIT_EXPECT_EQ(test, 0LL, tdisk_counter(td, "interrupts"));
	KUNIT_EXPECT_EQ(test, 2LL, tdisk_counter(td, "operations"));
	/* all others have interrupts */
	tdisk_expect_works(td);
	KUNIT_EXPECT_GT(test, tdisk_counter(td, "interrupts"), 0LL);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* One poll finds many completions. */
static void polled_in_batches(struct kunit *test)
{
	struct tdisk *td = polled_disk(test);
	unsigned int i, ended = 0;
	DEFINE_IO_COMP_BATCH(iob);

	for (i = 0; i < 16; i++)
		polled_start(td, REQ_OP_WRITE, 16 * i, i);
	vfe_mock_settle(td->m);
	KUNIT_EXPECT_EQ(test, 16U, td->num_types);
	KUNIT_EXPECT_EQ(test, 16, bio_poll(&td->ios[3].bio, &iob,
					   BLK_POLL_ONESHOT));
	KUNIT_ASSERT_NOT_NULL(test, iob.complete);
	iob.complete(&iob);
	for (i = 0; i < 16; i++)
		ended += td->ios[i].ends;
	KUNIT_EXPECT_EQ(test, 16U, ended);
	KUNIT_EXPECT_EQ(test, 16LL, tdisk_counter(td, "operations"));
}

/* Requests that were submitted together go to their own queues. */
static void polled_beside_others_in_a_plug(struct kunit *test)
{
	struct tdisk *td = polled_disk(test);
	unsigned int polled = td->m->queues[POLLED].kicks;
	unsigned int others = td->m->queues[0].kicks;
	struct tdisk_io *io[6];
	struct blk_plug plug;
	int i;

	blk_start_plug(&plug);
	for (i = 0; i < 6; i++)
		io[i] = i % 3 ? polled_start(td, REQ_OP_WRITE, 16 * i, i) :
			tdisk_start(td, REQ_OP_WRITE, 16 * i, 4096, i);
	blk_finish_plug(&plug);
	for (i = 0; i < 6; i++)
		KUNIT_EXPECT_EQ(test, 0, i % 3 ? polled_wait(td, io[i]) :
					 tdisk_wait(td, io[i]));
	for (i = 0; i < 6; i++)
		KUNIT_EXPECT_TRUE(test, tdisk_holds(td, 16 * i, io[i]->data,
						    4096));
	/* each time that the queue changes, at most */
	KUNIT_EXPECT_LE(test, td->m->queues[POLLED].kicks - polled, 2U);
	KUNIT_EXPECT_LE(test, td->m->queues[0].kicks - others, 2U);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* An error is reported, and not lost in a batch of other requests. */
static void polled_errors(struct kunit *test)
{
	struct tdisk *td = polled_disk(test);
	struct tdisk_io *io;

	td->back->status = VIRTIO_BLK_S_IOERR;
	io = polled_start(td, REQ_OP_READ, 8, 0);
	KUNIT_EXPECT_EQ(test, -EIO, polled_wait(td, io));
	td->back->status = 0;
	io = polled_start(td, REQ_OP_READ, 8, 0);
	KUNIT_EXPECT_EQ(test, 0, polled_wait(td, io));
}

/* Where only the flag in the ring suppresses the queue's INTx interrupts */
static void polled_beside_the_pin(struct kunit *test)
{
	const struct vfe_mock_spec spec = {
		.features = BIT_ULL(VIRTIO_F_VERSION_1) |
			    BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC),
		.queues = QUEUES, .vectors = -1,
	};
	struct tdisk *td = polled_plug(test, "1", &spec);
	struct tdisk_io *io;

	KUNIT_EXPECT_EQ(test, VRING_AVAIL_F_NO_INTERRUPT,
			vfe_mock_avail_flags(&td->m->queues[POLLED]));
	KUNIT_EXPECT_EQ(test, 0, vfe_mock_avail_flags(&td->m->queues[0]));
	tdisk_recycle(td);
	tdisk_reset_counts(td);
	io = polled_start(td, REQ_OP_READ, 8, 0);
	KUNIT_EXPECT_EQ(test, 0, polled_wait(td, io));
	KUNIT_EXPECT_EQ(test, 0LL, tdisk_counter(td, "interrupts"));
	/* another queue's interrupt on the line does not concern it */
	io = polled_start(td, REQ_OP_READ, 8, 0);
	vfe_mock_settle(td->m);
	vfe_mock_interrupt(&td->m->queues[0]);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	KUNIT_EXPECT_EQ(test, 0, polled_wait(td, io));
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* Without polls, the timeout completes it, without a reset. */
static void polled_by_nobody(struct kunit *test)
{
	struct tdisk *td = polled_disk(test);
	struct tdisk_io *io;

	tdisk_short_timeout(td);
	io = polled_start(td, REQ_OP_READ, 8, 0);
	KUNIT_EXPECT_TRUE(test, tdisk_expire(td, io));
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	KUNIT_EXPECT_EQ(test, 0U, vfe_mock_count(td->m,
						 VFE_REG_DEVICE_STATUS,
						 VFE_WRITE));
}

/* Requests are sent again after a reset, and the queue is still polled. */
static void polled_after_a_reset(struct kunit *test)
{
	struct tdisk *td = polled_disk(test);
	struct tdisk_io *io;

	td->keep = true;
	io = polled_start(td, REQ_OP_READ, 8, 0);
	KUNIT_ASSERT_TRUE(test, TDISK_WAIT_FOR(td->num_kept == 1));
	tdisk_serve(td);
	vfe_mock_needs_reset(td->m);
	KUNIT_ASSERT_TRUE(test, TDISK_WAIT_FOR(td->num_types == 2));
	tdisk_reset_counts(td);
	KUNIT_EXPECT_EQ(test, td->m->queues[POLLED].vector,
			VIRTIO_MSI_NO_VECTOR);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	KUNIT_EXPECT_EQ(test, 0, polled_wait(td, io));
	KUNIT_EXPECT_EQ(test, 0LL, tdisk_counter(td, "interrupts"));
}

struct polled_count {
	const char *name;
	const char *asked;
	unsigned int has;
	unsigned int polled;
};

/*
 * One CPU uses one queue; at least one queue has interrupts, for any parameter.
 */
static const struct polled_count polled_counts[] = {
	{ "none asked", "0", 3, 0 },
	{ "one", "1", 2, 1 },
	{ "no queue left", "1", 1, 0 },
	{ "more than CPUs", "2", 8, 1 },
};

static void polled_count_name(const struct polled_count *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(polled_count, polled_counts, polled_count_name);

static void polled_queues_there_are(struct kunit *test)
{
	const struct polled_count *c = test->param_value;
	const struct vfe_mock_spec spec = { .queues = c->has };
	struct tdisk *td = polled_plug(test, c->asked, &spec);
	char buf[16], path[64];
	unsigned int i;

	for (i = 0; i < c->has; i++)
		KUNIT_EXPECT_EQ(test, i <= c->polled,
				(bool)td->m->queues[i].enable);
	snprintf(path, sizeof(path), "block/%s/queue/io_poll",
		 td->disk->disk_name);
	KUNIT_EXPECT_EQ(test, 2, tdisk_read_file(td, path, buf, sizeof(buf)));
	KUNIT_EXPECT_STREQ(test, c->polled ? "1\n" : "0\n", buf);
	tdisk_expect_works(td);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static struct kunit_case polled_cases[] = {
	KUNIT_CASE(polled_without_interrupts),
	KUNIT_CASE(polled_in_batches),
	KUNIT_CASE(polled_beside_others_in_a_plug),
	KUNIT_CASE(polled_errors),
	KUNIT_CASE(polled_beside_the_pin),
	KUNIT_CASE(polled_by_nobody),
	KUNIT_CASE(polled_after_a_reset),
	KUNIT_CASE_PARAM(polled_queues_there_are, polled_count_gen_params),
	{ }
};

static struct kunit_suite polled_suite = {
	.name = "vfe-blk_polled",
	.test_cases = polled_cases,
};

kunit_test_suite(polled_suite);

MODULE_DESCRIPTION("Tests of vfe_blk's polled queues");
MODULE_LICENSE("GPL");
