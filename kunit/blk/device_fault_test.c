// SPDX-License-Identifier: GPL-2.0
/*
 * A device that breaks the rules of the ring, of interrupts, or of resets. The
 * driver resets it and sends its requests again; each request completes once,
 * and no memory is corrupted. recovery_test.c has a device that cannot be
 * restarted.
 */

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

static struct vfe_mock_queue *fault_queue(struct vfe_rig *rig)
{
	return &rig->m->queues[0];
}

/* Resets since the log was cleared */
static unsigned int fault_resets(const struct vfe_rig *rig)
{
	unsigned int i, n = 0;

	for (i = 0; i < rig->m->log_len; i++)
		n += rig->m->log[i].reg == VFE_REG_DEVICE_STATUS &&
		     rig->m->log[i].dir == VFE_WRITE && !rig->m->log[i].val;
	return n;
}

/* A write that the device popped and keeps */
static struct vfe_rig_io *fault_keep(struct vfe_rig *rig, u64 sector)
{
	return vfe_rig_start_kept(rig, REQ_OP_WRITE, sector, sector);
}

/* --- wrong used elements --- */

/* The ring is broken: the device is reset, and the request completes. */
static void fault_used_twice(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_disk(test, 0);
	struct vfe_rig_io *io = fault_keep(rig, 40);
	const struct vfe_mock_chain *chain = &rig->kept[0];

	vfe_mock_log_clear(rig->m);
	rig->keep = false;
	vfe_rig_work(rig, chain);
	vfe_mock_push(fault_queue(rig), chain->id, 1, chain->descs);
	vfe_mock_push(fault_queue(rig), chain->id, 1, chain->descs);
	vfe_mock_interrupt(fault_queue(rig));
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, io));
	KUNIT_EXPECT_TRUE(test, vfe_rig_holds(rig, 40, io->data, 512));
	KUNIT_EXPECT_TRUE(test, VFE_RIG_UNTIL(fault_resets(rig)));
	vfe_rig_works(rig);
}

/* The device writes no status. */
static void fault_used_without_a_status(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_disk(test, 0);
	struct vfe_rig_io *io = fault_keep(rig, 40);
	const struct vfe_mock_chain *chain = &rig->kept[0];

	vfe_mock_log_clear(rig->m);
	rig->keep = false;
	vfe_mock_push(fault_queue(rig), chain->id, chain->in_len + 1,
		      chain->descs);
	vfe_mock_interrupt(fault_queue(rig));
	KUNIT_EXPECT_EQ(test, -EIO, vfe_rig_wait(rig, io));
	vfe_rig_works(rig);
	KUNIT_EXPECT_EQ(test, 0U, fault_resets(rig));
}

/* A read that the device used with @len and STATUS OK */
static void fault_read_with(struct vfe_rig *rig, u32 len)
{
	struct vfe_rig_io *io;

	rig->keep = true;
	rig->num_kept = 0;
	io = vfe_rig_start(rig, REQ_OP_READ, 0, 4096, 0);
	KUNIT_ASSERT_TRUE(rig->test, VFE_RIG_UNTIL(rig->num_kept));
	vfe_rig_work(rig, &rig->kept[0]);
	vfe_mock_push(fault_queue(rig), rig->kept[0].id, len,
		      rig->kept[0].descs);
	vfe_mock_interrupt(fault_queue(rig));
	KUNIT_EXPECT_EQ(rig->test, 0, vfe_rig_wait(rig, io));
	KUNIT_EXPECT_TRUE(rig->test, vfe_rig_holds(rig, 0, io->data, 4096));
}

/*
 * The status decides, as in virtio_blk. Devices in use have each of these
 * lengths; the driver logs one line for all.
 */
