// SPDX-License-Identifier: GPL-2.0
/*
 * The set-up of queues (drivers/core/queue_setup.c): sizes, notify offsets,
 * how many, in which order of registers and with how few accesses.
 */
#include <linux/string.h>
#include <linux/unaligned.h>

#include "lib/core_fixture.h"
#include "lib/log.h"
#include "lib/suite.h"

/**
 * struct answer - what a hook answers instead of the device
 * @reg: reads of this register
 * @queue: only while this queue is selected, -1 for all
 * @val: give this
 * @selected: the queue selected last
 */
struct answer {
	enum vfe_reg reg;
	int queue;
	u32 val;
	int selected;
};

static bool answer(struct vfe_mock *m, struct vfe_mock_access *a)
{
	struct answer *s = m->knobs.priv;

	if (a->reg == VFE_REG_QUEUE_SELECT && a->dir == VFE_WRITE)
		s->selected = a->val;
	if (a->reg == s->reg && a->dir == VFE_READ &&
	    (s->queue < 0 || s->queue == s->selected))
		a->val = s->val;
	return false;
}

static struct tdrv *tdrv_answering(struct kunit *test, unsigned int queues,
				   struct answer *s)
{
	struct vfe_mock_spec spec = { .queues = queues };
	struct tdrv *td = tdrv_new(test, &spec);

	td->m->knobs.priv = s;
	td->m->knobs.access = answer;
	return td;
}

/* Set-up must fail, leave the device reset, and log the reason in one line. */
static void expect_failure(struct kunit *test, struct tdrv *td, int err,
			   const char *says)
{
	struct kmsg_dump_iter mark = log_mark();
	u8 vals[16];
	unsigned int n;

	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_NEGOTIATE), 0);
	vfe_mock_log_clear(td->m);
	KUNIT_EXPECT_EQ(test, tdrv_step(td, TDRV_QUEUES), err);
	KUNIT_EXPECT_EQ(test, log_errors(mark, pci_name(td->m->pdev)), 1U);
	KUNIT_EXPECT_EQ(test, log_errors(mark, says), 1U);
	KUNIT_EXPECT_EQ(test, vfe_num_queues(td->vd), 0U);
	KUNIT_EXPECT_NULL(test, vfe_get_queue(td->vd, 0));
	tdrv_down(td);
	/* 3.1.1: FAILED, then the reset */
	n = tdrv_statuses(td->m, vals, ARRAY_SIZE(vals));
	KUNIT_ASSERT_GE(test, n, 2U);
	KUNIT_EXPECT_TRUE(test, vals[0] & S_FAILED);
	KUNIT_EXPECT_EQ(test, vals[n - 1], 0);
	KUNIT_EXPECT_EQ(test, td->m->status, 0);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* --- sizes --- */

static void sizes_that_no_ring_has(struct kunit *test)
{
	static const u16 sizes[] = { 3, 5, 6, 7, 9, 24, 100, 255, 257, 1000,
				     32767, 32769, 65535 };
	struct answer s = { .reg = VFE_REG_QUEUE_SIZE, .queue = -1 };
	struct tdrv *td = tdrv_answering(test, 1, &s);
	unsigned int i;

	VFE_DUTY(test, "T08", "4.1.4.3.2",
		 "a device that offers another size is not driven");
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		s.val = sizes[i];
		expect_failure(test, td, -EINVAL, "queue_size is");
	}
}

static void size_0_means_no_queue(struct kunit *test)
{
	struct answer s = { .reg = VFE_REG_QUEUE_SIZE, .queue = -1, .val = 0 };

	VFE_DUTY(test, "B19", "3.1.1",
		 "an irrecoverable error sets FAILED and ends the set-up");
	expect_failure(test, tdrv_answering(test, 1, &s), -ENODEV,
		       "queue_size is 0");
}

