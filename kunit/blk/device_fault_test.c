// SPDX-License-Identifier: GPL-2.0
/*
 * A device that breaks the rules of the ring, of interrupts, or of resets. The
 * driver resets it and sends its requests again; each request completes once,
 * and no memory is corrupted. recovery_test.c has a device that cannot be
 * restarted.
 */

#include "../../drivers/blk/blk.h"
#include "lib/blk_fixture.h"
#include "lib/log.h"
#include "lib/suite.h"

#define F(name)		BIT_ULL(VIRTIO_BLK_F_##name)
#define FAULT_RESENDS	10	/* times that a request is sent */
/* device_status of one that runs */
#define FAULT_LIVE	(VIRTIO_CONFIG_S_ACKNOWLEDGE | \
			 VIRTIO_CONFIG_S_DRIVER | \
			 VIRTIO_CONFIG_S_FEATURES_OK | \
			 VIRTIO_CONFIG_S_DRIVER_OK)

static struct vfe_mock_queue *fault_queue(struct tdisk *td)
{
	return &td->m->queues[0];
}

/* Resets since the log was cleared */
static unsigned int fault_resets(const struct tdisk *td)
{
	unsigned int i, n = 0;

	for (i = 0; i < td->m->log_len; i++)
		n += td->m->log[i].reg == VFE_REG_DEVICE_STATUS &&
		     td->m->log[i].dir == VFE_WRITE && !td->m->log[i].val;
	return n;
}

/* A write that the device popped and keeps */
static struct tdisk_io *fault_keep(struct tdisk *td, u64 sector)
{
	return tdisk_start_kept(td, REQ_OP_WRITE, sector, sector);
}

/* --- wrong used elements --- */

/* The ring is broken: the device is reset, and the request completes. */
static void fault_used_twice(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct tdisk_io *io = fault_keep(td, 40);
	const struct vfe_mock_chain *chain = &td->kept[0];

	vfe_mock_log_clear(td->m);
	td->keep = false;
	tdisk_execute(td, chain);
	vfe_mock_push(fault_queue(td), chain->id, 1, chain->descs);
	vfe_mock_push(fault_queue(td), chain->id, 1, chain->descs);
	vfe_mock_interrupt(fault_queue(td));
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	KUNIT_EXPECT_TRUE(test, tdisk_holds(td, 40, io->data, 512));
	KUNIT_EXPECT_TRUE(test, TDISK_WAIT_FOR(fault_resets(td)));
	tdisk_expect_works(td);
}

/* The device writes no status. */
static void fault_used_without_a_status(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct tdisk_io *io = fault_keep(td, 40);
	const struct vfe_mock_chain *chain = &td->kept[0];

	vfe_mock_log_clear(td->m);
	td->keep = false;
	vfe_mock_push(fault_queue(td), chain->id, chain->in_len + 1,
		      chain->descs);
	vfe_mock_interrupt(fault_queue(td));
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_wait(td, io));
	tdisk_expect_works(td);
	KUNIT_EXPECT_EQ(test, 0U, fault_resets(td));
}

/* A read that the device used with @len and STATUS OK */
static void fault_read_with(struct tdisk *td, u32 len)
{
	struct tdisk_io *io;

	td->keep = true;
	td->num_kept = 0;
	io = tdisk_start(td, REQ_OP_READ, 0, 4096, 0);
	KUNIT_ASSERT_TRUE(td->test, TDISK_WAIT_FOR(td->num_kept));
	tdisk_execute(td, &td->kept[0]);
	vfe_mock_push(fault_queue(td), td->kept[0].id, len, td->kept[0].descs);
	vfe_mock_interrupt(fault_queue(td));
	KUNIT_EXPECT_EQ(td->test, 0, tdisk_wait(td, io));
	KUNIT_EXPECT_TRUE(td->test, tdisk_holds(td, 0, io->data, 4096));
}

/*
 * The status decides, as in virtio_blk. Devices in use have each of these
 * lengths; the driver logs one line for all.
 */
static void fault_used_lengths(struct kunit *test)
{
	static const u32 lens[] = { 0, 1, 512, 4096, 4098, U32_MAX };
	struct tdisk *td = tdisk_disk(test, 0);
	struct kmsg_dump_iter mark = log_mark();
	unsigned int i;

	vfe_mock_log_clear(td->m);
	memset(td->back->data, 0xa5, 4096);
	for (i = 0; i < ARRAY_SIZE(lens); i++)
		fault_read_with(td, lens[i]);
	KUNIT_EXPECT_EQ(test, 0U, fault_resets(td));
	KUNIT_EXPECT_EQ(test, 1U, log_warnings(mark, "the status decides"));
	/* and one line of the queue, if they are too large */
	KUNIT_EXPECT_LE(test, log_warnings(mark, "used length"), 2U);
}

