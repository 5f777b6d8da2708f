// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a device (drivers/core/device.c): the order of the steps,
 * features, restarts, and each way in which a class driver may stop. Resets
 * are in reset_test.c, a function that disappears in surprise_removal_test.c.
 */
#include <linux/virtio_ring.h>

#include "lib/core_fixture.h"
#include "lib/log.h"
#include "lib/suite.h"

#define CLASS_BIT	5	/* a feature of some device type */
#define OTHER_BIT	6
#define UNKNOWN_BIT	23	/* of no type that the driver supports */

#define USUAL_FEATURES	(BIT_ULL(VIRTIO_F_VERSION_1) | \
			 BIT_ULL(VIRTIO_RING_F_EVENT_IDX) | \
			 BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC))

static struct tdrv *tdrv_offering(struct kunit *test, u64 features)
{
	struct vfe_mock_spec spec = { .features = features };

	return tdrv_new(test, &spec);
}

/* --- the order of steps --- */

static void steps_in_order(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);
	struct vfe_mock *m = td->m;
	int num_queues, features, enable;

	VFE_DUTY(test, "B16", "3.1.1",
		 "reset, ACKNOWLEDGE, DRIVER, features, FEATURES_OK, queues, DRIVER_OK");
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	TDRV_EXPECT_STATUSES(test, m, 0, S_ACK, S_DRIVER, S_FEATURES, S_LIVE);
	KUNIT_EXPECT_EQ(test, m->status, S_LIVE);
	/* features before FEATURES_OK, queues before DRIVER_OK */
	num_queues = vfe_mock_find(m, 0, VFE_REG_NUM_QUEUES, VFE_READ);
	features = vfe_mock_find(m, 0, VFE_REG_DRIVER_FEATURE, VFE_WRITE);
	enable = vfe_mock_find(m, 0, VFE_REG_QUEUE_ENABLE, VFE_WRITE);
	KUNIT_EXPECT_GT(test, num_queues, 0);
	KUNIT_EXPECT_GT(test, features, num_queues);
	KUNIT_EXPECT_GT(test, enable, features);
	KUNIT_EXPECT_LT(test, enable, (int)m->log_len - 1);
	VFE_MOCK_EXPECT_CLEAN(test, m);
}

static void status_after_each_step(struct kunit *test)
{
	static const u8 status[] = {
		[TDRV_CREATE] = S_DRIVER, [TDRV_NEGOTIATE] = S_FEATURES,
		[TDRV_QUEUES] = S_FEATURES, [TDRV_READY] = S_LIVE,
	};
	struct tdrv *td = tdrv_new(test, NULL);
	enum tdrv_step step;

	VFE_DUTY(test, "B01", "2.1.1",
		 "status bits show which steps of 3.1.1 are completed");
	for (step = TDRV_CREATE; step <= TDRV_READY; step++) {
		KUNIT_ASSERT_EQ(test, tdrv_step(td, step), 0);
		KUNIT_EXPECT_EQ(test, td->m->status, status[step]);
	}
}

/*
 * 3.1.1: FAILED, then a reset, for an aborted set-up; only a reset for a live
 * device.
 */
static void destroyed_after_each_step(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);
	enum tdrv_step step;
	unsigned int n;
	u8 vals[16];

	for (step = TDRV_CREATE; step <= TDRV_READY; step++) {
		KUNIT_ASSERT_EQ(test, tdrv_up(td, step), 0);
		vfe_mock_log_clear(td->m);
		tdrv_down(td);
		n = tdrv_statuses(td->m, vals, ARRAY_SIZE(vals));
		KUNIT_ASSERT_EQ(test, n, step == TDRV_READY ? 1U : 2U);
		if (step != TDRV_READY)
			KUNIT_EXPECT_TRUE(test, vals[0] & S_FAILED);
		KUNIT_EXPECT_EQ(test, vals[n - 1], 0);
		KUNIT_EXPECT_EQ(test, td->m->status, 0);
		KUNIT_EXPECT_FALSE(test, tdrv_command(td) & PCI_COMMAND_MASTER);
		VFE_MOCK_EXPECT_CLEAN(test, td->m);
	}
}

