// SPDX-License-Identifier: GPL-2.0
/*
 * Options of users (drivers/core/io_tunables.c, io_coalesce.c), and properties
 * of the device (lifetime).
 */
#include <linux/delay.h>
#include <linux/module.h>

#include "lib/blk_fixture.h"

#define LIFETIME	BIT_ULL(15)	/* VIRTIO_BLK_F_LIFETIME */
#define GET_LIFETIME	10
#define PERIOD_US	"2000"

/* --- coalescing --- */

static struct tdisk *options_coalescing(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	char buf[16] = "";

	tdisk_set(td, "coalesce_usecs", PERIOD_US);
	KUNIT_EXPECT_GT(test, tdisk_show(td, "coalesce_usecs", buf,
					 sizeof(buf)), 0L);
	KUNIT_EXPECT_STREQ(test, PERIOD_US "\n", buf);
	td->keep = true;
	return td;
}

static struct tdisk_io *options_read(struct tdisk *td)
{
	return tdisk_start_kept(td, REQ_OP_READ, 8, 0);
}

/* A single request interrupts at once, with or without the timer. */
static void coalesce_not_alone(struct kunit *test)
{
	struct tdisk *td = options_coalescing(test);
	struct tdisk_io *io = options_read(td);

	tdisk_complete(td, 0);
	vfe_mock_interrupt(&td->m->queues[0]);
	KUNIT_EXPECT_EQ(test, 1U, io->ends);
	tdisk_serve(td);
	tdisk_expect_works(td);
}

/* Of several requests, all after the first complete without an interrupt. */
static void coalesce_by_timer(struct kunit *test)
{
	struct tdisk *td = options_coalescing(test);
	struct tdisk_io *ios[4];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ios); i++)
		ios[i] = options_read(td);
	tdisk_complete(td, 0);
	vfe_mock_interrupt(&td->m->queues[0]);
	KUNIT_EXPECT_EQ(test, 1U, ios[0]->ends);
	for (i = 1; i < ARRAY_SIZE(ios); i++) {
		tdisk_complete(td, i);
		KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, ios[i]));
		/* another interrupt, meanwhile, does no harm */
		vfe_mock_interrupt(&td->m->queues[0]);
	}
	/* the timer finds no completion, and interrupts are enabled again */
	usleep_range(10000, 20000);
	tdisk_serve(td);
	tdisk_expect_works(td);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* A kick that the device wants meanwhile comes from the timer. */
static void coalesce_kicks(struct kunit *test)
{
	struct tdisk *td = options_coalescing(test);
	struct tdisk_io *first = options_read(td);
	struct tdisk_io *second = options_read(td);
	struct tdisk_io *third;

	tdisk_complete(td, 0);
	vfe_mock_interrupt(&td->m->queues[0]);
	KUNIT_EXPECT_EQ(test, 1U, first->ends);
	third = tdisk_start(td, REQ_OP_READ, 16, SECTOR_SIZE, 0);
	KUNIT_EXPECT_EQ(test, 2U, td->num_kept);
	KUNIT_EXPECT_TRUE(test, TDISK_WAIT_FOR(td->num_kept == 3));
	tdisk_complete(td, 1);
	tdisk_complete(td, 2);
	vfe_mock_interrupt(&td->m->queues[0]);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, second));
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, third));
	tdisk_serve(td);
	tdisk_set(td, "coalesce_usecs", "0");
	tdisk_expect_works(td);
}

/* Disabled, or unbound, while the timer runs */
static void coalesce_ends(struct kunit *test)
{
	struct tdisk *td = options_coalescing(test);
	struct tdisk_io *first = options_read(td);
	struct tdisk_io *second = options_read(td);

	tdisk_complete(td, 0);
	vfe_mock_interrupt(&td->m->queues[0]);
	KUNIT_EXPECT_EQ(test, 1U, first->ends);
	tdisk_set(td, "coalesce_usecs", "0");
	usleep_range(10000, 20000);
	tdisk_complete(td, 1);
	vfe_mock_interrupt(&td->m->queues[0]);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, second));
	tdisk_serve(td);
	tdisk_expect_works(td);
	tdisk_unbind(td);
}

/* --- lifetime --- */

static bool options_lifetime(struct vfe_mock_disk *back,
			     struct vfe_mock_queue *mq,
			     struct vfe_mock_chain *chain)
{
	static const __le16 values[] = { cpu_to_le16(1), cpu_to_le16(2),
					 cpu_to_le16(11) };

	if (tdisk_type(chain) != GET_LIFETIME)
		return false;
	memcpy(vfe_mock_mem(chain->segs[1].addr), values, sizeof(values));
	*(u8 *)vfe_mock_mem(chain->segs[2].addr) = VIRTIO_BLK_S_OK;
	vfe_mock_push(mq, chain->id, chain->in_len, chain->descs);
	vfe_mock_interrupt(mq);
	return true;
}

static void lifetime_is_shown(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, LIFETIME);
	char buf[32] = "";

	td->back->request = options_lifetime;
	KUNIT_EXPECT_GT(test, tdisk_show(td, "lifetime", buf, sizeof(buf)), 0L);
	KUNIT_EXPECT_STREQ(test, "1 2 11\n", buf);
}

/* No file without the feature */
static void lifetime_is_not_there(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	char buf[32];

	KUNIT_EXPECT_LT(test, tdisk_show(td, "lifetime", buf, sizeof(buf)), 0L);
}

/* --- others --- */

/* Secure erase has no defaults: limits of 0 are refused. */
static void secure_erase_without_limits(struct kunit *test)
{
	struct tdisk *td;

	td = tdisk_plug(test, NULL, BIT_ULL(VIRTIO_BLK_F_SECURE_ERASE));
	KUNIT_EXPECT_NULL(test, td->disk);
}

/* A device that is slower than the user's limit: no busy-waiting. */
static void poll_gives_up_on_a_slow_device(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct tdisk_io *ios[4];
	unsigned int i;

	tdisk_set(td, "adaptive_poll", "10");
	td->keep = true;
	for (i = 0; i < ARRAY_SIZE(ios); i++)
		ios[i] = options_read(td);
	KUNIT_EXPECT_LT(test, tdisk_counter(td, "polls"), 4LL);
	for (i = 0; i < ARRAY_SIZE(ios); i++)
		tdisk_complete(td, i);
	vfe_mock_interrupt(&td->m->queues[0]);
	for (i = 0; i < ARRAY_SIZE(ios); i++)
		KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, ios[i]));
	tdisk_serve(td);
	tdisk_expect_works(td);
}

static struct kunit_case options_cases[] = {
	KUNIT_CASE(secure_erase_without_limits),
	KUNIT_CASE(poll_gives_up_on_a_slow_device),
	KUNIT_CASE(coalesce_not_alone),
	KUNIT_CASE(coalesce_by_timer),
	KUNIT_CASE(coalesce_kicks),
	KUNIT_CASE(coalesce_ends),
	KUNIT_CASE(lifetime_is_shown),
	KUNIT_CASE(lifetime_is_not_there),
	{}
};

static struct kunit_suite options_suite = {
	.name = "vfe-blk_options",
	.test_cases = options_cases,
};

kunit_test_suite(options_suite);

MODULE_DESCRIPTION("KUnit tests: options of vfe_blk");
MODULE_LICENSE("GPL");
