// SPDX-License-Identifier: GPL-2.0
/*
 * Legacy devices (drivers/core/legacy.c) in addition to the duties in
 * duty_legacy_test.c: number of accesses, interrupts, resets, a disk, and
 * values that the driver refuses.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/string.h>

#include "lib/core_fixture.h"
#include "lib/log.h"
#include "lib/blk_fixture.h"

#define LIVE	(S_DRIVER | VIRTIO_CONFIG_S_DRIVER_OK)
#define F(name)	BIT_ULL(VIRTIO_BLK_F_##name)

static struct front *front_legacy(struct kunit *test, unsigned int queues,
				  int vectors)
{
	struct vfe_mock_spec spec = {
		.legacy = true,
		.queues = queues,
		.vectors = vectors,
	};

	return front_new(test, &spec);
}

/* --- accesses --- */

static const enum vfe_reg queue_regs[] = {
	VFE_REG_LEGACY_QUEUE_SELECT, VFE_REG_LEGACY_QUEUE_SIZE,
	VFE_REG_LEGACY_QUEUE_VECTOR, VFE_REG_LEGACY_QUEUE_VECTOR,
	VFE_REG_LEGACY_QUEUE_ADDRESS,
};

/* Two for the configuration's vector, five per queue, in this order */
static void five_accesses_a_queue(struct kunit *test)
{
	struct front *f = front_legacy(test, 3, 0);
	unsigned int i, n = ARRAY_SIZE(queue_regs);

	KUNIT_ASSERT_EQ(test, front_up(f, FRONT_NEGOTIATE), 0);
	vfe_mock_log_clear(f->m);
	KUNIT_ASSERT_EQ(test, front_step(f, FRONT_QUEUES), 0);
	KUNIT_ASSERT_EQ(test, f->m->log_len, 2 + 3 * n);
	for (i = 0; i < 3 * n; i++)
		KUNIT_EXPECT_EQ_MSG(test, f->m->log[2 + i].reg,
				    queue_regs[i % n], "queue %u access %u",
				    i / n, i % n);
}

static void three_accesses_with_intx(struct kunit *test)
{
	struct front *f = front_legacy(test, 1, -1);

	KUNIT_ASSERT_EQ(test, front_up(f, FRONT_NEGOTIATE), 0);
	vfe_mock_log_clear(f->m);
	KUNIT_ASSERT_EQ(test, front_step(f, FRONT_QUEUES), 0);
	KUNIT_EXPECT_EQ(test, f->m->log_len, 3U);
}

/* Everything before the queues, and DRIVER_OK after them */
static void few_accesses_for_the_rest(struct kunit *test)
{
	static const enum vfe_reg regs[] = {
		/* 0, whether it is; ACKNOWLEDGE, DRIVER */
		VFE_REG_LEGACY_DEVICE_STATUS, VFE_REG_LEGACY_DEVICE_STATUS,
		VFE_REG_LEGACY_DEVICE_STATUS, VFE_REG_LEGACY_DEVICE_STATUS,
		VFE_REG_LEGACY_DEVICE_FEATURES, VFE_REG_LEGACY_DRIVER_FEATURES,
	};
	struct front *f = front_legacy(test, 1, 0);
	unsigned int i;

	KUNIT_ASSERT_EQ(test, front_up(f, FRONT_NEGOTIATE), 0);
	KUNIT_ASSERT_EQ(test, f->m->log_len, (u32)ARRAY_SIZE(regs));
	for (i = 0; i < ARRAY_SIZE(regs); i++)
		KUNIT_EXPECT_EQ(test, f->m->log[i].reg, regs[i]);
	KUNIT_ASSERT_EQ(test, front_step(f, FRONT_QUEUES), 0);
	vfe_mock_log_clear(f->m);
	KUNIT_ASSERT_EQ(test, front_step(f, FRONT_READY), 0);
	KUNIT_EXPECT_EQ(test, f->m->log_len, 2U);
	KUNIT_EXPECT_EQ(test, f->m->status, LIVE);
}