/* 3.1.1: no notification before DRIVER_OK, nor after the reset */
static void no_notification_but_live(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);

	VFE_DUTY(test, "B20", "3.1.1",
		 "no notification of available buffers before DRIVER_OK");
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_QUEUES), 0);
	vfe_queue_notify(vfe_get_queue(td->vd, 0));
	KUNIT_EXPECT_EQ(test, td->m->queues[0].kicks, 0U);
	KUNIT_ASSERT_EQ(test, vfe_ready(td->vd), 0);
	vfe_queue_notify(vfe_get_queue(td->vd, 0));
	KUNIT_EXPECT_EQ(test, td->m->queues[0].kicks, 1U);
	KUNIT_ASSERT_EQ(test, vfe_reset(td->vd), 0);
	vfe_queue_notify(vfe_get_queue(td->vd, 0));
	KUNIT_EXPECT_EQ(test, vfe_mock_count(td->m, VFE_REG_NOTIFY, VFE_WRITE),
			1U);
	KUNIT_EXPECT_EQ(test, td->m->queues[0].early, 0U);
}

/* ready() too early: no DRIVER_OK for a device without queues */
static void ready_without_queues(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);

	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_NEGOTIATE), 0);
	KUNIT_EXPECT_EQ(test, vfe_ready(td->vd), -ENODEV);
	KUNIT_EXPECT_FALSE(test, td->m->status & VIRTIO_CONFIG_S_DRIVER_OK);
}

/* --- features --- */