/* The last of three fails: the memory of the first two is freed. */
static void last_queue_is_wrong(struct kunit *test)
{
	struct answer s = { .reg = VFE_REG_QUEUE_SIZE, .queue = 2, .val = 12 };
	struct tdrv *td = tdrv_answering(test, 3, &s);

	expect_failure(test, td, -EINVAL, "queue 2");
	/* nothing was kept: with a good device it works */
	s.val = 64;
	KUNIT_EXPECT_EQ(test, tdrv_up(td, TDRV_READY), 0);
}

/* A failed set-up may be tried again, with fewer queues. */
static void second_try_with_fewer_queues(struct kunit *test)
{
	struct answer s = { .reg = VFE_REG_QUEUE_SIZE, .queue = 2, .val = 0 };
	struct tdrv *td = tdrv_answering(test, 3, &s);

	KUNIT_EXPECT_EQ(test, tdrv_up(td, TDRV_READY), -ENODEV);
	td->queues = 2;
	KUNIT_ASSERT_EQ(test, tdrv_step(td, TDRV_QUEUES), 0);
	KUNIT_ASSERT_EQ(test, tdrv_step(td, TDRV_READY), 0);
	KUNIT_EXPECT_EQ(test, td->m->status, S_LIVE);
	KUNIT_EXPECT_EQ(test, vfe_num_queues(td->vd), 2U);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* 2.7.1: each part aligned, without overlap, empty at first */
static void expect_parts(struct kunit *test, struct vfe_mock_queue *mq,
			 unsigned int size)
{
	KUNIT_EXPECT_EQ(test, mq->desc % 16, 0ULL);
	KUNIT_EXPECT_EQ(test, mq->driver % 2, 0ULL);
	KUNIT_EXPECT_EQ(test, mq->device % 4, 0ULL);
	KUNIT_EXPECT_GE(test, mq->driver, mq->desc + 16 * size);
	KUNIT_EXPECT_GE(test, mq->device, mq->driver + 6 + 2 * size);
	KUNIT_EXPECT_EQ(test, vfe_mock_avail_idx(mq), 0);
	KUNIT_EXPECT_EQ(test, vfe_mock_avail_flags(mq), 0);
	KUNIT_EXPECT_EQ(test, vfe_mock_used_idx(mq), 0);
}

static void every_size_there_is(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = BIT_ULL(VIRTIO_F_VERSION_1) };
	unsigned int size;
	struct tdrv *td;

	VFE_DUTY(test, "S01", "2.7.1",
		 "descriptors at a multiple of 16, driver's ring of 2, device's ring of 4");
	for (size = 1; size <= 32768; size *= 2) {
		spec.queue_size = size;
		td = tdrv_new(test, &spec);
		td->specs[0].max_segs = 1;
		KUNIT_ASSERT_EQ_MSG(test, tdrv_up(td, TDRV_READY), 0,
				    "size %u", size);
		KUNIT_EXPECT_EQ(test, vfe_queue_size(vfe_get_queue(td->vd, 0)),
				size);
		KUNIT_EXPECT_EQ(test, td->m->queues[0].size, size);
		expect_parts(test, td->m->queues, size);
		/* the driver does not write back an unchanged size */
		KUNIT_EXPECT_EQ(test, vfe_mock_count(td->m, VFE_REG_QUEUE_SIZE,
						     VFE_WRITE), 0U);
		VFE_MOCK_EXPECT_CLEAN(test, td->m);
		tdrv_down(td);
		vfe_mock_unplug(td->m);
	}
}