/*
 * The driver cannot distinguish the id of another request in flight from the
 * right one. It ends with an error, since the device wrote no status; after the
 * reset the other one completes.
 */
static void fault_id_of_another(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct tdisk_io *a = fault_keep(td, 40);
	struct tdisk_io *b = fault_keep(td, 80);

	td->keep = false;
	tdisk_execute(td, &td->kept[0]);
	vfe_mock_push(fault_queue(td), td->kept[1].id, 1, td->kept[1].descs);
	vfe_mock_push(fault_queue(td), td->kept[1].id, 1, td->kept[1].descs);
	vfe_mock_interrupt(fault_queue(td));
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_wait(td, b));
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, a));
	KUNIT_EXPECT_TRUE(test, tdisk_holds(td, 40, a->data, 512));
	tdisk_expect_works(td);
}

/* --- interrupts --- */

/* Used, but the interrupt was lost: the request completes without a reset. */
static void fault_lost_interrupt(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct tdisk_io *io;

	tdisk_short_timeout(td);
	io = fault_keep(td, 40);
	vfe_mock_log_clear(td->m);
	tdisk_complete(td, 0);
	KUNIT_EXPECT_TRUE(test, tdisk_expire(td, io));
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	KUNIT_EXPECT_TRUE(test, tdisk_holds(td, 40, io->data, 512));
	usleep_range(20000, 30000);
	KUNIT_EXPECT_EQ(test, 0U, fault_resets(td));
	td->keep = false;
	tdisk_expect_works(td);
	KUNIT_EXPECT_EQ(test, 0U, fault_resets(td));
}

/* Spurious interrupts count, and do no harm. */
static void fault_spurious_interrupts(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	unsigned int i;

	tdisk_reset_counts(td);
	for (i = 0; i < 1000; i++)
		vfe_mock_interrupt(fault_queue(td));
	KUNIT_EXPECT_EQ(test, 1000LL, tdisk_counter(td, "spurious_interrupts"));
	KUNIT_EXPECT_EQ(test, 0U, td->m->log_len);
	tdisk_expect_works(td);
}

static void fault_lost_kick(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct tdisk_io *io;

	tdisk_short_timeout(td);
	vfe_mock_log_clear(td->m);
	td->m->knobs.mute = true;
	io = tdisk_start(td, REQ_OP_WRITE, 40, 512, 7);
	td->m->knobs.mute = false;
	KUNIT_EXPECT_TRUE(test, tdisk_expire(td, io));
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	KUNIT_EXPECT_TRUE(test, tdisk_holds(td, 40, io->data, 512));
	/* it was repeated, without any other effect */
	KUNIT_EXPECT_EQ(test, 0U, fault_resets(td));
}

/* --- requests that take long, or are never done --- */

/* Lets timers of the block layer run out @n times. */
static void fault_time_passes(struct tdisk *td, unsigned int n)
{
	unsigned int kicks;

	for (; n; n--) {
		kicks = fault_queue(td)->kicks;
		tdisk_check_timeouts(td);
		KUNIT_EXPECT_TRUE(td->test,
				  TDISK_WAIT_FOR(fault_queue(td)->kicks >
						 kicks));
	}
}

/*
 * A timeout is no fault: each repeats the kick, none reads a register of a device
 * that may stand still, the log has one line, and the request completes when the
 * device executes it.
 */
static void fault_slow_is_waited_for(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct kmsg_dump_iter mark = log_mark();
	struct tdisk_io *io;

	tdisk_short_timeout(td);
	io = fault_keep(td, 40);
	vfe_mock_log_clear(td->m);
	fault_time_passes(td, 10);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	KUNIT_EXPECT_EQ(test, 0U, fault_resets(td));
	KUNIT_EXPECT_EQ(test, vfe_mock_count(td->m, VFE_REG_DEVICE_STATUS,
					     VFE_READ), 0U);
	KUNIT_EXPECT_EQ(test, 1U,
			log_warnings(mark, "in flight for more than"));
	tdisk_complete(td, 0);
	vfe_mock_interrupt(fault_queue(td));
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	KUNIT_EXPECT_TRUE(test, tdisk_holds(td, 40, io->data, 512));
	KUNIT_EXPECT_EQ(test, 1U, td->num_kept);
	KUNIT_EXPECT_EQ(test, 0U, fault_resets(td));
	/* the next late request is logged again */
	io = fault_keep(td, 80);
	fault_time_passes(td, 2);
	KUNIT_EXPECT_EQ(test, 2U,
			log_warnings(mark, "in flight for more than"));
	tdisk_complete(td, 1);
	vfe_mock_interrupt(fault_queue(td));
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
}