static void fault_used_lengths(struct kunit *test)
{
	static const u32 lens[] = { 0, 1, 512, 4096, 4098, U32_MAX };
	struct vfe_rig *rig = vfe_rig_disk(test, 0);
	struct kmsg_dump_iter mark = log_mark();
	unsigned int i;

	vfe_mock_log_clear(rig->m);
	memset(rig->back->data, 0xa5, 4096);
	for (i = 0; i < ARRAY_SIZE(lens); i++)
		fault_read_with(rig, lens[i]);
	KUNIT_EXPECT_EQ(test, 0U, fault_resets(rig));
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
	struct vfe_rig *rig = vfe_rig_disk(test, 0);
	struct vfe_rig_io *a = fault_keep(rig, 40);
	struct vfe_rig_io *b = fault_keep(rig, 80);

	rig->keep = false;
	vfe_rig_work(rig, &rig->kept[0]);
	vfe_mock_push(fault_queue(rig), rig->kept[1].id, 1,
		      rig->kept[1].descs);
	vfe_mock_push(fault_queue(rig), rig->kept[1].id, 1,
		      rig->kept[1].descs);
	vfe_mock_interrupt(fault_queue(rig));
	KUNIT_EXPECT_EQ(test, -EIO, vfe_rig_wait(rig, b));
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, a));
	KUNIT_EXPECT_TRUE(test, vfe_rig_holds(rig, 40, a->data, 512));
	vfe_rig_works(rig);
}

/* --- interrupts --- */

/* Used, but the interrupt was lost: the request completes without a reset. */
static void fault_lost_interrupt(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_disk(test, 0);
	struct vfe_rig_io *io;

	vfe_rig_impatient(rig);
	io = fault_keep(rig, 40);
	vfe_mock_log_clear(rig->m);
	vfe_rig_push(rig, 0);
	KUNIT_EXPECT_TRUE(test, vfe_rig_expire(rig, io));
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, io));
	KUNIT_EXPECT_TRUE(test, vfe_rig_holds(rig, 40, io->data, 512));
	usleep_range(20000, 30000);
	KUNIT_EXPECT_EQ(test, 0U, fault_resets(rig));
	rig->keep = false;
	vfe_rig_works(rig);
	KUNIT_EXPECT_EQ(test, 0U, fault_resets(rig));
}

/* Spurious interrupts count, and do no harm. */
static void fault_spurious_interrupts(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_disk(test, 0);
	unsigned int i;

	vfe_rig_reset_counts(rig);
	for (i = 0; i < 1000; i++)
		vfe_mock_interrupt(fault_queue(rig));
	KUNIT_EXPECT_EQ(test, 1000LL,
			vfe_rig_counter(rig, "spurious_interrupts"));
	KUNIT_EXPECT_EQ(test, 0U, rig->m->log_len);
	vfe_rig_works(rig);
}

static void fault_lost_kick(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_disk(test, 0);
	struct vfe_rig_io *io;

	vfe_rig_impatient(rig);
	vfe_mock_log_clear(rig->m);
	rig->m->knobs.mute = true;
	io = vfe_rig_start(rig, REQ_OP_WRITE, 40, 512, 7);
	rig->m->knobs.mute = false;
	KUNIT_EXPECT_TRUE(test, vfe_rig_expire(rig, io));
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, io));
	KUNIT_EXPECT_TRUE(test, vfe_rig_holds(rig, 40, io->data, 512));
	/* it was repeated, without any other effect */
	KUNIT_EXPECT_EQ(test, 0U, fault_resets(rig));
}

/* --- requests that take long, or are never done --- */

/* Lets timers of the block layer run out @n times. */
static void fault_time_passes(struct vfe_rig *rig, unsigned int n)
{
	unsigned int kicks;

	for (; n; n--) {
		kicks = fault_queue(rig)->kicks;
		vfe_rig_hurry(rig);
		KUNIT_EXPECT_TRUE(rig->test,
				  VFE_RIG_UNTIL(fault_queue(rig)->kicks >
						kicks));
	}
}

/*
 * A timeout is no fault: each repeats the kick and reads the status once, the
 * log has one line, and the request completes when the device executes it.
 */
