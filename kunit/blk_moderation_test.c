// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupt moderation of vfe_blk (drivers/blk/flow.c): which completion is
 * asked to interrupt, and that none is late for it. The device keeps what comes
 * and uses it as the test says.
 */
#include <linux/module.h>

#include "lib/rig.h"

#define F(name)		BIT_ULL(VIRTIO_BLK_F_##name)

/* The used index is that of the queue when the test began, and more. */
struct moderation {
	struct vfe_rig *rig;
	struct vfe_mock_queue *mq;
	unsigned int pushed;	/* of the chains that the device kept */
};

static ssize_t moderation_set(struct vfe_rig *rig, const char *file,
			      const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "block/%s/%s", rig->disk->disk_name, file);
	return vfe_rig_write_file(rig, path, text);
}

/* Streams would take the place of what is tested: they are off. */
static struct moderation moderation_with(struct kunit *test,
					 struct vfe_rig *rig)
{
	struct moderation mod = { .rig = rig, .mq = &rig->m->queues[0] };

	KUNIT_ASSERT_EQ(test, 1, moderation_set(rig, "streams", "0"));
	vfe_rig_works(rig);
	vfe_rig_recycle(rig);
	vfe_rig_reset_counts(rig);
	rig->keep = true;
	return mod;
}

static struct moderation moderation_disk(struct kunit *test)
{
	return moderation_with(test, vfe_rig_disk(test, F(FLUSH)));
}

/* So many requests, one by one: @n of them, @at apart */
static void moderation_send(struct moderation *mod, blk_opf_t opf,
			    unsigned int n)
{
	struct vfe_rig *rig = mod->rig;
	unsigned int i;

	for (i = 0; i < n; i++)
		vfe_rig_start(rig, opf, 16 * rig->num_ios, SECTOR_SIZE,
			      rig->num_ios);
	KUNIT_ASSERT_TRUE(rig->test, VFE_RIG_UNTIL(rig->num_kept ==
						   rig->num_ios));
}

/* The device uses @n more. Return: whether it is to interrupt for them */
static bool moderation_use(struct moderation *mod, unsigned int n)
{
	u16 old = mod->mq->used;

	while (n--)
		vfe_rig_push(mod->rig, mod->pushed++);
	return vfe_mock_wants_interrupt(mod->mq, old);
}

/* Of the requests that are not used yet, the @n-th is to interrupt. */
static void moderation_expect(struct moderation *mod, unsigned int n)
{
	u16 event = vfe_mock_used_event(mod->mq);

	KUNIT_EXPECT_EQ(mod->rig->test, n,
			(unsigned int)(u16)(event - mod->mq->used + 1));
}

/* Use what is left, and let all come to their end. */
static void moderation_end(struct moderation *mod)
{
	struct vfe_rig *rig = mod->rig;
	unsigned int i;

	while (mod->pushed < rig->num_kept)
		if (moderation_use(mod, 1))
			vfe_mock_interrupt(mod->mq);
	for (i = 0; i < rig->num_ios; i++)
		KUNIT_EXPECT_EQ(rig->test, 0, vfe_rig_wait(rig, &rig->ios[i]));
	VFE_MOCK_EXPECT_CLEAN(rig->test, rig->m);
	vfe_rig_recycle(rig);
	rig->num_kept = 0;
	mod->pushed = 0;
}

static unsigned int moderation_ended(const struct vfe_rig *rig)
{
	unsigned int i, n = 0;

	for (i = 0; i < rig->num_ios; i++)
		n += rig->ios[i].ends;
	return n;
}

/* --- what is asked for --- */

static void one_alone_is_not_late(struct kunit *test)
{
	struct moderation mod = moderation_disk(test);

	moderation_send(&mod, REQ_OP_READ, 1);
	moderation_expect(&mod, 1);
	KUNIT_EXPECT_TRUE(test, moderation_use(&mod, 1));
	vfe_mock_interrupt(mod.mq);
	moderation_end(&mod);
	KUNIT_EXPECT_EQ(test, 1LL, vfe_rig_counter(mod.rig, "interrupts"));
}