/* Each counts as an exit, under its own name. */
static void accesses_are_exits(struct kunit *test)
{
	struct front *f = front_legacy(test, 1, 0);
	struct vfe_regs *regs;
	unsigned int i;
	u64 before;

	KUNIT_ASSERT_EQ(test, front_up(f, FRONT_READY), 0);
	regs = vfe_regs_of(f->vd);
	KUNIT_EXPECT_EQ(test, vfe_regs_exits(regs), (u64)f->m->log_len);
	before = vfe_regs_accesses(regs, VFE_REG_LEGACY_QUEUE_NOTIFY,
				   VFE_WRITE);
	for (i = 0; i < 7; i++)
		vfe_queue_notify(vfe_get_queue(f->vd, 0));
	KUNIT_EXPECT_EQ(test, f->m->queues[0].kicks, 7U);
	KUNIT_EXPECT_EQ(test, vfe_regs_accesses(regs,
						VFE_REG_LEGACY_QUEUE_NOTIFY,
						VFE_WRITE), before + 7);
	KUNIT_EXPECT_EQ(test, vfe_regs_exits(regs),
			vfe_regs_class(regs, VFE_WIN_LEGACY, VFE_READ) +
			vfe_regs_class(regs, VFE_WIN_LEGACY, VFE_WRITE));
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

/* --- interrupts --- */

static void each_kind_of_interrupts(struct kunit *test)
{
	static const struct {
		int vectors;
		enum vfe_interrupts irqs;
		bool msix;
	} kinds[] = {
		{ 0, VFE_IRQ_MSIX, true }, { 2, VFE_IRQ_MSIX, true },
		{ 0, VFE_IRQ_SINGLE, true }, { 0, VFE_IRQ_INTX, false },
		{ -1, VFE_IRQ_MSIX, false },
	};
	struct front *f;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		f = front_legacy(test, 2, kinds[i].vectors);
		f->irqs = kinds[i].irqs;
		KUNIT_ASSERT_EQ(test, front_up(f, FRONT_READY), 0);
		KUNIT_EXPECT_EQ(test, !!f->m->pdev->msix_enabled,
				kinds[i].msix);
		front_expect_completion(test, f, 0);
		front_expect_completion(test, f, 1);
		front_expect_config_change(test, f);
		VFE_MOCK_EXPECT_CLEAN(test, f->m);
		front_down(f);
		vfe_mock_unplug(f->m);
	}
}

/* Refused vectors: fewer vectors, and finally INTx */
static void vectors_that_are_refused(struct kunit *test)
{
	struct front *f;
	u16 most;

	for (most = 1; most <= 3; most++) {
		f = front_legacy(test, 2, 0);
		f->m->knobs.vectors_short = most;
		KUNIT_ASSERT_EQ(test, front_up(f, FRONT_READY), 0);
		front_expect_completion(test, f, 1);
		VFE_MOCK_EXPECT_CLEAN(test, f->m);
		front_down(f);
		vfe_mock_unplug(f->m);
	}
}

/* --- resets --- */