static void fault_slow_is_waited_for(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_disk(test, 0);
	struct kmsg_dump_iter mark = log_mark();
	struct vfe_rig_io *io;

	vfe_rig_impatient(rig);
	io = fault_keep(rig, 40);
	vfe_mock_log_clear(rig->m);
	fault_time_passes(rig, 10);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	KUNIT_EXPECT_EQ(test, 0U, fault_resets(rig));
	KUNIT_EXPECT_LE(test, vfe_mock_count(rig->m, VFE_REG_DEVICE_STATUS,
					     VFE_READ),
			vfe_mock_count(rig->m, VFE_REG_NOTIFY, VFE_WRITE));
	KUNIT_EXPECT_EQ(test, 1U, log_warnings(mark, "in flight for more than"));
	vfe_rig_push(rig, 0);
	vfe_mock_interrupt(fault_queue(rig));
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, io));
	KUNIT_EXPECT_TRUE(test, vfe_rig_holds(rig, 40, io->data, 512));
	KUNIT_EXPECT_EQ(test, 1U, rig->num_kept);
	KUNIT_EXPECT_EQ(test, 0U, fault_resets(rig));
	/* the next late request is logged again */
	io = fault_keep(rig, 80);
	fault_time_passes(rig, 2);
	KUNIT_EXPECT_EQ(test, 2U, log_warnings(mark, "in flight for more than"));
	vfe_rig_push(rig, 1);
	vfe_mock_interrupt(fault_queue(rig));
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, io));
}

/* NEEDS_RESET with a lost interrupt: the timeout reads it. */
static void fault_plea_is_found_by_a_timeout(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_disk(test, 0);
	struct vfe_rig_io *io;

	vfe_rig_impatient(rig);
	io = fault_keep(rig, 40);
	vfe_mock_log_clear(rig->m);
	rig->keep = false;
	rig->m->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	KUNIT_EXPECT_TRUE(test, vfe_rig_expire(rig, io));
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, io));
	KUNIT_EXPECT_TRUE(test, vfe_rig_holds(rig, 40, io->data, 512));
	KUNIT_EXPECT_GE(test, fault_resets(rig), 1U);
}

/* With reset_after, a late request resets the device, and is sent again. */
static void fault_reset_after(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_disk(test, 0);
	struct vfe_rig_io *io;

	vfe_rig_impatient(rig);
	/* timeouts of less than a second count as one */
	vfe_rig_set(rig, "reset_after", "3");
	io = fault_keep(rig, 40);
	vfe_mock_log_clear(rig->m);
	fault_time_passes(rig, 2);
	KUNIT_EXPECT_EQ(test, 0U, fault_resets(rig));
	rig->keep = false;
	KUNIT_EXPECT_TRUE(test, vfe_rig_expire(rig, io));
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, io));
	KUNIT_EXPECT_TRUE(test, vfe_rig_holds(rig, 40, io->data, 512));
	KUNIT_EXPECT_GE(test, fault_resets(rig), 1U);
}

/* The device never completes a request for this sector. */
static bool fault_bad_sector(struct vfe_mock_disk *back,
			     struct vfe_mock_queue *mq,
			     struct vfe_mock_chain *chain)
{
	struct vfe_rig *rig = back->priv;

	if (vfe_rig_sector(chain) != 40)
		return false;
	rig->num_kept++;
	return true;
}

/*
 * A request that hangs after each reset fails, but no other request, and not
 * the disk.
 */
static void fault_never_done(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_disk(test, 0);
	struct vfe_rig_io *io;
	unsigned int i;

	vfe_rig_impatient(rig);
	vfe_rig_resets_late(rig);
	rig->back->request = fault_bad_sector;
	io = vfe_rig_start(rig, REQ_OP_WRITE, 40, 512, 1);
	for (i = 1; i <= FAULT_RESENDS + 1; i++) {
		KUNIT_EXPECT_EQ(test, 0U, io->ends);
		/* with completions in between, a reset has no pause */
		KUNIT_EXPECT_EQ(test, 0, vfe_rig_write(rig, 80, 512, i));
		KUNIT_EXPECT_TRUE(test, VFE_RIG_UNTIL(rig->num_kept == i));
		vfe_rig_hurry(rig);
	}
	KUNIT_EXPECT_TRUE(test, vfe_rig_expire(rig, io));
	KUNIT_EXPECT_EQ(test, -EIO, vfe_rig_wait(rig, io));
	KUNIT_EXPECT_EQ(test, 1U + FAULT_RESENDS, rig->num_kept);
	/* the disk itself still works */
	blk_queue_rq_timeout(rig->disk->queue, 30 * HZ);
	vfe_rig_works(rig);
}