/* The requested size, on a device with 64 entries, and the result */
static void sizes_asked_for(struct kunit *test)
{
	static const struct {
		u16 asked;
		u16 got;
	} sizes[] = { { 0, 64 }, { 1, 1 }, { 2, 2 }, { 3, 2 }, { 16, 16 },
		      { 20, 16 }, { 63, 32 }, { 64, 64 }, { 65, 64 },
		      { 100, 64 }, { 32768, 64 }, { 65535, 64 } };
	struct tdrv *td = tdrv_new(test, NULL);
	unsigned int i;

	VFE_DUTY(test, "T08", "4.1.4.3.2",
		 "queue_size of a split ring is written as a power of two, not 0");
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		td->specs[0].size = sizes[i].asked;
		vfe_mock_log_clear(td->m);
		KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
		KUNIT_EXPECT_EQ(test, vfe_queue_size(vfe_get_queue(td->vd, 0)),
				sizes[i].got);
		KUNIT_EXPECT_EQ(test, td->m->queues[0].size, sizes[i].got);
		KUNIT_EXPECT_EQ(test, vfe_mock_count(td->m, VFE_REG_QUEUE_SIZE,
						     VFE_WRITE),
				sizes[i].got == 64 ? 0U : 1U);
		VFE_MOCK_EXPECT_CLEAN(test, td->m);
		tdrv_down(td);
	}
}

/* --- how many --- */

static void more_queues_than_there_are(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 3 };
	struct tdrv *td = tdrv_new(test, &spec);

	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_NEGOTIATE), 0);
	KUNIT_EXPECT_EQ(test, vfe_max_queues(td->vd), 3U);
	vfe_mock_log_clear(td->m);
	td->queues = 4;
	KUNIT_EXPECT_EQ(test, tdrv_step(td, TDRV_QUEUES), -ENODEV);
	td->queues = 0;
	KUNIT_EXPECT_EQ(test, tdrv_step(td, TDRV_QUEUES), -ENODEV);
	KUNIT_EXPECT_EQ(test, td->m->log_len, 0U);
	td->queues = 3;
	KUNIT_EXPECT_EQ(test, tdrv_step(td, TDRV_QUEUES), 0);
	KUNIT_EXPECT_EQ(test, vfe_num_queues(td->vd), 3U);
	KUNIT_EXPECT_NULL(test, vfe_get_queue(td->vd, 3));
	KUNIT_EXPECT_NULL(test, vfe_get_queue(td->vd, UINT_MAX));
}

static void fewer_queues_than_there_are(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = VFE_MOCK_QUEUES };
	struct tdrv *td = tdrv_new(test, &spec);
	unsigned int i;

	td->queues = 2;
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	for (i = 0; i < VFE_MOCK_QUEUES; i++)
		KUNIT_EXPECT_EQ(test, td->m->queues[i].enable, i < 2 ? 1 : 0);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* --- registers --- */

static const enum vfe_reg queue_regs[] = {
	VFE_REG_QUEUE_SELECT, VFE_REG_QUEUE_SIZE, VFE_REG_QUEUE_ENABLE,
	VFE_REG_QUEUE_NOTIFY_OFF,
	VFE_REG_QUEUE_MSIX_VECTOR, VFE_REG_QUEUE_MSIX_VECTOR,
	VFE_REG_QUEUE_DESC_LO, VFE_REG_QUEUE_DESC_HI,
	VFE_REG_QUEUE_DRIVER_LO, VFE_REG_QUEUE_DRIVER_HI,
	VFE_REG_QUEUE_DEVICE_LO, VFE_REG_QUEUE_DEVICE_HI,
	VFE_REG_QUEUE_ENABLE,
};

/* Two for the configuration's vector, thirteen per queue, in this order */
static void thirteen_accesses_a_queue(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 3 };
	struct tdrv *td = tdrv_new(test, &spec);
	unsigned int i, n = ARRAY_SIZE(queue_regs);

	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_NEGOTIATE), 0);
	vfe_mock_log_clear(td->m);
	KUNIT_ASSERT_EQ(test, tdrv_step(td, TDRV_QUEUES), 0);
	KUNIT_ASSERT_EQ(test, td->m->log_len, 2 + 3 * n);
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(test, td->m->log[i].reg,
				VFE_REG_CONFIG_MSIX_VECTOR);
	for (i = 0; i < 3 * n; i++)
		KUNIT_EXPECT_EQ_MSG(test, td->m->log[2 + i].reg,
				    queue_regs[i % n], "queue %u access %u",
				    i / n, i % n);
}