/* One by one: each that comes moves what is asked for. */
static void half_of_what_is_there(struct kunit *test)
{
	struct moderation mod = moderation_disk(test);
	unsigned int n;

	for (n = 1; n <= 16; n++) {
		moderation_send(&mod, REQ_OP_READ, 1);
		moderation_expect(&mod, max(n / 2, 1U));
	}
	KUNIT_EXPECT_FALSE(test, moderation_use(&mod, 7));
	KUNIT_EXPECT_EQ(test, 0U, moderation_ended(mod.rig));
	KUNIT_EXPECT_TRUE(test, moderation_use(&mod, 1));
	vfe_mock_interrupt(mod.mq);
	KUNIT_EXPECT_TRUE(test, VFE_RIG_UNTIL(moderation_ended(mod.rig) == 8));
	moderation_expect(&mod, 4);
	moderation_end(&mod);
}

/* A batch is one group from the start. */
static void half_of_a_batch(struct kunit *test)
{
	struct moderation mod = moderation_disk(test);
	struct blk_plug plug;
	unsigned int i;

	blk_start_plug(&plug);
	for (i = 0; i < 8; i++)
		vfe_rig_start(mod.rig, REQ_OP_READ, 16 * i, SECTOR_SIZE, 0);
	blk_finish_plug(&plug);
	KUNIT_ASSERT_TRUE(test, VFE_RIG_UNTIL(mod.rig->num_kept == 8));
	moderation_expect(&mod, 4);
	moderation_end(&mod);
}

/* No read waits for writes, no write for reads, no flush for either. */
static void each_kind_by_itself(struct kunit *test)
{
	struct moderation mod = moderation_disk(test);

	moderation_send(&mod, REQ_OP_READ, 8);
	moderation_expect(&mod, 4);
	moderation_send(&mod, REQ_OP_WRITE, 4);
	moderation_expect(&mod, 2);
	KUNIT_EXPECT_TRUE(test, moderation_use(&mod, 4));
	vfe_mock_interrupt(mod.mq);
	/* 4 reads and 4 writes are left */
	moderation_expect(&mod, 2);
	KUNIT_EXPECT_TRUE(test, moderation_use(&mod, 3));
	vfe_mock_interrupt(mod.mq);
	/* 1 read and 4 writes */
	moderation_expect(&mod, 1);
	moderation_end(&mod);
	/* one that comes late to a crowd is not late for it */
	moderation_send(&mod, REQ_OP_READ, 16);
	moderation_expect(&mod, 8);
	moderation_send(&mod, REQ_OP_WRITE, 1);
	moderation_expect(&mod, 1);
	moderation_end(&mod);
}

/* What is seen to come together is waited for, up to a bound. */
static void more_where_all_come_together(struct kunit *test)
{
	struct moderation mod = moderation_disk(test);
	unsigned int round, n = 0;

	for (round = 0; round < 10; round++) {
		moderation_send(&mod, REQ_OP_READ, 16);
		n = (u16)(vfe_mock_used_event(mod.mq) - mod.mq->used + 1);
		KUNIT_EXPECT_EQ(test, n, min(8 + round, 13U));
		KUNIT_EXPECT_TRUE(test, moderation_use(&mod, 16));
		vfe_mock_interrupt(mod.mq);
		moderation_end(&mod);
	}
	KUNIT_EXPECT_EQ(test, 10LL, vfe_rig_counter(mod.rig, "interrupts"));
	/* one that is slower than the others: half again, at once */
	moderation_send(&mod, REQ_OP_READ, 16);
	KUNIT_EXPECT_TRUE(test, moderation_use(&mod, 13));
	vfe_mock_interrupt(mod.mq);
	moderation_expect(&mod, 1);
	moderation_end(&mod);
	moderation_send(&mod, REQ_OP_READ, 16);
	moderation_expect(&mod, 8);
	moderation_end(&mod);
}

/* --- taken with a submission --- */

static void taken_with_the_next(struct kunit *test)
{
	struct moderation mod = moderation_disk(test);

	moderation_send(&mod, REQ_OP_READ, 8);
	KUNIT_EXPECT_FALSE(test, moderation_use(&mod, 3));
	moderation_send(&mod, REQ_OP_READ, 1);
	KUNIT_EXPECT_EQ(test, 3U, moderation_ended(mod.rig));
	/* 6 are left, and none of them was asked for before they came */
	moderation_expect(&mod, 3);
	KUNIT_EXPECT_EQ(test, 0LL, vfe_rig_counter(mod.rig, "interrupts"));
	moderation_end(&mod);
}

/*
 * Their interrupt is on its way when a submission takes them: one that is
 * asked for later must be, or nothing would be heard of the rest.
 */