static void only_what_is_wanted_is_accepted(struct kunit *test)
{
	u64 offered = USUAL_FEATURES | BIT_ULL(CLASS_BIT) |
		      BIT_ULL(OTHER_BIT) | BIT_ULL(UNKNOWN_BIT);
	struct tdrv *td = tdrv_offering(test, offered);

	td->wanted = BIT_ULL(CLASS_BIT) | BIT_ULL(CLASS_BIT + 2);
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	KUNIT_EXPECT_EQ(test, td->m->accepted,
			USUAL_FEATURES | BIT_ULL(CLASS_BIT));
	KUNIT_EXPECT_TRUE(test, vfe_has_feature(td->vd, CLASS_BIT));
	/* wanted, not offered */
	KUNIT_EXPECT_FALSE(test, vfe_has_feature(td->vd, CLASS_BIT + 2));
	/* offered, not wanted */
	KUNIT_EXPECT_FALSE(test, vfe_has_feature(td->vd, OTHER_BIT));
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void everything_is_offered(struct kunit *test)
{
	struct tdrv *td = tdrv_offering(test, U64_MAX);

	VFE_DUTY(test, "B06", "2.2.1",
		 "feature bits that are reserved or not implemented are ignored");
	VFE_DUTY(test, "B08", "2.2.1",
		 "a device that offers unknown features works nevertheless");
	VFE_DUTY(test, "B22", "3.4.1",
		 "SUSPEND is not accepted, and never set in device_status");
	VFE_DUTY(test, "B23", "3.4.1",
		 "so that there is no suspended device to leave alone");
	VFE_DUTY(test, "B24", "3.4.1", "nor one to resume");
	VFE_DUTY(test, "B27", "6.1",
		 "ORDER_PLATFORM and RING_PACKED are accepted");
	VFE_DUTY(test, "B28", "6.1",
		 "SR_IOV is not accepted, so that no virtual functions are enabled");
	VFE_DUTY(test, "T12", "4.1.4.3.2", "ADMIN_VQ is not accepted");
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	KUNIT_EXPECT_EQ(test, td->m->accepted,
			USUAL_FEATURES | BIT_ULL(VIRTIO_F_ACCESS_PLATFORM) |
			BIT_ULL(VIRTIO_F_ORDER_PLATFORM) |
			BIT_ULL(VIRTIO_F_RING_PACKED) |
			BIT_ULL(VIRTIO_F_IN_ORDER) |
			BIT_ULL(VIRTIO_F_NOTIFICATION_DATA) |
			BIT_ULL(VIRTIO_F_NOTIF_CONFIG_DATA) |
			BIT_ULL(VIRTIO_F_RING_RESET));
	TDRV_EXPECT_STATUSES(test, td->m, 0, S_ACK, S_DRIVER, S_FEATURES,
			     S_LIVE);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void only_version_1(struct kunit *test)
{
	struct tdrv *td = tdrv_offering(test, BIT_ULL(VIRTIO_F_VERSION_1));

	VFE_DUTY(test, "B07", "2.2.1",
		 "without a feature that it can do without, the driver works");
	td->wanted = BIT_ULL(CLASS_BIT);
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	KUNIT_EXPECT_EQ(test, td->m->accepted, BIT_ULL(VIRTIO_F_VERSION_1));
	tdrv_expect_completion(test, td, 0);
}

/* --- features from 64 on --- */

#define HIGH(bit)	BIT_ULL((bit) - 64)

static struct tdrv *tdrv_offering_high(struct kunit *test, u64 high)
{
	struct vfe_mock_spec spec = { .features_high = high };

	return tdrv_new(test, &spec);
}

static void high_features_are_accepted(struct kunit *test)
{
	struct tdrv *td = tdrv_offering_high(test, HIGH(65) | HIGH(67) |
					     HIGH(95) | HIGH(96) | HIGH(127));

	td->wanted_high = HIGH(65) | HIGH(66) | HIGH(95) | HIGH(127);
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	KUNIT_EXPECT_EQ(test, td->m->accepted, USUAL_FEATURES);
	KUNIT_EXPECT_EQ(test, td->m->accepted_high,
			HIGH(65) | HIGH(95) | HIGH(127));
	KUNIT_EXPECT_TRUE(test, vfe_has_feature(td->vd, 65));
	KUNIT_EXPECT_TRUE(test, vfe_has_feature(td->vd, 127));
	/* wanted, not offered; offered, not wanted */
	KUNIT_EXPECT_FALSE(test, vfe_has_feature(td->vd, 66));
	KUNIT_EXPECT_FALSE(test, vfe_has_feature(td->vd, 67));
	KUNIT_EXPECT_FALSE(test, vfe_has_feature(td->vd, 96));
	/* none of them has the bit of another word */
	KUNIT_EXPECT_FALSE(test, vfe_has_feature(td->vd, 1));
	KUNIT_EXPECT_FALSE(test, vfe_has_feature(td->vd, 33));
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* A driver that wants none leaves their words alone: each is two exits. */
static void high_features_cost_nothing(struct kunit *test)
{
	struct tdrv *td = tdrv_offering_high(test, U64_MAX);

	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	KUNIT_EXPECT_EQ(test, td->m->accepted_high, 0ULL);
	KUNIT_EXPECT_EQ(test, 2U,
			vfe_mock_count(td->m, VFE_REG_DEVICE_FEATURE_SELECT,
				       VFE_WRITE));
	KUNIT_EXPECT_EQ(test, 2U,
			vfe_mock_count(td->m, VFE_REG_DRIVER_FEATURE_SELECT,
				       VFE_WRITE));
}

static void high_features_after_a_reset(struct kunit *test)
{
	static const char refused[] =
		"0x60000000130000000 are no longer offered after a reset (0x20000000130000000)";
	struct tdrv *td = tdrv_offering_high(test, HIGH(65) | HIGH(66));
	struct kmsg_dump_iter mark = log_mark();

	td->wanted_high = HIGH(65) | HIGH(66) | HIGH(67);
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	td->m->offered_high |= HIGH(67);
	KUNIT_ASSERT_EQ(test, vfe_reset(td->vd), 0);
	KUNIT_EXPECT_EQ(test, vfe_restart(td->vd), 0);
	KUNIT_EXPECT_EQ(test, td->m->accepted_high, HIGH(65) | HIGH(66));
	KUNIT_ASSERT_EQ(test, vfe_reset(td->vd), 0);
	td->m->offered_high = HIGH(65);
	vfe_mock_log_clear(td->m);
	KUNIT_EXPECT_EQ(test, vfe_restart(td->vd), -ENODEV);
	KUNIT_EXPECT_EQ(test, vfe_mock_count(td->m, VFE_REG_DRIVER_FEATURE,
					     VFE_WRITE), 0U);
	KUNIT_EXPECT_EQ(test, log_errors(mark, refused), 1U);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* Incompatible features: FAILED, an error, a line with the reason */
static void expect_refusal(struct kunit *test, struct tdrv *td,
			   unsigned int writes, const char *says)
{
	struct kmsg_dump_iter mark = log_mark();

	KUNIT_ASSERT_EQ(test, tdrv_step(td, TDRV_CREATE), 0);
	KUNIT_EXPECT_EQ(test, tdrv_step(td, TDRV_NEGOTIATE), -ENODEV);
	KUNIT_EXPECT_EQ(test, td->m->status, S_DRIVER | S_FAILED);
	KUNIT_EXPECT_EQ(test, vfe_mock_count(td->m, VFE_REG_DRIVER_FEATURE,
					     VFE_WRITE), writes);
	KUNIT_EXPECT_EQ(test, log_errors(mark, pci_name(td->m->pdev)), 1U);
	KUNIT_EXPECT_EQ(test, log_errors(mark, says), 1U);
	KUNIT_EXPECT_FALSE(test, vfe_has_feature(td->vd, VIRTIO_F_VERSION_1));
	/* 2.1.1: after FAILED the next thing is a reset */
	vfe_mock_log_clear(td->m);
	tdrv_down(td);
	TDRV_EXPECT_STATUSES(test, td->m, 0);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void version_1_is_missing(struct kunit *test)
{
	struct tdrv *td = tdrv_offering(test, BIT_ULL(VIRTIO_RING_F_EVENT_IDX));

	VFE_DUTY(test, "B25", "6.1",
		 "VERSION_1 is accepted where offered; without it the driver does not run");
	expect_refusal(test, td, 0, "required 0x100000000");
}

static void required_feature_is_missing(struct kunit *test)
{
	struct tdrv *td = tdrv_offering(test, USUAL_FEATURES);

	VFE_DUTY(test, "B07", "2.2.1",
		 "without a feature that it needs, the driver sets FAILED and stops");
	td->required = BIT_ULL(CLASS_BIT);
	expect_refusal(test, td, 0, "required 0x20");
}

static void features_ok_does_not_stick(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);

	VFE_DUTY(test, "B18", "3.1.1",
		 "a device that drops FEATURES_OK is not driven");
	td->m->knobs.refuse_features = true;
	expect_refusal(test, td, 2, "no FEATURES_OK");
}

/* --- restart --- */

static void restart_without_a_feature(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);
	struct kmsg_dump_iter mark = log_mark();

	VFE_DUTY(test, "B05", "2.2.1",
		 "no feature is accepted again that is not offered again");
	KUNIT_ASSERT_EQ(test, vfe_reset(td->vd), 0);
	td->m->offered &= ~BIT_ULL(VIRTIO_RING_F_EVENT_IDX);
	vfe_mock_log_clear(td->m);
	KUNIT_EXPECT_EQ(test, vfe_restart(td->vd), -ENODEV);
	KUNIT_EXPECT_TRUE(test, td->m->status & S_FAILED);
	KUNIT_EXPECT_EQ(test, vfe_mock_count(td->m, VFE_REG_DRIVER_FEATURE,
					     VFE_WRITE), 0U);
	KUNIT_EXPECT_EQ(test, log_errors(mark, "no longer offered"), 1U);
	KUNIT_EXPECT_FALSE(test, tdrv_command(td) & PCI_COMMAND_MASTER);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/*
 * The driver does not accept more than before: its queues were made for less.
 */
static void restart_with_another_feature(struct kunit *test)
{
	struct tdrv *td = tdrv_offering(test, BIT_ULL(VIRTIO_F_VERSION_1));

	td->wanted = BIT_ULL(CLASS_BIT);
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	KUNIT_ASSERT_EQ(test, vfe_reset(td->vd), 0);
	td->m->offered = USUAL_FEATURES | BIT_ULL(CLASS_BIT);
	KUNIT_EXPECT_EQ(test, vfe_restart(td->vd), 0);
	KUNIT_EXPECT_EQ(test, td->m->accepted, BIT_ULL(VIRTIO_F_VERSION_1));
	KUNIT_EXPECT_FALSE(test, vfe_has_feature(td->vd, CLASS_BIT));
}

static bool refuse_vectors(struct vfe_mock *m, struct vfe_mock_access *a)
{
	if (a->dir == VFE_READ && a->reg == VFE_REG_QUEUE_MSIX_VECTOR)
		a->val = VIRTIO_MSI_NO_VECTOR;
	return false;
}

/* The kind of interrupts can no longer change: an error with that reason */
static void restart_without_vectors(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);
	struct kmsg_dump_iter mark = log_mark();

	KUNIT_ASSERT_EQ(test, vfe_reset(td->vd), 0);
	td->m->knobs.access = refuse_vectors;
	KUNIT_EXPECT_EQ(test, vfe_restart(td->vd), -ENOSPC);
	KUNIT_EXPECT_TRUE(test, td->m->status & S_FAILED);
	KUNIT_EXPECT_EQ(test, log_errors(mark, pci_name(td->m->pdev)), 1U);
	td->m->knobs.access = NULL;
	KUNIT_EXPECT_EQ(test, vfe_restart(td->vd), 0);
}

/* --- status and features over a life --- */

static void no_status_bit_is_cleared(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);
	const struct vfe_mock_access *a;
	unsigned int i, n;
	u8 vals[16];
	u8 shown = 0;

	VFE_DUTY(test, "B02", "2.1.1",
		 "no status bit is cleared but by a reset, the device's neither");
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_NEGOTIATE), 0);
	td->m->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	KUNIT_ASSERT_EQ(test, tdrv_step(td, TDRV_QUEUES), 0);
	KUNIT_ASSERT_EQ(test, tdrv_step(td, TDRV_READY), 0);
	n = tdrv_statuses(td->m, vals, ARRAY_SIZE(vals));
	KUNIT_EXPECT_EQ(test, vals[n - 1],
			S_LIVE | VIRTIO_CONFIG_S_NEEDS_RESET);
	KUNIT_ASSERT_EQ(test, vfe_reset(td->vd), 0);
	td->m->knobs.refuse_features = true;
	KUNIT_EXPECT_EQ(test, vfe_restart(td->vd), -ENODEV);
	/*
	 * the driver writes back the status that it read (the device may refuse
	 * FEATURES_OK)
	 */
	for (i = 0; i < td->m->log_len; i++) {
		a = &td->m->log[i];
		if (a->reg != VFE_REG_DEVICE_STATUS)
			continue;
		if (a->dir == VFE_WRITE && a->val)
			KUNIT_EXPECT_EQ_MSG(test, shown & ~a->val, 0U,
					    "%#x after %#x", a->val, shown);
		shown = a->val;
	}
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void reset_after_failed(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);
	u8 vals[16];
	unsigned int n;

	VFE_DUTY(test, "B03", "2.1.1",
		 "after FAILED the device is reset before it is set up again");
	KUNIT_ASSERT_EQ(test, vfe_reset(td->vd), 0);
	td->m->knobs.refuse_features = true;
	KUNIT_EXPECT_EQ(test, vfe_restart(td->vd), -ENODEV);
	KUNIT_EXPECT_TRUE(test, td->m->status & S_FAILED);
	td->m->knobs.refuse_features = false;
	vfe_mock_log_clear(td->m);
	KUNIT_EXPECT_EQ(test, vfe_restart(td->vd), 0);
	n = tdrv_statuses(td->m, vals, ARRAY_SIZE(vals));
	KUNIT_ASSERT_GT(test, n, 1U);
	KUNIT_EXPECT_EQ(test, vals[0], 0);
	/* no other register before it, either */
	KUNIT_EXPECT_EQ(test, vfe_mock_find(td->m, 0, VFE_REG_DEVICE_STATUS,
					    VFE_WRITE), 0);
	KUNIT_EXPECT_EQ(test, vfe_ready(td->vd), 0);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void recovery_from_needs_reset(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);

	VFE_DUTY(test, "B04", "2.1.1",
		 "with DEVICE_NEEDS_RESET no completion is relied on, a reset recovers");
	KUNIT_ASSERT_EQ(test, tdrv_add(td, 0), 0);
	vfe_mock_needs_reset(td->m);
	tdrv_settle();
	KUNIT_EXPECT_EQ(test, td->needs_reset, 1U);
	/* the unused buffer is detached, and used again */
	KUNIT_ASSERT_EQ(test, vfe_reset(td->vd), 0);
	KUNIT_EXPECT_PTR_EQ(test, vfe_queue_detach(vfe_get_queue(td->vd, 0)),
			    (void *)td);
	KUNIT_ASSERT_EQ(test, vfe_restart(td->vd), 0);
	KUNIT_ASSERT_EQ(test, vfe_ready(td->vd), 0);
	KUNIT_EXPECT_EQ(test, td->m->status, S_LIVE);
	KUNIT_ASSERT_EQ(test, tdrv_add(td, 0), 0);
	KUNIT_EXPECT_TRUE(test, tdrv_use(td, 0));
	vfe_mock_interrupt(&td->m->queues[0]);
	KUNIT_EXPECT_EQ(test, td->done[0], 1U);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void no_other_feature_is_accepted(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);
	unsigned int bit;

	VFE_DUTY(test, "B05", "2.2.1",
		 "no feature is accepted that is not offered");
	td->wanted = GENMASK_ULL(23, 0);
	/*
	 * one feature missing at a time, with all features of the type wanted
	 */
	for (bit = 0; bit < 64; bit++) {
		if (bit == VIRTIO_F_VERSION_1)
			continue;
		td->m->offered = ~BIT_ULL(bit);
		KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
		KUNIT_EXPECT_EQ_MSG(test, td->m->accepted & BIT_ULL(bit), 0ULL,
				    "bit %u", bit);
		KUNIT_EXPECT_FALSE(test, vfe_has_feature(td->vd, bit));
		tdrv_down(td);
	}
}

static struct kunit_case life_cases[] = {
	KUNIT_CASE(steps_in_order),
	KUNIT_CASE(status_after_each_step),
	KUNIT_CASE(destroyed_after_each_step),
	KUNIT_CASE(no_notification_but_live),
	KUNIT_CASE(ready_without_queues),
	KUNIT_CASE(only_what_is_wanted_is_accepted),
	KUNIT_CASE(everything_is_offered),
	KUNIT_CASE(only_version_1),
	KUNIT_CASE(high_features_are_accepted),
	KUNIT_CASE(high_features_cost_nothing),
	KUNIT_CASE(high_features_after_a_reset),
	KUNIT_CASE(version_1_is_missing),
	KUNIT_CASE(required_feature_is_missing),
	KUNIT_CASE(features_ok_does_not_stick),
	KUNIT_CASE(restart_without_a_feature),
	KUNIT_CASE(restart_with_another_feature),
	KUNIT_CASE(restart_without_vectors),
	KUNIT_CASE(no_status_bit_is_cleared),
	KUNIT_CASE(reset_after_failed),
	KUNIT_CASE(recovery_from_needs_reset),
	KUNIT_CASE(no_other_feature_is_accepted),
	{}
};

VFE_SUITE(life_cases);