/* Without vectors two fewer; more for a size and queue_notif_config_data */
static void accesses_of_other_queues(struct kunit *test)
{
	static const struct {
		struct vfe_mock_spec spec;
		u16 size;
		unsigned int accesses;
	} ways[] = {
		{ { .vectors = -1 }, 0, 11 },
		{ { .queues = 3, .features = VFE_MOCK_FEATURES |
				 BIT_ULL(VIRTIO_F_NOTIFICATION_DATA) |
				 BIT_ULL(VIRTIO_F_NOTIF_CONFIG_DATA) |
				 BIT_ULL(VIRTIO_F_RING_RESET) },
		  16, 2 + 3 * 15 },
	};
	struct tdrv *td;
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		td = tdrv_new(test, &ways[i].spec);
		for (k = 0; k < 3; k++)
			td->specs[k].size = ways[i].size;
		KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_NEGOTIATE), 0);
		vfe_mock_log_clear(td->m);
		KUNIT_ASSERT_EQ(test, tdrv_step(td, TDRV_QUEUES), 0);
		KUNIT_EXPECT_EQ(test, td->m->log_len, ways[i].accesses);
		VFE_MOCK_EXPECT_CLEAN(test, td->m);
	}
}

/* A device that forgets to disable its queues when it is reset */
static bool stale_enable(struct vfe_mock *m, struct vfe_mock_access *a)
{
	if (a->dir == VFE_READ && a->reg == VFE_REG_QUEUE_ENABLE)
		a->val = 1;
	return false;
}

/* virtio_pci refuses it with -ENOENT. */
static void queue_that_is_still_enabled(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);
	struct kmsg_dump_iter mark = log_mark();

	td->m->knobs.access = stale_enable;
	KUNIT_EXPECT_EQ(test, tdrv_up(td, TDRV_READY), -ENOENT);
	KUNIT_EXPECT_EQ(test, log_errors(mark, "queue_enable is 1: "), 1U);
	KUNIT_EXPECT_EQ(test, log_errors(mark, pci_name(td->m->pdev)), 1U);
	/* the driver wrote no address to a queue that may be running */
	KUNIT_EXPECT_EQ(test, vfe_mock_count(td->m, VFE_REG_QUEUE_DESC_LO,
					     VFE_WRITE), 0U);
	tdrv_down(td);
	td->m->knobs.access = NULL;
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	/* and if a later reset leaves one enabled */
	KUNIT_ASSERT_EQ(test, vfe_reset(td->vd), 0);
	td->m->knobs.access = stale_enable;
	KUNIT_EXPECT_EQ(test, vfe_restart(td->vd), -ENOENT);
	KUNIT_EXPECT_FALSE(test, tdrv_command(td) & PCI_COMMAND_MASTER);
	td->m->knobs.access = NULL;
	KUNIT_EXPECT_EQ(test, vfe_restart(td->vd), 0);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* All steps up to DRIVER_OK, with one queue, without configuration */
static void accesses_of_a_whole_set_up(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);

	/* status 9, num_queues, features 8, vector 2, queue 13 */
	KUNIT_EXPECT_EQ(test, vfe_mock_count(td->m, VFE_REG_DEVICE_STATUS,
					     VFE_READ), 4U);
	KUNIT_EXPECT_EQ(test, vfe_mock_count(td->m, VFE_REG_DEVICE_STATUS,
					     VFE_WRITE), 5U);
	KUNIT_EXPECT_EQ(test, td->m->log_len, 9U + 1 + 8 + 2 + 13);
}