/* --- a device that asks for resets --- */

static void fault_live_again(struct vfe_rig *rig)
{
	KUNIT_EXPECT_TRUE(rig->test,
			  VFE_RIG_UNTIL(rig->m->status == FAULT_LIVE));
}

static void fault_plea(struct vfe_rig *rig)
{
	vfe_mock_needs_reset(rig->m);
	KUNIT_EXPECT_TRUE(rig->test, VFE_RIG_UNTIL(!(rig->m->status &
					VIRTIO_CONFIG_S_NEEDS_RESET)));
}

/*
 * As long as requests complete in between, it may request any number of resets.
 */
static void fault_pleas_with_work_between(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_disk(test, 0);
	unsigned int i;

	for (i = 0; i < 20; i++) {
		fault_plea(rig);
		fault_live_again(rig);
		KUNIT_EXPECT_EQ(test, 0, vfe_rig_write(rig, i, 512, i));
		vfe_rig_recycle(rig);
	}
	vfe_rig_works(rig);
}

/* Without completions, the pause grows up to a minute. */
static void fault_pleas_without_end(struct kunit *test)
{
	static const unsigned int pauses[] = { 0, 1, 2, 4, 8, 16, 32, 60 };
	struct vfe_rig *rig = vfe_rig_disk(test, 0);
	unsigned long start, took;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pauses); i++) {
		start = jiffies;
		vfe_mock_needs_reset(rig->m);
		KUNIT_EXPECT_TRUE(test,
				  VFE_RIG_IN_TIME(rig->m->status == FAULT_LIVE,
						  90));
		took = jiffies - start;
		KUNIT_EXPECT_GE(test, took, pauses[i] * HZ * 1UL);
		/* a timer of a minute is up to an eighth late */
		KUNIT_EXPECT_LT(test, took, (pauses[i] * 9 / 8 + 2) * HZ * 1UL);
	}
	vfe_rig_works(rig);
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
static void fault_arm(struct vfe_rig *rig, unsigned int *left)
{
	rig->m->knobs.priv = left;
	rig->m->knobs.access = fault_gone_at;
}

/* It comes back, and its driver uses it again. */
static void fault_return(struct vfe_rig *rig)
{
	rig->m->knobs.access = NULL;
	if (rig->disk)
		vfe_rig_unbind(rig);
	rig->m->knobs.gone = false;
	vfe_rig_recycle(rig);
	rig->num_kept = 0;
}

/* Return: whether the recovery made that many accesses. */
static bool fault_recover_until(struct vfe_rig *rig, unsigned int access)
{
	unsigned int left = access;
	struct vfe_rig_io *io;
	int err;

	vfe_rig_impatient(rig);
	io = fault_keep(rig, 40);
	rig->keep = false;
	fault_arm(rig, &left);
	vfe_mock_needs_reset(rig->m);
	KUNIT_EXPECT_TRUE(rig->test, vfe_rig_expire(rig, io));
	err = vfe_rig_wait(rig, io);
	if (err)
		KUNIT_EXPECT_EQ(rig->test, 0U, left);
	else
		KUNIT_EXPECT_TRUE(rig->test,
				  vfe_rig_holds(rig, 40, io->data, 512));
	fault_return(rig);
	KUNIT_ASSERT_EQ(rig->test, 0, vfe_rig_bind(rig));
	return !left;
}

static void fault_gone_in_a_recovery(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_disk(test, F(FLUSH) | F(CONFIG_WCE));
	unsigned int n = 1;

	while (n < FAULT_ACCESSES && fault_recover_until(rig, n))
		n++;
	/* a reset alone makes some */
	KUNIT_EXPECT_GT(test, n, 20U);
	KUNIT_EXPECT_LT(test, n, (unsigned int)FAULT_ACCESSES);
	vfe_rig_works(rig);
	VFE_MOCK_EXPECT_CLEAN(test, rig->m);
}