/* NEEDS_RESET with a lost interrupt: the timeout reads it. */
static void fault_plea_is_found_by_a_timeout(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct tdisk_io *io;

	tdisk_short_timeout(td);
	io = fault_keep(td, 40);
	vfe_mock_log_clear(td->m);
	td->keep = false;
	td->m->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	KUNIT_EXPECT_TRUE(test, tdisk_expire(td, io));
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	KUNIT_EXPECT_TRUE(test, tdisk_holds(td, 40, io->data, 512));
	KUNIT_EXPECT_GE(test, fault_resets(td), 1U);
}

/* With reset_after, a late request resets the device, and is sent again. */
static void fault_reset_after(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct tdisk_io *io;

	tdisk_short_timeout(td);
	/* timeouts of less than a second count as one */
	tdisk_set(td, "reset_after", "3");
	io = fault_keep(td, 40);
	vfe_mock_log_clear(td->m);
	fault_time_passes(td, 2);
	KUNIT_EXPECT_EQ(test, 0U, fault_resets(td));
	td->keep = false;
	KUNIT_EXPECT_TRUE(test, tdisk_expire(td, io));
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	KUNIT_EXPECT_TRUE(test, tdisk_holds(td, 40, io->data, 512));
	KUNIT_EXPECT_GE(test, fault_resets(td), 1U);
}

/* The device never completes a request for this sector. */
static bool fault_bad_sector(struct vfe_mock_disk *back,
			     struct vfe_mock_queue *mq,
			     struct vfe_mock_chain *chain)
{
	struct tdisk *td = back->priv;

	if (tdisk_sector(chain) != 40)
		return false;
	td->num_kept++;
	return true;
}

/*
 * A request that hangs after each reset fails, but no other request, and not
 * the disk.
 */
static void fault_never_ends(struct tdisk *td)
{
	struct kunit *test = td->test;
	struct tdisk_io *io;
	unsigned int i;

	tdisk_short_timeout(td);
	tdisk_resets_late(td);
	td->back->request = fault_bad_sector;
	io = tdisk_start(td, REQ_OP_WRITE, 40, 512, 1);
	for (i = 1; i <= FAULT_RESENDS + 1; i++) {
		KUNIT_EXPECT_EQ(test, 0U, io->ends);
		/* with completions in between, a reset has no pause */
		KUNIT_EXPECT_EQ(test, 0, tdisk_write(td, 80, 512, i));
		KUNIT_EXPECT_TRUE(test, TDISK_WAIT_FOR(td->num_kept == i));
		tdisk_check_timeouts(td);
	}
	KUNIT_EXPECT_TRUE(test, tdisk_expire(td, io));
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_wait(td, io));
	KUNIT_EXPECT_EQ(test, 1U + FAULT_RESENDS, td->num_kept);
	/* the disk itself still works */
	blk_queue_rq_timeout(td->disk->queue, 30 * HZ);
	tdisk_expect_works(td);
}

static void fault_never_done(struct kunit *test)
{
	fault_never_ends(tdisk_disk(test, 0));
}

/*
 * An I/O scheduler that merges a request into another frees its tag, and the
 * driver does not see that: the next request with the tag starts afresh.
 */
static void fault_tags_that_were_merged(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct vfe_blk *vb = td->disk->private_data;
	struct blk_mq_tags *tags = vb->tag_set.tags[0];
	struct vfe_blk_request *req;
	unsigned int i;

	for (i = 0; i < vb->tag_set.queue_depth; i++) {
		req = blk_mq_rq_to_pdu(tags->static_rqs[i]);
		req->retries = FAULT_RESENDS;
	}
	fault_never_ends(td);
}

/* --- a device that asks for resets --- */

static void fault_live_again(struct tdisk *td)
{
	KUNIT_EXPECT_TRUE(td->test,
			  TDISK_WAIT_FOR(td->m->status == FAULT_LIVE));
}