static void eight_accesses_for_features(struct kunit *test)
{
	static const enum vfe_reg regs[] = {
		VFE_REG_DEVICE_FEATURE_SELECT, VFE_REG_DEVICE_FEATURE,
		VFE_REG_DEVICE_FEATURE_SELECT, VFE_REG_DEVICE_FEATURE,
		VFE_REG_DRIVER_FEATURE_SELECT, VFE_REG_DRIVER_FEATURE,
		VFE_REG_DRIVER_FEATURE_SELECT, VFE_REG_DRIVER_FEATURE,
		/* FEATURES_OK, and whether it stuck */
		VFE_REG_DEVICE_STATUS, VFE_REG_DEVICE_STATUS,
		VFE_REG_DEVICE_STATUS,
	};
	struct tdrv *td = tdrv_new(test, NULL);
	unsigned int i;

	VFE_DUTY(test, "B18", "3.1.1",
		 "no features are written after FEATURES_OK, which is read again");
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_CREATE), 0);
	vfe_mock_log_clear(td->m);
	KUNIT_ASSERT_EQ(test, tdrv_step(td, TDRV_NEGOTIATE), 0);
	KUNIT_ASSERT_EQ(test, td->m->log_len, (u32)ARRAY_SIZE(regs));
	for (i = 0; i < ARRAY_SIZE(regs); i++)
		KUNIT_EXPECT_EQ(test, td->m->log[i].reg, regs[i]);
}

/* --- where to notify --- */

static void notify_each_queue_at_its_place(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 4, .multiplier = 6 };
	struct tdrv *td = tdrv_new(test, &spec);
	unsigned int i;
	int at;

	VFE_DUTY(test, "T22", "4.1.4.4",
		 "notified is at queue_notify_off * multiplier, inside the structure");
	/* not in the queues' order */
	td->m->queues[0].notify_off = 3;
	td->m->queues[1].notify_off = 0;
	td->m->queues[2].notify_off = 1;
	td->m->queues[3].notify_off = 682;	/* times 6: the last but two */
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	for (i = 0; i < 4; i++) {
		vfe_mock_log_clear(td->m);
		vfe_queue_notify(vfe_get_queue(td->vd, i));
		at = vfe_mock_find(td->m, 0, VFE_REG_NOTIFY, VFE_WRITE);
		KUNIT_ASSERT_EQ(test, at, 0);
		KUNIT_EXPECT_EQ(test, td->m->log[0].offset,
				6U * td->m->queues[i].notify_off);
		KUNIT_EXPECT_EQ(test, td->m->log[0].size, 2U);
		KUNIT_EXPECT_EQ(test, td->m->log[0].val, i);
		KUNIT_EXPECT_EQ(test, td->m->queues[i].kicks, 1U);
	}
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void multiplier_0_is_one_place_for_all(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 3, .multiplier = -1 };
	struct tdrv *td = tdrv_new(test, &spec);
	unsigned int i;

	td->m->queues[2].notify_off = 0xffff;
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	vfe_mock_log_clear(td->m);
	for (i = 0; i < 3; i++)
		vfe_queue_notify(vfe_get_queue(td->vd, i));
	KUNIT_ASSERT_EQ(test, td->m->log_len, 3U);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, td->m->log[i].offset, 0U);
		KUNIT_EXPECT_EQ(test, td->m->log[i].val, i);
	}
}