static void reset_and_restart(struct kunit *test)
{
	struct front *f = front_legacy(test, 2, 0);
	unsigned int i;

	KUNIT_ASSERT_EQ(test, front_up(f, FRONT_READY), 0);
	for (i = 0; i < 3; i++) {
		KUNIT_ASSERT_EQ(test, front_add(f, 1), 0);
		KUNIT_ASSERT_EQ(test, vfe_reset(f->vd), 0);
		KUNIT_EXPECT_PTR_EQ(test,
				    vfe_queue_detach(vfe_get_queue(f->vd, 1)),
				    (void *)f);
		KUNIT_ASSERT_EQ(test, vfe_restart(f->vd), 0);
		KUNIT_ASSERT_EQ(test, vfe_ready(f->vd), 0);
		front_expect_completion(test, f, 0);
		front_expect_completion(test, f, 1);
	}
	KUNIT_EXPECT_EQ(test, vfe_queue_reset(vfe_get_queue(f->vd, 0)),
			-EOPNOTSUPP);
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

static void reset_that_never_ends(struct kunit *test)
{
	struct front *f = front_legacy(test, 1, 0);

	KUNIT_ASSERT_EQ(test, front_up(f, FRONT_READY), 0);
	f->m->knobs.reset_reads = UINT_MAX;
	KUNIT_EXPECT_EQ(test, vfe_reset(f->vd), -ETIMEDOUT);
	front_down(f);
	f->m->knobs.reset_reads = 0;
	KUNIT_EXPECT_EQ(test, front_up(f, FRONT_READY), 0);
}

static void function_that_goes_away(struct kunit *test)
{
	static const u8 fields[] = { 8, 0 };
	struct front *f = front_legacy(test, 1, 0);
	u64 val;

	KUNIT_ASSERT_EQ(test, front_up(f, FRONT_READY), 0);
	vfe_mock_vanish(f->m);
	KUNIT_EXPECT_EQ(test, vfe_config_read(f->vd, 0, fields, &val), -ENODEV);
	KUNIT_EXPECT_TRUE(test, vfe_gone(f->vd));
	KUNIT_EXPECT_EQ(test, f->needs_reset, 1U);
	front_down(f);
	KUNIT_EXPECT_EQ(test, front_up(f, FRONT_NEGOTIATE), -ENODEV);
}

/* --- what is not accepted --- */

static void bar_that_is_too_small(struct kunit *test)
{
	struct front *f = front_legacy(test, 1, 0);
	struct resource *bar = &f->m->pdev->resource[VFE_LEGACY_BAR];
	resource_size_t end = bar->end;
	struct kmsg_dump_iter mark = log_mark();

	bar->end = bar->start + 22;
	KUNIT_EXPECT_EQ(test, front_up(f, FRONT_READY), -EINVAL);
	KUNIT_EXPECT_EQ(test, log_errors(mark, "BAR 0 has 23 bytes"), 1U);
	bar->end = end;
	KUNIT_EXPECT_EQ(test, front_up(f, FRONT_READY), 0);
}

static void other_identities_need_capabilities(struct kunit *test)
{
	static const u16 ids[] = { 0x0fff, 0x1040, 0x1042, VFE_MOCK_DEVICE };
	struct vfe_mock_spec spec = { .legacy = true };
	struct kmsg_dump_iter mark;
	struct front *f;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		spec.device = ids[i];
		f = front_new(test, &spec);
		mark = log_mark();
		KUNIT_EXPECT_EQ(test, front_up(f, FRONT_READY), -ENODEV);
		KUNIT_EXPECT_EQ(test, log_errors(mark, "no common capability"),
				1U);
		KUNIT_EXPECT_EQ(test, f->m->log_len, 0U);
		vfe_mock_unplug(f->m);
	}
}

/**
 * struct answer - what a hook answers instead of the device
 * @reg: reads of this register
 * @val: give this
 */
struct answer {
	enum vfe_reg reg;
	u32 val;
};

static bool answer(struct vfe_mock *m, struct vfe_mock_access *a)
{
	const struct answer *s = m->knobs.priv;

	if (a->reg == s->reg && a->dir == VFE_READ)
		a->val = s->val;
	return false;
}

static void sizes_that_no_ring_has(struct kunit *test)
{
	static const struct {
		u16 size;
		int err;
	} sizes[] = {
		{ 0, -ENODEV }, { 3, -EINVAL }, { 100, -EINVAL },
		{ 65535, -EINVAL },
	};
	struct answer s = { .reg = VFE_REG_LEGACY_QUEUE_SIZE };
	struct front *f = front_legacy(test, 1, 0);
	struct kmsg_dump_iter mark;
	unsigned int i;

	f->m->knobs.priv = &s;
	f->m->knobs.access = answer;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		s.val = sizes[i].size;
		mark = log_mark();
		KUNIT_EXPECT_EQ(test, front_up(f, FRONT_READY), sizes[i].err);
		KUNIT_EXPECT_EQ(test, log_errors(mark, "legacy_queue_size is"),
				1U);
		front_down(f);
	}
	f->m->knobs.access = NULL;
	KUNIT_ASSERT_EQ(test, front_up(f, FRONT_READY), 0);
	/*
	 * the device determines the size: the driver cannot keep it if that
	 * changes
	 */
	f->m->knobs.access = answer;
	KUNIT_ASSERT_EQ(test, vfe_reset(f->vd), 0);
	for (s.val = 32; s.val <= 128; s.val += 96) {
		mark = log_mark();
		KUNIT_EXPECT_EQ(test, vfe_restart(f->vd), -EINVAL);
		KUNIT_EXPECT_EQ(test, log_errors(mark, "legacy_queue_size is"),
				1U);
	}
}