static void taken_before_the_interrupt(struct kunit *test)
{
	struct moderation mod = moderation_disk(test);

	moderation_send(&mod, REQ_OP_READ, 8);
	KUNIT_EXPECT_TRUE(test, moderation_use(&mod, 5));
	moderation_send(&mod, REQ_OP_READ, 1);
	KUNIT_EXPECT_EQ(test, 5U, moderation_ended(mod.rig));
	moderation_expect(&mod, 2);
	vfe_mock_interrupt(mod.mq);
	KUNIT_EXPECT_EQ(test, 1LL,
			vfe_rig_counter(mod.rig, "spurious_interrupts"));
	moderation_expect(&mod, 2);
	moderation_end(&mod);
}

/* More is used by then than was to be asked for: taken, and asked anew. */
static void used_before_it_is_asked_for(struct kunit *test)
{
	struct moderation mod = moderation_disk(test);

	moderation_send(&mod, REQ_OP_READ, 3);
	moderation_expect(&mod, 1);
	/* the interrupt for these is still on its way */
	KUNIT_EXPECT_TRUE(test, moderation_use(&mod, 3));
	moderation_send(&mod, REQ_OP_READ, 1);
	KUNIT_EXPECT_EQ(test, 3U, moderation_ended(mod.rig));
	moderation_expect(&mod, 1);
	moderation_end(&mod);
}

/* A submitter that comes often enough has no interrupts at all. */
static void steady_stream_without_interrupts(struct kunit *test)
{
	struct moderation mod = moderation_disk(test);
	unsigned int i;

	moderation_send(&mod, REQ_OP_READ, 8);
	for (i = 0; i < 12; i++) {
		KUNIT_EXPECT_FALSE(test, moderation_use(&mod, 1));
		moderation_send(&mod, REQ_OP_READ, 1);
	}
	KUNIT_EXPECT_EQ(test, 12U, moderation_ended(mod.rig));
	KUNIT_EXPECT_EQ(test, 0LL, vfe_rig_counter(mod.rig, "interrupts"));
	moderation_end(&mod);
}

/* Room that the device made is used before anybody is told to wait. */
static void full_ring_is_looked_at(struct kunit *test)
{
	struct moderation mod = moderation_with(test, vfe_rig_small(test, 0));
	struct vfe_rig_io *io;

	vfe_rig_fill(mod.rig, 0);
	KUNIT_ASSERT_TRUE(test, VFE_RIG_UNTIL(mod.rig->num_kept == 1));
	KUNIT_EXPECT_TRUE(test, moderation_use(&mod, 1));
	io = vfe_rig_fill(mod.rig, 64);
	KUNIT_EXPECT_EQ(test, 1U, mod.rig->ios[0].ends);
	KUNIT_EXPECT_TRUE(test, VFE_RIG_UNTIL(mod.rig->num_kept == 2));
	KUNIT_EXPECT_EQ(test, 0LL, vfe_rig_counter(mod.rig, "interrupts"));
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	moderation_end(&mod);
}

/* What fills the ring is kicked before the next one is told to wait. */
static void full_ring_is_kicked(struct kunit *test)
{
	struct moderation mod = moderation_with(test, vfe_rig_small(test, 0));
	struct vfe_rig *rig = mod.rig;
	unsigned int kicks = mod.mq->kicks;
	struct blk_plug plug;

	blk_start_plug(&plug);
	vfe_rig_fill(rig, 0);
	vfe_rig_fill(rig, 64);
	blk_finish_plug(&plug);
	KUNIT_EXPECT_EQ(test, kicks + 1, mod.mq->kicks);
	KUNIT_ASSERT_TRUE(test, VFE_RIG_UNTIL(rig->num_kept == 1));
	KUNIT_EXPECT_TRUE(test, moderation_use(&mod, 1));
	vfe_mock_interrupt(mod.mq);
	KUNIT_ASSERT_TRUE(test, VFE_RIG_UNTIL(rig->num_kept == 2));
	moderation_end(&mod);
}

/* --- switched off, and where it cannot be --- */

static void switched_off_each_interrupts(struct kunit *test)
{
	struct moderation mod = moderation_disk(test);

	KUNIT_ASSERT_EQ(test, 1, moderation_set(mod.rig, "moderation", "0"));
	moderation_send(&mod, REQ_OP_READ, 12);
	moderation_expect(&mod, 1);
	KUNIT_EXPECT_TRUE(test, moderation_use(&mod, 1));
	vfe_mock_interrupt(mod.mq);
	moderation_expect(&mod, 1);
	/* and on again, for what is there already */
	KUNIT_ASSERT_EQ(test, 3, moderation_set(mod.rig, "moderation", "100"));
	moderation_send(&mod, REQ_OP_READ, 1);
	moderation_expect(&mod, 6);
	moderation_end(&mod);
}