/* offset and multiplier against a structure of 4096 bytes */
static void places_at_the_edge(struct kunit *test)
{
	static const struct {
		u16 off;
		u32 multiplier;
		int ret;
	} places[] = {
		{ 0, 4, 0 }, { 1023, 4, 0 }, { 1024, 4, -EINVAL },
		{ 2047, 2, 0 }, { 2048, 2, -EINVAL }, { 1, 4094, 0 },
		{ 1, 4096, -EINVAL }, { 1, 0xfffffffe, -EINVAL },
		{ 0xffff, 0xffffffff, -EINVAL }, { 0xffff, 0x10002, -EINVAL },
		{ 0xffff, 4, -EINVAL }, { 2, 0x80000000, -EINVAL },
		/* an odd offset is invalid for 16 bits, an even one is valid */
		{ 0, 3, 0 }, { 1, 3, -EINVAL }, { 2, 3, 0 }, { 1, 1, -EINVAL },
		{ 4, 1, 0 }, { 1, 4095, -EINVAL },
	};
	struct tdrv *td = tdrv_new(test, NULL);
	u8 *mult = vfe_mock_config_space(td->m) +
		   vfe_mock_cap(td->m, VIRTIO_PCI_CAP_NOTIFY_CFG) +
		   VIRTIO_PCI_NOTIFY_CAP_MULT;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		put_unaligned_le32(places[i].multiplier, mult);
		td->m->queues[0].notify_off = places[i].off;
		if (places[i].ret) {
			expect_failure(test, td, places[i].ret, "queue 0");
			continue;
		}
		KUNIT_EXPECT_EQ_MSG(test, tdrv_up(td, TDRV_READY), 0,
				    "place %u", i);
		tdrv_down(td);
	}
}

/* QEMU's page-per-vq: one page per queue, in a large BAR */
static void one_page_a_queue(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 8, .page_per_vq = true };
	struct tdrv *td = tdrv_live(test, &spec);
	unsigned int i;

	for (i = 0; i < 8; i++) {
		vfe_mock_log_clear(td->m);
		vfe_queue_notify(vfe_get_queue(td->vd, i));
		KUNIT_ASSERT_EQ(test, td->m->log_len, 1U);
		KUNIT_EXPECT_EQ(test, td->m->log[0].offset, 4096 * i);
		KUNIT_EXPECT_EQ(test, td->m->queues[i].kicks, 1U);
		tdrv_expect_completion(test, td, i);
	}
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* 32 bits need four bytes, at a multiple of four */
static void places_for_32_bits(struct kunit *test)
{
	static const struct {
		u16 off;
		u32 multiplier;
		u32 start;
		int ret;
		bool data;
		const char *says;
	} places[] = {
		{ 0, 4, 0, 0, true }, { 1023, 4, 0, 0, true },
		{ 0xffff, 0, 0, 0, true },
		{ 1024, 4, 0, -EINVAL, true, "queue_notify_off is 1024" },
		/* the driver writes 16 bits if 32 do not fit for some queue */
		{ 2047, 2, 0, 0, false }, { 1, 4094, 0, 0, false },
		{ 1, 2, 0, 0, false }, { 2, 2, 0, 0, false },
		/* the structure itself may be misaligned by two */
		{ 0, 4, 2, 0, false }, { 1, 2, 2, 0, false },
	};
	struct vfe_mock_spec spec = {
		.features = VFE_MOCK_FEATURES |
			    BIT_ULL(VIRTIO_F_NOTIFICATION_DATA),
	};
	struct tdrv *td = tdrv_new(test, &spec);
	u8 *cap = vfe_mock_config_space(td->m) +
		  vfe_mock_cap(td->m, VIRTIO_PCI_CAP_NOTIFY_CFG);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		put_unaligned_le32(places[i].multiplier,
				   cap + VIRTIO_PCI_NOTIFY_CAP_MULT);
		put_unaligned_le32(VFE_NOTIFY_OFFSET + places[i].start,
				   cap + VIRTIO_PCI_CAP_OFFSET);
		put_unaligned_le32(VFE_STRUCT_SIZE - places[i].start,
				   cap + VIRTIO_PCI_CAP_LENGTH);
		td->m->queues[0].notify_off = places[i].off;
		if (places[i].ret) {
			expect_failure(test, td, places[i].ret, places[i].says);
			continue;
		}
		KUNIT_EXPECT_EQ_MSG(test, tdrv_up(td, TDRV_READY), 0,
				    "place %u", i);
		KUNIT_EXPECT_EQ_MSG(test, places[i].data,
				    vfe_has_feature(td->vd,
						    VIRTIO_F_NOTIFICATION_DATA),
				    "place %u", i);
		tdrv_down(td);
	}
}