static void fault_plea(struct tdisk *td)
{
	vfe_mock_needs_reset(td->m);
	KUNIT_EXPECT_TRUE(td->test, TDISK_WAIT_FOR(!(td->m->status &
					VIRTIO_CONFIG_S_NEEDS_RESET)));
}

/*
 * As long as requests complete in between, it may request any number of resets.
 */
static void fault_pleas_with_work_between(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	unsigned int i;

	for (i = 0; i < 20; i++) {
		fault_plea(td);
		fault_live_again(td);
		KUNIT_EXPECT_EQ(test, 0, tdisk_write(td, i, 512, i));
		tdisk_recycle(td);
	}
	tdisk_expect_works(td);
}

/* Without completions, the pause grows up to a minute. */
static void fault_pleas_without_end(struct kunit *test)
{
	static const unsigned int pauses[] = { 0, 1, 2, 4, 8, 16, 32, 60 };
	struct tdisk *td = tdisk_disk(test, 0);
	unsigned long start, took;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pauses); i++) {
		start = jiffies;
		vfe_mock_needs_reset(td->m);
		KUNIT_EXPECT_TRUE(test,
				  TDISK_WAIT_LONG(td->m->status == FAULT_LIVE,
						  90));
		took = jiffies - start;
		KUNIT_EXPECT_GE(test, took, pauses[i] * HZ * 1UL);
		/* a timer of a minute is up to an eighth late */
		KUNIT_EXPECT_LT(test, took, (pauses[i] * 9 / 8 + 2) * HZ * 1UL);
	}
	tdisk_expect_works(td);
}

/* --- gone at each access of a recovery, and of a probe --- */

#define FAULT_ACCESSES	300	/* more than a recovery or probe makes */

static bool fault_gone_at(struct vfe_mock *m, struct vfe_mock_access *a)
{
	unsigned int *left = m->knobs.priv;

	if (*left && !--*left) {
		vfe_mock_vanish(m);
		a->val = U32_MAX;
		return a->dir == VFE_WRITE;
	}
	return false;
}

/* It goes at the access when @left becomes 0. */
static void fault_arm(struct tdisk *td, unsigned int *left)
{
	td->m->knobs.priv = left;
	td->m->knobs.access = fault_gone_at;
}

/* It comes back, and its driver uses it again. */
static void fault_return(struct tdisk *td)
{
	td->m->knobs.access = NULL;
	if (td->disk)
		tdisk_unbind(td);
	td->m->knobs.gone = false;
	tdisk_recycle(td);
	td->num_kept = 0;
}

/* Return: whether the recovery made that many accesses. */
static bool fault_recover_until(struct tdisk *td, unsigned int access)
{
	unsigned int left = access;
	struct tdisk_io *io;
	int err;

	tdisk_short_timeout(td);
	io = fault_keep(td, 40);
	td->keep = false;
	fault_arm(td, &left);
	vfe_mock_needs_reset(td->m);
	KUNIT_EXPECT_TRUE(td->test, tdisk_expire(td, io));
	err = tdisk_wait(td, io);
	if (err)
		KUNIT_EXPECT_EQ(td->test, 0U, left);
	else
		KUNIT_EXPECT_TRUE(td->test, tdisk_holds(td, 40, io->data, 512));
	fault_return(td);
	KUNIT_ASSERT_EQ(td->test, 0, tdisk_bind(td));
	return !left;
}

static void fault_gone_in_a_recovery(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, F(FLUSH) | F(CONFIG_WCE));
	unsigned int n = 1;

	while (n < FAULT_ACCESSES && fault_recover_until(td, n))
		n++;
	/* a reset alone makes some */
	KUNIT_EXPECT_GT(test, n, 20U);
	KUNIT_EXPECT_LT(test, n, (unsigned int)FAULT_ACCESSES);
	tdisk_expect_works(td);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* The disk was created, but its device is gone: requests fail */
static void fault_check_dead(struct tdisk *td)
{
	tdisk_short_timeout(td);
	tdisk_check_timeouts(td);
	KUNIT_EXPECT_NE(td->test, 0, tdisk_write(td, 0, 512, 1));
}

/* Return: whether the probe made that many accesses. */
static bool fault_probe_until(struct tdisk *td, unsigned int access)
{
	unsigned int left = access;
	int err;

	fault_arm(td, &left);
	err = tdisk_bind(td);
	KUNIT_EXPECT_EQ(td->test, !err, !!td->disk);
	if (left)
		KUNIT_EXPECT_EQ(td->test, 0, err);
	else if (!err)
		fault_check_dead(td);
	fault_return(td);
	return !left;
}

