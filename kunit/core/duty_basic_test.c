// SPDX-License-Identifier: GPL-2.0
/*
 * Conformance: the basic facilities (virtio 1.4, 2.1 to 2.6, 3.1 and 6.1), a
 * case for each duty of a driver, by the ids of the file duties.
 */
#include <kunit/test.h>
#include <linux/bitops.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_ring.h>

#include "lib/duty.h"
#include "lib/core_fixture.h"
#include "lib/log.h"

#define V1		BIT_ULL(VIRTIO_F_VERSION_1)
#define CLASS_BIT	7	/* a feature of some device type */

static struct front *front_offering(struct kunit *test, u64 features)
{
	struct vfe_mock_spec spec = { .features = features };

	return front_new(test, &spec);
}

static int find_status_write(struct vfe_mock *m, u8 val)
{
	int at = -1;

	for (;;) {
		at = vfe_mock_find(m, at + 1, VFE_REG_DEVICE_STATUS, VFE_WRITE);
		if (at < 0 || m->log[at].val == val)
			return at;
	}
}

/* --- 2.1: device_status --- */

static void B01_status_shows_completed_steps(struct kunit *test)
{
	struct front *f = front_new(test, NULL);

	VFE_DUTY(test, "B01", "2.1.1",
		 "status bits show which steps of 3.1.1 are completed");
	KUNIT_ASSERT_EQ(test, front_step(f, FRONT_CREATE), 0);
	KUNIT_EXPECT_EQ(test, f->m->status, S_DRIVER);
	KUNIT_ASSERT_EQ(test, front_step(f, FRONT_NEGOTIATE), 0);
	KUNIT_EXPECT_EQ(test, f->m->status, S_FEATURES);
	KUNIT_ASSERT_EQ(test, front_step(f, FRONT_QUEUES), 0);
	KUNIT_EXPECT_EQ(test, f->m->status, S_FEATURES);
	KUNIT_ASSERT_EQ(test, front_step(f, FRONT_READY), 0);
	KUNIT_EXPECT_EQ(test, f->m->status, S_LIVE);
	FRONT_EXPECT_STATUSES(test, f->m, 0, S_ACK, S_DRIVER, S_FEATURES,
			      S_LIVE);
}