static void values_are_checked(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_disk(test, 0);
	char buf[32], path[64];

	KUNIT_EXPECT_EQ(test, -EINVAL, moderation_set(rig, "moderation", "101"));
	KUNIT_EXPECT_EQ(test, -EINVAL, moderation_set(rig, "moderation", "few"));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			moderation_set(rig, "adaptive_poll", "10001"));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			moderation_set(rig, "adaptive_poll", "-1"));
	KUNIT_EXPECT_EQ(test, -EINVAL, moderation_set(rig, "streams", "2"));
	snprintf(path, sizeof(path), "block/%s/moderation",
		 rig->disk->disk_name);
	KUNIT_EXPECT_EQ(test, 3, vfe_rig_read_file(rig, path, buf,
						   sizeof(buf)));
	KUNIT_EXPECT_STREQ(test, "85\n", buf);
	KUNIT_EXPECT_EQ(test, 2, moderation_set(rig, "moderation", "42"));
	KUNIT_EXPECT_EQ(test, 3, vfe_rig_read_file(rig, path, buf,
						   sizeof(buf)));
	KUNIT_EXPECT_STREQ(test, "42\n", buf);
}

/* Without EVENT_IDX the device interrupts for each, and is let. */
static void no_event_idx_no_moderation(struct kunit *test)
{
	const struct vfe_mock_spec spec = {
		.features = BIT_ULL(VIRTIO_F_VERSION_1) |
			    BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC),
	};
	struct vfe_rig *rig = vfe_rig_plug(test, &spec, 0);
	struct moderation mod;

	KUNIT_ASSERT_NOT_NULL(test, rig->disk);
	mod = moderation_with(test, rig);
	moderation_send(&mod, REQ_OP_READ, 8);
	KUNIT_EXPECT_EQ(test, 0, vfe_mock_avail_flags(mod.mq));
	KUNIT_EXPECT_TRUE(test, moderation_use(&mod, 1));
	vfe_mock_interrupt(mod.mq);
	KUNIT_EXPECT_EQ(test, 1U, moderation_ended(rig));
	moderation_end(&mod);
}

/* A ring that was emptied by a reset knows nothing of what was in it. */
static void reset_begins_anew(struct kunit *test)
{
	struct moderation mod = moderation_disk(test);
	struct vfe_rig *rig = mod.rig;
	unsigned int i;

	/* nothing is learnt that could add to it */
	KUNIT_ASSERT_EQ(test, 2, moderation_set(rig, "moderation", "50"));
	moderation_send(&mod, REQ_OP_READ, 12);
	vfe_rig_serve(rig);
	vfe_mock_needs_reset(rig->m);
	for (i = 0; i < rig->num_ios; i++)
		KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, &rig->ios[i]));
	rig->num_kept = 0;
	vfe_rig_recycle(rig);
	rig->keep = true;
	moderation_send(&mod, REQ_OP_READ, 8);
	moderation_expect(&mod, 4);
	moderation_end(&mod);
}

static struct kunit_case moderation_cases[] = {
	KUNIT_CASE(one_alone_is_not_late),
	KUNIT_CASE(half_of_what_is_there),
	KUNIT_CASE(half_of_a_batch),
	KUNIT_CASE(each_kind_by_itself),
	KUNIT_CASE(more_where_all_come_together),
	KUNIT_CASE(taken_with_the_next),
	KUNIT_CASE(taken_before_the_interrupt),
	KUNIT_CASE(used_before_it_is_asked_for),
	KUNIT_CASE(steady_stream_without_interrupts),
	KUNIT_CASE(full_ring_is_looked_at),
	KUNIT_CASE(full_ring_is_kicked),
	KUNIT_CASE(switched_off_each_interrupts),
	KUNIT_CASE(values_are_checked),
	KUNIT_CASE(no_event_idx_no_moderation),
	KUNIT_CASE(reset_begins_anew),
	{ }
};

static struct kunit_suite moderation_suite = {
	.name = "vfe-blk_moderation",
	.test_cases = moderation_cases,
};

kunit_test_suite(moderation_suite);

MODULE_DESCRIPTION("Tests of how vfe_blk moderates interrupts");
MODULE_LICENSE("GPL");