/* The window ends with the structure, not with the page. */
static void notify_structure_of_a_few_bytes(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 3 };
	struct tdrv *td = tdrv_new(test, &spec);
	u8 *len = vfe_mock_config_space(td->m) +
		  vfe_mock_cap(td->m, VIRTIO_PCI_CAP_NOTIFY_CFG) +
		  VIRTIO_PCI_CAP_LENGTH;

	put_unaligned_le32(9, len);
	expect_failure(test, td, -EINVAL, "queue 2");
	put_unaligned_le32(10, len);
	KUNIT_EXPECT_EQ(test, tdrv_up(td, TDRV_READY), 0);
}

/* --- after a reset --- */

static void size_changes_over_a_restart(struct kunit *test)
{
	struct answer s = { .reg = VFE_REG_QUEUE_SIZE, .queue = -1, .val = 64 };
	struct tdrv *td = tdrv_answering(test, 2, &s);
	struct kmsg_dump_iter mark;

	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	KUNIT_ASSERT_EQ(test, vfe_reset(td->vd), 0);
	/* larger: the ring keeps its size, which the driver writes */
	s.val = 128;
	vfe_mock_log_clear(td->m);
	KUNIT_ASSERT_EQ(test, vfe_restart(td->vd), 0);
	KUNIT_EXPECT_EQ(test, vfe_mock_count(td->m, VFE_REG_QUEUE_SIZE,
					     VFE_WRITE), 2U);
	KUNIT_EXPECT_EQ(test, td->m->queues[1].size, 64);
	KUNIT_ASSERT_EQ(test, vfe_reset(td->vd), 0);
	/* smaller: it does not fit */
	s.val = 32;
	mark = log_mark();
	KUNIT_EXPECT_EQ(test, vfe_restart(td->vd), -EINVAL);
	KUNIT_EXPECT_EQ(test, log_errors(mark, "smaller than before"), 1U);
	KUNIT_EXPECT_TRUE(test, td->m->status & S_FAILED);
	/* nor a missing queue */
	s.val = 0;
	KUNIT_EXPECT_EQ(test, vfe_restart(td->vd), -ENODEV);
	s.val = 64;
	KUNIT_EXPECT_EQ(test, vfe_restart(td->vd), 0);
	KUNIT_EXPECT_EQ(test, vfe_ready(td->vd), 0);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* A class uses some of the queues: each has the number in its spec. */
static void queues_with_numbers(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 5 };
	struct tdrv *td = tdrv_new(test, &spec);
	unsigned int i;

	td->queues = 2;
	td->specs[1].index = 4;
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	KUNIT_EXPECT_EQ(test, vfe_num_queues(td->vd), 2U);
	KUNIT_EXPECT_EQ(test, vfe_queue_index(vfe_get_queue(td->vd, 1)), 4U);
	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_EQ(test, td->m->queues[i].enable, !(i % 4));
	KUNIT_EXPECT_EQ(test, td->m->queues[4].vector, 2);
	KUNIT_ASSERT_EQ(test, tdrv_add(td, 1), 0);
	KUNIT_EXPECT_EQ(test, td->m->queues[4].kicks, 1U);
	KUNIT_ASSERT_TRUE(test, tdrv_use(td, 4));
	KUNIT_EXPECT_TRUE(test, vfe_mock_interrupt(&td->m->queues[4]));
	KUNIT_EXPECT_EQ(test, td->done[4], 1U);
	tdrv_reap_all(td, 1);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void specs_that_make_no_sense(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 3 };
	struct tdrv *td = tdrv_new(test, &spec);

	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_NEGOTIATE), 0);
	td->specs[0].vector = VFE_VECTOR_PREVIOUS;
	KUNIT_EXPECT_EQ(test, tdrv_step(td, TDRV_QUEUES), -EINVAL);
	td->specs[0].vector = VFE_VECTOR_NONE;
	td->specs[1].vector = VFE_VECTOR_PREVIOUS;
	KUNIT_EXPECT_EQ(test, tdrv_step(td, TDRV_QUEUES), -EINVAL);
	td->specs[1].vector = VFE_VECTOR_OWN;
	td->specs[2].index = 1;
	KUNIT_EXPECT_EQ(test, tdrv_step(td, TDRV_QUEUES), -EINVAL);
	td->specs[2].index = 3;
	KUNIT_EXPECT_EQ(test, tdrv_step(td, TDRV_QUEUES), -ENODEV);
	td->specs[2].index = 2;
	KUNIT_EXPECT_EQ(test, tdrv_step(td, TDRV_QUEUES), 0);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* A reset, and a restart with another ring; then with the largest again */