static void more_configuration_than_there_is(struct kunit *test)
{
	static const u8 one[] = { 1, 0 };
	struct front *f = front_legacy(test, 1, 0);
	u32 room = pci_resource_len(f->m->pdev, VFE_LEGACY_BAR) - 24;
	u8 val;

	KUNIT_ASSERT_EQ(test, front_up(f, FRONT_READY), 0);
	KUNIT_EXPECT_EQ(test, vfe_config_read(f->vd, room - 1, one, &val), 0);
	KUNIT_EXPECT_EQ(test, vfe_config_read(f->vd, room, one, &val), -EINVAL);
	KUNIT_EXPECT_EQ(test, vfe_config_write(f->vd, room, 1, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, vfe_config_write(f->vd, U32_MAX, 1, 1), -EINVAL);
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

/* --- a disk --- */

static void disk_works(struct kunit *test)
{
	const struct vfe_mock_spec spec = { .legacy = true, .unbound = true };
	struct vfe_rig *rig = vfe_rig_plug(test, &spec,
					   F(SEG_MAX) | F(FLUSH) | F(BLK_SIZE) |
					   F(CONFIG_WCE) | F(TOPOLOGY));

	KUNIT_ASSERT_EQ(test, vfe_rig_bind(rig), 0);
	vfe_rig_works(rig);
	KUNIT_EXPECT_EQ(test, vfe_rig_wait(rig, vfe_rig_start(rig, REQ_OP_WRITE |
							REQ_PREFLUSH, 0, 0, 0)),
			0);
	KUNIT_EXPECT_EQ(test, rig->back->flushes, 1U);
	/* and with a device that breaks its ring */
	rig->keep = true;
	vfe_rig_start(rig, REQ_OP_WRITE, 8, 512, 8);
	KUNIT_ASSERT_TRUE(test, VFE_RIG_UNTIL(rig->num_kept));
	vfe_rig_serve(rig);
	vfe_mock_push_raw(&rig->m->queues[0], 999, 1);
	vfe_mock_interrupt(&rig->m->queues[0]);
	KUNIT_EXPECT_EQ(test, vfe_rig_wait(rig, &rig->ios[rig->num_ios - 1]),
			0);
	VFE_MOCK_EXPECT_CLEAN(test, rig->m);
}

/* A disk whose used lengths are always 0 completes requests nevertheless. */
static bool says_length_0(struct vfe_mock_disk *back, struct vfe_mock_queue *mq,
			  struct vfe_mock_chain *chain)
{
	vfe_rig_work(back->priv, chain);
	vfe_mock_push(mq, chain->id, 0, chain->descs);
	return true;
}

static void disk_that_says_length_0(struct kunit *test)
{
	const struct vfe_mock_spec spec = { .legacy = true, .unbound = true };
	struct vfe_rig *rig = vfe_rig_plug(test, &spec, F(SEG_MAX));

	rig->back->request = says_length_0;
	KUNIT_ASSERT_EQ(test, vfe_rig_bind(rig), 0);
	vfe_rig_works(rig);
	VFE_MOCK_EXPECT_CLEAN(test, rig->m);
}

static struct kunit_case legacy_cases[] = {
	KUNIT_CASE(five_accesses_a_queue),
	KUNIT_CASE(three_accesses_with_intx),
	KUNIT_CASE(few_accesses_for_the_rest),
	KUNIT_CASE(accesses_are_exits),
	KUNIT_CASE(each_kind_of_interrupts),
	KUNIT_CASE(vectors_that_are_refused),
	KUNIT_CASE(reset_and_restart),
	KUNIT_CASE(reset_that_never_ends),
	KUNIT_CASE(function_that_goes_away),
	KUNIT_CASE(bar_that_is_too_small),
	KUNIT_CASE(other_identities_need_capabilities),
	KUNIT_CASE(sizes_that_no_ring_has),
	KUNIT_CASE(more_configuration_than_there_is),
	KUNIT_CASE(disk_works),
	KUNIT_CASE(disk_that_says_length_0),
	{}
};

static struct kunit_suite legacy_suite = {
	.name = "vfe-legacy",
	.test_cases = legacy_cases,
};

kunit_test_suite(legacy_suite);

MODULE_DESCRIPTION("Suite of legacy devices");
MODULE_LICENSE("GPL");