static void B02_no_status_bit_is_cleared(struct kunit *test)
{
	struct front *f = front_new(test, NULL);
	const struct vfe_mock_access *a;
	unsigned int i, n;
	u8 vals[16];
	u8 shown = 0;

	VFE_DUTY(test, "B02", "2.1.1",
		 "no status bit is cleared but by a reset, the device's neither");
	KUNIT_ASSERT_EQ(test, front_up(f, FRONT_NEGOTIATE), 0);
	f->m->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	KUNIT_ASSERT_EQ(test, front_step(f, FRONT_QUEUES), 0);
	KUNIT_ASSERT_EQ(test, front_step(f, FRONT_READY), 0);
	n = front_statuses(f->m, vals, ARRAY_SIZE(vals));
	KUNIT_EXPECT_EQ(test, vals[n - 1],
			S_LIVE | VIRTIO_CONFIG_S_NEEDS_RESET);
	KUNIT_ASSERT_EQ(test, vfe_reset(f->vd), 0);
	f->m->knobs.refuse_features = true;
	KUNIT_EXPECT_EQ(test, vfe_restart(f->vd), -ENODEV);
	/*
	 * the driver writes back the status that it read (the device may refuse
	 * FEATURES_OK)
	 */
	for (i = 0; i < f->m->log_len; i++) {
		a = &f->m->log[i];
		if (a->reg != VFE_REG_DEVICE_STATUS)
			continue;
		if (a->dir == VFE_WRITE && a->val)
			KUNIT_EXPECT_EQ_MSG(test, shown & ~a->val, 0U,
					    "%#x after %#x", a->val, shown);
		shown = a->val;
	}
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

static void B03_reset_after_failed(struct kunit *test)
{
	struct front *f = front_live(test, NULL);
	u8 vals[16];
	unsigned int n;

	VFE_DUTY(test, "B03", "2.1.1",
		 "after FAILED the device is reset before it is set up again");
	KUNIT_ASSERT_EQ(test, vfe_reset(f->vd), 0);
	f->m->knobs.refuse_features = true;
	KUNIT_EXPECT_EQ(test, vfe_restart(f->vd), -ENODEV);
	KUNIT_EXPECT_TRUE(test, f->m->status & S_FAILED);
	f->m->knobs.refuse_features = false;
	vfe_mock_log_clear(f->m);
	KUNIT_EXPECT_EQ(test, vfe_restart(f->vd), 0);
	n = front_statuses(f->m, vals, ARRAY_SIZE(vals));
	KUNIT_ASSERT_GT(test, n, 1U);
	KUNIT_EXPECT_EQ(test, vals[0], 0);
	/* no other register before it, either */
	KUNIT_EXPECT_EQ(test, find_status_write(f->m, 0), 0);
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

static void B04_recovery_from_needs_reset(struct kunit *test)
{
	struct front *f = front_live(test, NULL);

	VFE_DUTY(test, "B04", "2.1.1",
		 "with DEVICE_NEEDS_RESET no completion is relied on, a reset recovers");
	KUNIT_ASSERT_EQ(test, front_add(f, 0), 0);
	vfe_mock_needs_reset(f->m);
	front_settle();
	KUNIT_EXPECT_EQ(test, f->needs_reset, 1U);
	/* the unused buffer is detached, and used again */
	KUNIT_ASSERT_EQ(test, vfe_reset(f->vd), 0);
	KUNIT_EXPECT_PTR_EQ(test, vfe_queue_detach(vfe_get_queue(f->vd, 0)),
			    (void *)f);
	KUNIT_ASSERT_EQ(test, vfe_restart(f->vd), 0);
	KUNIT_ASSERT_EQ(test, vfe_ready(f->vd), 0);
	KUNIT_EXPECT_EQ(test, f->m->status, S_LIVE);
	KUNIT_ASSERT_EQ(test, front_add(f, 0), 0);
	KUNIT_EXPECT_TRUE(test, front_use(f, 0));
	vfe_mock_interrupt(&f->m->queues[0]);
	KUNIT_EXPECT_EQ(test, f->done[0], 1U);
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

/* --- 2.2: features --- */

static void B05_only_offered_features_are_accepted(struct kunit *test)
{
	struct front *f = front_new(test, NULL);
	unsigned int bit;

	VFE_DUTY(test, "B05", "2.2.1",
		 "no feature is accepted that is not offered");
	f->wanted = GENMASK_ULL(23, 0);
	/*
	 * one feature missing at a time, with all features of the type wanted
	 */
	for (bit = 0; bit < 64; bit++) {
		if (bit == VIRTIO_F_VERSION_1)
			continue;
		f->m->offered = ~BIT_ULL(bit);
		KUNIT_ASSERT_EQ(test, front_up(f, FRONT_READY), 0);
		KUNIT_EXPECT_EQ_MSG(test, f->m->accepted & BIT_ULL(bit), 0ULL,
				    "bit %u", bit);
		KUNIT_EXPECT_FALSE(test, vfe_has_feature(f->vd, bit));
		front_down(f);
	}
}

static void B05_nor_after_a_reset(struct kunit *test)
{
	struct front *f = front_live(test, NULL);

	VFE_DUTY(test, "B05", "2.2.1",
		 "no feature is accepted again that is not offered again");
	KUNIT_ASSERT_EQ(test, vfe_reset(f->vd), 0);
	f->m->offered = V1;
	KUNIT_EXPECT_EQ(test, vfe_restart(f->vd), -ENODEV);
	KUNIT_EXPECT_EQ(test, f->m->accepted & ~V1, 0ULL);
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

/*
 * Features that the driver does not implement, by number: not all kernels
 * define them
 */
static const u8 foreign_bits[] = {
	24,	/* NOTIFY_ON_EMPTY, legacy */
	27,	/* ANY_LAYOUT, legacy */
	30, 31,	/* legacy, reserved */
	37,	/* SR_IOV */
	41,	/* ADMIN_VQ */
	42,	/* SUSPEND */
	49,	/* reserved */
	63,	/* of some device type */
};

static void B06_bits_of_others_are_ignored(struct kunit *test)
{
	struct front *f = front_new(test, NULL);
	unsigned int i;

	VFE_DUTY(test, "B06", "2.2.1",
		 "bits that are reserved, of another type or not implemented are ignored");
	for (i = 0; i < ARRAY_SIZE(foreign_bits); i++) {
		f->m->offered = V1 | BIT_ULL(foreign_bits[i]);
		KUNIT_ASSERT_EQ(test, front_up(f, FRONT_READY), 0);
		KUNIT_EXPECT_EQ_MSG(test, f->m->accepted, V1, "bit %u",
				    foreign_bits[i]);
		front_down(f);
	}
}

static void B07_works_without_an_optional_feature(struct kunit *test)
{
	struct front *f = front_offering(test, V1);

	VFE_DUTY(test, "B07", "2.2.1",
		 "without a feature that it can do without, the driver works");
	f->wanted = BIT_ULL(CLASS_BIT);
	KUNIT_ASSERT_EQ(test, front_up(f, FRONT_READY), 0);
	KUNIT_ASSERT_EQ(test, front_add(f, 0), 0);
	KUNIT_EXPECT_TRUE(test, front_use(f, 0));
	vfe_mock_interrupt(&f->m->queues[0]);
	KUNIT_EXPECT_EQ(test, f->done[0], 1U);
}

static void B07_fails_without_a_needed_feature(struct kunit *test)
{
	struct front *f = front_offering(test, V1);

	VFE_DUTY(test, "B07", "2.2.1",
		 "without a feature that it needs, the driver sets FAILED and stops");
	f->required = BIT_ULL(CLASS_BIT);
	KUNIT_EXPECT_EQ(test, front_up(f, FRONT_READY), -ENODEV);
	KUNIT_EXPECT_EQ(test, f->m->status, S_DRIVER | S_FAILED);
	KUNIT_EXPECT_EQ(test, f->m->accepted, 0ULL);
	KUNIT_EXPECT_LT(test, find_status_write(f->m, S_FEATURES), 0);
	/* FAILED is the last write */
	KUNIT_EXPECT_EQ(test, find_status_write(f->m, S_DRIVER | S_FAILED),
			(int)f->m->log_len - 1);
}

static void B08_unknown_features_do_no_harm(struct kunit *test)
{
	struct front *f = front_offering(test, U64_MAX);

	VFE_DUTY(test, "B08", "2.2.1",
		 "a device that offers unknown features works nevertheless");
	KUNIT_ASSERT_EQ(test, front_up(f, FRONT_READY), 0);
	KUNIT_EXPECT_EQ(test, f->m->status, S_LIVE);
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

/* --- 2.4: reset --- */

static void B09_reset_is_over_when_status_reads_0(struct kunit *test)
{
	struct front *f = front_live(test, NULL);
	unsigned int i;

	VFE_DUTY(test, "B09", "2.4.2",
		 "a reset counts as completed when device_status reads 0");
	f->m->knobs.reset_reads = 7;
	vfe_mock_log_clear(f->m);
	KUNIT_ASSERT_EQ(test, vfe_reset(f->vd), 0);
	KUNIT_ASSERT_EQ(test, f->m->log_len, 9U);
	KUNIT_EXPECT_EQ(test, f->m->log[0].dir, VFE_WRITE);
	for (i = 1; i < 9; i++) {
		KUNIT_EXPECT_EQ(test, f->m->log[i].reg, VFE_REG_DEVICE_STATUS);
		KUNIT_EXPECT_EQ(test, f->m->log[i].dir, VFE_READ);
	}
	KUNIT_EXPECT_EQ(test, f->m->log[8].val, 0U);
}

/* --- 2.5: configuration --- */

static const u8 fields[] = { 8, 4, 2, 1, 1, 0 };

static void B10_no_read_is_wider_than_32_bits(struct kunit *test)
{
	struct front *f = front_live(test, NULL);
	unsigned int i;
	u8 buf[16];

	VFE_DUTY(test, "B10", "2.5.1",
		 "no read of more than 32 bits, or of several fields, is assumed to be atomic");
	vfe_mock_log_clear(f->m);
	KUNIT_ASSERT_EQ(test, vfe_config_read(f->vd, 0, fields, buf), 0);
	for (i = 0; i < f->m->log_len; i++)
		KUNIT_EXPECT_LE(test, f->m->log[i].size, 4U);
	/* the halves of a field that changes in between are read again */
	f->m->knobs.generation_moves = 1;
	KUNIT_ASSERT_EQ(test, vfe_config_read(f->vd, 0, fields, buf), 0);
	KUNIT_EXPECT_MEMEQ(test, buf, f->m->config, sizeof(buf));
}

static void B11_generation_before_and_after(struct kunit *test)
{
	struct front *f = front_live(test, NULL);
	struct vfe_mock *m = f->m;
	unsigned int n;
	u8 buf[16];

	VFE_DUTY(test, "B11", "2.5.1",
		 "config_generation is read before and after, until it is the same");
	vfe_mock_log_clear(m);
	KUNIT_ASSERT_EQ(test, vfe_config_read(f->vd, 0, fields, buf), 0);
	n = m->log_len;
	KUNIT_EXPECT_EQ(test, m->log[0].reg, VFE_REG_CONFIG_GENERATION);
	KUNIT_EXPECT_EQ(test, m->log[n - 1].reg, VFE_REG_CONFIG_GENERATION);
	KUNIT_EXPECT_EQ(test, m->log[0].val, m->log[n - 1].val);
	m->knobs.generation_moves = 3;
	vfe_mock_log_clear(m);
	KUNIT_ASSERT_EQ(test, vfe_config_read(f->vd, 0, fields, buf), 0);
	n = m->log_len;
	KUNIT_EXPECT_EQ(test, m->log[n - 1].reg, VFE_REG_CONFIG_GENERATION);
	KUNIT_EXPECT_EQ(test, m->log[n - 1].val, m->generation);
	KUNIT_EXPECT_MEMEQ(test, buf, m->config, sizeof(buf));
}

/* Fields of a disk's configuration that depend on a feature */
static const struct {
	u8 bit;
	u8 from;
	u8 to;
} blk_fields[] = {
	{ VIRTIO_BLK_F_SIZE_MAX, 8, 12 }, { VIRTIO_BLK_F_SEG_MAX, 12, 16 },
	{ VIRTIO_BLK_F_GEOMETRY, 16, 20 }, { VIRTIO_BLK_F_BLK_SIZE, 20, 24 },
	{ VIRTIO_BLK_F_TOPOLOGY, 24, 32 }, { VIRTIO_BLK_F_CONFIG_WCE, 32, 33 },
	{ VIRTIO_BLK_F_MQ, 34, 36 }, { VIRTIO_BLK_F_DISCARD, 36, 48 },
	{ VIRTIO_BLK_F_WRITE_ZEROES, 48, 57 },
};

/* Is any byte from @from to @to in the log? */
static bool touched(const struct vfe_mock *m, u32 from, u32 to)
{
	const struct vfe_mock_access *a;
	unsigned int i;

	for (i = 0; i < m->log_len; i++) {
		a = &m->log[i];
		if (a->reg == VFE_REG_DEVICE_CONFIG && a->offset < to &&
		    a->offset + a->size > from)
			return true;
	}
	return false;
}

static void expect_untouched(struct kunit *test, const struct vfe_mock *m,
			     unsigned int field)
{
	KUNIT_EXPECT_FALSE_MSG(test, touched(m, blk_fields[field].from,
					     blk_fields[field].to),
			       "bit %u", blk_fields[field].bit);
}

static void B12_optional_fields_only_with_their_feature(struct kunit *test)
{
	struct vfe_mock_spec spec = { .device = VFE_PCI_DEVICE_BLOCK };
	struct vfe_mock_disk *disk;
	struct vfe_mock *m;
	unsigned int i, j;

	VFE_DUTY(test, "B12", "2.5.1",
		 "an optional field is not touched without its feature");
	for (i = 0; i <= ARRAY_SIZE(blk_fields); i++) {
		m = vfe_mock_plug_disk(test, &spec, i < ARRAY_SIZE(blk_fields) ?
				       BIT_ULL(blk_fields[i].bit) : 0, 64,
				       &disk);
		KUNIT_ASSERT_NOT_NULL(test, m);
		KUNIT_ASSERT_NOT_NULL(test, m->pdev->dev.driver);
		KUNIT_EXPECT_TRUE(test, touched(m, 0, 8));
		for (j = 0; j < ARRAY_SIZE(blk_fields); j++)
			if (!(m->offered & BIT_ULL(blk_fields[j].bit)))
				expect_untouched(test, m, j);
		vfe_mock_unplug(m);
	}
}

static void B13_config_of_any_size(struct kunit *test)
{
	static const u8 config[VFE_MOCK_CONFIG] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	static const u8 first[] = { 8, 0 };
	static const unsigned int lens[] = { 8, 9, 60, 61, 128, 255, 256 };
	struct vfe_mock_spec spec = { .config = config };
	struct front *f;
	unsigned int i;
	u8 buf[8];

	VFE_DUTY(test, "B13", "2.5.1",
		 "configuration may be of any size that has the needed fields");
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		spec.config_len = lens[i];
		f = front_live(test, &spec);
		KUNIT_EXPECT_EQ(test, vfe_config_read(f->vd, 0, first, buf), 0);
		KUNIT_EXPECT_MEMEQ(test, buf, config, 8);
		front_down(f);
		vfe_mock_unplug(f->m);
	}
	/* and one that has not: an error of that read, not of the device */
	spec.config_len = 4;
	f = front_live(test, &spec);
	KUNIT_EXPECT_EQ(test, vfe_config_read(f->vd, 0, first, buf), -EINVAL);
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

/* --- 3.1: initialisation --- */

static void B16_order_of_initialisation(struct kunit *test)
{
	struct front *f = front_live(test, NULL);
	struct vfe_mock *m = f->m;
	int at[9];
	unsigned int i;

	VFE_DUTY(test, "B16", "3.1.1",
		 "reset, ACKNOWLEDGE, DRIVER, features, FEATURES_OK, re-read, set-up, DRIVER_OK");
	at[0] = find_status_write(m, 0);
	at[1] = find_status_write(m, S_ACK);
	at[2] = find_status_write(m, S_DRIVER);
	at[3] = vfe_mock_find(m, 0, VFE_REG_DEVICE_FEATURE, VFE_READ);
	at[4] = vfe_mock_find(m, 0, VFE_REG_DRIVER_FEATURE, VFE_WRITE);
	at[5] = find_status_write(m, S_FEATURES);
	at[6] = vfe_mock_find(m, at[5], VFE_REG_DEVICE_STATUS, VFE_READ);
	at[7] = vfe_mock_find(m, 0, VFE_REG_QUEUE_SELECT, VFE_WRITE);
	at[8] = find_status_write(m, S_LIVE);
	/* the reset is the first access of all */
	KUNIT_EXPECT_EQ(test, at[0], 0);
	for (i = 1; i < ARRAY_SIZE(at); i++)
		KUNIT_EXPECT_GT_MSG(test, at[i], at[i - 1], "step %u", i);
	KUNIT_EXPECT_EQ(test, at[8], (int)m->log_len - 1);
	VFE_MOCK_EXPECT_CLEAN(test, m);
}

static void B17_config_is_not_written_in_the_feature_step(struct kunit *test)
{
	struct front *f = front_new(test, NULL);
	u8 buf[16];

	VFE_DUTY(test, "B17", "3.1.1",
		 "while features are negotiated configuration is read, not written");
	KUNIT_ASSERT_EQ(test, front_step(f, FRONT_CREATE), 0);
	KUNIT_EXPECT_EQ(test, vfe_config_read(f->vd, 0, fields, buf), 0);
	KUNIT_EXPECT_EQ(test, vfe_config_write(f->vd, 0, 1, 1), -EBUSY);
	KUNIT_EXPECT_EQ(test, vfe_mock_count(f->m, VFE_REG_DEVICE_CONFIG,
					     VFE_WRITE), 0U);
	KUNIT_ASSERT_EQ(test, front_step(f, FRONT_NEGOTIATE), 0);
	KUNIT_EXPECT_EQ(test, vfe_config_write(f->vd, 0, 1, 1), 0);
}

static void B18_features_are_final_with_features_ok(struct kunit *test)
{
	struct front *f = front_live(test, NULL);
	int ok = find_status_write(f->m, S_FEATURES);

	VFE_DUTY(test, "B18", "3.1.1",
		 "no features are written after FEATURES_OK, which is read again");
	KUNIT_ASSERT_GE(test, ok, 0);
	KUNIT_EXPECT_LT(test, vfe_mock_find(f->m, ok, VFE_REG_DRIVER_FEATURE,
					    VFE_WRITE), 0);
	KUNIT_EXPECT_EQ(test, f->m->log[ok + 1].reg, VFE_REG_DEVICE_STATUS);
	KUNIT_EXPECT_EQ(test, f->m->log[ok + 1].dir, VFE_READ);
}

static void B18_features_that_are_refused(struct kunit *test)
{
	struct front *f = front_new(test, NULL);

	VFE_DUTY(test, "B18", "3.1.1",
		 "a device that drops FEATURES_OK is not driven");
	f->m->knobs.refuse_features = true;
	KUNIT_EXPECT_EQ(test, front_up(f, FRONT_READY), -ENODEV);
	KUNIT_EXPECT_EQ(test, vfe_mock_count(f->m, VFE_REG_QUEUE_SELECT,
					     VFE_WRITE), 0U);
	KUNIT_EXPECT_LT(test, find_status_write(f->m, S_LIVE), 0);
}

static bool no_such_queue(struct vfe_mock *m, struct vfe_mock_access *a)
{
	if (a->reg == VFE_REG_QUEUE_SIZE && a->dir == VFE_READ)
		a->val = 0;
	return false;
}

static void B19_failed_on_an_irrecoverable_error(struct kunit *test)
{
	struct front *f = front_new(test, NULL);
	int failed;

	VFE_DUTY(test, "B19", "3.1.1",
		 "an irrecoverable error sets FAILED and ends the set-up");
	f->m->knobs.access = no_such_queue;
	KUNIT_EXPECT_EQ(test, front_up(f, FRONT_READY), -ENODEV);
	failed = find_status_write(f->m, S_FEATURES | S_FAILED);
	KUNIT_ASSERT_GT(test, failed, 0);
	KUNIT_EXPECT_LT(test, vfe_mock_find(f->m, failed, VFE_REG_QUEUE_SELECT,
					    VFE_WRITE), 0);
	KUNIT_EXPECT_LT(test, find_status_write(f->m, S_LIVE), 0);
	/* and cannot be continued */
	KUNIT_EXPECT_EQ(test, vfe_ready(f->vd), -ENODEV);
	KUNIT_EXPECT_LT(test, find_status_write(f->m, S_LIVE), 0);
}

static void B20_no_notification_before_driver_ok(struct kunit *test)
{
	struct front *f = front_new(test, NULL);

	VFE_DUTY(test, "B20", "3.1.1",
		 "no notification of available buffers before DRIVER_OK");
	KUNIT_ASSERT_EQ(test, front_up(f, FRONT_QUEUES), 0);
	KUNIT_ASSERT_EQ(test, front_add(f, 0), 0);
	vfe_queue_notify(vfe_get_queue(f->vd, 0));
	KUNIT_EXPECT_EQ(test, vfe_mock_count(f->m, VFE_REG_NOTIFY, VFE_WRITE),
			0U);
	KUNIT_ASSERT_EQ(test, vfe_ready(f->vd), 0);
	vfe_queue_notify(vfe_get_queue(f->vd, 0));
	KUNIT_EXPECT_EQ(test, f->m->queues[0].kicks, 1U);
	KUNIT_EXPECT_EQ(test, f->m->queues[0].early, 0U);
}

/* --- 3.3: clean-up --- */

#define B21_SIZE	8	/* four buffers of two pieces */

/**
 * struct b21_view - a queue, as the device sees it
 * @test: the test
 * @avail: the driver's ring
 * @desc: the descriptors
 * @ring: contents of @avail
 * @descs: contents of @desc
 * @exposed: bit i: the device has not used what @ring[i] leads to
 * @looks: how often the device checked during a reset
 */
struct b21_view {
	struct kunit *test;
	const struct vring_avail *avail;
	const struct vring_desc *desc;
	__virtio16 ring[B21_SIZE];
	struct vring_desc descs[B21_SIZE];
	unsigned long exposed;
	unsigned int looks;
};

static u16 b21_le16(__virtio16 val)
{
	return le16_to_cpu((__force __le16)val) % B21_SIZE;
}

/* All exposed entries are unchanged since the view was taken. */
static void b21_expect_same(const struct b21_view *v)
{
	unsigned int i, at;

	for_each_set_bit(i, &v->exposed, B21_SIZE) {
		KUNIT_EXPECT_EQ(v->test, (__force u16)v->avail->ring[i],
				(__force u16)v->ring[i]);
		at = b21_le16(v->ring[i]);
		KUNIT_EXPECT_MEMEQ(v->test, &v->desc[at], &v->descs[at],
				   sizeof(v->desc[at]));
		at = b21_le16(v->descs[at].next);
		KUNIT_EXPECT_MEMEQ(v->test, &v->desc[at], &v->descs[at],
				   sizeof(v->desc[at]));
	}
}

static bool b21_access(struct vfe_mock *m, struct vfe_mock_access *a)
{
	struct b21_view *v = m->knobs.priv;

	if (a->reg == VFE_REG_DEVICE_STATUS) {
		b21_expect_same(v);
		v->looks++;
	}
	return false;
}

/* A live queue that is full, and its view */
static struct front *b21_full(struct kunit *test, struct b21_view *v)
{
	struct vfe_mock_spec spec = { .features = V1, .queue_size = B21_SIZE };
	struct front *f = front_live(test, &spec);
	unsigned int i;

	for (i = 0; i < B21_SIZE / 2; i++)
		KUNIT_ASSERT_EQ(test, front_add(f, 0), 0);
	v->test = test;
	v->avail = vfe_mock_mem(f->m->queues[0].driver);
	v->desc = vfe_mock_mem(f->m->queues[0].desc);
	memcpy(v->ring, v->avail->ring, sizeof(v->ring));
	memcpy(v->descs, v->desc, sizeof(v->descs));
	v->exposed = BIT(B21_SIZE / 2) - 1;
	/* a slow reset, during which the device checks */
	f->m->knobs.reset_reads = 3;
	f->m->knobs.access = b21_access;
	f->m->knobs.priv = v;
	return f;
}

/* The device uses buffer @n, in any order, and the driver reaps it. */
static void b21_use(struct front *f, struct b21_view *v, unsigned int n)
{
	struct vfe_queue *q = vfe_get_queue(f->vd, 0);
	u32 len;

	vfe_mock_push(&f->m->queues[0], b21_le16(v->ring[n]), 1, 2);
	v->exposed &= ~BIT(n);
	vfe_mock_interrupt(&f->m->queues[0]);
	KUNIT_EXPECT_PTR_EQ(v->test, vfe_queue_get(q, &len), (void *)f);
	b21_expect_same(v);
}

static void B21_exposed_buffers_stay_as_they_are(struct kunit *test)
{
	struct b21_view v = {};
	struct vfe_queue *q;
	struct front *f;
	unsigned int i;

	VFE_DUTY(test, "B21", "3.3.1",
		 "what a live queue shows is not altered; the device is reset first");
	f = b21_full(test, &v);
	q = vfe_get_queue(f->vd, 0);
	KUNIT_EXPECT_EQ(test, front_add(f, 0), -ENOSPC);
	vfe_queue_disable_cb(q);
	vfe_queue_enable_cb(q);
	b21_expect_same(&v);
	b21_use(f, &v, 2);
	KUNIT_EXPECT_EQ(test, front_add(f, 0), 0);
	b21_expect_same(&v);
	b21_use(f, &v, 0);
	KUNIT_EXPECT_EQ(test, hweight_long(v.exposed), 2UL);
	/* the reset, three old values, the zero */
	KUNIT_ASSERT_EQ(test, vfe_reset(f->vd), 0);
	KUNIT_EXPECT_EQ(test, v.looks, 5U);
	for (i = 0; vfe_queue_detach(q); i++)
		;
	KUNIT_EXPECT_EQ(test, i, 3U);
}

static void B21_rings_outlive_the_reset(struct kunit *test)
{
	struct b21_view v = {};
	struct front *f;

	VFE_DUTY(test, "B21", "3.3.1",
		 "what a live queue shows is there until the reset is over");
	f = b21_full(test, &v);
	front_down(f);
	KUNIT_EXPECT_EQ(test, v.looks, 5U);
}

/* --- 6.1: reserved features --- */

static void B25_version_1_is_accepted(struct kunit *test)
{
	struct front *f = front_live(test, NULL);

	VFE_DUTY(test, "B25", "6.1",
		 "VERSION_1 is accepted where offered; without it the driver does not run");
	KUNIT_EXPECT_TRUE(test, f->m->accepted & V1);
	f = front_offering(test, BIT_ULL(VIRTIO_RING_F_EVENT_IDX));
	KUNIT_EXPECT_EQ(test, front_up(f, FRONT_READY), -ENODEV);
	KUNIT_EXPECT_EQ(test, f->m->accepted, 0ULL);
}

#define PLATFORM	BIT_ULL(VIRTIO_F_ACCESS_PLATFORM)

/* Does the bus translate this address to memory? */
static void b26_expect_translated(struct kunit *test, u64 addr)
{
	KUNIT_EXPECT_GE(test, addr, VFE_MOCK_BUS);
	KUNIT_EXPECT_NOT_NULL(test, vfe_mock_mem(addr));
}

static void B26_access_platform_is_accepted(struct kunit *test)
{
	struct vfe_mock_spec spec = {
		.features = V1 | PLATFORM | BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC),
		.translated = true,
	};
	struct front *f = front_new(test, &spec);
	struct vfe_mock_queue *mq = f->m->queues;
	const struct vring_desc *desc;

	VFE_DUTY(test, "B26", "6.1",
		 "ACCESS_PLATFORM is accepted, then all addresses are those of the bus");
	KUNIT_ASSERT_EQ(test, front_up(f, FRONT_READY), 0);
	KUNIT_EXPECT_TRUE(test, f->m->accepted & PLATFORM);
	b26_expect_translated(test, mq->desc);
	b26_expect_translated(test, mq->driver);
	b26_expect_translated(test, mq->device);
	/* these addresses lead to the driver's memory, tables included */
	front_expect_completion(test, f, 0);
	desc = vfe_mock_mem(mq->desc);
	b26_expect_translated(test, le64_to_cpu((__force __le64)desc->addr));
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

static void B26_without_it_addresses_are_physical(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = V1 };
	struct front *f = front_live(test, &spec);

	VFE_DUTY(test, "B26", "6.1",
		 "without ACCESS_PLATFORM addresses are physical, whatever the platform translates for others");
	KUNIT_EXPECT_LT(test, f->m->queues[0].desc, VFE_MOCK_BUS);
	KUNIT_EXPECT_LT(test, f->m->queues[0].driver, VFE_MOCK_BUS);
	KUNIT_EXPECT_LT(test, f->m->queues[0].device, VFE_MOCK_BUS);
	front_expect_completion(test, f, 0);
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
	spec.translated = true;
	f = front_live(test, &spec);
	KUNIT_EXPECT_LT(test, f->m->queues[0].desc, VFE_MOCK_BUS);
	KUNIT_EXPECT_LT(test, f->m->queues[0].driver, VFE_MOCK_BUS);
	KUNIT_EXPECT_LT(test, f->m->queues[0].device, VFE_MOCK_BUS);
}

static void B27_what_should_be_accepted_is(struct kunit *test)
{
	static const u64 bits[] = {
		BIT_ULL(VIRTIO_F_ORDER_PLATFORM),
		BIT_ULL(VIRTIO_F_RING_PACKED),
	};
	struct front *f;
	unsigned int i;

	VFE_DUTY(test, "B27", "6.1",
		 "ORDER_PLATFORM and RING_PACKED are accepted; NOTIF_CONFIG_DATA, not implemented, is not");
	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		f = front_offering(test, V1 | bits[i]);
		KUNIT_ASSERT_EQ(test, front_up(f, FRONT_READY), 0);
		KUNIT_EXPECT_EQ(test, f->m->accepted, V1 | bits[i]);
		front_expect_completion(test, f, 0);
		VFE_MOCK_EXPECT_CLEAN(test, f->m);
		front_down(f);
	}
}

static struct kunit_case basic_cases[] = {
	KUNIT_CASE(B01_status_shows_completed_steps),
	KUNIT_CASE(B02_no_status_bit_is_cleared),
	KUNIT_CASE(B03_reset_after_failed),
	KUNIT_CASE(B04_recovery_from_needs_reset),
	KUNIT_CASE(B05_only_offered_features_are_accepted),
	KUNIT_CASE(B05_nor_after_a_reset),
	KUNIT_CASE(B06_bits_of_others_are_ignored),
	KUNIT_CASE(B07_works_without_an_optional_feature),
	KUNIT_CASE(B07_fails_without_a_needed_feature),
	KUNIT_CASE(B08_unknown_features_do_no_harm),
	KUNIT_CASE(B09_reset_is_over_when_status_reads_0),
	KUNIT_CASE(B10_no_read_is_wider_than_32_bits),
	KUNIT_CASE(B11_generation_before_and_after),
	KUNIT_CASE(B12_optional_fields_only_with_their_feature),
	KUNIT_CASE(B13_config_of_any_size),
	KUNIT_CASE(B16_order_of_initialisation),
	KUNIT_CASE(B17_config_is_not_written_in_the_feature_step),
	KUNIT_CASE(B18_features_are_final_with_features_ok),
	KUNIT_CASE(B18_features_that_are_refused),
	KUNIT_CASE(B19_failed_on_an_irrecoverable_error),
	KUNIT_CASE(B20_no_notification_before_driver_ok),
	KUNIT_CASE(B21_exposed_buffers_stay_as_they_are),
	KUNIT_CASE(B21_rings_outlive_the_reset),
	KUNIT_CASE(B25_version_1_is_accepted),
	KUNIT_CASE(B26_access_platform_is_accepted),
	KUNIT_CASE(B26_without_it_addresses_are_physical),
	KUNIT_CASE(B27_what_should_be_accepted_is),
	{}
};

static struct kunit_suite basic_suite = {
	.name = "vfe-duty-basic",
	.test_cases = basic_cases,
};

kunit_test_suite(basic_suite);

MODULE_DESCRIPTION("Conformance of the basic facilities");
MODULE_LICENSE("GPL");