static void another_size(struct kunit *test)
{
	static const struct { u16 want, get; } sizes[] = {
		{ 16, 16 }, { 15, 8 }, { 1000, 64 }, { 0, 64 },
	};
	struct vfe_mock_spec spec = { .queues = 2, .queue_size = 64 };
	struct tdrv *td = tdrv_live(test, &spec);
	struct vfe_queue *q = vfe_get_queue(td->vd, 1);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		KUNIT_ASSERT_EQ(test, tdrv_add(td, 1), 0);
		KUNIT_ASSERT_EQ(test, vfe_reset(td->vd), 0);
		tdrv_detach_all(td);
		vfe_queue_set_size(q, sizes[i].want);
		KUNIT_ASSERT_EQ(test, vfe_restart(td->vd), 0);
		KUNIT_ASSERT_EQ(test, vfe_ready(td->vd), 0);
		KUNIT_EXPECT_EQ(test, vfe_queue_size(q), sizes[i].get);
		KUNIT_EXPECT_EQ(test, td->m->queues[1].size, sizes[i].get);
		KUNIT_EXPECT_EQ(test, td->m->queues[0].size, 64);
		KUNIT_EXPECT_EQ(test, vfe_queue_max_size(q), 64U);
		tdrv_expect_completion(test, td, 0);
		tdrv_expect_completion(test, td, 1);
	}
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static struct kunit_case queues_cases[] = {
	KUNIT_CASE(queues_with_numbers),
	KUNIT_CASE(specs_that_make_no_sense),
	KUNIT_CASE(another_size),
	KUNIT_CASE(sizes_that_no_ring_has),
	KUNIT_CASE(size_0_means_no_queue),
	KUNIT_CASE(last_queue_is_wrong),
	KUNIT_CASE(second_try_with_fewer_queues),
	KUNIT_CASE(every_size_there_is),
	KUNIT_CASE(sizes_asked_for),
	KUNIT_CASE(more_queues_than_there_are),
	KUNIT_CASE(fewer_queues_than_there_are),
	KUNIT_CASE(thirteen_accesses_a_queue),
	KUNIT_CASE(accesses_of_other_queues),
	KUNIT_CASE(queue_that_is_still_enabled),
	KUNIT_CASE(accesses_of_a_whole_set_up),
	KUNIT_CASE(eight_accesses_for_features),
	KUNIT_CASE(notify_each_queue_at_its_place),
	KUNIT_CASE(multiplier_0_is_one_place_for_all),
	KUNIT_CASE(places_at_the_edge),
	KUNIT_CASE(one_page_a_queue),
	KUNIT_CASE(places_for_32_bits),
	KUNIT_CASE(notify_structure_of_a_few_bytes),
	KUNIT_CASE(size_changes_over_a_restart),
	{}
};

VFE_SUITE(queues_cases);