static void fault_gone_in_a_probe(struct kunit *test)
{
	/* all features with a field in the configuration */
	struct tdisk *td = tdisk_disk(test, F(FLUSH) | F(CONFIG_WCE) |
				      F(SIZE_MAX) | F(SEG_MAX) |
				      F(BLK_SIZE) | F(TOPOLOGY) | F(MQ) |
				      F(DISCARD) | F(WRITE_ZEROES));
	unsigned int n = 1;

	tdisk_unbind(td);
	while (n < FAULT_ACCESSES && fault_probe_until(td, n))
		n++;
	KUNIT_EXPECT_GT(test, n, 20U);
	KUNIT_EXPECT_LT(test, n, (unsigned int)FAULT_ACCESSES);
	KUNIT_ASSERT_EQ(test, 0, tdisk_bind(td));
	tdisk_expect_works(td);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* --- a reset that never ends, requests that never are done: both 5 s --- */

/*
 * One disk has a device that hangs in its reset: its driver gives up after one
 * timeout, not after one for each of recovery, giving up and unbinding.
 * Meanwhile the bus resets another one with a hanging request, which is kept
 * and sent again.
 */
static void fault_waits_have_an_end(struct kunit *test)
{
	struct tdisk *hung = tdisk_disk(test, 0);
	struct tdisk *slow = tdisk_disk(test, 0);
	struct tdisk_io *lost = fault_keep(hung, 40);
	struct tdisk_io *late = fault_keep(slow, 40);
	const struct pci_error_handlers *h =
		to_pci_driver(slow->m->pdev->dev.driver)->err_handler;
	unsigned long start = jiffies;

	hung->m->knobs.reset_reads = UINT_MAX;
	vfe_mock_needs_reset(hung->m);
	h->reset_prepare(slow->m->pdev);
	KUNIT_EXPECT_EQ(test, 0U, late->ends);
	slow->keep = false;
	h->reset_done(slow->m->pdev);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(slow, late));
	KUNIT_EXPECT_TRUE(test, tdisk_holds(slow, 40, late->data, 512));
	KUNIT_EXPECT_EQ(test, 0U, lost->ends);
	tdisk_unplug(hung);
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_wait(hung, lost));
	KUNIT_EXPECT_LT(test, jiffies - start, 7UL * HZ);
}

/*
 * A slow request makes suspend fail: its tag would block the kernel, which
 * unplugs the other processors. The disk continues.
 */
static void fault_no_suspend(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct tdisk_io *io = fault_keep(td, 40);
	struct device *dev = &td->m->pdev->dev;
	unsigned long start = jiffies;

	KUNIT_EXPECT_EQ(test, -EBUSY, dev->driver->pm->suspend(dev));
	KUNIT_EXPECT_LT(test, jiffies - start, 7UL * HZ);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	tdisk_serve(td);
	tdisk_complete(td, 0);
	vfe_mock_interrupt(&td->m->queues[0]);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	tdisk_expect_works(td);
	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->suspend(dev));
	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->resume(dev));
	tdisk_expect_works(td);
}

static struct kunit_case fault_cases[] = {
	KUNIT_CASE(fault_used_twice),
	KUNIT_CASE(fault_used_without_a_status),
	KUNIT_CASE(fault_used_lengths),
	KUNIT_CASE(fault_id_of_another),
	KUNIT_CASE(fault_lost_interrupt),
	KUNIT_CASE(fault_spurious_interrupts),
	KUNIT_CASE(fault_lost_kick),
	KUNIT_CASE(fault_slow_is_waited_for),
	KUNIT_CASE(fault_plea_is_found_by_a_timeout),
	KUNIT_CASE(fault_reset_after),
	KUNIT_CASE(fault_never_done),
	KUNIT_CASE(fault_tags_that_were_merged),
	KUNIT_CASE(fault_pleas_with_work_between),
	KUNIT_CASE(fault_pleas_without_end),
	KUNIT_CASE(fault_gone_in_a_recovery),
	KUNIT_CASE(fault_gone_in_a_probe),
	KUNIT_CASE(fault_waits_have_an_end),
	KUNIT_CASE(fault_no_suspend),
	{ }
};

VFE_SUITE(fault_cases);