/* The disk was created, but its device is gone: requests fail */
static void fault_check_dead(struct vfe_rig *rig)
{
	vfe_rig_impatient(rig);
	vfe_rig_hurry(rig);
	KUNIT_EXPECT_NE(rig->test, 0, vfe_rig_write(rig, 0, 512, 1));
}

/* Return: whether the probe made that many accesses. */
static bool fault_probe_until(struct vfe_rig *rig, unsigned int access)
{
	unsigned int left = access;
	int err;

	fault_arm(rig, &left);
	err = vfe_rig_bind(rig);
	KUNIT_EXPECT_EQ(rig->test, !err, !!rig->disk);
	if (left)
		KUNIT_EXPECT_EQ(rig->test, 0, err);
	else if (!err)
		fault_check_dead(rig);
	fault_return(rig);
	return !left;
}

static void fault_gone_in_a_probe(struct kunit *test)
{
	/* all features with a field in the configuration */
	struct vfe_rig *rig = vfe_rig_disk(test, F(FLUSH) | F(CONFIG_WCE) |
					   F(SIZE_MAX) | F(SEG_MAX) |
					   F(BLK_SIZE) | F(TOPOLOGY) | F(MQ) |
					   F(DISCARD) | F(WRITE_ZEROES));
	unsigned int n = 1;

	vfe_rig_unbind(rig);
	while (n < FAULT_ACCESSES && fault_probe_until(rig, n))
		n++;
	KUNIT_EXPECT_GT(test, n, 20U);
	KUNIT_EXPECT_LT(test, n, (unsigned int)FAULT_ACCESSES);
	KUNIT_ASSERT_EQ(test, 0, vfe_rig_bind(rig));
	vfe_rig_works(rig);
	VFE_MOCK_EXPECT_CLEAN(test, rig->m);
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
	struct vfe_rig *hung = vfe_rig_disk(test, 0);
	struct vfe_rig *slow = vfe_rig_disk(test, 0);
	struct vfe_rig_io *lost = fault_keep(hung, 40);
	struct vfe_rig_io *late = fault_keep(slow, 40);
	const struct pci_error_handlers *h =
		to_pci_driver(slow->m->pdev->dev.driver)->err_handler;
	unsigned long start = jiffies;

	hung->m->knobs.reset_reads = UINT_MAX;
	vfe_mock_needs_reset(hung->m);
	h->reset_prepare(slow->m->pdev);
	KUNIT_EXPECT_EQ(test, 0U, late->ends);
	slow->keep = false;
	h->reset_done(slow->m->pdev);
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(slow, late));
	KUNIT_EXPECT_TRUE(test, vfe_rig_holds(slow, 40, late->data, 512));
	KUNIT_EXPECT_EQ(test, 0U, lost->ends);
	vfe_rig_unplug(hung);
	KUNIT_EXPECT_EQ(test, -EIO, vfe_rig_wait(hung, lost));
	KUNIT_EXPECT_LT(test, jiffies - start, 7UL * HZ);
}

/*
 * A slow request makes suspend fail: its tag would block the kernel, which
 * unplugs the other processors. The disk continues.
 */
static void fault_no_suspend(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_disk(test, 0);
	struct vfe_rig_io *io = fault_keep(rig, 40);
	struct device *dev = &rig->m->pdev->dev;
	unsigned long start = jiffies;

	KUNIT_EXPECT_EQ(test, -EBUSY, dev->driver->pm->suspend(dev));
	KUNIT_EXPECT_LT(test, jiffies - start, 7UL * HZ);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	vfe_rig_serve(rig);
	vfe_rig_push(rig, 0);
	vfe_mock_interrupt(&rig->m->queues[0]);
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, io));
	vfe_rig_works(rig);
	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->suspend(dev));
	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->resume(dev));
	vfe_rig_works(rig);
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
	KUNIT_CASE(fault_pleas_with_work_between),
	KUNIT_CASE(fault_pleas_without_end),
	KUNIT_CASE(fault_gone_in_a_recovery),
	KUNIT_CASE(fault_gone_in_a_probe),
	KUNIT_CASE(fault_waits_have_an_end),
	KUNIT_CASE(fault_no_suspend),
	{ }
};

VFE_SUITE(fault_cases);
